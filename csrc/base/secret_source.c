/* secret_source.c: where secrets come from: environment, file, terminal.
 *
 * The bytes of a file or a terminal go straight into secure memory. stdio is not used for them,
 * since its buffers are ordinary memory and are not wiped. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/secret.h"
#include "base/disk.h"
#include "base/terminal.h"
#include "base/text.h"

enum { LINE_LONGEST = 16 * 1024, WHOLE_LONGEST = 1024 * 1024 };

/* ------------------------------------------------------------------ one line
 *
 * A password is one line of UTF-8.  Files come from editors that put a byte order mark before it,
 * a line end after it, or write UTF-16 (PowerShell's >); sent as they are, all of these are another
 * password, and the server calls it wrong. */

static const char hint_whole[] =
    "a password is one line; read a certificate or key whole (whole = true)";

/* Finds the line. False with an error. */
static bool find_line(const char *bytes, size_t size, const char *what, size_t *from,
                      size_t *length, vbo_error *err) {
  *from = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
  if (size >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0)) {
    vbo_error_set(err, VBO_ERROR_USAGE, "%s is UTF-16, and a password must be UTF-8", what);
    vbo_error_hint(err,
                   "write it as UTF-8 (PowerShell: Set-Content -Encoding utf8), or read it "
                   "whole (whole = true)");
    return false;
  }
  while (size > *from && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
    size--; /* line ends, and empty lines after the secret */
  *length = size - *from;
  if (memchr(bytes, '\0', size) != NULL) {
    vbo_error_set(err, VBO_ERROR_USAGE, "%s has a zero byte: it is binary, or UTF-16", what);
    vbo_error_hint(err, "%s", hint_whole);
    return false;
  }
  if (memchr(bytes, '\n', size) != NULL || memchr(bytes, '\r', size) != NULL) {
    vbo_error_set(err, VBO_ERROR_USAGE, "%s has several lines", what);
    vbo_error_hint(err, "%s", hint_whole);
    return false;
  }
  if (*length == 0) return vbo_error_set(err, VBO_ERROR_NOT_FOUND, "%s is empty", what);
  if (*length > LINE_LONGEST) {
    vbo_error_set(err, VBO_ERROR_LIMIT, "%s has a line of more than %d KiB", what,
                  LINE_LONGEST / 1024);
    return false;
  }
  return true;
}

vbo_secret *vbo_secret_line(const char *bytes, size_t size, const char *what, vbo_error *err) {
  size_t from = 0;
  size_t length = 0;
  if (!find_line(bytes, size, what, &from, &length, err)) return NULL;
  return vbo_secret_new(bytes + from, length, err);
}

/* ---------------------------------------------------------------- environment */

vbo_secret *vbo_secret_from_env(const char *name, vbo_error *err) {
  const char *value = getenv(name);
  char what[256];
  if (value == NULL || *value == '\0') {
    vbo_error_set(err, VBO_ERROR_NOT_FOUND, "the environment variable %s is %s", name,
                  value == NULL ? "not set" : "empty");
    return NULL;
  }
  /* Keys of several lines are kept in variables, and have always been read whole. */
  size_t size = strlen(value);
  size_t end = size;
  while (end > 0 && (value[end - 1] == '\n' || value[end - 1] == '\r'))
    end--;
  if (memchr(value, '\n', end) != NULL) return vbo_secret_new(value, size, err);
  (void)snprintf(what, sizeof what, "the environment variable %.180s", name);
  return vbo_secret_line(value, size, what, err);
}

/* ---------------------------------------------------------------------- files */

/* Reads all of the file; false with an error. */
static bool read_all(int file, const char *what, vbo_buffer *out, vbo_error *err) {
  enum { PIECE = 4096 };
  for (;;) {
    if (!vbo_buffer_reserve(out, PIECE, err)) {
      if (err != NULL && err->kind == VBO_ERROR_LIMIT)
        vbo_error_set(err, VBO_ERROR_LIMIT, "%s has more than %d KiB", what, WHOLE_LONGEST / 1024);
      return false;
    }
    int64_t got = vbo_file_read(file, out->data + out->size, PIECE);
    if (got < 0) return vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot read %s", what);
    if (got == 0) return true;
    out->size += (size_t)got;
  }
}

vbo_secret *vbo_secret_from_descriptor(int file, const char *what, bool whole, vbo_error *err) {
  vbo_buffer bytes = {.secure = true, .limit = WHOLE_LONGEST + 4096};
  vbo_secret *secret = NULL;
  vbo_error trouble = {0};
  if (!read_all(file, what, &bytes, &trouble))
    vbo_error_copy(err, &trouble);
  else if (whole && bytes.size == 0)
    vbo_error_set(err, VBO_ERROR_NOT_FOUND, "%s is empty", what);
  else if (whole) /* a copy of the exact size: locked memory is scarce */
    secret = vbo_secret_new(bytes.data, bytes.size, err);
  else
    secret = vbo_secret_line(bytes.data, bytes.size, what, err);
  vbo_buffer_free(&bytes);
  return secret;
}

