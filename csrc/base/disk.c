/* disk.c: see disk.h.
 *
 * A save resolves its path once, into the descriptor of the directory; names in it go by the *at
 * functions. A directory that is renamed or replaced meanwhile leads no file elsewhere. */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit systems, too */
#include "base/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/system.h"
#include "base/text.h"

char *vbo_path_absolute(const char *path) {
  if (*path == '/') return vbo_text_copy(path);
  for (size_t room = 256; room < 1 << 20; room *= 2) {
    size_t size = strlen(path) + 1;
    char *whole = malloc(room + 1 + size);
    if (whole == NULL) return NULL;
    if (getcwd(whole, room) != NULL) {
      size_t used = strlen(whole);
      /* "/" has its slash. */
      if (used > 1) whole[used++] = '/';
      memcpy(whole + used, path, size);
      return whole;
    }
    int why = errno;
    free(whole);
    if (why != ERANGE) return NULL;
  }
  return NULL;
}

int vbo_directory_open(const char *path, int *directory) {
  *directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return *directory < 0 ? errno : 0;
}

int vbo_file_look(int directory, const char *name, vbo_found *found) {
  struct stat info;
  *found = VBO_FOUND_NOTHING;
  if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : errno;
  *found = VBO_FOUND_FILE;
  /* A link to nothing is a name that is taken. */
  if (S_ISLNK(info.st_mode) && fstatat(directory, name, &info, 0) != 0) return 0;
  if (S_ISDIR(info.st_mode))
    *found = VBO_FOUND_DIRECTORY;
  else if (!S_ISREG(info.st_mode))
    *found = VBO_FOUND_OTHER;
  return 0;
}

/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
int vbo_plain_open(const char *path, int *file) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return errno;
  int failure = fstat(fd, &info) != 0   ? errno
                : S_ISDIR(info.st_mode) ? EISDIR
                : S_ISREG(info.st_mode) ? 0
                                        : EINVAL;
  if (failure != 0)
    close(fd);
  else
    *file = fd;
  return failure;
}

/* Opens first and asks fstat(2) of the descriptor: with stat(2) before it, another file could take
 * the name in between. */
int vbo_private_open(const char *path, int *file, bool *is_private) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return errno;
  int failure = fstat(fd, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
  if (failure != 0) {
    close(fd);
    return failure;
  }
  /* root's files count: secrets of services are often mounted as root's. */
  *is_private = (info.st_mode & 077) == 0 && (info.st_uid == geteuid() || info.st_uid == 0);
  *file = fd;
  return 0;
}

/* Repeats a call that a signal interrupted: hosts may install handlers without SA_RESTART. */
int64_t vbo_file_read(int file, void *bytes, size_t size) {
  for (;;) {
    ssize_t got = read(file, bytes, size);
    if (got >= 0 || errno != EINTR) return got;
  }
}

int vbo_file_write(int file, const void *bytes, size_t size) {
  const char *from = bytes;
  while (size > 0) {
    /* macOS refuses more than INT_MAX at once. */
    size_t piece = size > (size_t)1 << 30 ? (size_t)1 << 30 : size;
    ssize_t wrote = write(file, from, piece);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    /* Without an errno, and trying again might never end. */
    if (wrote == 0) return EIO;
    from += wrote;
    size -= (size_t)wrote;
  }
  return 0;
}

int vbo_file_empty(int file) {
  if (lseek(file, 0, SEEK_SET) < 0 || ftruncate(file, 0) != 0) return errno;
  return 0;
}

bool vbo_file_space(int file, int64_t *space, uint64_t *disk) {
  struct statvfs room;
  struct stat info;
  if (fstatvfs(file, &room) != 0 || fstat(file, &info) != 0 || room.f_blocks == 0) return false;
  /* f_bavail, not f_bfree: root's reserve is not this user's. */
  uint64_t unit = room.f_frsize != 0 ? room.f_frsize : room.f_bsize;
  uint64_t most = unit != 0 ? (uint64_t)INT64_MAX / unit : 0;
  *space = (int64_t)((uint64_t)room.f_bavail < most ? (uint64_t)room.f_bavail * unit : INT64_MAX);
  *disk = (uint64_t)info.st_dev;
  return true;
}

/* Closing a duplicate has the file system report what it would report at the last close. */
int vbo_file_flush(int file) {
  int twin = fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (twin < 0) return errno;
  /* EINTR: Linux has closed the descriptor by then, and a second close could hit one of another
   * thread (close(2)). */
  return close(twin) == 0 || errno == EINTR ? 0 : errno;
}

void vbo_file_close(int file) {
  close(file);
}

void vbo_file_unlink(int directory, const char *name) {
  unlinkat(directory, name, 0);
}

int vbo_file_identify(int file, vbo_identity *out) {
  struct stat info;
  if (fstat(file, &info) != 0) return errno;
  *out = (vbo_identity){.device = (uint64_t)info.st_dev,
                        .inode = (uint64_t)info.st_ino,
                        .size = (int64_t)info.st_size,
                        .modified = vbo_system_modified_ms(&info)};
  return 0;
}

void vbo_file_set_modified(int file, int64_t seconds) {
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)seconds}};
  (void)futimens(file, times);
}

void vbo_directory_sync(int directory) {
  /* Not every file system can; the rename then lasts as well as it can. */
  fsync(directory);
}
