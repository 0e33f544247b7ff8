/* json.c: the lexer, documents rewritten for lua-cjson, members, and pages. */
#include "fuzz.h"

#include "json/page.h"

enum { DEPTH = 20 };

static void lexer_and_members(const char *text, size_t size) {
  vbo_json_lexer lexer;
  vbo_json_token token;
  size_t end = 0;
  vbo_json_start(&lexer, text, size, 0);
  while (vbo_json_next(&lexer, &token)) {
    HOLDS(token.start >= end && token.length > 0 && token.length <= size - token.start);
    end = token.start + token.length;
    if (token.type != VBO_JSON_KEY && token.type != VBO_JSON_STRING) continue;
    char *out = malloc(token.length);
    size_t used = 0;
    HOLDS(out != NULL && vbo_json_decode(text, &token, out, token.length, &used));
    HOLDS(used < token.length);
    free(out);
  }
  char small[16];
  int64_t number = 0;
  (void)vbo_json_member_string(text, size, "a", small, sizeof small, NULL);
  (void)vbo_json_member_integer(text, size, "a", &number);
  vbo_json_token value;
  if (vbo_json_member(text, size, "a", &value)) HOLDS(vbo_json_complete(text, size));
}

static void prepared(const char *text, size_t size) {
  vbo_json_options options = {.max_depth = DEPTH, .marker = "@m@"};
  vbo_buffer out = {0};
  vbo_error err = {0};
  bool changed = false;
  if (vbo_json_prepare(text, size, &options, &out, &changed, &err)) {
    HOLDS(vbo_json_complete(text, size));
    if (changed)
      HOLDS(vbo_json_complete(out.data, out.size));
    else
      HOLDS(out.size == 0);
  } else {
    HOLDS(err.kind == VBO_ERROR_PROTOCOL || err.kind == VBO_ERROR_LIMIT);
  }
  vbo_buffer_free(&out);
}

static void written(const char *text, size_t size) {
  vbo_buffer out = {0};
  vbo_error err = {0};
  HOLDS(vbo_json_append_string(&out, text, size, &err));
  HOLDS(vbo_json_complete(out.data, out.size));
  vbo_buffer_free(&out);
}

/* The page finds the same in a record as the lexer does. */
static void record(vbo_json_page *page, size_t at) {
  size_t size;
  const char *text = vbo_json_page_record(page, at, &size);
  size_t offset = (size_t)(text - page->text.data);
  HOLDS(vbo_json_complete(text, size));
  vbo_json_lexer lexer;
  vbo_json_token token;
  vbo_json_token key = {0};
  vbo_json_start(&lexer, text, size, VBO_JSON_DEEPEST);
  while (vbo_json_next(&lexer, &token)) {
    if (token.depth != 1) continue;
    if (token.type == VBO_JSON_KEY) {
      key = token;
      continue;
    }
    if (token.type == VBO_JSON_OBJECT_END || token.type == VBO_JSON_ARRAY_END) continue;
    vbo_json_span value;
    vbo_json_found found =
        vbo_json_page_find(page, at, text + key.start + 1, key.length - 2, false, &value);
    bool nested = token.type == VBO_JSON_OBJECT || token.type == VBO_JSON_ARRAY;
    if (found == VBO_JSON_FOUND)
      HOLDS(!nested && value.start == offset + token.start && value.size == token.length);
    else
      HOLDS(found == VBO_JSON_UNCLEAR);
  }
}

static void paged(const char *text, size_t size) {
  vbo_buffer bytes = {0};
  vbo_error err = {0};
  HOLDS(vbo_buffer_append(&bytes, text, size, &err));
  vbo_json_page page;
  if (!vbo_json_page_open(&page, &bytes, DEPTH)) {
    HOLDS(bytes.size == size && memcmp(bytes.data, text, size) == 0);
    vbo_buffer_free(&bytes);
    return;
  }
  HOLDS(bytes.data == NULL && page.text.size == size);
  HOLDS(memcmp(page.text.data, text, size) == 0 && vbo_json_complete(text, size));
  HOLDS(text[page.list_start] == '[' && text[page.list_end - 1] == ']');
  for (size_t i = 0; i < vbo_json_page_count(&page); i++) {
    record(&page, i);
    vbo_json_span value;
    (void)vbo_json_page_find(&page, i, "sizebytes", 9, true, &value);
  }
  vbo_json_page_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_copy(data, size, false);
  lexer_and_members(text, size);
  prepared(text, size);
  written(text, size);
  paged(text, size);
  free(text);
  return 0;
}