static vbo_secret *from_file(const char *path, bool whole, vbo_error *err) {
  int file = -1;
  bool is_private = false;
  char what[512];
  int failure = vbo_private_open(path, &file, &is_private);
  if (failure != 0) {
    vbo_error_os(err, failure == ENOENT ? VBO_ERROR_NOT_FOUND : VBO_ERROR_DISK, failure,
                 "cannot open the secret file %s", path);
    return NULL;
  }
  /* Refused rather than warned of, as ssh does with private keys. */
  if (!is_private) {
    vbo_file_close(file);
    vbo_error_set(err, VBO_ERROR_TRUST, "the secret file %s must be readable by its owner alone",
                  path);
    vbo_error_hint(err, "chmod 600 %s", path);
    return NULL;
  }
  (void)snprintf(what, sizeof what, "the secret file %.400s", path);
  vbo_secret *secret = vbo_secret_from_descriptor(file, what, whole, err);
  vbo_file_close(file);
  return secret;
}

vbo_secret *vbo_secret_from_file(const char *path, vbo_error *err) {
  return from_file(path, false, err);
}

vbo_secret *vbo_secret_from_file_whole(const char *path, vbo_error *err) {
  return from_file(path, true, err);
}

/* --------------------------------------------------------------------- Base64 */

static bool is_base64(const char *bytes, size_t size) {
  size_t letters = size;
  /* At most two signs of padding (RFC 4648 section 4). */
  while (letters > 0 && size - letters < 2 && bytes[letters - 1] == '=')
    letters--;
  for (size_t i = 0; i < letters; i++) {
    char lower = vbo_ascii_lower(bytes[i]);
    if (!vbo_ascii_digit(bytes[i]) && !(lower >= 'a' && lower <= 'z') && bytes[i] != '+' &&
        bytes[i] != '/')
      return false;
  }
  return size > 0 && size % 4 == 0;
}

vbo_secret *vbo_secret_base64(vbo_secret *secret, vbo_error *err) {
  const char *bytes = vbo_secret_bytes(secret);
  size_t size = vbo_secret_size(secret);
  size_t capacity = size < SIZE_MAX / 4 ? (size + 2) / 3 * 4 + 1 : 0;
  char *text = capacity > 0 ? vbo_secure_alloc(capacity > size ? capacity : size + 1) : NULL;
  if (text == NULL) {
    vbo_secure_full(err);
    return NULL;
  }
  if (capacity <= size) capacity = size + 1;
  /* Text that is Base64 already, in lines or not, stays as it is. */
  size_t used = 0;
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != ' ' && bytes[i] != '\t')
      text[used++] = bytes[i];
  if (!is_base64(text, used)) {
    vbo_secure_wipe(text, capacity);
    vbo_base64_encode(text, (const unsigned char *)bytes, size);
    used = (size + 2) / 3 * 4;
  }
  text[used] = '\0';
  return vbo_secret_adopt(text, used, capacity, err);
}

/* ------------------------------------------------------------------- terminal */

/* Reads keys up to Enter. False after Ctrl-C, or Ctrl-D on an empty line. */
static bool type_line(vbo_terminal *terminal, char *bytes, size_t capacity, size_t *size) {
  enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DELETE = 127 };
  *size = 0;
  for (;;) {
    int key = vbo_terminal_key(terminal);
    switch (key) {
      case '\r':
      case '\n':
        return true;
      case CTRL_C:
        return false;
      case -1:
      case CTRL_D:
        return *size > 0;
      case BACKSPACE:
      case DELETE: /* a whole UTF-8 character */
        while (*size > 0 && ((unsigned char)bytes[--*size] & 0xC0U) == 0x80U)
          continue;
        break;
      /* Ctrl-U, backspace and Ctrl-D are handled here, since the terminal no longer edits lines
       * (terminal.c). */
      case CTRL_U:
        *size = 0;
        break;
      /* Keys beyond 16 KiB are dropped. */
      default:
        if (*size < capacity - 1) bytes[(*size)++] = (char)key;
    }
  }
}

vbo_secret *vbo_secret_from_terminal(const char *prompt, vbo_error *err) {
  vbo_terminal *terminal = vbo_terminal_open();
  if (terminal == NULL) {
    vbo_error_set(err, VBO_ERROR_USAGE, "a secret cannot be typed: there is no terminal");
    vbo_error_hint(err, "read it from an environment variable or a file");
    return NULL;
  }
  size_t size = 0;
  vbo_secret *secret = NULL;
  char *bytes = vbo_secure_alloc(LINE_LONGEST);
  if (bytes == NULL) {
    vbo_secure_full(err);
  } else {
    char shown[256];
    vbo_text_clean(shown, sizeof shown, prompt, strlen(prompt));
    vbo_terminal_write(terminal, shown);
    vbo_terminal_write(terminal, " ");
    bool typed = type_line(terminal, bytes, LINE_LONGEST, &size);
    vbo_terminal_write(terminal, "\r\n");
    if (typed && size > 0)
      secret = vbo_secret_line(bytes, size, "what was typed", err);
    else if (typed)
      secret = vbo_secret_new(bytes, 0, err);
    else
      vbo_error_set(err, VBO_ERROR_CANCELLED, "nothing was typed");
    vbo_secure_free(bytes, LINE_LONGEST);
  }
  vbo_terminal_close(terminal);
  return secret;
}
