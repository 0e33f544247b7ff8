/* place.c: see place.h. */
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/disk.h"
#include "base/system.h"

/* Lists the files that SQLite and the locks of runs put beside the journal. */
static const char *const sidecars[] = {"-wal", "-shm", "-journal", "-runs"};

static bool fail_os(int why, const char *doing, const char *path, vbo_error *err) {
  return vbo_error_os(err, VBO_ERROR_JOURNAL, why, "cannot %s %s", doing, path);
}

static bool refuse(const char *path, const char *why, const char *hint, vbo_error *err) {
  vbo_error_set(err, VBO_ERROR_JOURNAL, "%s cannot be a journal: %s", path, why);
  vbo_error_hint(err, "%s", hint);
  return false;
}

static char *joined(const char *first, const char *between, const char *last) {
  size_t size = strlen(first) + strlen(between) + strlen(last) + 1;
  char *all = malloc(size);
  if (all != NULL) (void)snprintf(all, size, "%s%s%s", first, between, last);
  return all;
}

/* -------------------------------------------------------------------- folders */

/* Makes the name of a new folder last: a journal whose folder is gone after a power cut is lost. */
static int sync_parent(const char *path) {
  int directory = -1;
  char *parent = joined(path, "/", "..");
  if (parent == NULL) return ENOMEM;
  if (vbo_directory_open(parent, &directory) == 0) {
    vbo_directory_sync(directory);
    close(directory);
  }
  free(parent);
  return 0;
}

/* Makes the folder and the missing ones above it, for their owner alone (XDG Base Directory
 * Specification). */
static int make_folder(const char *path) {
  for (int round = 0;; round++) {
    if (mkdir(path, 0700) == 0) return sync_parent(path);
    if (errno == EEXIST) return 0;
    if (errno != ENOENT || round > 0) return errno;
    char *parent = joined(path, "", "");
    if (parent == NULL) return ENOMEM;
    char *slash = strrchr(parent, '/');
    int failure = ENOENT;
    if (slash != NULL && slash != parent) {
      *slash = '\0';
      failure = make_folder(parent);
    }
    free(parent);
    if (failure != 0) return failure;
  }
}

/* ------------------------------------------------------------------ ownership */

static bool in_group(gid_t group) {
  if (group == getegid()) return true;
  int count = getgroups(0, NULL);
  gid_t *groups = count > 0 ? malloc((size_t)count * sizeof *groups) : NULL;
  bool found = false;
  if (groups != NULL) count = getgroups(count, groups);
  for (int i = 0; groups != NULL && i < count && !found; i++)
    found = groups[i] == group;
  free(groups);
  return found;
}

/* A file of a group is shared by its mode; root gets no exception: files that root adds beside a
 * user's journal would lock that user out. */
static bool is_ours(const struct stat *info) {
  return info->st_uid == geteuid() || ((info->st_mode & S_IWGRP) != 0 && in_group(info->st_gid));
}

static bool refuse_owner(const char *path, const struct stat *info, vbo_error *err) {
  char memory[1024];
  struct passwd entry;
  struct passwd *found = NULL;
  char number[32];
  (void)snprintf(number, sizeof number, "user %lld", (long long)info->st_uid);
  bool named = getpwuid_r(info->st_uid, &entry, memory, sizeof memory, &found) == 0 && found;
  vbo_error_set(err, VBO_ERROR_JOURNAL, "%s belongs to %s, not to this user", path,
                named ? found->pw_name : number);
  vbo_error_hint(err,
                 "name a journal of your own with --journal, or share it with a group: "
                 "chgrp GROUP and chmod g+w");
  return false;
}

static bool check_folder(const vbo_place *place, const char *folder, bool read_only,
                         vbo_error *err) {
  struct stat info;
  const char *network = vbo_system_network_name(place->directory);
  if (network != NULL) {
    vbo_error_set(err, VBO_ERROR_JOURNAL,
                  "%s cannot be a journal: %s is on %s, where locks and "
                  "shared memory do not hold between machines",
                  place->path, folder, network);
    vbo_error_hint(err, "name a file on a local disk: --journal=/var/tmp/vbolua/journal.db");
    return false;
  }
  if (fstat(place->directory, &info) != 0) return fail_os(errno, "look at", folder, err);
  if (read_only) return true;
  bool sticky = (info.st_mode & S_ISVTX) != 0;
  if ((info.st_mode & S_IWOTH) != 0 && !sticky)
    return refuse(place->path, "everybody can replace it, for its folder is writable for all",
                  "chmod o-w the folder, or name another place with --journal", err);
  if (info.st_uid != 0 && !is_ours(&info) && !sticky) return refuse_owner(folder, &info, err);
  return true;
}

