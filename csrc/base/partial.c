/* partial.c: see partial.h. */
#include "base/partial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/system.h"

static const char partial_prefix[] = ".vbolua-";
static const char partial_suffix[] = ".part";
enum { PARTIAL_DIGITS = 32 };

bool vbo_partial_is_name(const char *name) {
  size_t prefix = sizeof partial_prefix - 1;
  return strncmp(name, partial_prefix, prefix) == 0 &&
         strspn(name + prefix, "0123456789abcdef") == PARTIAL_DIGITS &&
         strcmp(name + prefix + PARTIAL_DIGITS, partial_suffix) == 0;
}

/* Makes a random name, which another user of a shared directory cannot create in advance. */
static bool make_partial_name(char name[VBO_PARTIAL_NAME]) {
  unsigned char random[PARTIAL_DIGITS / 2];
  if (!vbo_random(random, sizeof random)) return false;
  char *to = name + snprintf(name, VBO_PARTIAL_NAME, "%s", partial_prefix);
  for (size_t i = 0; i < sizeof random; i++)
    to += snprintf(to, 3, "%02x", random[i]);
  (void)snprintf(to, sizeof partial_suffix, "%s", partial_suffix);
  return true;
}

/* Returns whether the name still leads to the open file. A name is only a hint: between open(2) and
 * this another process may have removed or replaced it. */
static bool is_named(int directory, const char *name, int file) {
  struct stat ours;
  struct stat named;
  return fstat(file, &ours) == 0 && fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
}

/* Locks the file; EWOULDBLOCK when another process holds it. A file system without locks counts as
 * success: a sweep removes nothing there, either. flock(2) rather than fcntl(2): closing any other
 * descriptor of the file would end a lock of the latter. */
static int lock_file(int file) {
  int failure = 0;
  do
    failure = flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  while (failure == EINTR);
  return failure == EWOULDBLOCK ? EWOULDBLOCK : 0;
}

/* Uses O_EXCL and O_NOFOLLOW: a link that another user has put there is not followed. The mode is
 * 0666, so that the user's umask decides. */
int vbo_partial_open(int directory, char name[VBO_PARTIAL_NAME], int *file) {
  *name = '\0';
  if (vbo_system_open_unnamed(directory, file)) {
    *file = vbo_off_standard(*file);
    return *file >= 0 ? 0 : errno;
  }
  for (int round = 0; round < 100; round++) {
    if (!make_partial_name(name)) return EIO;
    int fd = vbo_off_standard(
        openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return errno;
    /* A sweep may have come in between and removed the file as an orphan. */
    if (lock_file(fd) == 0 && is_named(directory, name, fd)) {
      *file = fd;
      return 0;
    }
    close(fd);
  }
  return EBUSY;
}

/* Renames in one step where the system can: a check before the rename would leave a gap, in which
 * another process may take the name. */
static int rename_file(int directory, const char *from, const char *to, bool replace) {
  if (replace) return renameat(directory, from, directory, to) == 0 ? 0 : errno;
  int failure = vbo_system_rename_exclusive(directory, from, to);
  if (failure != ENOSYS && failure != EINVAL && failure != ENOTSUP) return failure;
  /* An old kernel or file system (NFS) without it: a hard link fails for an existing name, too. A
   * crash between the two calls leaves the whole file under both names. */
  if (linkat(directory, from, directory, to, 0) != 0) return errno;
  if (unlinkat(directory, from, 0) != 0) return errno;
  return 0;
}

/* A link cannot replace: the file gets another name for a moment and is renamed. It is locked, so
 * that a sweep leaves it. */
static int replace_with_unnamed(int directory, int file, const char *to) {
  char name[VBO_PARTIAL_NAME];
  if (!make_partial_name(name)) return EIO;
  int failure = lock_file(file);
  if (failure == 0) failure = vbo_system_link_unnamed(directory, file, name);
  if (failure != 0) return failure;
  failure = rename_file(directory, name, to, true);
  if (failure != 0) unlinkat(directory, name, 0);
  return failure;
}

int vbo_partial_commit(int directory, const char name[VBO_PARTIAL_NAME], int file, const char *to,
                       bool replace) {
  if (*name != '\0') return rename_file(directory, name, to, replace);
  int failure = vbo_system_link_unnamed(directory, file, to);
  return failure == EEXIST && replace ? replace_with_unnamed(directory, file, to) : failure;
}

/* Removes a file only when all agrees that a crash of ours left it: a plain file, this user's, with
 * one name, and not locked. */
static void remove_left(int directory, const char *name) {
  struct stat info;
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
      info.st_nlink == 1 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_named(directory, name, fd))
    unlinkat(directory, name, 0);
  close(fd);
}

/* Notes the directories that were swept: listing one of a hundred thousand files for each file
 * saved in it would be quadratic. */
static bool is_swept(int directory) {
  enum { REMEMBERED = 64 };
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static struct {
    dev_t disk;
    ino_t node;
  } swept[REMEMBERED];
  static size_t next;
  struct stat info;
  if (fstat(directory, &info) != 0) return true;
  bool found = false;
  pthread_mutex_lock(&lock);
  for (size_t i = 0; i < REMEMBERED && !found; i++)
    found = swept[i].disk == info.st_dev && swept[i].node == info.st_ino;
  if (!found) {
    swept[next].disk = info.st_dev;
    swept[next].node = info.st_ino;
    next = (next + 1) % REMEMBERED;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

void vbo_partial_sweep(int directory) {
  /* A descriptor of its own: closedir closes it, and a duplicate would share the directory's
   * position. */
  int twin = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *list = twin >= 0 ? fdopendir(twin) : NULL;
  if (list == NULL) {
    if (twin >= 0) close(twin);
    return;
  }
  for (struct dirent *entry; (entry = readdir(list)) != NULL;)
    if (vbo_partial_is_name(entry->d_name)) remove_left(directory, entry->d_name);
  closedir(list);
}

void vbo_partial_sweep_once(int directory) {
  if (!is_swept(directory)) vbo_partial_sweep(directory);
}

/* ------------------------------------------------------------------- locks */

int vbo_lock_take(int directory, const char *name, int *lock) {
  /* The holder removes the file before it unlocks it: then our lock is on a file without the name,
   * and we begin again. */
  for (int round = 0; round < 100; round++) {
    /* O_NONBLOCK: a FIFO of this name must not hang us. */
    int fd = vbo_off_standard(
        openat(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666));
    if (fd < 0 && errno == EACCES) /* another user's: for a lock it is enough to read */
      fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno;
    int failure = lock_file(fd);
    if (failure == 0 && is_named(directory, name, fd)) {
      *lock = fd;
      return 0;
    }
    close(fd);
    if (failure != 0) return failure;
  }
  return EWOULDBLOCK;
}

/* Removes the file, then unlocks it (vbo_lock_take): unlocked first, it could be another process's
 * lock when it is removed. */
void vbo_lock_release(int directory, const char *name, int lock) {
  unlinkat(directory, name, 0);
  close(lock);
}
