/* A journal on a disk: what it keeps when the power fails or the disk is full, and which files it
 * refuses. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "base/system.h"
#include "save/digest.h"
#include "store/issue.h"
#include "store/lock.h"
#include "store/open.h"
#include "store/permit.h"
#include "store/schema.h"
#include "store/statement.h"

enum { OTHER = 1 }; /* daemon */

static char folder[64];
static char file[96];

/* Runs a command of the shell: its status. */
static int shell(const char *format, ...) {
  char command[1024];
  va_list args;
  va_start(args, format);
  int size = vsnprintf(command, sizeof command, format, args);
  va_end(args);
  assert_true(size > 0 && (size_t)size < sizeof command);
  return system(command);
}

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/vbolua-journal-XXXXXX");
  if (mkdtemp(folder) == NULL) return -1;
  snprintf(file, sizeof file, "%s/state/journal.db", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  shell("umount %s/state 2>/dev/null", folder);
  return shell("rm -rf %s", folder);
}

/* ------------------------------------------------------- the system, interposed */

#if defined(__linux__)
#include <sys/syscall.h>
#include <sys/vfs.h>

/* Seen by SQLite's library, too. */
#define INTERPOSED __attribute__((visibility("default")))

/* The file system that the next journals seem to be on; 0: the real one. */
static uint32_t seeming;

/* glibc has two names where offsets may have 32 bits. */
#if defined(__GLIBC__)
#define FSTATFS fstatfs64
typedef struct statfs64 statfs_info;
#else
#define FSTATFS fstatfs
typedef struct statfs statfs_info;
#endif
INTERPOSED int FSTATFS(int descriptor, statfs_info *info) {
  int done = (int)syscall(SYS_fstatfs, descriptor, info);
  if (done == 0 && seeming != 0) memcpy(&info->f_type, &seeming, sizeof seeming);
  return done;
}

/* Where each synced file is copied to, as a power cut would leave it; "": nowhere. */
static char synced[96];

/* A synced folder has lost the names that were removed from it. */
static void remove_unnamed(void) {
  static const char *const names[] = {"journal.db-journal", "journal.db-wal"};
  for (size_t i = 0; i < 2; i++)
    if (shell("test -e %s/state/%s", folder, names[i]) != 0) shell("rm -f %s/%s", synced, names[i]);
}

static void copy_synced(int descriptor) {
  char link[64];
  char from[256];
  char to[512];
  char buffer[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, from, sizeof from - 1);
  if (length <= 0) return;
  from[length] = '\0';
  const char *name = strrchr(from, '/');
  if (name != NULL && strcmp(name, "/state") == 0) remove_unnamed();
  if (name == NULL || strstr(name, "journal.db") == NULL) return;
  snprintf(to, sizeof to, "%s%s", synced, name);
  int in = open(from, O_RDONLY | O_CLOEXEC);
  int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  for (ssize_t got; in >= 0 && out >= 0 && (got = read(in, buffer, sizeof buffer)) > 0;)
    if (write(out, buffer, (size_t)got) != got) break;
  if (out >= 0) close(out);
  /* Closing a descriptor of the database would end SQLite's locks: it stays open. */
}

INTERPOSED int fdatasync(int descriptor) {
  int done = (int)syscall(SYS_fdatasync, descriptor);
  if (done == 0 && synced[0] != '\0') copy_synced(descriptor);
  return done;
}

INTERPOSED int fsync(int descriptor) {
  int done = (int)syscall(SYS_fsync, descriptor);
  if (done == 0 && synced[0] != '\0') copy_synced(descriptor);
  return done;
}
#endif

/* -------------------------------------------------------------------- helpers */

static vbo_journal *open_at(const char *path, bool read_only, vbo_error *err) {
  vbo_journal *journal = vbo_journal_new(err);
  assert_non_null(journal);
  if (vbo_journal_start(journal, path, read_only, err)) return journal;
  vbo_journal_release(journal);
  return NULL;
}

static vbo_journal *opened(const char *path) {
  vbo_error err = {0};
  vbo_journal *journal = open_at(path, false, &err);
  if (journal == NULL) fail_msg("%s (%s)", err.message, vbo_error_kind_name(err.kind));
  return journal;
}

/* Expects that the file cannot be opened, with this in the message. */
static vbo_error refused(const char *path, bool read_only, const char *message) {
  vbo_error err = {0};
  vbo_journal *journal = open_at(path, read_only, &err);
  assert_null(journal);
  assert_contains(err.message, message);
  return err;
}

static bool run_sql(vbo_journal *journal, const char *sql, vbo_error *err) {
  vbo_statement statement;
  if (!vbo_statement_open(&statement, journal, sql, strlen(sql), true, err)) return false;
  int more = 1;
  while (more > 0)
    more = vbo_statement_next(&statement, err);
  vbo_statement_close(&statement);
  return more == 0;
}

