/* owned.c: see owned.h.
 *
 * As sshd does for its keys (StrictModes): who can write a folder can replace the files in it. */
#include "base/owned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"

/* Checks owner and mode of a file or folder.  In a folder with the sticky bit (/tmp) only the owner
 * of a file can replace it. */
static bool check(const char *path, const struct stat *info, bool own, vbo_error *err) {
  bool owned = info->st_uid == 0 || (own && info->st_uid == geteuid());
  bool sticky = S_ISDIR(info->st_mode) && (info->st_mode & S_ISVTX) != 0;
  if (owned && (sticky || (info->st_mode & (S_IWGRP | S_IWOTH)) == 0)) return true;
  const char *who = own ? "its user alone" : "root alone";
  if (!owned)
    vbo_error_set(err, VBO_ERROR_USAGE, "%s must be owned by %s, got user %lu", path,
                  own ? "this user or root" : "root", (unsigned long)info->st_uid);
  else
    vbo_error_set(err, VBO_ERROR_USAGE, "%s must be writable by %s, got mode %04o", path, who,
                  (unsigned)info->st_mode & 07777U);
  vbo_error_hint(err, owned ? "chmod go-w %s" : "chown it, or remove %s", path);
  return false;
}

/* Checks each folder above a path without links, from the nearest up to "/".  Cuts the path. */
static bool check_folders(char *path, bool own, vbo_error *err) {
  for (char *slash = strrchr(path, '/'); slash != NULL; slash = strrchr(path, '/')) {
    struct stat info;
    bool root = slash == path;
    slash[root ? 1 : 0] = '\0';
    if (stat(path, &info) != 0)
      return vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot look at %s", path);
    if (!check(path, &info, own, err)) return false;
    if (root) break;
  }
  return true;
}

static bool read_all(int file, const char *path, vbo_buffer *text, vbo_error *err) {
  char piece[4096];
  for (;;) {
    int64_t got = vbo_file_read(file, piece, sizeof piece);
    if (got < 0) return vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot read %s", path);
    if (got == 0) return true;
    if (!vbo_buffer_append(text, piece, (size_t)got, err)) return false;
  }
}

/* Checks the descriptor and not the name, which could be another file's by then. */
static bool read_checked(int file, const char *path, bool own, vbo_buffer *text, vbo_error *err) {
  struct stat info;
  if (fstat(file, &info) != 0)
    return vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot look at %s", path);
  if (!check(path, &info, own, err)) return false;
  char *real = realpath(path, NULL);
  if (real == NULL) return vbo_error_os(err, VBO_ERROR_DISK, errno, "cannot look at %s", path);
  bool good = check_folders(real, own, err) && read_all(file, path, text, err);
  free(real);
  return good;
}

bool vbo_owned_read(const char *path, bool own, vbo_buffer *text, bool *absent, vbo_error *err) {
  int file = -1;
  int failure = vbo_plain_open(path, &file);
  *absent = failure == ENOENT || failure == ENOTDIR;
  if (*absent) return true;
  if (failure != 0) return vbo_error_os(err, VBO_ERROR_DISK, failure, "cannot read %s", path);
  bool good = read_checked(file, path, own, text, err);
  vbo_file_close(file);
  return good;
}
