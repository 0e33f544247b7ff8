/* answer.c: statuses and error bodies. */
#include "answer.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "text.h"

enum { WORDS = 400 };

static vbo_error_kind kind_of(int status) {
  switch (status) {
    case 401:
      return VBO_ERROR_AUTH;
    case 404:
    case 410:
      return VBO_ERROR_NOT_FOUND;
    case 408:
      return VBO_ERROR_TIMEOUT;
    case 409:
      return VBO_ERROR_CONFLICT;
    case 429:
    case 503:
      return VBO_ERROR_BUSY;
    default:
      if (status >= 500) return VBO_ERROR_SERVER;
      return status >= 400 ? VBO_ERROR_REFUSED : VBO_ERROR_PROTOCOL;
  }
}

/* One member as a clean line.  Not on the secure heap: an error object is
 * shown to people anyway. */
static bool member(const char *body, size_t size, const char *name, char *out, size_t capacity) {
  vbo_json_token token;
  if (!vbo_json_member(body, size, name, &token)) return false;
  if (token.type == VBO_JSON_NUMBER) {
    vbo_text_clean(out, capacity, body + token.start, token.length);
    return true;
  }
  if (token.type != VBO_JSON_STRING) return false;
  char *text = malloc(token.length);
  size_t length = 0;
  if (text == NULL) return false;
  if (vbo_json_decode(body, &token, text, token.length, &length))
    vbo_text_clean(out, capacity, text, length);
  else
    out[0] = '\0';
  free(text);
  return out[0] != '\0';
}

static const char *find_ignoring_case(const char *text, const char *end, const char *part) {
  size_t size = strlen(part);
  for (; (size_t)(end - text) >= size; text++)
    if (vbo_ascii_equal(text, size, part, size)) return text;
  return NULL;
}

static bool html_words(const char *body, size_t size, char *out, size_t capacity) {
  const char *end = body + size;
  const char *title = find_ignoring_case(body, end, "<title>");
  const char *stop = title == NULL ? NULL : find_ignoring_case(title, end, "</title>");
  if (stop == NULL) return false;
  vbo_text_clean(out, capacity, title + 7, (size_t)(stop - title - 7));
  return out[0] != '\0';
}

static bool is_html(const vbo_headers *headers, const char *body, size_t size) {
  const char *type = vbo_headers_get(headers, "content-type");
  if (type != NULL && vbo_ascii_equal(type, strlen(type) < 9 ? strlen(type) : 9, "text/html", 9))
    return true;
  while (size > 0 && (*body == ' ' || *body == '\n' || *body == '\r' || *body == '\t'))
    body++, size--;
  return size > 0 && *body == '<';
}

/* The server's words; false when it has none. */
static bool words_of(const vbo_headers *headers, const char *body, size_t size, char *out,
                     size_t capacity) {
  static const char *const names[] = {"message", "Message", "error_description",
                                      "detail",  "title",   "error"};
  out[0] = '\0';
  if (size == 0) return false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (member(body, size, names[i], out, capacity)) return true;
  if (is_html(headers, body, size)) {
    char title[120];
    if (html_words(body, size, title, sizeof title))
      (void)snprintf(out, capacity, "an HTML page: %s", title);
    else
      (void)snprintf(out, capacity, "an HTML page instead of JSON");
    return true;
  }
  if (vbo_json_complete(body, size)) return false; /* JSON without a word in it */
  vbo_text_clean(out, capacity < 200 ? capacity : 200, body, size);
  return out[0] != '\0';
}

void vbo_answer_error(const vbo_headers *headers, const char *body, size_t size, vbo_error *err) {
  int status = headers->status;
  char words[WORDS];
  vbo_error_kind kind = kind_of(status);
  if (status < 400) {
    vbo_error_set(err, kind, "the server answered %d, a redirect or nothing usable", status);
    if (status >= 300)
      vbo_error_hint(err,
                     "redirects are not followed: the token goes only to its origin; check "
                     "the host and the port");
  } else if (words_of(headers, body, size, words, sizeof words)) {
    vbo_error_set(err, kind, "the server answered %d: %s", status, words);
  } else {
    vbo_error_set(err, kind, "the server answered %d", status);
  }
  err->status = status;
  if (size == 0) return;
  if (!member(body, size, "errorCode", err->code, sizeof err->code))
    if (!member(body, size, "error", err->code, sizeof err->code)) err->code[0] = '\0';
}
