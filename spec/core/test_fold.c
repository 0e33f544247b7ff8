/* Names as people compare them. */
#include "harness.h"

#include "base/buffer.h"
#include "base/fold.h"

static void assert_folds(const char *text, size_t size, const char *wanted, size_t wanted_size) {
  vbo_buffer out = {0};
  vbo_error err = {0};
  assert_true(vbo_fold(text, size, &out, &err));
  assert_int_equal(out.size, wanted_size);
  if (wanted_size > 0) assert_memory_equal(out.data, wanted, wanted_size);
  vbo_buffer_free(&out);
}

#define FOLDS(text, wanted) assert_folds(text, sizeof(text) - 1, wanted, sizeof(wanted) - 1)

static void case_and_composition_do_not_count(void **state) {
  (void)state;
  FOLDS("", "");
  FOLDS("Plan.DOCX", "plan.docx");
  FOLDS("\u00dcBERSICHT", "\u00fcbersicht");
  FOLDS("u\u0308bersicht", "\u00fcbersicht");
  FOLDS("\u0411\u042e\u0414\u0416\u0415\u0422", "\u0431\u044e\u0434\u0436\u0435\u0442");
  FOLDS("STRASSE", "strasse");
  FOLDS("\ufb01n", "fin");
  FOLDS("Stra\u00dfe", "strasse");
  FOLDS("\u03a3\u03bf\u03c6\u03cc\u03c2", "\u03c3\u03bf\u03c6\u03cc\u03c3"); /* final sigma */
  FOLDS("\u212b", "\u00e5");                                                 /* the angstrom sign */
  FOLDS("\u1100\u1161\u11a8", "\uac01");   /* Hangul, letter by letter */
  FOLDS("q\u0307\u0323", "q\u0323\u0307"); /* marks in another order */
  FOLDS("\u1fb4", "\u03ac\u03b9");
  FOLDS("\u03b1\u0345\u0301", "\u03ac\u03b9"); /* folding the mark first would break this */
}

/* "I" is "i" in every locale, and what has no language is not changed by one. */
static void no_language_counts(void **state) {
  (void)state;
  FOLDS("ISTANBUL", "istanbul");
  FOLDS("\u0130", "i\u0307");
  FOLDS("\u0131", "\u0131");
}

static void different_names_stay_different(void **state) {
  (void)state;
  FOLDS("x\u00b2.docx", "x\u00b2.docx");
  FOLDS("\uff21", "\uff41"); /* full-width letters fold to full-width ones */
  FOLDS("cafe", "cafe");
  FOLDS("caf\u00e9", "caf\u00e9");
  FOLDS("a\0B", "a\0b");
}

static void other_bytes_stay(void **state) {
  (void)state;
  FOLDS("CAF\xC9", "caf\xC9");
  FOLDS("\xC3\x9C\xFF", "\xC3\x9C\xFF");
  FOLDS("\xED\xA0\x80X", "\xED\xA0\x80x"); /* half of a surrogate pair */
  FOLDS("\xC0\xAFZ", "\xC0\xAFz");
  FOLDS("\xE2\x82", "\xE2\x82");
}

static bool matches(const char *pattern, const char *text) {
  vbo_buffer folded = {0};
  vbo_error err = {0};
  bool result = false;
  assert_true(vbo_fold(pattern, strlen(pattern), &folded, &err));
  assert_true(vbo_fold_match(folded.size > 0 ? folded.data : "", folded.size, text, strlen(text),
                             &result, &err));
  vbo_buffer_free(&folded);
  return result;
}

static void patterns_match_characters(void **state) {
  (void)state;
  assert_true(matches("*", ""));
  assert_true(matches("*", "x"));
  assert_false(matches("?", ""));
  assert_true(matches("", ""));
  assert_false(matches("", "x"));
  assert_true(matches("*.DOCX", "plan.docx"));
  assert_false(matches("*.doc", "plan.docx"));
  assert_true(matches("\u00dcBER*", "u\u0308bersicht"));
  assert_true(matches("?bersicht", "u\u0308bersicht"));
  assert_true(matches("?bersicht", "\u00dcbersicht"));
  assert_false(matches("??bersicht", "u\u0308bersicht"));
  assert_true(matches("stra?e", "Stra\u00dfe"));
  assert_true(matches("STRA??E", "strasse"));
  assert_false(matches("stra??e", "Stra\u00dfe"));
  assert_true(matches("?stanbul", "\u0130stanbul"));
  assert_false(matches("x?", "x\u0302")); /* one character, though two code points */
  assert_true(matches("a*b*c", "axxbxbyc"));
  assert_false(matches("a*b*c", "axxbxby"));
  assert_true(matches("*?b", "aab"));
  assert_true(matches("(a).[b]%d", "(A).[B]%D"));
  assert_true(matches("caf?", "CAF\xC9"));
  assert_true(matches("c*\xC9", "CAF\xC9"));
}

/* Backtracking of one `*` at a time would take longer than anybody waits. */
static void patterns_take_bounded_time(void **state) {
  (void)state;
  char text[4001];
  memset(text, 'a', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_false(matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(case_and_composition_do_not_count),
      cmocka_unit_test(no_language_counts),
      cmocka_unit_test(different_names_stay_different),
      cmocka_unit_test(other_bytes_stay),
      cmocka_unit_test(patterns_match_characters),
      cmocka_unit_test(patterns_take_bounded_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
