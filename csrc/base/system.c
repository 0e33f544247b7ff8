/* system.c: Linux (glibc, musl) and macOS; see system.h. */
#define _FILE_OFFSET_BITS 64 /* files beyond 2 GiB on 32-bit systems, too */
#include "base/system.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <malloc/malloc.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/sysctl.h>
#else
#include <malloc.h>
#endif
#if defined(__linux__)
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#endif

/* ------------------------------------------------------------------ process */

/* Uses CLOCK_MONOTONIC: a clock that is set must neither end a deadline nor stretch it. */
int64_t vbo_monotonic_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t vbo_wall_seconds(void) {
  return (int64_t)time(NULL);
}

void vbo_stay_loaded(void) {
  /* The address of an object, since C has no conversion of a function's to void * (C11 6.3.2.3). */
  static const char ours;
  Dl_info found;
  /* RTLD_NOLOAD marks a library that is loaded and loads none: a program with this code linked in
   * is not a library, and needs no mark. */
  if (dladdr(&ours, &found) != 0 && found.dli_fname != NULL)
    (void)dlopen(found.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Asks the kernel directly: /dev/urandom needs a descriptor, and a chroot may lack it. */
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

void vbo_system_boot(char *id, size_t size) {
  id[0] = '\0';
#if defined(__linux__)
  FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
  if (file == NULL) return;
  if (fgets(id, (int)size, file) != NULL) id[strcspn(id, "\n")] = '\0';
  (void)fclose(file);
#elif defined(__APPLE__)
  if (sysctlbyname("kern.bootsessionuuid", id, &size, NULL, 0) != 0) id[0] = '\0';
#else
  (void)size;
#endif
}

/* -------------------------------------------------------------- descriptors */

int vbo_system_file_limit(void) {
  const int most = 65536; /* a limit of a billion (some containers) would be counted through */
  long limit = sysconf(_SC_OPEN_MAX);
  return limit > 0 && limit < most ? (int)limit : most;
}

bool vbo_system_seal_above(int first) {
#if defined(__linux__) && defined(SYS_close_range)
  /* Linux 5.11; CLOSE_RANGE_CLOEXEC is missing in older headers. */
  const unsigned close_in_children_only = 1U << 2;
  return syscall(SYS_close_range, first, ~0U, close_in_children_only) == 0;
#else
  (void)first;
  return false;
#endif
}

/* Uses SOCK_CLOEXEC where it exists: between socket(2) and fcntl(2) another thread could fork. */
int64_t vbo_system_socket(int family, int type, int protocol) {
#if defined(SOCK_CLOEXEC)
  return socket(family, type | SOCK_CLOEXEC, protocol);
#else
  int made = socket(family, type, protocol);
  if (made >= 0) (void)fcntl(made, F_SETFD, FD_CLOEXEC);
  return made;
#endif
}

/* -------------------------------------------------------------------- files */

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
  /* Only a full disk counts as a failure: without a reservation the save goes on. */
  return failure == ENOSPC || failure == EDQUOT || failure == EFBIG ? failure : 0;
}

int64_t vbo_system_modified_ms(const struct stat *info) {
#if defined(__APPLE__)
  long nanoseconds = info->st_mtimespec.tv_nsec;
#else
  long nanoseconds = info->st_mtim.tv_nsec;
#endif
  return (int64_t)info->st_mtime * 1000 + nanoseconds / 1000000;
}

int vbo_file_sync(int file) {
#if defined(F_FULLFSYNC)
  /* macOS: fsync alone leaves the bytes in the drive's cache. */
  if (fcntl(file, F_FULLFSYNC) == 0) return 0;
#endif
  while (fsync(file) != 0) {
    if (errno == EINTR) continue;
    /* EINVAL: /dev/stdout, pipes and other pseudo files cannot be synced, and need not be */
    return errno == EINVAL || errno == ENOTSUP ? 0 : errno;
  }
  return 0;
}

#if defined(__linux__) && defined(O_TMPFILE)
static void descriptor_path(char path[32], int file) {
  (void)snprintf(path, 32, "/proc/self/fd/%d", file);
}

/* A name can be given through /proc alone: AT_EMPTY_PATH wants privileges up to Linux 6.10. */
bool vbo_system_open_unnamed(int directory, int *file) {
  char path[32];
  struct stat ours;
  struct stat seen;
  int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  if (fd < 0) return false;
  descriptor_path(path, fd);
  /* A container may have no /proc: then such a file could never get a name. */
  if (fstat(fd, &ours) == 0 && stat(path, &seen) == 0 && ours.st_ino == seen.st_ino &&
      ours.st_dev == seen.st_dev) {
    *file = fd;
    return true;
  }
  close(fd);
  return false;
}

int vbo_system_link_unnamed(int directory, int file, const char *to) {
  char path[32];
  descriptor_path(path, file);
  return linkat(AT_FDCWD, path, directory, to, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}
#else
bool vbo_system_open_unnamed(int directory, int *file) {
  (void)directory, (void)file;
  return false;
}

int vbo_system_link_unnamed(int directory, int file, const char *to) {
  (void)directory, (void)file, (void)to;
  return ENOTSUP;
}
#endif

int vbo_system_rename_exclusive(int directory, const char *from, const char *to) {
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

/* A lock of an open file description (OFD) where the system has them: closing another descriptor of
 * the file does not end it, and a second opening in this process is another holder. */
static int lock_byte(int file, int command, short type, int64_t offset, struct flock *lock) {
  int failure = 0;
  *lock =
      (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
  do
    failure = fcntl(file, command, lock) == 0 ? 0 : errno;
  while (failure == EINTR);
  return failure;
}

int vbo_system_lock_byte(int file, int64_t offset) {
  struct flock lock;
#if defined(F_OFD_SETLK)
  return lock_byte(file, F_OFD_SETLK, F_WRLCK, offset, &lock);
#else
  return lock_byte(file, F_SETLK, F_WRLCK, offset, &lock);
#endif
}

int vbo_system_unlock_byte(int file, int64_t offset) {
  struct flock lock;
#if defined(F_OFD_SETLK)
  return lock_byte(file, F_OFD_SETLK, F_UNLCK, offset, &lock);
#else
  return lock_byte(file, F_SETLK, F_UNLCK, offset, &lock);
#endif
}

int vbo_system_byte_locked(int file, int64_t offset, bool *locked) {
  struct flock lock;
#if defined(F_OFD_GETLK)
  int failure = lock_byte(file, F_OFD_GETLK, F_WRLCK, offset, &lock);
#else
  int failure = lock_byte(file, F_GETLK, F_WRLCK, offset, &lock);
#endif
  *locked = failure == 0 && lock.l_type != F_UNLCK;
  return failure;
}

#if defined(__linux__)
/* Magic numbers of statfs(2), for file systems that other machines write, too. */
static const struct network {
  uint32_t magic;
  const char *name;
} networks[] = {
    {0x6969, "NFS"},        {0xff534d42, "CIFS"},  {0xfe534d42, "SMB"},    {0x517b, "SMB"},
    {0x564c, "NCP"},        {0x73757245, "Coda"},  {0x5346414f, "AFS"},    {0x6b414653, "AFS"},
    {0x01021997, "9P"},     {0x00c36400, "Ceph"},  {0x01161970, "GFS2"},   {0x7461636f, "OCFS2"},
    {0x0bd00bd0, "Lustre"}, {0x47504653, "GPFS"},  {0x19830326, "BeeGFS"}, {0x786f4256, "vboxsf"},
    {0xbacbacbc, "vmhgfs"}, {0xaad7aaea, "PanFS"},
};

/* Lists the local ones of FUSE; everything else there (sshfs, s3fs, rclone, GlusterFS …) is shared, or
 * does not say. */
static const char *const local_fuse[] = {"fuseblk",     "fuse.fuse-overlayfs", "fuse.gocryptfs",
                                         "fuse.encfs",  "fuse.cryfs",          "fuse.securefs",
                                         "fuse.bindfs", "fuse.mergerfs",       "fuse.unionfs",
                                         "fuse.zfs",    "fuse.squashfuse"};

/* Reads the type of the mount that the file is on (proc(5): mountinfo), as "fuse.sshfs". */
static bool mount_type(int file, char *type, size_t size) {
  char line[4096];
  char wanted[32];
  struct stat info;
  bool found = false;
  FILE *mounts = fstat(file, &info) == 0 ? fopen("/proc/self/mountinfo", "re") : NULL;
  if (mounts == NULL) return false;
  (void)snprintf(wanted, sizeof wanted, " %u:%u ", major(info.st_dev), minor(info.st_dev));
  while (!found && fgets(line, sizeof line, mounts) != NULL) {
    const char *device = strstr(line, wanted);
    const char *dash = strstr(line, " - ");
    if (device == NULL || dash == NULL || device > dash) continue;
    size_t length = strcspn(dash + 3, " \n");
    (void)snprintf(type, size, "%.*s", (int)(length < size ? length : size - 1), dash + 3);
    found = true;
  }
  fclose(mounts);
  return found;
}

static const char *fuse_name(int file) {
  static char type[64];
  if (!mount_type(file, type, sizeof type)) return "FUSE";
  for (size_t i = 0; i < sizeof local_fuse / sizeof *local_fuse; i++)
    if (strcmp(type, local_fuse[i]) == 0) return NULL;
  return type;
}

const char *vbo_system_network_name(int file) {
  const uint32_t fuse = 0x65735546;
  struct statfs info;
  if (fstatfs(file, &info) != 0) return NULL;
  uint32_t magic = (uint32_t)info.f_type;
  if (magic == fuse) return fuse_name(file);
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    if (networks[i].magic == magic) return networks[i].name;
  return NULL;
}
#elif defined(__APPLE__)
const char *vbo_system_network_name(int file) {
  static char name[MFSTYPENAMELEN];
  struct statfs info;
  if (fstatfs(file, &info) != 0 || (info.f_flags & MNT_LOCAL) != 0) return NULL;
  (void)snprintf(name, sizeof name, "%s", info.f_fstypename);
  return name;
}
#else
const char *vbo_system_network_name(int file) {
  (void)file;
  return NULL;
}
#endif

/* ------------------------------------------------------------------- memory */

static size_t page_size(void) {
  long size = sysconf(_SC_PAGESIZE);
  return size > 0 ? (size_t)size : 4096;
}

void *vbo_secret_pages(size_t size, size_t *given, bool *locked) {
  size_t page = page_size();
  if (size > SIZE_MAX - 4 * page) return NULL;
  size_t inside = (size + page - 1) / page * page;
  /* The pages at both ends stay PROT_NONE: an overrun faults there instead of reaching a secret or
   * leaving one. */
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

/* Needs the same size as was given: the guard pages go with it. */
void vbo_secret_pages_free(void *pages, size_t size) {
  size_t page = page_size();
  munmap((char *)pages - page, size + 2 * page); /* which unlocks them */
}

void vbo_memory_private(void) {
  struct rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    /* The soft limit alone: a child may raise it again for itself. */
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }
#if defined(__linux__)
  /* A handler of core dumps (systemd-coredump, apport) gets them whatever RLIMIT_CORE is, and a
   * debugger of the same user can read the memory. */
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* Serves wiping: libcurl's free callback gets no size (multi.c). */
size_t vbo_allocation_size(void *memory) {
#if defined(__APPLE__)
  return malloc_size(memory);
#else
  return malloc_usable_size(memory);
#endif
}
