/* error.c: see error.h.
 *
 * A message may quote a server, a path or a runbook: it is redacted and cleaned here, in one place,
 * so that no caller can forget it. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/redact.h"
#include "base/text.h"

/* Keeps a message one printable line without secrets. Redacts before it is cleaned and cut, which
 * would break a secret, and after, which may put one together. */
static void put_line(char *out, size_t capacity, char *text, const char *format) {
  size_t size = vbo_redact(text, strlen(text), format);
  vbo_text_clean(out, capacity, text, size);
  out[vbo_redact(out, strlen(out), format)] = '\0';
}

static void error_start(vbo_error *err, vbo_error_kind kind, const char *format, va_list args) {
  /* Larger than the message: what is removed makes room, and a secret is found whole before the
   * text is cut. Formatted before `*err` is reset, into which an argument may point. */
  char text[sizeof err->message * 4];
  (void)vsnprintf(text, sizeof text, format, args);
  vbo_error fresh = {.kind = kind};
  put_line(fresh.message, sizeof fresh.message, text, format);
  *err = fresh;
}

bool vbo_error_set(vbo_error *err, vbo_error_kind kind, const char *format, ...) {
  if (err == NULL) return false;
  va_list args;
  va_start(args, format);
  error_start(err, kind, format, args);
  va_end(args);
  return false;
}

bool vbo_error_os(vbo_error *err, vbo_error_kind kind, int os_error, const char *format, ...) {
  if (err == NULL) return false;
  va_list args;
  va_start(args, format);
  error_start(err, kind, format, args);
  va_end(args);
  /* Our words and names need no redaction, and are added to the finished line. */
  const char *words = vbo_errno_words(os_error);
  char name[16];
  (void)snprintf(err->code, sizeof err->code, "%s", vbo_errno_name(os_error, name));
  err->os_error = os_error;
  size_t used = strlen(err->message);
  if (words != NULL)
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", words);
  else
    (void)snprintf(err->message + used, sizeof err->message - used, ": system error %d", os_error);
  return false;
}

void vbo_error_hint(vbo_error *err, const char *format, ...) {
  if (err == NULL) return;
  char text[sizeof err->hint * 4];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  put_line(err->hint, sizeof err->hint, text, format);
}
