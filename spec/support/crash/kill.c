/* kill.c: kills a program with SIGKILL at one moment, put in front of libc and OpenSSL with
 * LD_PRELOAD (Linux).
 *
 *   VBO_KILL_AT=sealed:2     before the second file gets its name
 *   VBO_KILL_AT=renamed:2    after it has its name
 *   VBO_KILL_AT=sent:2       when the last byte of the second request that is not a GET has left;
 *                            those for tokens do not count
 *
 * `make run-tests` builds it, and .ci/test.sh gives its path in VBO_KILL_SHIM. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Returns the number that is set for this moment; 0 for another one. */
static long number_of(const char *moment) {
  const char *at = getenv("VBO_KILL_AT");
  size_t size = strlen(moment);
  if (at == NULL || strncmp(at, moment, size) != 0) return 0;
  if (at[size] == '\0') return 1;
  return at[size] == ':' ? atol(at + size + 1) : 0;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;)
    pause();
}

/* ---------------------------------------------------------------------- names */

static long named;

/* Returns whether a save gives its file the name: not an unfinished one, in a folder that is held
 * open. */
static bool is_final(int folder, const char *to) {
  size_t size = strlen(to);
  return folder != AT_FDCWD && (size < 5 || strcmp(to + size - 5, ".part") != 0);
}

static void before(bool final) {
  pthread_mutex_lock(&lock);
  if (final && named + 1 == number_of("sealed")) die();
  pthread_mutex_unlock(&lock);
}

/* A name that was not free is given in another way: it counts once. */
static void after(bool final, bool good) {
  pthread_mutex_lock(&lock);
  if (final && good && ++named == number_of("renamed")) die();
  pthread_mutex_unlock(&lock);
}

int linkat(int from_folder, const char *from, int folder, const char *to, int flags) {
  bool final = is_final(folder, to);
  before(final);
  int result = (int)syscall(SYS_linkat, from_folder, from, folder, to, flags);
  after(final, result == 0);
  return result;
}

int renameat(int from_folder, const char *from, int folder, const char *to) {
  /* By its number, so that `syscall` below counts it. */
  return (int)syscall(SYS_renameat2, from_folder, from, folder, to, 0);
}

/* renameat2, which the library calls by its number. */
long syscall(long number, ...) {
  static long (*real)(long, ...);
  va_list arguments;
  long a[6];
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "syscall");
  va_start(arguments, number);
  for (int i = 0; i < 6; i++)
    a[i] = va_arg(arguments, long);
  va_end(arguments);
  bool final = number == SYS_renameat2 && is_final((int)a[2], (const char *)a[3]);
  if (final) before(true);
  long result = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  int why = errno;
  if (final) after(true, result == 0);
  errno = why;
  return result;
}

/* ------------------------------------------------------------------- requests */

static const void *connection; /* on which a change is being sent */
static size_t left;            /* bytes of it */
static long sent;

static bool begins(const char *text, size_t size, const char *with) {
  size_t length = strlen(with);
  return size >= length && memcmp(text, with, length) == 0;
}

/* Returns the size of the change whose head begins here; 0 for anything else. */
static size_t size_of(const char *text, size_t size) {
  const char *end = memmem(text, size, "\r\n\r\n", 4);
  const char *line = memchr(text, '\r', size);
  if (end == NULL || line == NULL) return 0;
  if (!begins(text, size, "POST ") && !begins(text, size, "PUT ") &&
      !begins(text, size, "PATCH ") && !begins(text, size, "DELETE "))
    return 0;
  if (memmem(text, (size_t)(line - text), "/token ", 7) != NULL) return 0;
  const char *length = memmem(text, (size_t)(end - text), "\r\nContent-Length: ", 18);
  return (size_t)(end - text) + 4 + (length != NULL ? (size_t)atol(length + 18) : 0);
}

static void wrote(const void *ssl, const void *bytes, size_t size) {
  pthread_mutex_lock(&lock);
  size_t change = left == 0 && number_of("sent") > 0 ? size_of(bytes, size) : 0;
  if (change > 0) {
    connection = ssl;
    left = change;
  }
  if (left > 0 && ssl == connection) {
    left -= size < left ? size : left;
    if (left == 0 && ++sent == number_of("sent")) die();
  }
  pthread_mutex_unlock(&lock);
}

/* Without the header of OpenSSL: its types are pointers here. */
int SSL_write(void *ssl, const void *bytes, int size);

int SSL_write(void *ssl, const void *bytes, int size) {
  static int (*real)(void *, const void *, int);
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "SSL_write");
  int result = real(ssl, bytes, size);
  if (result > 0) wrote(ssl, bytes, (size_t)result);
  return result;
}
