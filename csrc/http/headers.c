/* headers.c: see headers.h.
 *
 * Each rule here decides where an answer ends, and so whether a saved file is whole. Where RFC 9112
 * lets a recipient choose between repair and refusal, this file refuses; only an equal
 * Content-Length may be repeated. */
#include "http/headers.h"

#include <string.h>

#include "base/text.h"

void vbo_headers_init(vbo_headers *headers) {
  *headers = (vbo_headers){.length = -1, .fields = {.limit = VBO_HEADERS_SIZE}};
}

void vbo_headers_free(vbo_headers *headers) {
  vbo_buffer_free(&headers->fields);
  vbo_headers_init(headers);
}

static bool bad(vbo_error *err, const char *what) {
  return vbo_error_set(err, VBO_ERROR_PROTOCOL, "the server's answer is not proper HTTP: %s", what);
}

/* Reads a status line, which begins a head: libcurl shows the heads of interim answers, too. */
static bool status_line(vbo_headers *headers, const char *line, size_t size, vbo_error *err) {
  vbo_buffer_clear(&headers->fields);
  /* The buffer's memory is kept from head to head. */
  vbo_buffer fields = headers->fields;
  vbo_headers_init(headers);
  headers->fields = fields;
  /* RFC 9112 section 4. The blank behind the status may be missing together with the reason. */
  if (size < 12 || memcmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') ||
      line[8] != ' ' || (size > 12 && line[12] != ' '))
    return bad(err, "an unknown status line");
  for (int i = 9; i < 12; i++) {
    if (!vbo_ascii_digit(line[i])) return bad(err, "a status that is not a number");
    headers->status = headers->status * 10 + (line[i] - '0');
  }
  if (headers->status < 100 || headers->status > 599) return bad(err, "an unknown status");
  return true;
}

/* Returns whether a name may have this character: tchar of RFC 9110 section 5.6.2. */
static bool is_token(char c) {
  return vbo_ascii_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_space(char c) {
  return c == ' ' || c == '\t';
}

/* Reads one number of a Content-Length; -1 when it is not one or overflows. Digits alone count:
 * strtoll would also take a sign and blanks, which another reader on the way may read
 * differently. */
static int64_t length_value(const char *s, size_t size) {
  int64_t value = 0;
  if (size == 0) return -1;
  for (size_t i = 0; i < size; i++) {
    int digit = s[i] - '0';
    if (!vbo_ascii_digit(s[i]) || value > (INT64_MAX - digit) / 10) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/* Reads "12", or the same number several times ("12, 12"), as RFC 9110 section 8.6 allows where a
 * proxy has joined equal fields. */
static bool content_length(vbo_headers *headers, const char *value, size_t size, vbo_error *err) {
  size_t at = 0;
  for (;;) {
    size_t end = at;
    while (end < size && value[end] != ',')
      end++;
    size_t from = at;
    size_t to = end;
    while (from < to && is_space(value[from]))
      from++;
    while (to > from && is_space(value[to - 1]))
      to--;
    int64_t length = length_value(value + from, to - from);
    if (length < 0) return bad(err, "a Content-Length that is not a number");
    if (headers->length >= 0 && headers->length != length)
      return bad(err, "several Content-Lengths that differ");
    headers->length = length;
    if (end == size) return true;
    at = end + 1;
  }
}

/* Notes the fields that decide where the body ends. Two of them that disagree are refused, since
 * client and proxy might each believe another one (RFC 9112 section 11.2, request smuggling). */
static bool known_field(vbo_headers *headers, const char *name, size_t name_size, const char *value,
                        size_t size, vbo_error *err) {
  if (vbo_ascii_equal(name, name_size, "content-length", 14))
    return content_length(headers, value, size, err);
  if (vbo_ascii_equal(name, name_size, "transfer-encoding", 17)) {
    if (headers->chunked || !vbo_ascii_equal(value, size, "chunked", 7))
      return bad(err, "a Transfer-Encoding that is not \"chunked\"");
    headers->chunked = true;
  }
  if (vbo_ascii_equal(name, name_size, "content-encoding", 16) && size > 0 &&
      !vbo_ascii_equal(value, size, "identity", 8))
    headers->encoded = true;
  return true;
}

/* Reads one field. Folded lines, which RFC 9112 section 5.2 has obsoleted, are refused. */
static bool field_line(vbo_headers *headers, const char *line, size_t size, vbo_error *err) {
  const char *colon = memchr(line, ':', size);
  if (is_space(line[0])) return bad(err, "a folded header line");
  if (colon == NULL || colon == line) return bad(err, "a header line without a name");
  /* The fields are kept NUL-terminated: a NUL in a value would begin a field of its own. */
  if (memchr(line, '\0', size) != NULL) return bad(err, "a header line with a NUL");
  size_t name_size = (size_t)(colon - line);
  for (size_t i = 0; i < name_size; i++)
    if (!is_token(line[i])) return bad(err, "a header name with strange characters");
  const char *value = colon + 1;
  const char *end = line + size;
  while (value < end && is_space(*value))
    value++;
  while (end > value && is_space(end[-1]))
    end--;
  size_t value_size = (size_t)(end - value);
  if (++headers->count > VBO_HEADERS_MOST)
    return vbo_error_set(err, VBO_ERROR_LIMIT, "the answer has more than %d header fields",
                         VBO_HEADERS_MOST);
  if (!vbo_buffer_append(&headers->fields, line, name_size, NULL) ||
      !vbo_buffer_append(&headers->fields, "", 1, NULL) ||
      !vbo_buffer_append(&headers->fields, value, value_size, NULL) ||
      !vbo_buffer_append(&headers->fields, "", 1, NULL))
    return vbo_error_set(err, VBO_ERROR_LIMIT, "the answer's head is larger than %d KiB",
                         VBO_HEADERS_SIZE / 1024);
  return known_field(headers, line, name_size, value, value_size, err);
}

bool vbo_headers_line(vbo_headers *headers, const char *line, size_t size, vbo_error *err) {
  if (headers->complete) return true; /* a trailer */
  while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
    size--;
  if (size >= 5 && memcmp(line, "HTTP/", 5) == 0) return status_line(headers, line, size, err);
  if (headers->status == 0) return bad(err, "no status line");
  if (size > 0) return field_line(headers, line, size, err);
  if (headers->status < 200) return true; /* the real answer follows */
  /* RFC 9112 section 6.3, rule 3: with both, one of them may be an attempt at smuggling. */
  if (headers->chunked && headers->length >= 0)
    return bad(err, "both a Content-Length and a Transfer-Encoding");
  headers->complete = true;
  return true;
}

const char *vbo_headers_get(const vbo_headers *headers, const char *name) {
  const char *at = headers->fields.data;
  const char *end = at == NULL ? NULL : at + headers->fields.size;
  while (at < end) {
    const char *value = at + strlen(at) + 1;
    if (vbo_ascii_equal(at, strlen(at), name, strlen(name))) return value;
    at = value + strlen(value) + 1;
  }
  return NULL;
}

vbo_framing vbo_headers_framing(const vbo_headers *headers) {
  /* RFC 9112 section 6.3, rules 1 to 7; no request here is a HEAD or CONNECT. */
  if (headers->status < 200 || headers->status == 204 || headers->status == 304)
    return VBO_FRAMING_NONE;
  if (headers->chunked) return VBO_FRAMING_CHUNKS;
  return headers->length >= 0 ? VBO_FRAMING_LENGTH : VBO_FRAMING_CLOSE;
}
