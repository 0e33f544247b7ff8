/* A file is whole or absent: the sink alone, and at the end of a transfer. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "peer_run.h"
#include "save/sink.h"
#include "base/partial.h"

static char directory[64];

/* Every test runs twice: with partial files as this system has them (unnamed on Linux), and with
 * named ones, as where it cannot do better. */
static bool named;

#if defined(__linux__)
#include <sys/syscall.h>

static int open_in(int folder, const char *path, int flags, mode_t mode) {
  if (named && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return (int)syscall(SYS_openat, folder, path, flags, mode);
}

/* Instead of libc's, which has two names where offsets may have 32 bits. */
#if defined(__GLIBC__)
#define OPENAT openat64
#else
#define OPENAT openat
#endif
int OPENAT(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_in(folder, path, flags, mode);
}
#endif

static int name_partials(void **state) {
  (void)state;
  named = true;
  return 0;
}

static int make_directory(void **state) {
  (void)state;
  snprintf(directory, sizeof directory, "/tmp/vbolua-sink-XXXXXX");
  return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", directory);
  return system(command);
}

static const char *in_directory(const char *name) {
  static char paths[4][512];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", directory, name);
  return path;
}

static int count_files(const char *where) {
  DIR *open_directory = opendir(where);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(open_directory)) != NULL;)
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  closedir(open_directory);
  return count;
}

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void file_is(const char *path, const char *wanted) {
  char text[256] = "";
  FILE *file = fopen(path, "r");
  if (file == NULL) fail_msg("there is no %s", path);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  assert_string_equal(text, wanted);
}