/* ---------------------------------------------------------------------- files */

/* Checks a file that exists: the journal itself (`journal` NULL) or one beside it. */
static bool check_file(const char *path, const struct stat *info, const struct stat *journal,
                       bool read_only, vbo_error *err) {
  bool shared = journal != NULL && (journal->st_mode & info->st_mode & S_IWGRP) != 0 &&
                journal->st_gid == info->st_gid;
  if (S_ISLNK(info->st_mode))
    return refuse(path, "it is a symbolic link", "name the file itself with --journal", err);
  if (!S_ISREG(info->st_mode))
    return refuse(path, "it is not a plain file", "name another file with --journal", err);
  if (read_only) return true;
  if (!shared && !is_ours(info)) return refuse_owner(path, info, err);
  if ((info->st_mode & S_IWOTH) != 0)
    return refuse(path, "everybody can write it", "chmod o-w the file", err);
  if (info->st_nlink > 1)
    return refuse(path, "it has a second name (a hard link)",
                  "remove the other name, or name another file with --journal", err);
  return true;
}

static bool check_sidecars(const vbo_place *place, const struct stat *journal, bool read_only,
                           vbo_error *err) {
  for (size_t i = 0; i < sizeof sidecars / sizeof *sidecars; i++) {
    struct stat info;
    char *path = joined(place->path, sidecars[i], "");
    if (path == NULL) return vbo_error_memory(err);
    bool good = lstat(path, &info) != 0 || check_file(path, &info, journal, read_only, err);
    free(path);
    if (!good) return false;
  }
  return true;
}

