/* Texts without secrets, in whatever encoding a server repeats them. */
#include "harness.h"

#include "base/error.h"
#include "client/reason.h"
#include "base/redact.h"
#include "base/secret.h"

#define SECRET "Sec \"r&t/%41+G\xC3\xBCn"

static vbo_secret *held;

static int hold_one(void **state) {
  (void)state;
  held = vbo_secret_new(SECRET, strlen(SECRET), NULL);
  return held == NULL;
}

static int let_go(void **state) {
  (void)state;
  vbo_secret_free(held);
  return 0;
}

static void becomes(const char *text, const char *wanted) {
  char copy[2048];
  size_t size = strlen(text);
  assert_true(size < sizeof copy);
  memcpy(copy, text, size);
  copy[vbo_redact(copy, size, NULL)] = '\0';
  assert_string_equal(copy, wanted);
}

static void replaces_every_encoding(void **state) {
  (void)state;
  static const char *const forms[] = {
      SECRET,
      "Sec%20%22r%26t%2F%2541%2BG%C3%BCn",                 /* a URL */
      "Sec+%22r%26t%2f%2541%2bG%c3%bcn",                   /* a form */
      "Sec%2520%2522r%2526t%252F%252541%252BG%25C3%25BCn", /* twice */
      "%53%65%63%20%22%72%26%74%2F%25%34%31%2B%47%C3%BC%6E",
      "Sec \\\"r&t/%41+G\\u00fcn", /* JSON */
      "Sec \\\"r&t\\/%41+G\\u00FCn",
      "\\u0053ec \\u0022r\\u0026t/%41+G\xC3\xBCn",
      "Sec &quot;r&amp;t/%41+G\xC3\xBCn", /* HTML */
      "Sec &#34;r&#38;t&#x2f;%41+G&#252;n",
      "Sec \\\\\\\"r&t/%41+G\\\\u00fcn", /* JSON in JSON */
      "Sec \"r&t/%41+G\xFCn",            /* Latin-1 */
      "U2VjICJyJnQvJTQxK0fDvG4=",
      "dXNlcjpTZWMgInImdC8lNDErR8O8bg==", /* Basic, "user:" before it */
      "dXNlcjI6U2VjICJyJnQvJTQxK0fDvG4",  /* the same, aligned otherwise, unpadded */
      "eHVzZXI6U2VjICJyJnQvJTQxK0fDvG4hIQ",
      "53656320227226742f2534312b47c3bc6e",
      "53656320227226742F2534312B47C3BC6E",
  };
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    char text[512];
    char wanted[64];
    snprintf(text, sizeof text, "before '%s' after", forms[i]);
    snprintf(wanted, sizeof wanted, "before '***' after");
    becomes(text, wanted);
  }
  becomes("Authorization: Basic dXNlcjpTZWMgInImdC8lNDErR8O8bg==, twice " SECRET SECRET,
          "Authorization: Basic ***, twice ***");
}

static void leaves_other_text(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "S",
                                      "Sec",
                                      "Sec \"r&t/%41+G",
                                      "nothing at all",
                                      "100%",
                                      "a & b",
                                      "\\",
                                      "\\u12",
                                      "%C3",
                                      "GET /v8/Organizations/5feb8c87-d23f-40f2-98cd-a05b86c0e517",
                                      "\xFF\xFE",
                                      "&#;",
                                      "&#x;"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    becomes(texts[i], texts[i]);
}

static void has_a_floor(void **state) {
  (void)state;
  vbo_secret *tiny = vbo_secret_new("abc", 3, NULL);
  vbo_secret *four = vbo_secret_new("wxyz", 4, NULL);
  vbo_secret *word = vbo_secret_new("password", 8, NULL);
  becomes("abc and wxyz: the password", "abc and ***: the password");
  vbo_secret_free(tiny);
  vbo_secret_free(four);
  vbo_secret_free(word);
  becomes("wxyz", "wxyz"); /* it is not a secret any more */
}

static void knows_a_token_by_its_beginning(void **state) {
  (void)state;
  static const char token[] = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJvcGVyYXRvciJ9.c2lnbmF0dXJl";
  vbo_secret *secret = vbo_secret_new(token, sizeof token - 1, NULL);
  becomes("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWI...", "Bearer ***...");
  becomes("Bearer eyJhbGciOi...", "Bearer eyJhbGciOi...");
  vbo_secret_free(secret);
}

static void crosses_windows(void **state) {
  (void)state;
  enum { SIZE = 300 * 1000 };
  char *text = malloc(SIZE);
  for (int at = 64 * 1024 - 30; at <= 64 * 1024 + 2; at++) {
    memset(text, '.', SIZE);
    memcpy(text + at, SECRET, strlen(SECRET));
    size_t size = vbo_redact(text, SIZE, NULL);
    assert_int_equal(size, SIZE - strlen(SECRET) + 3);
    assert_memory_equal(text + at, "***.", 4);
  }
  free(text);
}