static void sql(vbo_journal *journal, const char *text) {
  vbo_error err = {0};
  if (!run_sql(journal, text, &err)) fail_msg("%s: %s", text, err.message);
}

static int64_t number(vbo_journal *journal, const char *text) {
  vbo_statement statement;
  vbo_value value;
  vbo_error err = {0};
  assert_true(vbo_statement_open(&statement, journal, text, strlen(text), false, &err));
  assert_int_equal(vbo_statement_next(&statement, &err), 1);
  vbo_statement_value(&statement, 0, &value);
  vbo_statement_close(&statement);
  return value.integer;
}

/* Opens a journal with a run, which is locked. */
static vbo_journal *with_run(const char *path) {
  bool taken = false;
  vbo_journal *journal = opened(path);
  sql(journal, "INSERT INTO run(name, kind, state, execution) VALUES('r', 'script', 'running', 1)");
  assert_true(vbo_journal_lock(journal, 1, &taken, NULL));
  assert_true(taken);
  return journal;
}

static const char intent[] =
    "INSERT INTO step(run, key, occurrence, state, execution, parts) VALUES(1,"
    " hex(randomblob(16)), 1, 'intent', 1, hex(zeroblob(20000)))";

/* Commits an intent: its permit; NULL with an error. */
static vbo_permit *intend(vbo_journal *journal, int64_t *step, vbo_error *err) {
  if (!vbo_journal_begin(journal, err)) return NULL;
  if (!run_sql(journal, intent, err)) {
    (void)vbo_journal_rollback(journal, NULL);
    return NULL;
  }
  *step = sqlite3_last_insert_rowid(journal->db);
  if (!vbo_journal_commit(journal, err)) return NULL;
  return vbo_journal_permit(journal, *step, "POST", "/v8/x", "{}", 2, err);
}

static void put(const char *path, const void *bytes, size_t size, off_t offset) {
  int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
  assert_true(descriptor >= 0);
  assert_int_equal(pwrite(descriptor, bytes, size, offset), (ssize_t)size);
  close(descriptor);
}

static void digest(const char *path, char hex[VBO_DIGEST_HEX]) {
  char buffer[4096];
  int descriptor = open(path, O_RDONLY);
  assert_true(descriptor >= 0);
  vbo_digest *sum = vbo_digest_new(NULL);
  for (ssize_t got; (got = read(descriptor, buffer, sizeof buffer)) > 0;)
    assert_true(vbo_digest_add(sum, buffer, (size_t)got, NULL));
  close(descriptor);
  assert_true(vbo_digest_finish(sum, hex, NULL));
  vbo_digest_free(sum);
}

static const char *beside(const char *suffix) {
  static char path[128];
  snprintf(path, sizeof path, "%s%s", file, suffix);
  return path;
}

static int mode_of(const char *path) {
  struct stat info;
  assert_int_equal(lstat(path, &info), 0);
  return (int)(info.st_mode & 07777);
}

/* Runs `fn` in a fork; its exit status. */
static int in_child(int (*fn)(void)) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(fn());
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* ------------------------------------------------------------------ durability */

/* A commit is on the disk before it returns: a copy of what was synced, and of nothing else, has
 * it. */
static void survives_a_power_cut(void **state) {
  (void)state;
#if defined(__linux__)
  snprintf(synced, sizeof synced, "%s/synced", folder);
  assert_int_equal(mkdir(synced, 0700), 0);
  vbo_journal *journal = with_run(file);
  for (int64_t i = 1; i <= 5; i++) {
    int64_t step = 0;
    vbo_permit *permit = intend(journal, &step, NULL);
    assert_non_null(permit);
    vbo_permit_free(permit);
    char cut[128];
    snprintf(cut, sizeof cut, "%s/cut%d", folder, (int)i);
    assert_int_equal(shell("cp -r %s %s", synced, cut), 0);
    char kept = synced[0];
    synced[0] = '\0';
    strcat(cut, "/journal.db");
    vbo_journal *after = opened(cut);
    assert_int_equal(number(after, "SELECT count(*) FROM step WHERE state = 'intent'"), i);
    vbo_journal_release(after);
    synced[0] = kept;
  }
  synced[0] = '\0';
  vbo_journal_release(journal);
#else
  skip();
#endif
}

