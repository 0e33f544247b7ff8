/* The JSON lexer, single members, and documents rewritten for lua-cjson. */
#include "harness.h"

#include "json/json.h"
#include "base/secret.h"

static bool well_formed(const char *text) {
  return vbo_json_complete(text, strlen(text));
}

static void accepts_what_rfc_8259_allows(void **state) {
  (void)state;
  static const char *const good[] = {
      "{}",
      "[]",
      "0",
      "-0",
      "1.5e-3",
      "1E+2",
      "\"\"",
      "true",
      "null",
      " [ 1 , 2 ] ",
      "{\"a\":{\"b\":[null,false]}}",
      "\"\\u00e9\\ud83d\\ude00\\/\\\"\"",
      "\"\xC3\xA9\"",
      "\xEF\xBB\xBF{}",
      "\"\\ud800\"",
      "[[],{}]",
      "\"\x7F\"",
  };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    if (!well_formed(good[i])) fail_msg("refused: %s", good[i]);
}

static void refuses_everything_else(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",
      " ",
      "{",
      "[",
      "[1,]",
      "{\"a\":1,}",
      "{a:1}",
      "{\"a\" 1}",
      "{\"a\":}",
      "[1 2]",
      "01",
      "-",
      "1.",
      ".5",
      "1e",
      "+1",
      "nul",
      "True",
      "NaN",
      "Infinity",
      "'a'",
      "\"a",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\t\"",
      "\"\xC0\x80\"",
      "\"\xED\xA0\x80\"",
      "\"\xFF\"",
      "\"\xC3",
      "{} {}",
      "[1]]",
      "{]",
      "[}",
      "{\"a\":1]",
      "// x",
      "{\"a\":1 \"b\":2}",
      "[,1]",
      "{,}",
      "\"\\",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (well_formed(bad[i])) fail_msg("accepted: %s", bad[i]);
}

static void stops_at_the_depth_limit(void **state) {
  (void)state;
  char text[41];
  memset(text, '[', 20);
  memset(text + 20, ']', 20);
  text[40] = '\0';
  vbo_json_lexer lexer;
  vbo_json_token token;
  vbo_json_start(&lexer, text, 40, 20);
  while (vbo_json_next(&lexer, &token))
    continue;
  assert_null(lexer.problem);
  vbo_json_start(&lexer, text, 40, 19);
  while (vbo_json_next(&lexer, &token))
    continue;
  assert_true(lexer.too_deep);
  assert_int_equal(lexer.problem_at, 19);
}

static void gives_types_places_and_depths(void **state) {
  (void)state;
  const char *text = "{ \"k\" : [ 12, true ] }";
  static const struct {
    vbo_json_type type;
    size_t start, length;
    unsigned depth;
  } wanted[] = {
      {VBO_JSON_OBJECT, 0, 1, 0},      {VBO_JSON_KEY, 2, 3, 1},   {VBO_JSON_ARRAY, 8, 1, 1},
      {VBO_JSON_NUMBER, 10, 2, 2},     {VBO_JSON_TRUE, 14, 4, 2}, {VBO_JSON_ARRAY_END, 19, 1, 1},
      {VBO_JSON_OBJECT_END, 21, 1, 0},
  };
  vbo_json_lexer lexer;
  vbo_json_token token;
  vbo_json_start(&lexer, text, strlen(text), 0);
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
    assert_true(vbo_json_next(&lexer, &token));
    assert_int_equal(token.type, wanted[i].type);
    assert_int_equal(token.start, wanted[i].start);
    assert_int_equal(token.length, wanted[i].length);
    assert_int_equal(token.depth, wanted[i].depth);
  }
  assert_false(vbo_json_next(&lexer, &token));
  assert_null(lexer.problem);
}

static void finds_members_of_the_top_object_only(void **state) {
  (void)state;
  const char *text =
      "{\"in\":{\"access_token\":\"no\"},\"access\\u005ftoken\":\"a\\u00e9\\n\",\"n\":\"-12\","
      "\"f\":3599.75,\"big\":9223372036854775808,\"low\":-9223372036854775808,\"d\":1,\"d\":2,"
      "\"e\":1e3,\"null\":null}";
  char out[16];
  size_t size = 0;
  int64_t number = 0;
  size_t length = strlen(text);
  assert_true(vbo_json_member_string(text, length, "access_token", out, sizeof out, &size));
  assert_string_equal(out, "a\xC3\xA9\n");
  assert_int_equal(size, 4);
  assert_false(vbo_json_member_string(text, length, "access_token", out, 4, &size));
  assert_false(vbo_json_member_string(text, length, "access", out, sizeof out, &size));
  assert_false(vbo_json_member_string(text, length, "null", out, sizeof out, &size));
  assert_true(vbo_json_member_integer(text, length, "n", &number));
  assert_int_equal(number, -12);
  assert_true(vbo_json_member_integer(text, length, "f", &number));
  assert_int_equal(number, 3599);
  assert_true(vbo_json_member_integer(text, length, "low", &number));
  assert_true(number == INT64_MIN);
  assert_true(vbo_json_member_integer(text, length, "d", &number));
  assert_int_equal(number, 2);
  assert_false(vbo_json_member_integer(text, length, "big", &number));
  assert_false(vbo_json_member_integer(text, length, "e", &number));
  assert_false(vbo_json_member_integer(text, length - 1, "n", &number));
  assert_false(vbo_json_member_string("[\"a\"]", 5, "a", out, sizeof out, NULL));
}

