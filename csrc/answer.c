/* answer.c: statuses and error bodies. */
#include "answer.h"

#include "reason.h"

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
  vbo_reason_code(body, size, err->code, sizeof err->code);
}
