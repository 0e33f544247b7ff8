/* secret_source.c: where secrets come from: environment, file, terminal. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "system.h"
#include "text.h"

enum { SECRET_LONGEST = 16 * 1024 };

vbo_secret *vbo_secret_from_env(const char *name, vbo_error *err) {
  const char *value = getenv(name);
  if (value == NULL || *value == '\0') {
    vbo_error_set(err, VBO_ERROR_NOT_FOUND, "the environment variable %s is %s", name,
                  value == NULL ? "not set" : "empty");
    return NULL;
  }
  return vbo_secret_new(value, strlen(value), err);
}

/* Fills `bytes` up to the first end of line; its size, -1 with errno. */
static int64_t read_line(int file, char *bytes, size_t capacity) {
  size_t size = 0;
  while (size < capacity) {
    int64_t got = vbo_file_read(file, bytes + size, capacity - size);
    if (got < 0) return -1;
    if (got == 0) break;
    const char *end = memchr(bytes + size, '\n', (size_t)got);
    size += (size_t)got;
    if (end != NULL) {
      size = (size_t)(end - bytes);
      break;
    }
  }
  if (size > 0 && size < capacity && bytes[size - 1] == '\r') size--;
  return (int64_t)size;
}

vbo_secret *vbo_secret_from_file(const char *path, vbo_error *err) {
  int file = -1;
  bool is_private = false;
  int failure = vbo_private_open(path, &file, &is_private);
  if (failure != 0) {
    vbo_error_os(err, failure == ENOENT ? VBO_ERROR_NOT_FOUND : VBO_ERROR_DISK, failure,
                 "could not open the secret file %s", path);
    return NULL;
  }
  if (!is_private) {
    vbo_file_close(file);
    vbo_error_set(err, VBO_ERROR_TRUST, "others than its owner can read the secret file %s", path);
    vbo_error_hint(err, "chmod 600 %s", path);
    return NULL;
  }
  char *bytes = vbo_secure_alloc(SECRET_LONGEST);
  int64_t size = bytes == NULL ? 0 : read_line(file, bytes, SECRET_LONGEST);
  failure = errno;
  vbo_file_close(file);
  vbo_secret *secret = NULL;
  if (bytes == NULL)
    vbo_error_memory(err);
  else if (size < 0)
    vbo_error_os(err, VBO_ERROR_DISK, failure, "could not read the secret file %s", path);
  else if (size == 0)
    vbo_error_set(err, VBO_ERROR_NOT_FOUND, "the first line of the secret file %s is empty", path);
  else if (size == SECRET_LONGEST)
    vbo_error_set(err, VBO_ERROR_LIMIT, "the first line of the secret file %s is too long", path);
  else
    secret = vbo_secret_new(bytes, (size_t)size, err);
  /* A copy of the right size: the secure heap is small. */
  vbo_secure_free(bytes, SECRET_LONGEST);
  return secret;
}

/* Reads keys up to Enter.  False when the user gave up. */
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
      case CTRL_U:
        *size = 0;
        break;
      default:
        if (*size < capacity - 1) bytes[(*size)++] = (char)key;
    }
  }
}

vbo_secret *vbo_secret_from_terminal(const char *prompt, vbo_error *err) {
  vbo_terminal *terminal = vbo_terminal_open();
  if (terminal == NULL) {
    vbo_error_set(err, VBO_ERROR_USAGE, "there is no terminal to type a secret at");
    vbo_error_hint(err, "take it from an environment variable or a file");
    return NULL;
  }
  size_t size = 0;
  vbo_secret *secret = NULL;
  char *bytes = vbo_secure_alloc(SECRET_LONGEST);
  if (bytes == NULL) {
    vbo_error_memory(err);
  } else {
    char shown[256];
    vbo_text_clean(shown, sizeof shown, prompt, strlen(prompt));
    vbo_terminal_write(terminal, shown);
    vbo_terminal_write(terminal, " ");
    bool typed = type_line(terminal, bytes, SECRET_LONGEST, &size);
    vbo_terminal_write(terminal, "\r\n");
    if (typed)
      secret = vbo_secret_new(bytes, size, err);
    else
      vbo_error_set(err, VBO_ERROR_CANCELLED, "nothing was typed");
    vbo_secure_free(bytes, SECRET_LONGEST);
  }
  vbo_terminal_close(terminal);
  return secret;
}