static void prepared(const char *text, const char *wanted) {
  vbo_json_options options = {.marker = "@m@"};
  vbo_buffer out = {0};
  vbo_error err = {0};
  bool changed = false;
  if (!vbo_json_prepare(text, strlen(text), &options, &out, &changed, &err))
    fail_msg("%s: %s", text, err.message);
  if (changed)
    assert_string_equal(out.data, wanted);
  else
    assert_string_equal(text, wanted);
  assert_int_equal(changed, strcmp(text, wanted) != 0);
  vbo_buffer_free(&out);
}

static void rewrites_what_cjson_would_lose(void **state) {
  (void)state;
  prepared("{\"a\":[1,2.5,\"x\"]}", "{\"a\":[1,2.5,\"x\"]}");
  prepared("9007199254740992", "9007199254740992");
  prepared("-9007199254740992", "-9007199254740992");
  prepared("[9007199254740993]", "[\"@m@i9007199254740993\"]");
  prepared("9223372036854775807", "\"@m@i9223372036854775807\"");
  prepared("-9223372036854775808", "\"@m@i-9223372036854775808\"");
  prepared("9223372036854775808", "9223372036854775808");
  prepared("-9223372036854775809", "-9223372036854775809");
  prepared("123456789012345678901234567890", "123456789012345678901234567890");
  prepared("9007199254740993.0", "9007199254740993.0");
  prepared("9007199254740993e1", "9007199254740993e1");
  prepared("[ ]", "[ \"@m@a\"]");
  prepared("{\"a\":[],\"b\":[[]],\"c\":{}}", "{\"a\":[\"@m@a\"],\"b\":[[\"@m@a\"]],\"c\":{}}");
  prepared("\xEF\xBB\xBF{}", "{}");
}

static void nothing_poses_as_the_marker(void **state) {
  (void)state;
  prepared("[\"@m@a\"]", "[\"@m@s@m@a\"]");
  prepared("\"\\u0040m@i1\"", "\"@m@s\\u0040m@i1\"");
  prepared("\"x@m@\"", "\"x@m@\"");
  prepared("{\"@m@a\":1}", "{\"@m@a\":1}");
}

static void replaces_lone_surrogates(void **state) {
  (void)state;
  prepared("\"a\\ud83db\"", "\"a\\ufffdb\"");
  prepared("\"\\ude00\"", "\"\\ufffd\"");
  prepared("\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"");
  prepared("{\"\\udc00\":1}", "{\"\\ufffd\":1}");
}

static void refuses_with_place_and_kind(void **state) {
  (void)state;
  vbo_json_options options = {.marker = "@m@", .max_depth = 3, .max_size = 20};
  vbo_buffer out = {0};
  vbo_error err = {0};
  bool changed = false;
  assert_false(vbo_json_prepare("[1,x]", 5, &options, &out, &changed, &err));
  assert_kind(err, PROTOCOL);
  assert_contains(err.message, "byte 3");
  assert_false(vbo_json_prepare("[[[[1]]]]", 9, &options, &out, &changed, &err));
  assert_kind(err, LIMIT);
  assert_contains(err.message, "3 levels");
  assert_false(vbo_json_prepare("[1,2,3,4,5,6,7,8,9,10]", 22, &options, &out, &changed, &err));
  assert_kind(err, LIMIT);
  options.marker = "a\"b";
  assert_false(vbo_json_prepare("1", 1, &options, &out, &changed, &err));
  assert_kind(err, USAGE);
  vbo_buffer_free(&out);
}

static void writes_strings_as_json(void **state) {
  (void)state;
  vbo_buffer out = {.secure = true};
  assert_true(vbo_json_append_string(&out, "a\"\\\n\xC3\xA9\xFFz\x7F", 9, NULL));
  assert_string_equal(out.data, "\"a\\\"\\\\\\u000a\xC3\xA9\\ufffdz\\u007f\"");
  assert_true(vbo_json_complete(out.data, out.size));
  vbo_buffer_free(&out);
}

/* Every cut and every flipped byte of a document either lexes or is refused:
 * the sanitizers see to it that nothing is read outside it. */
static void survives_damaged_documents(void **state) {
  (void)state;
  const char *text = "{\"a\":[1,-2.5e3,\"\\ud83d\\ude00\xC3\xA9\"],\"b\":{\"c\":null}}";
  size_t size = strlen(text);
  size_t refused = 0;
  vbo_json_options options = {.marker = "@m@"};
  for (size_t cut = 0; cut <= size; cut++) {
    char *copy = malloc(cut + 1); /* exact, so that ASan sees one byte too far */
    memcpy(copy, text, cut);
    copy = realloc(copy, cut == 0 ? 1 : cut);
    refused += !vbo_json_complete(copy, cut);
    for (size_t i = 0; i < cut; i++) {
      char before = copy[i];
      for (int flip = 1; flip < 256; flip <<= 1) {
        copy[i] = (char)(before ^ flip);
        vbo_buffer out = {0};
        bool changed = false;
        vbo_json_prepare(copy, cut, &options, &out, &changed, NULL);
        vbo_buffer_free(&out);
      }
      copy[i] = before;
    }
    free(copy);
  }
  assert_int_equal(refused, size); /* only the whole document is one */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(accepts_what_rfc_8259_allows),
      cmocka_unit_test(refuses_everything_else),
      cmocka_unit_test(stops_at_the_depth_limit),
      cmocka_unit_test(gives_types_places_and_depths),
      cmocka_unit_test(finds_members_of_the_top_object_only),
      cmocka_unit_test(rewrites_what_cjson_would_lose),
      cmocka_unit_test(nothing_poses_as_the_marker),
      cmocka_unit_test(replaces_lone_surrogates),
      cmocka_unit_test(refuses_with_place_and_kind),
      cmocka_unit_test(writes_strings_as_json),
      cmocka_unit_test(survives_damaged_documents),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