static void limit_files(rlim_t most) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = most;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The intent is written, the outcome is not: the run stops, and the next one finds the intent. */
static void latches_when_the_disk_is_full(void **state) {
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  vbo_error err = {0};
  int64_t step = 0;
  int64_t later = 0;
  struct stat log;
  vbo_journal *journal = with_run(file);
  vbo_permit *permit = intend(journal, &step, &err);
  assert_non_null(permit);
  assert_int_equal(stat(beside("-wal"), &log), 0);
  limit_files((rlim_t)log.st_size);
  assert_false(
      run_sql(journal, "UPDATE step SET state = 'done', answer = hex(zeroblob(9000))", &err));
  assert_kind(err, JOURNAL);
  assert_contains(err.message, "cannot write the journal");
  assert_false(vbo_permit_check(permit, "POST", "/v8/x", "{}", 2, &err));
  assert_null(intend(journal, &later, &err));
  limit_files(RLIM_INFINITY);
  err = (vbo_error){0};
  assert_null(vbo_journal_permit(journal, step, "POST", "/v8/x", "{}", 2, &err));
  assert_kind(err, JOURNAL);
  assert_contains(err.message, "cannot write the journal");
  vbo_permit_free(permit);
  vbo_journal_release(journal);
  journal = opened(file);
  assert_int_equal(number(journal, "SELECT count(*) FROM step"), 1);
  assert_int_equal(number(journal, "SELECT count(*) FROM step WHERE state = 'intent'"), 1);
  vbo_journal_release(journal);
}

/* No intent, no permit, and no half of a transaction. */
static void gives_no_permit_without_an_intent(void **state) {
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  vbo_error err = {0};
  int64_t step = 0;
  struct stat log;
  vbo_journal *journal = with_run(file);
  assert_int_equal(stat(beside("-wal"), &log), 0);
  limit_files((rlim_t)log.st_size);
  assert_null(intend(journal, &step, &err));
  limit_files(RLIM_INFINITY);
  assert_kind(err, JOURNAL);
  assert_false(vbo_journal_unlatched(journal, NULL));
  assert_false(vbo_journal_busy(journal));
  assert_int_equal(number(journal, "SELECT count(*) FROM step"), 0);
  vbo_journal_release(journal);
}

static int64_t filled; /* bytes */

/* Fills the disk that holds the folder, but for a little. */
static void fill_disk(const char *path) {
  char block[4096];
  memset(block, 1, sizeof block);
  int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
  assert_true(descriptor >= 0);
  for (filled = 0; write(descriptor, block, sizeof block) > 0;)
    filled += (int64_t)sizeof block;
  close(descriptor);
}

/* A disk of its own, which really runs full. */
static void names_the_full_disk(void **state) {
  (void)state;
  if (shell("mkdir -p %s/state && mount -t tmpfs -o size=2m none %s/state 2>/dev/null", folder,
            folder) != 0)
    skip();
  vbo_error err = {0};
  int64_t step = 0;
  vbo_journal *journal = with_run(file);
  char filler[128];
  snprintf(filler, sizeof filler, "%s/state/filler", folder);
  fill_disk(filler);
  vbo_permit *permit = NULL;
  for (int i = 0; i < 100; i++) {
    permit = intend(journal, &step, &err);
    if (permit == NULL) break;
    vbo_permit_free(permit);
  }
  assert_null(permit);
  assert_kind(err, JOURNAL);
  assert_contains(err.message, "no space left on the disk");
  assert_string_equal(err.code, "ENOSPC");
  assert_true(number(journal, "SELECT count(*) FROM step") == step ||
              number(journal, "SELECT count(*) FROM step") == step - 1);
  vbo_journal_release(journal);
  assert_int_equal(unlink(filler), 0);
  vbo_journal_release(opened(file));
  assert_int_equal(shell("umount %s/state", folder), 0);
}

/* -------------------------------------------------------------- files replaced */

static void latches_when_it(const char *command) {
  vbo_error err = {0};
  int64_t step = 0;
  vbo_journal *journal = with_run(file);
  vbo_permit *permit = intend(journal, &step, &err);
  assert_non_null(permit);
  assert_int_equal(shell("cd %s/state && %s", folder, command), 0);
  vbo_permit_free(permit);
  assert_null(intend(journal, &step, &err));
  assert_kind(err, JOURNAL);
  assert_contains(err.message, "was removed or replaced while in use");
  assert_false(vbo_journal_unlatched(journal, NULL));
  vbo_journal_release(journal);
  assert_int_equal(shell("rm -rf %s/state", folder), 0);
}

static void latches_when_its_file_goes(void **state) {
  (void)state;
  latches_when_it("rm journal.db");
  latches_when_it("mv journal.db other.db");
  latches_when_it("cp journal.db other.db && mv other.db journal.db");
  latches_when_it("rm journal.db-wal");
  latches_when_it("rm journal.db-runs && : >journal.db-runs");
}

/* ------------------------------------------------------------- files refused */

static void make_journal(void) {
  vbo_journal_release(with_run(file));
}

/* The file stays as it is. */
static void refuses_changed(const char *message) {
  char before[VBO_DIGEST_HEX];
  char after[VBO_DIGEST_HEX];
  digest(file, before);
  vbo_error err = refused(file, false, message);
  assert_kind(err, JOURNAL);
  assert_contains(err.message, file);
  assert_true(err.hint[0] != '\0');
  digest(file, after);
  assert_string_equal(before, after);
}

