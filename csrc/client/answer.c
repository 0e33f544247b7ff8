/* answer.c: see answer.h.
 *
 * It answers two questions apart from each other: what the status and the body mean, and whether
 * the server itself refused, so that a change was surely not carried out. */
#include "client/answer.h"

#include <string.h>

#include "json/json.h"
#include "base/text.h"

#include "client/reason.h"

enum { WORDS = 400 };

static vbo_error_kind kind_of(int status) {
  switch (status) {
    case 401:
      return VBO_ERROR_AUTH;
    case 404:
    /* 410 (Gone) says of a deleted object what 404 says of a missing one. */
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
      /* Below 400: a redirect, which is not followed, or a status that cannot end a request. */
      return status >= 400 ? VBO_ERROR_REFUSED : VBO_ERROR_PROTOCOL;
  }
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
  } else if (vbo_reason(vbo_headers_get(headers, "content-type"), body, size, words,
                        sizeof words)) {
    vbo_error_set(err, kind, "the server answered %d: %s", status, words);
  } else {
    vbo_error_set(err, kind, "the server answered %d", status);
  }
  err->status = status;
  /* Set last: vbo_error_set resets the struct. */
  vbo_reason_code(body, size, err->code, sizeof err->code);
}

/* The statuses by which VB365 itself refuses. 500 is not one: the server may have broken
 * half-way. */
static bool refusing_status(int status) {
  static const int statuses[] = {400, 401, 403, 404, 405, 409, 422, 429, 503};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    if (statuses[i] == status) return true;
  return false;
}

/* Returns whether a 401 asks for a token, as RFC 6750 section 3 has it: the server's own words,
 * even without a body. */
static bool bearer_challenge(const vbo_headers *headers) {
  static const char scheme[] = "Bearer";
  const char *value = vbo_headers_get(headers, "www-authenticate");
  size_t size = sizeof scheme - 1;
  return headers->status == 401 && value != NULL && strlen(value) >= size &&
         vbo_ascii_equal(value, size, scheme, size) && (value[size] == '\0' || value[size] == ' ');
}

/* A gateway's page, or no body, is not the server's word: its status alone proves nothing. */
bool vbo_answer_refuses(const vbo_headers *headers, const char *body, size_t size) {
  /* Both spellings, since vbo_json_member compares names byte for byte. */
  static const char *const names[] = {"message", "Message", "error", "Error",    "errors",
                                      "Errors",  "detail",  "title", "errorCode"};
  if (!refusing_status(headers->status)) return false;
  if (bearer_challenge(headers)) return true;
  if (size == 0) return false;
  vbo_json_token token;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (vbo_json_member(body, size, names[i], &token) && token.type != VBO_JSON_NULL) return true;
  return false;
}