/* Makes the file empty, for its owner alone whatever the umask is; O_EXCL follows no link. */
static int make_file(const vbo_place *place) {
  int file = openat(place->directory, place->name,
                    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return errno;
  int failure = fchmod(file, 0600) == 0 ? 0 : errno;
  close(file);
  vbo_directory_sync(place->directory);
  return failure;
}

/* SQLite would fall back to reading. */
static bool may_write(const vbo_place *place, vbo_error *err) {
  if (faccessat(place->directory, place->name, W_OK, AT_EACCESS) == 0) return true;
  (void)fail_os(errno, "write the journal", place->path, err);
  vbo_error_hint(err, "make the file and its folder writable, or name another with --journal");
  return false;
}

static bool find_file(vbo_place *place, bool read_only, struct stat *info, vbo_error *err) {
  for (int round = 0; round < 10; round++) {
    if (lstat(place->path, info) == 0)
      return check_file(place->path, info, NULL, read_only, err) &&
             (read_only || may_write(place, err));
    if (errno != ENOENT) return fail_os(errno, "look at the journal", place->path, err);
    if (read_only)
      return vbo_error_set(err, VBO_ERROR_NOT_FOUND, "there is no journal %s", place->path);
    int failure = make_file(place);
    if (failure != 0 && failure != EEXIST)
      return fail_os(failure, "make the journal", place->path, err);
  }
  return fail_os(EBUSY, "make the journal", place->path, err);
}

/* A file beside the journal is of the same group and mode, so that a group shares all of it. */
static void share(int file, const struct stat *journal) {
  struct stat info;
  if (fstat(file, &info) != 0 || info.st_uid != geteuid()) return;
  if (info.st_gid != journal->st_gid && fchown(file, (uid_t)-1, journal->st_gid) != 0) return;
  if ((info.st_mode & 0777) != (journal->st_mode & 0666))
    (void)fchmod(file, journal->st_mode & 0666);
}

static vbo_inode inode_of(const struct stat *info) {
  return (vbo_inode){.disk = (uint64_t)info->st_dev, .node = (uint64_t)info->st_ino};
}

static bool open_runs(vbo_place *place, const struct stat *journal, bool read_only,
                      vbo_error *err) {
  struct stat info;
  char *name = joined(place->name, "-runs", "");
  if (name == NULL) return vbo_error_memory(err);
  int flags = read_only ? O_RDONLY : O_RDWR | O_CREAT;
  int file = vbo_off_standard(
      openat(place->directory, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  int failure = file < 0 || fstat(file, &info) != 0 ? errno : 0;
  free(name);
  place->runs = file;
  if (file < 0 && read_only) return true;
  if (failure != 0) return fail_os(failure, "open the locks of runs beside", place->path, err);
  share(file, journal);
  place->runs_inode = inode_of(&info);
  return true;
}

/* ------------------------------------------------------------------ the place */

/* Splits `path`, makes its folder, and finds the folder's own path, without links. */
static bool find_folder(vbo_place *place, const char *path, bool read_only, vbo_error *err) {
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return vbo_error_set(err, VBO_ERROR_USAGE, "a journal must be a file, got \"%s\"", path);
  char *folder = slash == path ? joined("/", "", "") : joined(slash != NULL ? path : ".", "", "");
  if (folder == NULL) return vbo_error_memory(err);
  if (slash != NULL && slash != path) folder[slash - path] = '\0';
  int failure = read_only ? 0 : make_folder(folder);
  char *real = failure == 0 ? realpath(folder, NULL) : NULL;
  if (real == NULL && failure == 0) failure = errno;
  if (failure == 0) failure = vbo_directory_open(real, &place->directory);
  if (failure == ENOENT && read_only)
    vbo_error_set(err, VBO_ERROR_NOT_FOUND, "there is no journal %s", path);
  else if (failure != 0)
    (void)fail_os(failure, "use the journal's folder", folder, err);
  else if (real != NULL)
    place->path = joined(strcmp(real, "/") == 0 ? "" : real, "/", name);
  free(folder);
  free(real);
  if (failure == 0 && place->path == NULL) return vbo_error_memory(err);
  if (failure != 0) return false;
  place->name = strrchr(place->path, '/') + 1;
  return true;
}

bool vbo_place_find(vbo_place *place, const char *path, bool read_only, vbo_error *err) {
  struct stat info;
  *place = (vbo_place){.directory = -1, .runs = -1};
  if (!find_folder(place, path, read_only, err)) return false;
  char *folder = joined(place->path, "", "");
  if (folder == NULL) return vbo_error_memory(err);
  folder[place->name - place->path - 1] = '\0';
  bool good = check_folder(place, *folder != '\0' ? folder : "/", read_only, err);
  free(folder);
  return good && find_file(place, read_only, &info, err) &&
         check_sidecars(place, &info, read_only, err) && open_runs(place, &info, read_only, err);
}

/* Looks at a file beside the journal. */
static bool look(const vbo_place *place, const char *sidecar, struct stat *info) {
  char *name = joined(place->name, sidecar, "");
  bool found = name != NULL && fstatat(place->directory, name, info, AT_SYMLINK_NOFOLLOW) == 0;
  free(name);
  return found;
}

/* SQLite makes its files with the journal's mode, but, unless it is root, with this user's group. */
void vbo_place_settle(vbo_place *place) {
  struct stat journal;
  struct stat info;
  if (place->path == NULL || lstat(place->path, &journal) != 0) return;
  for (size_t i = 0; i < 2; i++) {
    if (!look(place, sidecars[i], &info)) continue;
    if (i == 0) place->wal = inode_of(&info);
    if (info.st_uid != geteuid() || info.st_gid == journal.st_gid) continue;
    char *name = joined(place->name, sidecars[i], "");
    if (name != NULL)
      (void)!fchownat(place->directory, name, (uid_t)-1, journal.st_gid, AT_SYMLINK_NOFOLLOW);
    free(name);
  }
}

bool vbo_place_has_log(const vbo_place *place) {
  struct stat info;
  return place->path != NULL && look(place, "-wal", &info) && info.st_size > 0;
}

static bool same(vbo_inode a, const struct stat *info) {
  return a.node == 0 || (a.disk == (uint64_t)info->st_dev && a.node == (uint64_t)info->st_ino);
}

bool vbo_place_keeps(vbo_place *place) {
  struct stat info;
  if (place->path == NULL) return true;
  if (place->wal.node != 0 && !(look(place, "-wal", &info) && same(place->wal, &info)))
    return false;
  return place->runs_inode.node == 0 ||
         (look(place, "-runs", &info) && same(place->runs_inode, &info));
}

void vbo_place_leave(vbo_place *place) {
  free(place->path);
  if (place->directory >= 0) close(place->directory);
  if (place->runs >= 0) close(place->runs);
  *place = (vbo_place){.directory = -1, .runs = -1};
}