static void patch(const char *text) {
  sqlite3 *db = NULL;
  assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void refuses_a_newer_format(void **state) {
  (void)state;
  make_journal();
  patch("PRAGMA user_version=2");
  refuses_changed("is of a newer version of vbolua: format 2, this version knows up to 1");
  vbo_error err = refused(file, true, "is of a newer version of vbolua");
  assert_kind(err, JOURNAL);
}

static void refuses_other_databases(void **state) {
  (void)state;
  make_journal();
  patch("PRAGMA application_id=7");
  refuses_changed("is a database, but not a journal of vbolua");
  assert_int_equal(unlink(file), 0);
  patch("PRAGMA user_version=1; CREATE TABLE mine(x)");
  refuses_changed("is a database, but not a journal of vbolua");
}

static void refuses_what_is_no_database(void **state) {
  (void)state;
  make_journal();
  char text[8192];
  memset(text, 'x', sizeof text);
  put(file, text, sizeof text, 0);
  refuses_changed("it is not a database");
}

static void refuses_damaged_pages(void **state) {
  (void)state;
  vbo_journal *journal = with_run(file);
  for (int i = 0; i < 20; i++)
    sql(journal, intent);
  vbo_journal_release(journal);
  struct stat info;
  assert_int_equal(stat(file, &info), 0);
  char junk[4096];
  memset(junk, 0x5a, sizeof junk);
  /* Each page but the first, which has the header, in its turn. */
  long pages = (long)(info.st_size / 4096);
  char kept[4096];
  int found = 0;
  for (long page = 1; page < pages; page += 7) {
    int descriptor = open(file, O_RDONLY);
    assert_int_equal(pread(descriptor, kept, sizeof kept, page * 4096), sizeof kept);
    close(descriptor);
    put(file, junk, sizeof junk, page * 4096);
    vbo_error err = {0};
    journal = open_at(file, false, &err);
    if (journal == NULL) {
      assert_kind(err, JOURNAL);
      assert_contains(err.message, "damaged");
      found++;
    }
    vbo_journal_release(journal);
    put(file, kept, sizeof kept, page * 4096);
  }
  /* A page of nothing but a long text has no structure that a check could miss. */
  assert_true(found >= 3);
  assert_int_equal(truncate(file, info.st_size / 2), 0);
  refuses_changed("damaged");
}

static void refuses_a_journal_without_its_key(void **state) {
  (void)state;
  make_journal();
  patch("DELETE FROM meta WHERE name = 'key'");
  refuses_changed("it has no id or key");
}

/* -------------------------------------------------------------- places refused */

static void refuses_network_disks(void **state) {
  (void)state;
#if defined(__linux__)
  static const struct {
    uint32_t magic;
    const char *name;
  } networks[] = {{0x6969, "NFS"},    {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"},
                  {0x01021997, "9P"}, {0x00c36400, "Ceph"}, {0x0bd00bd0, "Lustre"}};
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
    seeming = networks[i].magic;
    vbo_error err = refused(file, false, networks[i].name);
    assert_kind(err, JOURNAL);
    assert_contains(err.hint, "--journal=/var/tmp/vbolua/journal.db");
    assert_int_equal(access(file, F_OK), -1);
  }
  /* FUSE has no type of its own here: the mount says which. */
  seeming = 0x65735546;
  refused(file, false, " is on ");
  seeming = 0xef53; /* ext4 */
  vbo_journal_release(opened(file));
  seeming = 0;
#else
  skip();
#endif
}

static void refuses_links_and_devices(void **state) {
  (void)state;
  assert_int_equal(shell("mkdir -p %s/state && : >%s/target && ln -s %s/target %s", folder, folder,
                         folder, file),
                   0);
  assert_kind(refused(file, false, "it is a symbolic link"), JOURNAL);
  assert_kind(refused(file, true, "it is a symbolic link"), JOURNAL);
  assert_int_equal(unlink(file), 0);
  assert_int_equal(mkfifo(file, 0600), 0);
  assert_kind(refused(file, false, "it is not a plain file"), JOURNAL);
  assert_int_equal(unlink(file), 0);
  assert_int_equal(mkdir(file, 0700), 0);
  assert_kind(refused(file, false, "it is not a plain file"), JOURNAL);
  assert_int_equal(rmdir(file), 0);
  make_journal();
  assert_int_equal(shell("ln -s %s/target %s-wal", folder, file), 0);
  assert_kind(refused(file, false, "journal.db-wal cannot be a journal: it is a symbolic link"),
              JOURNAL);
  assert_int_equal(unlink(beside("-wal")), 0);
  assert_int_equal(link(file, beside(".second")), 0);
  assert_kind(refused(file, false, "it has a second name"), JOURNAL);
  assert_kind(refused(folder, false, "not a plain file"), JOURNAL);
  char slash[80];
  snprintf(slash, sizeof slash, "%s/", folder);
  assert_kind(refused(slash, false, "a journal must be a file, got"), USAGE);
}

static void refuses_what_all_can_write(void **state) {
  (void)state;
  make_journal();
  assert_int_equal(chmod(file, 0666), 0);
  assert_kind(refused(file, false, "everybody can write it"), JOURNAL);
  assert_int_equal(chmod(file, 0600), 0);
  char path[128];
  snprintf(path, sizeof path, "%s/state", folder);
  assert_int_equal(chmod(path, 0777), 0);
  assert_kind(refused(file, false, "its folder is writable for all"), JOURNAL);
  assert_int_equal(chmod(path, 01777), 0);
  vbo_journal_release(opened(file));
}

static void keeps_modes(void **state) {
  (void)state;
  make_journal();
  assert_int_equal(mode_of(file), 0600);
  char path[128];
  snprintf(path, sizeof path, "%s/state", folder);
  assert_int_equal(mode_of(path), 0700);
  assert_int_equal(chmod(file, 0660), 0);
  assert_int_equal(chmod(path, 0770), 0);
  vbo_journal *journal = opened(file);
  assert_int_equal(mode_of(file), 0660);
  assert_int_equal(mode_of(path), 0770);
  assert_int_equal(mode_of(beside("-wal")), 0660);
  assert_int_equal(mode_of(beside("-shm")), 0660);
  assert_int_equal(mode_of(beside("-runs")), 0660);
  vbo_journal_release(journal);
}

/* ---------------------------------------------------------------- other users */

static int become_other(bool grouped) {
  gid_t group = 12345;
  if (setgroups(grouped ? 1 : 0, &group) != 0 || setgid(OTHER) != 0 || setuid(OTHER) != 0)
    return 100;
  return 0;
}

static void own(const char *path, uid_t user, gid_t group, mode_t mode) {
  assert_int_equal(chown(path, user, group), 0);
  assert_int_equal(chmod(path, mode), 0);
}

static void refuses_files_of_others(void **state) {
  (void)state;
  if (geteuid() != 0) skip();
  make_journal();
  own(file, OTHER, OTHER, 0600);
  vbo_error err = refused(file, false, "belongs to daemon, not to this user");
  assert_kind(err, JOURNAL);
  assert_contains(err.hint, "chgrp GROUP and chmod g+w");
  own(file, 0, 0, 0600);
  char path[128];
  snprintf(path, sizeof path, "%s/state", folder);
  own(path, OTHER, OTHER, 0755);
  assert_kind(refused(file, false, "belongs to daemon"), JOURNAL);
}

static int write_as_member(void) {
  int status = become_other(true);
  vbo_error err = {0};
  vbo_journal *journal = status == 0 ? open_at(file, false, &err) : NULL;
  if (status == 0 && (journal == NULL || !run_sql(journal, intent, &err))) {
    fprintf(stderr, "member: %s\n", err.message);
    status = 1;
  }
  vbo_journal_release(journal);
  return status;
}

static int write_as_stranger(void) {
  int status = become_other(false);
  vbo_error err = {0};
  vbo_journal *journal = status == 0 ? open_at(file, false, &err) : NULL;
  vbo_journal_release(journal);
  return journal == NULL && err.kind == VBO_ERROR_JOURNAL ? 7 : status;
}

static void shares_with_a_group(void **state) {
  (void)state;
  if (geteuid() != 0) skip();
  make_journal();
  char path[128];
  snprintf(path, sizeof path, "%s/state", folder);
  assert_int_equal(chmod(folder, 0755), 0);
  own(path, 0, 12345, 0770);
  own(file, 0, 12345, 0660);
  vbo_journal_release(opened(file)); /* its owner shares the files beside it */
  assert_int_equal(in_child(write_as_member), 0);
  vbo_journal *journal = opened(file);
  assert_int_equal(in_child(write_as_member), 0);
  assert_int_equal(number(journal, "SELECT count(*) FROM step"), 2);
  assert_int_equal(in_child(write_as_stranger), 7);
  vbo_journal_release(journal);
}

static int read_as_stranger(void) {
  int status = become_other(false);
  vbo_error err = {0};
  vbo_journal *journal = status == 0 ? open_at(file, true, &err) : NULL;
  if (status == 0 && (journal == NULL || number(journal, "SELECT count(*) FROM run") != 1)) {
    fprintf(stderr, "reader: %s\n", err.message);
    status = 1;
  }
  vbo_journal_release(journal);
  return status;
}

static int open_as_stranger(void) {
  int status = become_other(false);
  vbo_error err = {0};
  vbo_journal *journal = status == 0 ? open_at(file, false, &err) : NULL;
  vbo_journal_release(journal);
  return journal == NULL && err.kind == VBO_ERROR_JOURNAL &&
                 strstr(err.message, "cannot write the journal") != NULL
             ? 7
             : 1;
}

/* A read-only disk, an archive: reading needs no file beside it. */
static void reads_where_it_cannot_write(void **state) {
  (void)state;
  if (geteuid() != 0) skip();
  make_journal();
  char path[128];
  snprintf(path, sizeof path, "%s/state", folder);
  assert_int_equal(chmod(folder, 0755), 0);
  own(path, OTHER, OTHER, 0555);
  own(file, OTHER, OTHER, 0444);
  assert_int_equal(in_child(read_as_stranger), 0);
  assert_int_equal(in_child(open_as_stranger), 7);
}

static void says_that_there_is_none(void **state) {
  (void)state;
  assert_kind(refused(file, true, "there is no journal"), NOT_FOUND);
  assert_int_equal(access(file, F_OK), -1);
  make_journal();
  assert_int_equal(unlink(file), 0);
  assert_kind(refused(file, true, "there is no journal"), NOT_FOUND);
}

/* ------------------------------------------------------------- many processes */

static int add_row(void) {
  vbo_error err = {0};
  vbo_journal *journal = open_at(file, false, &err);
  bool good = journal != NULL && vbo_journal_begin(journal, &err) &&
              run_sql(journal, "INSERT INTO module(run, name) SELECT 1, hex(randomblob(8)) WHERE 0",
                      &err) &&
              run_sql(journal, "INSERT INTO meta VALUES(hex(randomblob(8)), 1)", &err) &&
              vbo_journal_commit(journal, &err);
  if (!good) fprintf(stderr, "child: %s\n", err.message);
  vbo_journal_release(journal);
  return good ? 0 : 1;
}

/* Of several that find no file, one makes it and the others wait. */
static void is_made_once(void **state) {
  (void)state;
  enum { CHILDREN = 8 };
  pid_t children[CHILDREN];
  for (int i = 0; i < CHILDREN; i++) {
    children[i] = fork();
    if (children[i] == 0) _exit(add_row());
    assert_true(children[i] > 0);
  }
  for (int i = 0; i < CHILDREN; i++) {
    int status = 1;
    assert_int_equal(waitpid(children[i], &status, 0), children[i]);
    assert_int_equal(status, 0);
  }
  vbo_journal *journal = opened(file);
  assert_int_equal(number(journal, "SELECT count(*) FROM meta"), 4 + CHILDREN);
  vbo_journal_release(journal);
}

static void waits_for_another_writer(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_journal *first = with_run(file);
  vbo_journal *second = opened(file);
  assert_true(vbo_journal_begin(first, &err));
  sqlite3_busy_timeout(second->db, 1);
  assert_false(vbo_journal_begin(second, &err));
  assert_kind(err, JOURNAL);
  assert_true(err.retryable);
  assert_contains(err.message, "another program has been writing it");
  assert_true(vbo_journal_unlatched(second, NULL));
  assert_true(vbo_journal_commit(first, &err));
  assert_true(vbo_journal_begin(second, &err));
  assert_true(vbo_journal_rollback(second, &err));
  vbo_journal_release(first);
  vbo_journal_release(second);
}

static vbo_journal *inherited;

static int use_inherited(void) {
  vbo_error err = {0};
  bool refused_all = !vbo_journal_begin(inherited, &err) && err.kind == VBO_ERROR_CLOSED &&
                     vbo_journal_permit(inherited, 1, "POST", "/", NULL, 0, NULL) == NULL;
  vbo_journal_release(inherited);
  return refused_all ? 0 : 1;
}

static void is_left_alone_by_forks(void **state) {
  (void)state;
  int64_t step = 0;
  bool live = false;
  inherited = with_run(file);
  assert_int_equal(in_child(use_inherited), 0);
  vbo_permit *permit = intend(inherited, &step, NULL);
  assert_non_null(permit);
  vbo_permit_free(permit);
  vbo_journal *reader = opened(file);
  assert_true(vbo_journal_live(reader, 1, &live, NULL));
  assert_true(live);
  assert_int_equal(number(reader, "SELECT count(*) FROM step"), 1);
  vbo_journal_release(reader);
  vbo_journal_release(inherited);
}

static int begin_at_once(void) {
  vbo_error err = {0};
  vbo_journal *journal = open_at(file, false, &err);
  if (journal == NULL) return 1;
  sqlite3_busy_timeout(journal->db, 1);
  bool began = vbo_journal_begin(journal, &err);
  vbo_journal_release(journal);
  return began ? 2 : err.retryable ? 7 : 3;
}

/* A second journal of the same file in one process does not end the locks of the first. */
static void keeps_its_locks_beside_a_reader(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_journal *journal = with_run(file);
  assert_true(vbo_journal_begin(journal, &err));
  vbo_journal *reader = open_at(file, true, &err);
  assert_non_null(reader);
  vbo_journal_release(reader);
  assert_int_equal(in_child(begin_at_once), 7);
  assert_true(vbo_journal_commit(journal, &err));
  assert_int_equal(in_child(begin_at_once), 2);
  vbo_journal_release(journal);
}

/* ----------------------------------------------------- runs of C programs (vbo.h) */

static const vbo_request change = {
    .method = "POST", .path = "/v8/Jobs/1/start", .body = "{}", .body_size = 2};

static vbo_intent intent_for(const char *key) {
  return (vbo_intent){.key = key, .effect = "converges", .server = "https://backup:4443"};
}

static vbo_journal *begun(const char *resume) {
  vbo_error err = {0};
  vbo_run_settings settings = {.program = "nightly", .reason = "CHG-1", .resume = resume};
  vbo_journal *journal = vbo_journal_open(file, &err);
  if (journal == NULL || !vbo_run_begin(journal, &settings, &err)) fail_msg("%s", err.message);
  return journal;
}

/* States an intent that is allowed: the permit is for this request alone. */
static void intends(vbo_journal *journal, const char *key, vbo_step *step) {
  vbo_error err = {0};
  vbo_intent wanted = intent_for(key);
  vbo_permit *permit = vbo_step_intend(journal, &wanted, &change, step, &err);
  if (permit == NULL) fail_msg("%s: %s", key, err.message);
  assert_true(vbo_permit_check(permit, "POST", change.path, "{}", 2, &err));
  assert_false(vbo_permit_check(permit, "POST", change.path, "{} ", 3, &err));
  vbo_permit_free(permit);
}

static vbo_error not_intended(vbo_journal *journal, const char *key, bool retry) {
  vbo_error err = {0};
  vbo_step step;
  vbo_intent wanted = intent_for(key);
  wanted.retry = retry;
  assert_null(vbo_step_intend(journal, &wanted, &change, &step, &err));
  return err;
}

static vbo_step_state finished(vbo_journal *journal, const char *key, const vbo_error *failure) {
  vbo_step step;
  vbo_step found;
  vbo_error err = {0};
  intends(journal, key, &step);
  if (!vbo_step_finish(journal, &step, failure, &err)) fail_msg("%s", err.message);
  assert_true(vbo_step_find(journal, key, 1, &found, &err));
  assert_int_equal(found.state, step.state);
  assert_int_equal(found.id, step.id);
  return found.state;
}

static void keeps_outcomes(void **state) {
  (void)state;
  vbo_journal *journal = begun(NULL);
  vbo_step step;
  vbo_error refusal = {.kind = VBO_ERROR_BUSY, .status = 503, .sent = true, .refused = true};
  vbo_error lost = {.kind = VBO_ERROR_UNKNOWN_OUTCOME, .sent = true};
  vbo_error broken = {.kind = VBO_ERROR_SERVER, .status = 500, .sent = true};
  vbo_error unsent = {.kind = VBO_ERROR_NETWORK, .message = "no \"route\""};
  vbo_error partial = {.kind = VBO_ERROR_PARTIAL, .sent = true};
  assert_int_equal(finished(journal, "a", NULL), VBO_STEP_DONE);
  assert_int_equal(finished(journal, "b", &partial), VBO_STEP_PARTIAL);
  assert_int_equal(finished(journal, "c", &refusal), VBO_STEP_REFUSED);
  assert_int_equal(finished(journal, "d", &lost), VBO_STEP_UNKNOWN);
  assert_int_equal(finished(journal, "e", &broken), VBO_STEP_UNKNOWN);
  assert_int_equal(finished(journal, "f", &unsent), VBO_STEP_LOCAL);
  assert_int_equal(number(journal,
                          "SELECT json_extract(error, '$.status') FROM step"
                          " WHERE title = 'c'"),
                   503);
  assert_true(vbo_step_find(journal, "none", 1, &step, NULL));
  assert_int_equal(step.state, VBO_STEP_NONE);
  assert_true(vbo_step_find(journal, "a", 2, &step, NULL));
  assert_int_equal(step.state, VBO_STEP_NONE);
  assert_string_equal(vbo_step_state_name(VBO_STEP_ACCEPTED), "accepted");
  vbo_journal_free(journal);
}

static void sends_nothing_twice(void **state) {
  (void)state;
  vbo_error lost = {.kind = VBO_ERROR_UNKNOWN_OUTCOME, .sent = true};
  vbo_error unsent = {.kind = VBO_ERROR_NETWORK};
  vbo_error err = {0};
  vbo_step step;
  char name[VBO_RUN_NAME];
  vbo_journal *journal = begun(NULL);
  snprintf(name, sizeof name, "%s", vbo_run_name(journal));
  (void)finished(journal, "done", NULL);
  (void)finished(journal, "lost", &lost);
  (void)finished(journal, "local", &unsent);
  intends(journal, "dead", &step);
  intends(journal, "accepted", &step);
  assert_true(vbo_step_accept(journal, &step, "session-7", &err));
  vbo_journal_free(journal); /* it dies */

  journal = begun(name);
  assert_string_equal(vbo_run_name(journal), name);
  assert_kind(not_intended(journal, "done", true), EXISTS);
  assert_kind(not_intended(journal, "lost", false), UNKNOWN_OUTCOME);
  assert_kind(not_intended(journal, "dead", false), UNKNOWN_OUTCOME);
  assert_kind(not_intended(journal, "accepted", true), UNKNOWN_OUTCOME);
  assert_true(vbo_step_find(journal, "accepted", 1, &step, &err));
  assert_string_equal(step.session, "session-7");
  intends(journal, "local", &step);
  assert_int_equal(step.attempt, 2);
  vbo_intent again = intent_for("dead");
  again.retry = true;
  again.effect = "adds";
  assert_null(vbo_step_intend(journal, &again, &change, &step, &err));
  assert_kind(err, UNKNOWN_OUTCOME);
  again.effect = "converges";
  vbo_permit *permit = vbo_step_intend(journal, &again, &change, &step, &err);
  assert_non_null(permit);
  vbo_permit_free(permit);
  assert_int_equal(number(journal, "SELECT count(*) FROM execution WHERE state = 'running'"), 2);
  vbo_journal_free(journal);
}

static void begins_and_ends_runs(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_error failure = {.kind = VBO_ERROR_TIMEOUT, .message = "silence"};
  char name[VBO_RUN_NAME];
  vbo_journal *journal = begun(NULL);
  snprintf(name, sizeof name, "%s", vbo_run_name(journal));
  assert_int_equal(strlen(name), strlen("20261130-182152-3f9c7a"));
  assert_false(vbo_run_begin(journal, NULL, &err));
  assert_kind(err, USAGE);
  vbo_journal *other = vbo_journal_open(file, &err);
  vbo_run_settings same = {.resume = name};
  assert_false(vbo_run_begin(other, &same, &err));
  assert_kind(err, BUSY);
  same.resume = "20000101-000000-000000";
  assert_false(vbo_run_begin(other, &same, &err));
  assert_kind(err, NOT_FOUND);
  assert_true(vbo_run_end(journal, &failure, &err));
  assert_int_equal(number(journal,
                          "SELECT status FROM run WHERE state = 'failed' AND"
                          " json_extract(error, '$.kind') = 'timeout'"),
                   6);
  assert_false(vbo_run_end(journal, NULL, &err));
  assert_kind(err, USAGE);
  same.resume = name;
  assert_true(vbo_run_begin(other, &same, &err));
  assert_true(vbo_run_end(other, NULL, &err));
  assert_int_equal(number(journal,
                          "SELECT count(*) FROM run WHERE state = 'ended' AND status = 0"
                          " AND execution = 2"),
                   1);
  assert_int_equal(number(journal,
                          "SELECT count(*) FROM execution WHERE state = 'ended' AND"
                          " number = 2 AND ended >= started"),
                   1);
  assert_false(vbo_run_begin(journal, &same, &err));
  assert_kind(err, CONFLICT);
  vbo_journal_free(journal);
  vbo_journal_free(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
      IN_FOLDER(survives_a_power_cut),
      IN_FOLDER(latches_when_the_disk_is_full),
      IN_FOLDER(gives_no_permit_without_an_intent),
      IN_FOLDER(names_the_full_disk),
      IN_FOLDER(latches_when_its_file_goes),
      IN_FOLDER(refuses_a_newer_format),
      IN_FOLDER(refuses_other_databases),
      IN_FOLDER(refuses_what_is_no_database),
      IN_FOLDER(refuses_damaged_pages),
      IN_FOLDER(refuses_a_journal_without_its_key),
      IN_FOLDER(refuses_network_disks),
      IN_FOLDER(refuses_links_and_devices),
      IN_FOLDER(refuses_what_all_can_write),
      IN_FOLDER(keeps_modes),
      IN_FOLDER(refuses_files_of_others),
      IN_FOLDER(shares_with_a_group),
      IN_FOLDER(reads_where_it_cannot_write),
      IN_FOLDER(says_that_there_is_none),
      IN_FOLDER(is_made_once),
      IN_FOLDER(waits_for_another_writer),
      IN_FOLDER(is_left_alone_by_forks),
      IN_FOLDER(keeps_its_locks_beside_a_reader),
      IN_FOLDER(keeps_outcomes),
      IN_FOLDER(sends_nothing_twice),
      IN_FOLDER(begins_and_ends_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
