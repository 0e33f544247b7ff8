/* kinds.c: see kinds.h.
 *
 * The list VBO_ERROR_KINDS (vbo.h) feeds the enum, the names and the exit statuses: a kind that is
 * added there is complete here. */
#include "base/kinds.h"

#include <errno.h>
#include <stdio.h>

const char *vbo_error_kind_name(vbo_error_kind kind) {
  switch (kind) {
#define NAME(id, name, status)                                                                     \
  case VBO_ERROR_##id:                                                                             \
    return name;
    VBO_ERROR_KINDS(NAME)
#undef NAME
    case VBO_OK:
    case VBO_ERROR_KIND_COUNT:
      break;
  }
  return "ok";
}

int vbo_error_exit_status(vbo_error_kind kind) {
  switch (kind) {
#define STATUS(id, name, status)                                                                   \
  case VBO_ERROR_##id:                                                                             \
    return status;
    VBO_ERROR_KINDS(STATUS)
#undef STATUS
    case VBO_OK:
    case VBO_ERROR_KIND_COUNT:
      break;
  }
  return 0;
}

const char *vbo_version(void) {
  return VBO_VERSION;
}

/* The system's own words differ from libc to libc (and GNU's strerror_r from
 * POSIX's); what a failing save can meet is therefore said here. */
static const struct errno_words {
  int number;
  const char *name;
  const char *words;
} errno_table[] = {
    {EACCES, "EACCES", "permission denied"},
    {EADDRINUSE, "EADDRINUSE", "the address is in use"},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL", "this machine has no such address"},
    {EAGAIN, "EAGAIN", "not available now"},
    {EBUSY, "EBUSY", "the file is in use"},
    {ECONNREFUSED, "ECONNREFUSED", "connection refused"},
    {ECONNRESET, "ECONNRESET", "the connection was reset"},
    {EDQUOT, "EDQUOT", "the disk quota is used up"},
    {EEXIST, "EEXIST", "it exists already"},
    {EFBIG, "EFBIG", "the file is larger than this system allows"},
    {EHOSTUNREACH, "EHOSTUNREACH", "no route to the host"},
    {EINTR, "EINTR", "interrupted"},
    {EINVAL, "EINVAL", "not possible here"},
    {EIO, "EIO", "the disk reports an input/output error"},
    {EISDIR, "EISDIR", "it is a directory"},
    {ELOOP, "ELOOP", "it is a symbolic link, or one of a loop"},
    {EMFILE, "EMFILE", "this process has too many files open"},
    {ENAMETOOLONG, "ENAMETOOLONG", "the name is too long"},
    {ENETUNREACH, "ENETUNREACH", "no route to the network"},
    {ENFILE, "ENFILE", "the system has too many files open"},
    {ENODEV, "ENODEV", "no such device"},
    {ENOENT, "ENOENT", "no such file or directory"},
    {ENOMEM, "ENOMEM", "out of memory"},
    {ENOSPC, "ENOSPC", "no space left on the disk"},
    {ENOSYS, "ENOSYS", "this system cannot do that"},
    {ENOTDIR, "ENOTDIR", "not a directory"},
    {ENOTSUP, "ENOTSUP", "this file system cannot do that"},
    {ENXIO, "ENXIO", "no such device"},
    {EPERM, "EPERM", "operation not permitted"},
    {EPIPE, "EPIPE", "the other end is closed"},
    {EROFS, "EROFS", "the file system is read-only"},
    {ESTALE, "ESTALE", "the network file is gone"},
    {ETXTBSY, "ETXTBSY", "the program is running"},
    {EXDEV, "EXDEV", "it is on another file system"},
};

/* Linear: it runs once for a failed system call. */
static const struct errno_words *errno_find(int number) {
  for (size_t i = 0; i < sizeof errno_table / sizeof *errno_table; i++)
    if (errno_table[i].number == number) return &errno_table[i];
  return NULL;
}

const char *vbo_errno_words(int os_error) {
  const struct errno_words *found = errno_find(os_error);
  return found != NULL ? found->words : NULL;
}

/* Replaces strerrorname_np, which only glibc 2.32 and later has. */
const char *vbo_errno_name(int os_error, char buffer[16]) {
  const struct errno_words *found = errno_find(os_error);
  if (found != NULL) return found->name;
  (void)snprintf(buffer, 16, "E%d", os_error);
  return buffer;
}

/* Not vbo_error_set, which redacts: these words are ours, and secrets themselves fail with them. */
bool vbo_error_literal(vbo_error *err, vbo_error_kind kind, const char *words, const char *hint) {
  if (err == NULL) return false;
  vbo_error fresh = {.kind = kind};
  (void)snprintf(fresh.message, sizeof fresh.message, "%s", words);
  if (hint != NULL) (void)snprintf(fresh.hint, sizeof fresh.hint, "%s", hint);
  *err = fresh;
  return false;
}

bool vbo_error_memory(vbo_error *err) {
  return vbo_error_literal(err, VBO_ERROR_MEMORY, "out of memory", NULL);
}

void vbo_error_copy(vbo_error *to, const vbo_error *from) {
  if (to != NULL) *to = *from;
}
