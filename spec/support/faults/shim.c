/* shim.c: faults of the system, put in front of libc with LD_PRELOAD.
 *
 *   FAULT_NAMED=1            no file without a name (O_TMPFILE) can be had
 *   FAULT_WRITE=EIO:5000     write to a partial file fails once 5,000 bytes are in it
 *   FAULT_FSYNC=EIO          fsync of one fails
 *   FAULT_RENAME=EIO         giving one its name fails
 *   FAULT_ROOM=ENOSPC        room for one cannot be set aside
 *   FAULT_SHORT=1            write takes less than it is given, or is interrupted
 *   FAULT_HOLD=PATH          write, fsync and the giving of the name wait until PATH is there
 *   FAULT_DNS=N              the first N look-ups of faulty.example fail; then it is 127.0.0.1
 *
 * Built by spec/contract/faults_spec.lua and spec/core/beside_spec.lua. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int error_of(const char *name) {
  if (name == NULL) return 0;
  if (strncmp(name, "ENOSPC", 6) == 0) return ENOSPC;
  if (strncmp(name, "EDQUOT", 6) == 0) return EDQUOT;
  return EIO;
}

static bool is_part(int file) {
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t size = readlink(link, path, sizeof path);
  if (size < 5 || size == sizeof path) return false;
  path[size] = '\0';
  if (strcmp(path + size - 5, ".part") == 0) return true;
  /* Without a name: "/folder/#12345 (deleted)". */
  const char *name = strrchr(path, '/');
  return name != NULL && name[1] == '#' && strstr(name, " (deleted)") != NULL;
}

static int open_in(int folder, const char *path, int flags, mode_t mode) {
  if (getenv("FAULT_NAMED") != NULL && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_in(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_in(folder, path, flags, mode);
}

static void hold(void) {
  const char *path = getenv("FAULT_HOLD");
  while (path != NULL && access(path, F_OK) != 0)
    usleep(1000);
}

ssize_t write(int file, const void *bytes, size_t size) {
  static int turn;
  const char *fault = getenv("FAULT_WRITE");
  if (is_part(file)) hold();
  if (fault != NULL && is_part(file)) {
    struct stat info;
    const char *colon = strchr(fault, ':');
    long least = colon != NULL ? atol(colon + 1) : 0;
    if (fstat(file, &info) == 0 && info.st_size + (long)size > least) {
      if (info.st_size < least) return syscall(SYS_write, file, bytes, least - info.st_size);
      errno = error_of(fault);
      return -1;
    }
  }
  if (getenv("FAULT_SHORT") != NULL && is_part(file)) {
    if (turn++ % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    size = size > 777 ? 777 : size;
  }
  return syscall(SYS_write, file, bytes, size);
}

int fsync(int file) {
  if (is_part(file)) hold();
  int failure = is_part(file) ? error_of(getenv("FAULT_FSYNC")) : 0;
  if (failure == 0) return (int)syscall(SYS_fsync, file);
  errno = failure;
  return -1;
}

int fallocate(int file, int mode, off_t offset, off_t size) {
  int failure = is_part(file) ? error_of(getenv("FAULT_ROOM")) : 0;
  if (failure == 0) return (int)syscall(SYS_fallocate, file, mode, offset, size);
  errno = failure;
  return -1;
}

int fallocate64(int file, int mode, off_t offset, off_t size) {
  return fallocate(file, mode, offset, size);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  hold();
  int failure = error_of(getenv("FAULT_RENAME"));
  if (failure == 0) return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  errno = failure;
  return -1;
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  int failure = error_of(getenv("FAULT_RENAME"));
  if (failure == 0) return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
  errno = failure;
  return -1;
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
  if (number == SYS_renameat2) hold();
  int failure = number == SYS_renameat2 ? error_of(getenv("FAULT_RENAME")) : 0;
  if (failure == 0) return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  errno = failure;
  return -1;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
  static int failed;
  const char *fault = getenv("FAULT_DNS");
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (fault != NULL && node != NULL && strcmp(node, "faulty.example") == 0) {
    if (failed++ < atoi(fault)) return EAI_AGAIN;
    node = "127.0.0.1";
  }
  return real(node, service, hints, result);
}
