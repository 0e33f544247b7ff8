/* system.c: Linux (glibc, musl) and macOS. */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit systems, too */
#include "base/system.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif
#include <sys/statvfs.h>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif

int64_t vbo_monotonic_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t vbo_wall_seconds(void) {
  return (int64_t)time(NULL);
}

void vbo_stay_loaded(void) {
  static const char ours;
  Dl_info found;
  /* NOLOAD: only what is there is marked, and a program that holds us itself is none. */
  if (dladdr(&ours, &found) != 0 && found.dli_fname != NULL)
    (void)dlopen(found.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

bool vbo_random(void *out, size_t size) {
#if defined(__linux__)
  unsigned char *bytes = out;
  while (size > 0) {
    ssize_t got = getrandom(bytes, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    size -= (size_t)got;
  }
  return true;
#else
  arc4random_buf(out, size);
  return true;
#endif
}

int64_t vbo_process_id(void) {
  return (int64_t)getpid();
}

/* -------------------------------------------------------------- descriptors */

int vbo_off_standard(int file) {
  if (file < 0 || file > STDERR_FILENO) return file;
  int above = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  int failure = errno;
  close(file);
  errno = failure;
  return above;
}

void vbo_standard_files(void) {
  for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
    if (fcntl(file, F_GETFD) < 0 && errno == EBADF)
      (void)!open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY); /* the lowest: `file` */
}

static int file_limit(void) {
  const int most = 65536; /* some systems say a billion */
  long limit = sysconf(_SC_OPEN_MAX);
  return limit > 0 && limit < most ? (int)limit : most;
}

void vbo_file_seal(int file) {
  int flags = fcntl(file, F_GETFD);
  if (flags >= 0 && (flags & FD_CLOEXEC) == 0) (void)fcntl(file, F_SETFD, flags | FD_CLOEXEC);
}

static vbo_files inherited;
static bool have_inherited;

void vbo_files_look(vbo_files *files) {
  for (int file = 0; file < VBO_FILES_SEEN; file++)
    files->open[file] = fcntl(file, F_GETFD) >= 0;
}

void vbo_files_seal_since(const vbo_files *before) {
  for (int file = STDERR_FILENO + 1; file < VBO_FILES_SEEN; file++)
    if (!before->open[file]) vbo_file_seal(file);
}

void vbo_files_inherited(void) {
  vbo_files_look(&inherited);
  have_inherited = true;
}

void vbo_files_seal(void) {
  if (!have_inherited) return;
  vbo_files_seal_since(&inherited);
  int limit = file_limit();
#if defined(__linux__) && defined(SYS_close_range)
  const unsigned close_in_children_only = 1U << 2;
  if (syscall(SYS_close_range, VBO_FILES_SEEN, ~0U, close_in_children_only) == 0) return;
#endif
  for (int file = VBO_FILES_SEEN; file < limit; file++)
    vbo_file_seal(file);
}

/* ------------------------------------------------------------------- files */

int vbo_directory_open(const char *path, int *directory) {
  *directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return *directory < 0 ? errno : 0;
}

size_t vbo_directory_name_max(int directory) {
  long longest = fpathconf(directory, _PC_NAME_MAX);
  return longest > 0 ? (size_t)longest : 255;
}

int vbo_file_look(int directory, const char *name, vbo_found *found) {
  struct stat info;
  *found = VBO_FOUND_NOTHING;
  if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : errno;
  *found = VBO_FOUND_FILE;
  if (S_ISLNK(info.st_mode) && fstatat(directory, name, &info, 0) != 0) return 0;
  if (S_ISDIR(info.st_mode))
    *found = VBO_FOUND_DIRECTORY;
  else if (!S_ISREG(info.st_mode))
    *found = VBO_FOUND_OTHER;
  return 0;
}

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

int vbo_file_write(int file, const void *bytes, size_t size) {
  const char *from = bytes;
  while (size > 0) {
    /* macOS refuses more than INT_MAX at once. */
    size_t piece = size > (size_t)1 << 30 ? (size_t)1 << 30 : size;
    ssize_t wrote = write(file, from, piece);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
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

#if defined(__linux__)
/* tmpfs has no blocks to keep together, and clears what it sets aside at once. */
static bool in_memory(int file) {
  const long tmpfs = 0x01021994;
  struct statfs info;
  return fstatfs(file, &info) == 0 && (long)info.f_type == tmpfs;
}
#endif

int vbo_file_reserve(int file, int64_t size, bool *done) {
  int failure = ENOTSUP;
  *done = false;
#if defined(__linux__)
  if (in_memory(file)) return 0;
  do
    failure = fallocate(file, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 ? 0 : errno;
  while (failure == EINTR);
#elif defined(F_PREALLOCATE)
  fstore_t wanted = {.fst_flags = F_ALLOCATECONTIG | F_ALLOCATEALL,
                     .fst_posmode = F_PEOFPOSMODE,
                     .fst_length = (off_t)size};
  failure = fcntl(file, F_PREALLOCATE, &wanted) == 0 ? 0 : errno;
  wanted.fst_flags = F_ALLOCATEALL;
  if (failure != 0) failure = fcntl(file, F_PREALLOCATE, &wanted) == 0 ? 0 : errno;
#else
  (void)file, (void)size;
#endif
  *done = failure == 0;
  return failure == ENOSPC || failure == EDQUOT || failure == EFBIG ? failure : 0;
}

bool vbo_file_space(int file, int64_t *space, uint64_t *disk) {
  struct statvfs room;
  struct stat info;
  if (fstatvfs(file, &room) != 0 || fstat(file, &info) != 0 || room.f_blocks == 0) return false;
  uint64_t unit = room.f_frsize != 0 ? room.f_frsize : room.f_bsize;
  uint64_t most = unit != 0 ? (uint64_t)INT64_MAX / unit : 0;
  *space = (int64_t)((uint64_t)room.f_bavail < most ? (uint64_t)room.f_bavail * unit : INT64_MAX);
  *disk = (uint64_t)info.st_dev;
  return true;
}

int vbo_file_sync(int file) {
#if defined(F_FULLFSYNC)
  /* macOS: fsync alone leaves the bytes in the drive's cache. */
  if (fcntl(file, F_FULLFSYNC) == 0) return 0;
#endif
  while (fsync(file) != 0) {
    if (errno == EINTR) continue;
    /* Pseudo files cannot be synced, which is no loss. */
    return errno == EINVAL || errno == ENOTSUP ? 0 : errno;
  }
  return 0;
}

int vbo_file_flush(int file) {
  int twin = fcntl(file, F_DUPFD_CLOEXEC, 0);
  if (twin < 0) return errno;
  return close(twin) == 0 || errno == EINTR ? 0 : errno;
}

void vbo_file_close(int file) {
  close(file);
}

void vbo_file_unlink(int directory, const char *name) {
  unlinkat(directory, name, 0);
}

void vbo_file_set_modified(int file, int64_t seconds) {
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = (time_t)seconds}};
  (void)futimens(file, times);
}

void vbo_directory_sync(int directory) {
  /* Not every file system can; the rename then lasts as well as it can. */
  fsync(directory);
}

/* ------------------------------------------------------------ partial files */

static const char partial_prefix[] = ".vbolua-";
static const char partial_suffix[] = ".part";
enum { PARTIAL_DIGITS = 32 };

bool vbo_partial_is_name(const char *name) {
  size_t prefix = sizeof partial_prefix - 1;
  return strncmp(name, partial_prefix, prefix) == 0 &&
         strspn(name + prefix, "0123456789abcdef") == PARTIAL_DIGITS &&
         strcmp(name + prefix + PARTIAL_DIGITS, partial_suffix) == 0;
}

static bool make_partial_name(char name[VBO_PARTIAL_NAME]) {
  unsigned char random[PARTIAL_DIGITS / 2];
  if (!vbo_random(random, sizeof random)) return false;
  char *to = name + snprintf(name, VBO_PARTIAL_NAME, "%s", partial_prefix);
  for (size_t i = 0; i < sizeof random; i++)
    to += snprintf(to, 3, "%02x", random[i]);
  (void)snprintf(to, sizeof partial_suffix, "%s", partial_suffix);
  return true;
}

/* Does the name still lead to the open file, and does no other? */
static bool is_named(int directory, const char *name, int file) {
  struct stat ours;
  struct stat named;
  return fstat(file, &ours) == 0 && fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         named.st_ino == ours.st_ino && named.st_dev == ours.st_dev;
}

/* EWOULDBLOCK when another holds it.  File systems without locks are fine: nothing is removed
 * there, either. */
static int lock_file(int file) {
  int failure = 0;
  do
    failure = flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  while (failure == EINTR);
  return failure == EWOULDBLOCK ? EWOULDBLOCK : 0;
}

#if defined(__linux__) && defined(O_TMPFILE)
static void descriptor_path(char path[32], int file) {
  (void)snprintf(path, 32, "/proc/self/fd/%d", file);
}

/* A name can be given through /proc alone: AT_EMPTY_PATH wants privileges up to Linux 6.10. */
static bool open_unnamed(int directory, int *file) {
  char path[32];
  struct stat ours;
  struct stat seen;
  int fd = vbo_off_standard(openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
  if (fd < 0) return false;
  descriptor_path(path, fd);
  if (fstat(fd, &ours) == 0 && stat(path, &seen) == 0 && ours.st_ino == seen.st_ino &&
      ours.st_dev == seen.st_dev) {
    *file = fd;
    return true;
  }
  close(fd);
  return false;
}

static int link_unnamed(int directory, int file, const char *to) {
  char path[32];
  descriptor_path(path, file);
  return linkat(AT_FDCWD, path, directory, to, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}
#else
static bool open_unnamed(int directory, int *file) {
  (void)directory, (void)file;
  return false;
}

static int link_unnamed(int directory, int file, const char *to) {
  (void)directory, (void)file, (void)to;
  return ENOTSUP;
}
#endif

int vbo_partial_open(int directory, char name[VBO_PARTIAL_NAME], int *file) {
  *name = '\0';
  if (open_unnamed(directory, file)) return 0;
  for (int round = 0; round < 100; round++) {
    if (!make_partial_name(name)) return EIO;
    int fd = vbo_off_standard(
        openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return errno;
    /* A sweep may have come between, and taken it for one that was left. */
    if (lock_file(fd) == 0 && is_named(directory, name, fd)) {
      *file = fd;
      return 0;
    }
    close(fd);
  }
  return EBUSY;
}

static int rename_exclusive(int directory, const char *from, const char *to) {
#if defined(__linux__) && defined(SYS_renameat2)
  /* Through syscall: musl before 1.2.4 and glibc before 2.28 lack the wrapper. */
  const unsigned no_replace = 1;
  if (syscall(SYS_renameat2, directory, from, directory, to, no_replace) == 0) return 0;
  return errno;
#elif defined(__APPLE__)
  if (renameatx_np(directory, from, directory, to, RENAME_EXCL) == 0) return 0;
  return errno;
#else
  (void)directory, (void)from, (void)to;
  return ENOSYS;
#endif
}

static int rename_file(int directory, const char *from, const char *to, bool replace) {
  if (replace) return renameat(directory, from, directory, to) == 0 ? 0 : errno;
  int failure = rename_exclusive(directory, from, to);
  if (failure != ENOSYS && failure != EINVAL && failure != ENOTSUP) return failure;
  /* An old kernel or a file system (NFS) that cannot: a hard link is refused
   * for a name that is taken, too. */
  if (linkat(directory, from, directory, to, 0) != 0) return errno;
  if (unlinkat(directory, from, 0) != 0) return errno;
  return 0;
}

/* A link cannot replace.  The file is whole by now; under its other name, which lives for a moment,
 * a sweep must not find it unlocked. */
static int replace_with_unnamed(int directory, int file, const char *to) {
  char name[VBO_PARTIAL_NAME];
  if (!make_partial_name(name)) return EIO;
  int failure = lock_file(file);
  if (failure == 0) failure = link_unnamed(directory, file, name);
  if (failure != 0) return failure;
  failure = rename_file(directory, name, to, true);
  if (failure != 0) unlinkat(directory, name, 0);
  return failure;
}

int vbo_partial_commit(int directory, const char name[VBO_PARTIAL_NAME], int file, const char *to,
                       bool replace) {
  if (*name != '\0') return rename_file(directory, name, to, replace);
  int failure = link_unnamed(directory, file, to);
  return failure == EEXIST && replace ? replace_with_unnamed(directory, file, to) : failure;
}

static void remove_left(int directory, const char *name) {
  struct stat info;
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return;
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
      info.st_nlink == 1 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_named(directory, name, fd))
    unlinkat(directory, name, 0);
  close(fd);
}

/* Listing a folder of a hundred thousand files for each file in it would take its time. */
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
  /* Its holder removes the file before it lets go: then our lock is on a file without the name, and
   * we begin again. */
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

void vbo_lock_release(int directory, const char *name, int lock) {
  unlinkat(directory, name, 0);
  close(lock);
}

/* ----------------------------------------------------------------- secrets */

int vbo_private_open(const char *path, int *file, bool *is_private) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return errno;
  int failure = fstat(fd, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
  if (failure != 0) {
    close(fd);
    return failure;
  }
  *is_private = (info.st_mode & 077) == 0 && (info.st_uid == geteuid() || info.st_uid == 0);
  *file = fd;
  return 0;
}

int64_t vbo_file_read(int file, void *bytes, size_t size) {
  for (;;) {
    ssize_t got = read(file, bytes, size);
    if (got >= 0 || errno != EINTR) return got;
  }
}

struct vbo_terminal {
  int fd;
  struct termios before;
};

vbo_terminal *vbo_terminal_open(void) {
  vbo_terminal *terminal = malloc(sizeof *terminal);
  if (terminal == NULL) return NULL;
  terminal->fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal->fd >= 0 && tcgetattr(terminal->fd, &terminal->before) == 0) {
    struct termios quiet = terminal->before;
    /* Without ISIG a Ctrl-C reaches us as a byte: a process that a signal ends
     * here would leave the terminal without echo. */
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (tcsetattr(terminal->fd, TCSAFLUSH, &quiet) == 0) return terminal;
  }
  if (terminal->fd >= 0) close(terminal->fd);
  free(terminal);
  return NULL;
}

void vbo_terminal_write(vbo_terminal *terminal, const char *text) {
  vbo_file_write(terminal->fd, text, strlen(text));
}

int vbo_terminal_key(vbo_terminal *terminal) {
  unsigned char byte = 0;
  return vbo_file_read(terminal->fd, &byte, 1) == 1 ? byte : -1;
}

void vbo_terminal_close(vbo_terminal *terminal) {
  tcsetattr(terminal->fd, TCSAFLUSH, &terminal->before);
  close(terminal->fd);
  free(terminal);
}

static size_t page_size(void) {
  long size = sysconf(_SC_PAGESIZE);
  return size > 0 ? (size_t)size : 4096;
}

void *vbo_secret_pages(size_t size, size_t *given, bool *locked) {
  size_t page = page_size();
  if (size > SIZE_MAX - 4 * page) return NULL;
  size_t inside = (size + page - 1) / page * page;
  char *all = mmap(NULL, inside + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (all == MAP_FAILED) return NULL;
  char *pages = all + page;
  if (mprotect(pages, inside, PROT_READ | PROT_WRITE) != 0) {
    munmap(all, inside + 2 * page);
    return NULL;
  }
#if defined(MADV_DONTDUMP)
  (void)madvise(pages, inside, MADV_DONTDUMP);
#endif
  *locked = mlock(pages, inside) == 0;
  *given = inside;
  return pages;
}

void vbo_secret_pages_free(void *pages, size_t size) {
  size_t page = page_size();
  munmap((char *)pages - page, size + 2 * page); /* which unlocks them */
}

void vbo_memory_private(void) {
  struct rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }
#if defined(__linux__)
  /* A handler of core dumps (systemd-coredump, apport) gets them whatever the limit is, and a
   * debugger of the same user the memory as it stands. */
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

size_t vbo_allocation_size(void *memory) {
#if defined(__APPLE__)
  return malloc_size(memory);
#else
  return malloc_usable_size(memory);
#endif
}

/* ----------------------------------------------------------------- sockets */

static int port_of(const struct sockaddr_storage *address) {
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  switch (address->ss_family) {
    case AF_INET:
      memcpy(&in, address, sizeof in);
      return ntohs(in.sin_port);
    case AF_INET6:
      memcpy(&in6, address, sizeof in6);
      return ntohs(in6.sin6_port);
    default:
      return -1;
  }
}

int64_t vbo_socket_open(int family, int type, int protocol) {
#if defined(SOCK_CLOEXEC)
  return vbo_off_standard(socket(family, type | SOCK_CLOEXEC, protocol));
#else
  int made = socket(family, type, protocol);
  if (made >= 0) vbo_file_seal(made);
  return vbo_off_standard(made);
#endif
}

bool vbo_socket_is(int64_t socket, int local_port, int remote_port) {
  struct sockaddr_storage address;
  memset(&address, 0, sizeof address);
  socklen_t size = sizeof address;
  if (getsockname((int)socket, (struct sockaddr *)&address, &size) != 0 ||
      port_of(&address) != local_port)
    return false;
  size = sizeof address;
  return getpeername((int)socket, (struct sockaddr *)&address, &size) == 0 &&
         port_of(&address) == remote_port;
}

bool vbo_socket_readable(int64_t socket) {
  struct pollfd wait = {.fd = (int)socket, .events = POLLIN};
  return poll(&wait, 1, 0) != 0;
}