/* Escapes in escapes, to keep the reader busy: hidden rather than read. */
static void gives_up_on_mazes(void **state) {
  (void)state;
  enum { SIZE = 200 * 1000 };
  static const char maze[] =
      "%2525&amp;amp;\\\\u0026\\\\%26amp%3b%255c&#37;5c aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ ";
  char *text = malloc(SIZE);
  for (size_t at = 0; at < SIZE; at++)
    text[at] = maze[at % (sizeof maze - 1)];
  size_t size = vbo_redact(text, SIZE, NULL);
  assert_true(size <= SIZE);
  free(text);
}

static void keeps_errors_clean(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_error_set(&err, VBO_ERROR_SERVER, "it said %s", "Sec \"r&t/%41+G\xC3\xBCn!");
  assert_string_equal(err.message, "it said ***!");
  vbo_error_hint(&err, "look at %s", "Sec%20%22r%26t%2F%2541%2BG%C3%BCn");
  assert_string_equal(err.hint, "look at ***");
  /* A character that goes when the text is cleaned must not put it together. */
  vbo_error_set(&err, VBO_ERROR_SERVER, "%s", "Sec \"r&\x01t/%41+G\xE2\x80\x8B\xC3\xBCn");
  assert_string_equal(err.message, "***");
  /* The message's own words are not secrets. */
  vbo_secret *word = vbo_secret_new("outcome", 7, NULL);
  vbo_error_set(&err, VBO_ERROR_SERVER, "the outcome of %s", "outcomes");
  assert_string_equal(err.message, "the outcome of outcomes");
  vbo_secret_free(word);
}

static void says(const char *type, const char *body, const char *wanted, const char *code) {
  char words[400];
  char found[64];
  bool any = vbo_reason(type, body, strlen(body), words, sizeof words);
  assert_int_equal(any, wanted[0] != '\0');
  assert_string_equal(words, wanted);
  vbo_reason_code(body, strlen(body), found, sizeof found);
  assert_string_equal(found, code);
}

static void finds_the_reason(void **state) {
  (void)state;
  says(NULL, "{\"message\":\"No.\",\"errorCode\":\"E7\"}", "No.", "E7");
  says(NULL, "\"Restore session cannot be created.\"", "Restore session cannot be created.", "");
  says(NULL, "[\"first\",\"second\"]", "first", "");
  says(NULL, "{\"error\":{\"code\":\"X1\",\"message\":\"It is locked.\"}}", "It is locked.", "X1");
  says(NULL, "{\"error\":{\"message\":\"outer\",\"details\":[{\"message\":\"inner\"}]}}", "outer",
       "");
  says(NULL, "{\"error\":{\"code\":5,\"message\":{\"lang\":\"en\",\"value\":\"OData\"}}}", "OData",
       "5");
  says(NULL, "[{\"message\":\"in a list\"}]", "in a list", "");
  says(NULL, "{\"error\":\"invalid_grant\",\"error_description\":\"Wrong.\"}", "Wrong.",
       "invalid_grant");
  says(NULL, "{\"title\":\"T\",\"detail\":\"D\",\"status\":400}", "D", "");
  says(NULL, "{\"title\":\"T\",\"errors\":{\"dateTime\":[\"Too early.\"],\"name\":[\"Missing.\"]}}",
       "T dateTime: Too early.; name: Missing.", "");
  says(NULL, "{\"errors\":[{\"code\":\"E\",\"message\":\"one\"},{\"message\":\"two\"},\"three\"]}",
       "one; two; three", "");
  says(NULL, "{\"Message\":\"An error has occurred.\",\"ExceptionMessage\":\"Disk full.\"}",
       "Disk full.", "");
  says(NULL, "{\"message\":\"cut off here\",\"trace\":\"at Veeam", "cut off here", "");
  says("text/html", "<html><head><style>x</style><title lang=en>Bad\n Gateway</title>",
       "an HTML page: Bad Gateway", "");
  says(NULL, "<html><body><h1>Forbidden</h1></body>", "an HTML page: Forbidden", "");
  says(NULL, "<br>", "an HTML page instead of JSON", "");
  says(NULL, "plain words", "plain words", "");
  says(NULL, "{}", "", "");
  says(NULL,
       "{\"message\":\"for Sec \\\"r&t/%41+G\\u00fcn\",\"errorCode\":\"Sec+%22r%26t%2f%2541%2bG"
       "%c3%bcn\"}",
       "for ***", "***");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(replaces_every_encoding, hold_one, let_go),
      cmocka_unit_test_setup_teardown(leaves_other_text, hold_one, let_go),
      cmocka_unit_test(has_a_floor),
      cmocka_unit_test(knows_a_token_by_its_beginning),
      cmocka_unit_test_setup_teardown(crosses_windows, hold_one, let_go),
      cmocka_unit_test_setup_teardown(gives_up_on_mazes, hold_one, let_go),
      cmocka_unit_test_setup_teardown(keeps_errors_clean, hold_one, let_go),
      cmocka_unit_test_setup_teardown(finds_the_reason, hold_one, let_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