static void commits_what_was_written(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  const char *path = in_directory("a.txt");
  vbo_sink *sink = vbo_sink_open(path, false, true, &err);
  assert_non_null(sink);
  assert_int_equal(access(path, F_OK), -1);
  if (named) assert_int_equal(count_files(directory), 1);
  static const char wrong[600000];
  assert_true(vbo_sink_write(sink, wrong, sizeof wrong, &err)); /* more than is buffered */
  assert_true(vbo_sink_reset(sink, &err));
  assert_true(vbo_sink_write(sink, "a", 1, &err));
  assert_true(vbo_sink_write(sink, "bc", 2, &err));
  assert_true(vbo_sink_commit(sink, sha256, &err));
  vbo_sink_free(sink);
  file_is(path, "abc");
  assert_string_equal(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_int_equal(count_files(directory), 1);
}

static void large_writes_arrive_in_order(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  vbo_digest *digest = vbo_digest_new(&err);
  vbo_sink *sink = vbo_sink_open(in_directory("big"), false, false, &err);
  static char block[700000];
  for (size_t size = 1; size <= sizeof block; size = size * 3 + 1) {
    memset(block, (int)size, size);
    assert_true(vbo_sink_write(sink, block, size, &err));
    assert_true(vbo_digest_add(digest, block, size, &err));
  }
  assert_true(vbo_sink_commit(sink, sha256, &err));
  vbo_sink_free(sink);
  char wanted[VBO_DIGEST_HEX];
  assert_true(vbo_digest_finish(digest, wanted, &err));
  assert_string_equal(sha256, wanted);
  assert_true(vbo_digest_reset(digest, &err));
  FILE *file = fopen(in_directory("big"), "rb");
  for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
    assert_true(vbo_digest_add(digest, block, got, &err));
  fclose(file);
  assert_true(vbo_digest_finish(digest, sha256, &err));
  assert_string_equal(sha256, wanted);
  vbo_digest_free(digest);
}

static void leaves_nothing_when_given_up(void **state) {
  (void)state;
  vbo_error err = {0};
  vbo_sink *sink = vbo_sink_open(in_directory("a"), false, true, &err);
  assert_true(vbo_sink_write(sink, "a", 1, &err));
  vbo_sink_free(sink);
  assert_int_equal(count_files(directory), 0);
}

static void replaces_only_when_allowed(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  const char *path = in_directory("a");
  write_file(path, "old");
  assert_null(vbo_sink_open(path, false, true, &err));
  assert_kind(err, EXISTS);
  assert_contains(err.message, path);
  vbo_sink *sink = vbo_sink_open(path, true, true, &err);
  assert_true(vbo_sink_write(sink, "new", 3, &err));
  file_is(path, "old"); /* until the very end */
  assert_true(vbo_sink_commit(sink, sha256, &err));
  vbo_sink_free(sink);
  file_is(path, "new");
  assert_int_equal(symlink("nowhere", in_directory("dangling")), 0);
  assert_null(vbo_sink_open(in_directory("dangling"), false, true, &err));
  assert_kind(err, EXISTS);
}

static void does_not_clobber_what_appears_meanwhile(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  const char *path = in_directory("a");
  vbo_sink *sink = vbo_sink_open(path, false, true, &err);
  assert_true(vbo_sink_write(sink, "new", 3, &err));
  write_file(path, "another's");
  assert_false(vbo_sink_commit(sink, sha256, &err));
  assert_kind(err, EXISTS);
  vbo_sink_free(sink);
  file_is(path, "another's");
  assert_int_equal(count_files(directory), 1);
}

static void keeps_apart_what_is_saved_at_once(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  const char *path = in_directory("a");
  for (int overwrite = 0; overwrite < 2; overwrite++) {
    vbo_sink *one = vbo_sink_open(path, overwrite, true, &err);
    vbo_sink *two = vbo_sink_open(path, overwrite, true, &err);
    assert_non_null(one);
    assert_non_null(two);
    assert_true(vbo_sink_write(one, "one", 3, &err));
    assert_true(vbo_sink_write(two, "two", 3, &err));
    assert_true(vbo_sink_commit(two, sha256, &err));
    file_is(path, "two");
    assert_int_equal(vbo_sink_commit(one, sha256, &err), overwrite);
    if (!overwrite) assert_kind(err, EXISTS);
    file_is(path, overwrite ? "one" : "two");
    vbo_sink_free(one);
    vbo_sink_free(two);
    assert_int_equal(count_files(directory), 1);
    unlink(path);
  }
}

static void leaves_files_of_others_alone(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  write_file(in_directory("a.part"), "mine");
  write_file(in_directory("victim"), "precious");
  assert_int_equal(symlink("victim", in_directory("b.part")), 0);
  assert_int_equal(mkfifo(in_directory("c.part"), 0600), 0);
  static const char *const names[] = {"a", "b", "c"};
  for (size_t i = 0; i < 3; i++) {
    vbo_sink *sink = vbo_sink_open(in_directory(names[i]), false, true, &err);
    assert_non_null(sink);
    assert_true(vbo_sink_write(sink, "x", 1, &err));
    assert_true(vbo_sink_commit(sink, sha256, &err));
    vbo_sink_free(sink);
    file_is(in_directory(names[i]), "x");
  }
  file_is(in_directory("a.part"), "mine");
  file_is(in_directory("victim"), "precious");
  assert_int_equal(count_files(directory), 7);
  /* A finished file must not have the name of an unfinished one. */
  assert_null(vbo_sink_open(in_directory(".vbolua-00112233445566778899aabbccddeeff.part"), true,
                            true, &err));
  assert_kind(err, USAGE);
}

/* A child that opens a sink, writes, says so and waits to be killed. */
static pid_t begin_in_a_child(const char *path) {
  int ready[2];
  char byte = 0;
  assert_int_equal(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    vbo_error err = {0};
    alarm(60);
    vbo_sink *sink = vbo_sink_open(path, false, true, &err);
    if (sink == NULL || !vbo_sink_write(sink, "half", 4, &err)) _exit(1);
    if (write(ready[1], "x", 1) != 1) _exit(2);
    for (;;)
      pause();
  }
  close(ready[1]);
  assert_int_equal(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  return child;
}

static void removes_what_a_crash_left(void **state) {
  (void)state;
  static const char *const strangers[] = {
      ".vbolua-0123456789abcdef0123456789abcde.part",   /* a digit less */
      ".vbolua-0123456789abcdef0123456789abcdef.parts", /* a letter more */
      ".vbolua-0123456789ABCDEF0123456789abcdef.part",
  };
  for (size_t i = 0; i < 3; i++)
    write_file(in_directory(strangers[i]), "a user's");
  /* With another name it is somebody's. */
  write_file(in_directory("kept"), "a user's");
  assert_int_equal(
      link(in_directory("kept"), in_directory(".vbolua-00000000000000000000000000000000.part")), 0);
  assert_int_equal(symlink("kept", in_directory(".vbolua-11111111111111111111111111111111.part")),
                   0);
  assert_int_equal(mkdir(in_directory(".vbolua-22222222222222222222222222222222.part"), 0700), 0);
  int before = count_files(directory);

  pid_t dead = begin_in_a_child(in_directory("dead"));
  pid_t alive = begin_in_a_child(in_directory("alive"));
  assert_int_equal(count_files(directory), before + (named ? 2 : 0));
  kill(dead, SIGKILL);
  assert_int_equal(waitpid(dead, NULL, 0), dead);
  int folder = open(directory, O_RDONLY | O_DIRECTORY);
  vbo_partial_sweep(folder);
  assert_int_equal(count_files(directory), before + (named ? 1 : 0));
  kill(alive, SIGKILL);
  assert_int_equal(waitpid(alive, NULL, 0), alive);
  vbo_partial_sweep(folder);
  assert_int_equal(count_files(directory), before);
  close(folder);
}

static void saves_over_files_alone(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  struct stat info;
  assert_int_equal(mkfifo(in_directory("fifo"), 0600), 0);
  assert_int_equal(symlink("fifo", in_directory("to fifo")), 0);
  static const char *const names[] = {"fifo", "to fifo"};
  for (size_t i = 0; i < 4; i++) {
    assert_null(vbo_sink_open(in_directory(names[i % 2]), i < 2, true, &err));
    assert_kind(err, DISK);
    assert_contains(err.message, "a device, a FIFO or a socket");
  }
  assert_null(vbo_sink_open("/dev/null", true, true, &err));
  assert_kind(err, DISK);
  /* A pipe appears during the save. */
  vbo_sink *sink = vbo_sink_open(in_directory("late"), true, true, &err);
  assert_int_equal(mkfifo(in_directory("late"), 0600), 0);
  assert_false(vbo_sink_commit(sink, sha256, &err));
  assert_kind(err, DISK);
  vbo_sink_free(sink);
  assert_int_equal(lstat(in_directory("late"), &info), 0);
  assert_true(S_ISFIFO(info.st_mode));
  /* A link is replaced; what it leads to stays as it is. */
  write_file(in_directory("target"), "old");
  assert_int_equal(symlink("target", in_directory("link")), 0);
  sink = vbo_sink_open(in_directory("link"), true, true, &err);
  assert_true(vbo_sink_write(sink, "new", 3, &err));
  assert_true(vbo_sink_commit(sink, sha256, &err));
  vbo_sink_free(sink);
  file_is(in_directory("target"), "old");
  file_is(in_directory("link"), "new");
  assert_int_equal(lstat(in_directory("link"), &info), 0);
  assert_true(S_ISREG(info.st_mode));
}

static void dates_the_file(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  struct stat info;
  vbo_sink *sink = vbo_sink_open(in_directory("a"), false, true, &err);
  vbo_sink_modified(sink, 1234567890);
  assert_true(vbo_sink_write(sink, "x", 1, &err));
  assert_true(vbo_sink_commit(sink, sha256, &err));
  vbo_sink_free(sink);
  assert_int_equal(stat(in_directory("a"), &info), 0);
  assert_int_equal(info.st_mtime, 1234567890);
}

static void locks_a_name(void **state) {
  (void)state;
  int folder = open(directory, O_RDONLY | O_DIRECTORY);
  int one = -1;
  int two = -1;
  assert_int_equal(vbo_lock_take(folder, "lock", &one), 0);
  assert_int_equal(vbo_lock_take(folder, "lock", &two), EWOULDBLOCK);
  vbo_lock_release(folder, "lock", one);
  assert_int_equal(count_files(directory), 0);
  write_file(in_directory("lock"), ""); /* as a crash leaves it */
  assert_int_equal(vbo_lock_take(folder, "lock", &two), 0);
  vbo_lock_release(folder, "lock", two);
  assert_int_equal(count_files(directory), 0);
  close(folder);
}

static void names_what_the_disk_refuses(void **state) {
  (void)state;
  vbo_error err = {0};
  assert_null(vbo_sink_open(in_directory("missing/a"), false, true, &err));
  assert_kind(err, DISK);
  assert_string_equal(err.code, "ENOENT");
  assert_int_equal(err.os_error, ENOENT);
  write_file(in_directory("file"), "");
  assert_null(vbo_sink_open(in_directory("file/a"), false, true, &err));
  assert_string_equal(err.code, "ENOTDIR");
  assert_int_equal(mkdir(in_directory("folder"), 0700), 0);
  assert_null(vbo_sink_open(in_directory("folder"), true, true, &err));
  assert_string_equal(err.code, "EISDIR");
  static const char *const nameless[] = {"", "x/", "x/.", ".."};
  for (size_t i = 0; i < 4; i++) {
    assert_null(vbo_sink_open(nameless[i], true, true, &err));
    assert_kind(err, USAGE);
  }
  char longest[300];
  memset(longest, 'n', 256);
  longest[256] = '\0';
  assert_null(vbo_sink_open(in_directory(longest), false, true, &err));
  assert_string_equal(err.code, "ENAMETOOLONG");
}

static void saves_under_the_longest_names(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  char name[300];
  for (int size = 245; size <= 255; size++) {
    for (int i = 0; i < size; i++)
      name[i] = "\xC3\xBC"[i % 2]; /* cut between characters */
    if (size % 2 == 1) name[size - 1] = 'x';
    name[size] = '\0';
    char path[400];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    vbo_sink *sink = vbo_sink_open(path, false, false, &err);
    if (sink == NULL) fail_msg("%d: %s", size, err.message);
    assert_true(vbo_sink_commit(sink, sha256, &err));
    vbo_sink_free(sink);
    assert_int_equal(access(path, F_OK), 0);
  }
  assert_int_equal(count_files(directory), 11);
}

static void tells_a_full_disk(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  if (mount("none", directory, "tmpfs", 0, "size=64k") != 0) {
    print_message("skipped: a tmpfs needs root (%s)\n", strerror(errno));
    skip();
  }
  static char block[300000];
  bool wrote = true;
  vbo_sink *sink = vbo_sink_open(in_directory("a"), false, true, &err);
  if (sink != NULL) {
    wrote = vbo_sink_write(sink, block, sizeof block, &err) && vbo_sink_commit(sink, sha256, &err);
    vbo_sink_free(sink);
  }
  int left = count_files(directory);
  assert_int_equal(umount(directory), 0);
  assert_non_null(sink);
  assert_false(wrote);
  assert_kind(err, DISK);
  assert_string_equal(err.code, "ENOSPC");
  assert_contains(err.message, "no space left");
  assert_int_equal(left, 0);
}

static bool find_partial(char *path, size_t size) {
  DIR *list = opendir(directory);
  bool found = false;
  for (struct dirent *entry; !found && (entry = readdir(list)) != NULL;) {
    found = vbo_partial_is_name(entry->d_name);
    if (found) snprintf(path, size, "%s/%s", directory, entry->d_name);
  }
  closedir(list);
  return found;
}

static void sets_room_aside(void **state) {
  (void)state;
  vbo_error err = {0};
  char sha256[VBO_DIGEST_HEX];
  bool done = false;
  vbo_sink *sink = vbo_sink_open(in_directory("a"), false, false, &err);
  assert_true(vbo_sink_reserve(sink, 8 << 20, &done, &err));
  struct stat info;
  char part[512];
  if (!named || !find_partial(part, sizeof part)) {
    vbo_sink_free(sink);
    if (named) fail_msg("there is no partial file");
    return; /* a file without a name cannot be checked */
  }
  assert_int_equal(stat(part, &info), 0);
  assert_int_equal(info.st_size, 0);
  if (done) assert_in_range(info.st_blocks, (8 << 20) / 512, (16 << 20) / 512);
  assert_true(vbo_sink_write(sink, "abc", 3, &err));
  assert_true(vbo_sink_reset(sink, &err));
  assert_int_equal(stat(part, &info), 0);
  assert_int_equal(info.st_blocks, 0);
  assert_true(vbo_sink_write(sink, "abc", 3, &err));
  assert_true(vbo_sink_commit(sink, sha256, &err));
  vbo_sink_free(sink);
  file_is(in_directory("a"), "abc");
  if (!done) skip(); /* this file system has no such thing */
}

static void tells_a_file_size_limit(void **state) {
  (void)state;
  vbo_error err = {0};
  struct rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  struct rlimit small = {.rlim_cur = 1000, .rlim_max = before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  static char block[300000];
  vbo_sink *sink = vbo_sink_open(in_directory("a"), false, true, &err);
  setrlimit(RLIMIT_FSIZE, &small);
  bool wrote = vbo_sink_write(sink, block, sizeof block, &err);
  setrlimit(RLIMIT_FSIZE, &before);
  vbo_sink_free(sink);
  assert_false(wrote);
  assert_kind(err, DISK);
  assert_string_equal(err.code, "EFBIG");
  assert_int_equal(count_files(directory), 0);
}

/* ---------------------------------------------------------- with transfers */

#define TOKEN "token tok 3600\n"

static void saves_an_answer(void **state) {
  (void)state;
  session s = begin(TOKEN "on POST /v8/save\nfile 200 3000000\n");
  vbo_sink_options sink = {.kind = VBO_SINK_FILE, .path = in_directory("alice.zip")};
  vbo_transfer *t = start(&s, "POST", "/v8/save", false, &sink);
  if (!vbo_transfer_wait(t, &s.err)) fail_msg("%s", s.err.message);
  vbo_progress progress;
  vbo_transfer_progress(t, &progress);
  assert_int_equal(progress.received, 3000000);
  struct stat info;
  assert_int_equal(stat(sink.path, &info), 0);
  assert_int_equal(info.st_size, 3000000);
  char command[600];
  snprintf(command, sizeof command, "test \"$(sha256sum < '%s')\" = '%s  -'", sink.path,
           vbo_transfer_sha256(t));
  assert_int_equal(system(command), 0);
  vbo_transfer_free(t);
  assert_int_equal(count_files(directory), 1);
  /* Now it exists: nothing is sent. */
  vbo_request request = {.method = "POST", .path = "/v8/save", .body = "{}", .body_size = 2};
  assert_null(vbo_transfer_start(s.client, &request, &sink, &s.err));
  assert_kind(s.err, EXISTS);
  assert_int_equal(peer_count(s.peer, "POST /v8/save"), 1);
  end(&s);
}

static void repeats_into_an_emptied_file(void **state) {
  (void)state;
  session s =
      begin(TOKEN
            "on GET /v8/f times 1\nsend HTTP/1.1 200 OK\\r\\nContent-Length: 900000\\r\\n\\r\\n\n"
            "bytes 700000\ncut\non GET /v8/f\nfile 200 5\n");
  vbo_sink_options sink = {.kind = VBO_SINK_FILE, .path = in_directory("f")};
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &sink);
  if (!vbo_transfer_wait(t, &s.err)) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  file_is(sink.path, "abcde");
  end(&s);
}

static void leaves_no_file_after_a_failure(void **state) {
  (void)state;
  static const struct {
    const char *answer;
    vbo_error_kind kind;
  } cases[] = {
      {"send HTTP/1.1 200 OK\\r\\nContent-Length: 50\\r\\n\\r\\n\nbytes 20\nclose",
       VBO_ERROR_INTEGRITY},
      {"send HTTP/1.1 200 OK\\r\\nContent-Length: 50\\r\\n\\r\\n\nbytes 20\ncut",
       VBO_ERROR_INTEGRITY},
      {"send HTTP/1.1 200 OK\\r\\n\\r\\n\nbytes 20\nclose", VBO_ERROR_INTEGRITY},
      {"send HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nabcde\\r\\n\ncut",
       VBO_ERROR_INTEGRITY},
      {"json 404 {\"message\":\"gone\"}", VBO_ERROR_NOT_FOUND},
      {"empty 204", VBO_ERROR_PROTOCOL},
      {"header Location: /y\nempty 302", VBO_ERROR_PROTOCOL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char script[512];
    snprintf(script, sizeof script, TOKEN "on GET /v8/f\n%s\n", cases[i].answer);
    session s = prepare(script);
    s.options.retries = -1;
    s.client = client_open(&s);
    vbo_sink_options sink = {.kind = VBO_SINK_FILE, .path = in_directory("f")};
    call_fails(&s, "GET", "/v8/f", false, &sink);
    if (s.err.kind != cases[i].kind) fail_msg("%s: %s", cases[i].answer, s.err.message);
    assert_int_equal(count_files(directory), 0);
    end(&s);
  }
}

static void never_takes_more_than_was_stated(void **state) {
  (void)state;
  session s = begin(TOKEN "on GET /v8/f\nfile 200 5\nsend EXTRA\nclose\n");
  vbo_sink_options sink = {.kind = VBO_SINK_FILE, .path = in_directory("f")};
  vbo_transfer *t = start(&s, "GET", "/v8/f", false, &sink);
  if (!vbo_transfer_wait(t, &s.err)) fail_msg("%s", s.err.message);
  vbo_transfer_free(t);
  file_is(sink.path, "abcde");
  end(&s);
}

static void stops_when_the_disk_is_full(void **state) {
  (void)state;
  session s = begin(TOKEN "on GET /v8/f\nfile 200 30000000\n");
  struct rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  struct rlimit small = {.rlim_cur = 1000000, .rlim_max = before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  vbo_sink_options sink = {.kind = VBO_SINK_FILE, .path = in_directory("f")};
  setrlimit(RLIMIT_FSIZE, &small);
  call_fails(&s, "GET", "/v8/f", false, &sink);
  setrlimit(RLIMIT_FSIZE, &before);
  assert_kind(s.err, DISK);
  assert_string_equal(s.err.code, "EFBIG");
  assert_int_equal(peer_count(s.peer, "GET /v8/f"), 1); /* no use to repeat it */
  assert_int_equal(count_files(directory), 0);
  end(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(commits_what_was_written),
      TEST(large_writes_arrive_in_order),
      TEST(leaves_nothing_when_given_up),
      TEST(replaces_only_when_allowed),
      TEST(does_not_clobber_what_appears_meanwhile),
      TEST(keeps_apart_what_is_saved_at_once),
      TEST(leaves_files_of_others_alone),
      TEST(removes_what_a_crash_left),
      TEST(saves_over_files_alone),
      TEST(dates_the_file),
      TEST(locks_a_name),
      TEST(names_what_the_disk_refuses),
      TEST(saves_under_the_longest_names),
      TEST(tells_a_full_disk),
      TEST(sets_room_aside),
      TEST(tells_a_file_size_limit),
      TEST(saves_an_answer),
      TEST(repeats_into_an_emptied_file),
      TEST(leaves_no_file_after_a_failure),
      TEST(never_takes_more_than_was_stated),
      TEST(stops_when_the_disk_is_full),
  };
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return failed +
         cmocka_run_group_tests_name("with named partial files", tests, name_partials, NULL);
}
