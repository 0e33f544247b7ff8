/* request.c: see request.h.
 *
 * A request that passes is sent as it is: later steps neither encode nor repair it. */
#include "client/request.h"

#include <string.h>

#include "json/json.h"
#include "base/secret.h"
#include "base/text.h"

/* Compares exactly: methods are case-sensitive (RFC 9110 section 9.1). HEAD and CONNECT are left
 * out, whose answers end by other rules (vbo_headers_framing). */
static bool known_method(const char *method) {
  static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH"};
  for (size_t i = 0; method != NULL && i < sizeof methods / sizeof *methods; i++)
    if (strcmp(method, methods[i]) == 0) return true;
  return false;
}

/* Refuses control characters: a line end would begin another header field, a blank would end the
 * path. */
static bool visible(const char *text, char least) {
  for (; *text != '\0'; text++)
    if (*text < least || *text > '~') return false;
  return true;
}

bool vbo_request_check(const vbo_request *request, vbo_error *err) {
  if (!known_method(request->method))
    return vbo_error_set(err, VBO_ERROR_USAGE,
                         "the method must be GET, POST, PUT, DELETE or PATCH");
  if (request->path == NULL || request->path[0] != '/')
    return vbo_error_set(err, VBO_ERROR_USAGE, "the path must begin with \"/\"");
  /* libcurl cuts a URL at "#", and servers on Windows may take "\" for "/". */
  if (!visible(request->path, '!') || strchr(request->path, '#') != NULL ||
      strchr(request->path, '\\') != NULL)
    return vbo_error_set(err, VBO_ERROR_USAGE,
                         "a path must be percent-encoded: blanks, \"#\", \"\\\" and what is not "
                         "ASCII cannot stand in it");
  if (request->content_type != NULL && !visible(request->content_type, ' '))
    return vbo_error_set(err, VBO_ERROR_USAGE, "the content type must be printable ASCII");
  if (request->body == NULL && (request->body_size > 0 || request->secret_count > 0))
    return vbo_error_set(err, VBO_ERROR_USAGE, "there is no body to put a secret into");
  if (request->deadline < 0)
    return vbo_error_set(err, VBO_ERROR_USAGE, "a deadline cannot be negative");
  for (size_t i = 0; i < request->secret_count; i++)
    if (request->secrets[i].placeholder == NULL || *request->secrets[i].placeholder == '\0' ||
        request->secrets[i].secret == NULL)
      return vbo_error_set(err, VBO_ERROR_USAGE, "a secret's place needs a placeholder");
  return true;
}

/* Returns whether JSON can carry the bytes: it must be UTF-8 (RFC 8259 section 8.1). */
static bool is_utf8(const char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    size_t length = vbo_utf8_next(text + at, size - at, NULL);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

/* Returns the slot whose placeholder is at `text`; NULL without one. */
static const vbo_secret_slot *slot_at(const vbo_request *request, const char *text, size_t size) {
  for (size_t i = 0; i < request->secret_count; i++) {
    size_t length = strlen(request->secrets[i].placeholder);
    if (length <= size && memcmp(text, request->secrets[i].placeholder, length) == 0)
      return &request->secrets[i];
  }
  return NULL;
}

/* Returns whether a placeholder occurs. By slot_at rather than strstr: of two placeholders that
 * begin alike the first in the list counts, here as in the join. */
static bool contains(const vbo_request *request, const vbo_secret_slot *slot) {
  for (size_t at = 0; at < request->body_size; at++)
    if (slot_at(request, request->body + at, request->body_size - at) == slot) return true;
  return false;
}

bool vbo_request_body(const vbo_request *request, vbo_buffer *out, vbo_error *err) {
  if (request->body == NULL) return true;
  /* Only then: the secure heap is small, and a body may have megabytes. */
  out->secure = request->secret_count > 0;
  if (!out->secure) return vbo_buffer_append(out, request->body, request->body_size, err);
  for (size_t i = 0; i < request->secret_count; i++) {
    const vbo_secret *secret = request->secrets[i].secret;
    if (!contains(request, &request->secrets[i]))
      return vbo_error_set(err, VBO_ERROR_USAGE, "the body has no %s",
                           request->secrets[i].placeholder);
    if (!is_utf8(vbo_secret_bytes(secret), vbo_secret_size(secret))) {
      vbo_error_set(err, VBO_ERROR_USAGE, "the secret for %s is not UTF-8",
                    request->secrets[i].placeholder);
      vbo_error_hint(err, "pass bytes as Base64 (vbo.secret.base64)");
      return false;
    }
  }
  /* Each placeholder is replaced, with its quotes; the pieces between are copied as they are. */
  size_t copied = 0;
  for (size_t at = 0; at < request->body_size;) {
    const vbo_secret_slot *slot = slot_at(request, request->body + at, request->body_size - at);
    if (slot == NULL) {
      at++;
      continue;
    }
    if (!vbo_buffer_append(out, request->body + copied, at - copied, err) ||
        !vbo_json_append_string(out, vbo_secret_bytes(slot->secret), vbo_secret_size(slot->secret),
                                err))
      return false;
    at += strlen(slot->placeholder);
    copied = at;
  }
  return vbo_buffer_append(out, request->body + copied, request->body_size - copied, err);
}
