/* The hand-over from the loop to the workers: bounded, in order, and given up at any moment. */
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "save/feed.h"
#include "save/worker.h"

static char directory[64];

static int make_directory(void **state) {
  (void)state;
  snprintf(directory, sizeof directory, "/tmp/vbolua-feed-XXXXXX");
  return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state) {
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", directory);
  return system(command);
}

static const char *in_directory(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static int count_entries(const char *where) {
  DIR *opened = opendir(where);
  if (opened == NULL) return -1;
  int count = 0;
  for (struct dirent *entry; (entry = readdir(opened)) != NULL;)
    count += entry->d_name[0] != '.';
  closedir(opened);
  return count;
}

/* ------------------------------------------------------------ a loop of our own */

static sem_t wakes;

static void wake(void *data) {
  assert_ptr_equal(data, directory);
  sem_post(&wakes);
}

typedef struct seen {
  int ready;
  int ended;
  vbo_error failure;
} seen;

static void on_ready(void *owner) {
  ((seen *)owner)->ready++;
}

static void on_ended(void *owner, const vbo_error *failure) {
  seen *what = owner;
  what->ended++;
  if (failure != NULL) what->failure = *failure;
}

static const vbo_feed_events events = {on_ready, on_ended};

static void drive_until(vbo_feeds *feeds, const int *count) {
  while (*count == 0) {
    while (sem_wait(&wakes) != 0) {
    }
    vbo_feeds_drive(feeds);
  }
}

static vbo_feed *open_feed(vbo_feeds *feeds, const char *name, seen *what) {
  vbo_error err = {0};
  vbo_sink *sink = vbo_sink_open(in_directory(name), false, false, &err);
  assert_non_null(sink);
  vbo_feed *feed = vbo_feed_new(feeds, sink, &events, what, &err);
  assert_non_null(feed);
  return feed;
}

static vbo_feeds *begin(void) {
  vbo_error err = {0};
  sem_init(&wakes, 0, 0);
  vbo_feeds *feeds = vbo_feeds_new(wake, directory, &err);
  assert_non_null(feeds);
  return feeds;
}

/* As libcurl offers it; waits whenever the feed is full. */
static void feed_all(vbo_feeds *feeds, vbo_feed *feed, seen *what, const char *bytes, size_t size) {
  vbo_error err = {0};
  size_t step = 1;
  for (size_t done = 0; done < size;) {
    size_t now = step < size - done ? step : size - done;
    vbo_feeding feeding = VBO_FED;
    what->ready = 0;
    assert_true(vbo_feed_take(feed, bytes + done, now, &feeding, &err));
    if (feeding == VBO_FEED_FULL) {
      drive_until(feeds, &what->ready);
      continue;
    }
    done += now;
    step = step * 3 % 16384 + 1;
  }
}

static void is_saved(const char *name, const char *bytes, size_t size, const char *sha256) {
  char *found = malloc(size + 1);
  FILE *file = fopen(in_directory(name), "rb");
  assert_non_null(file);
  assert_int_equal(fread(found, 1, size + 1, file), size);
  fclose(file);
  assert_memory_equal(found, bytes, size);
  free(found);
  vbo_error err = {0};
  char wanted[VBO_DIGEST_HEX];
  vbo_digest *digest = vbo_digest_new(&err);
  assert_true(vbo_digest_add(digest, bytes, size, &err));
  assert_true(vbo_digest_finish(digest, wanted, &err));
  vbo_digest_free(digest);
  assert_string_equal(sha256, wanted);
}

static char *noise(size_t size) {
  char *bytes = malloc(size);
  uint32_t x = 1;
  for (size_t i = 0; i < size; i++)
    bytes[i] = (char)((x = x * 1664525U + 1013904223U) >> 24);
  return bytes;
}

static void carries_any_size_in_order(void **state) {
  (void)state;
  static const size_t sizes[] = {0,      1,      16383,  16384,   16385,   131071,
                                 131072, 131073, 524288, 1000000, 5000000, 20000000};
  char *bytes = noise(20000000);
  vbo_feeds *feeds = begin();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int known = 0; known < 2; known++) {
      seen what = {0};
      vbo_feed *feed = open_feed(feeds, "f", &what);
      vbo_error err = {0};
      assert_true(vbo_feed_expect(feed, known ? (int64_t)sizes[i] : -1, &err));
      feed_all(feeds, feed, &what, bytes, sizes[i]);
      assert_int_equal(access(in_directory("f"), F_OK), -1);
      vbo_feed_commit(feed, NULL);
      drive_until(feeds, &what.ended);
      assert_int_equal(what.failure.kind, VBO_OK);
      is_saved("f", bytes, sizes[i], vbo_feed_sha256(feed));
      vbo_feed_free(feed);
      assert_int_equal(count_entries(directory), 1);
      unlink(in_directory("f"));
    }
  vbo_feeds_free(feeds);
  free(bytes);
}

/* The last piece and the word that it was the last arrive together. */
static void ends_with_the_last_piece(void **state) {
  (void)state;
  enum { SIZE = 16384 + 4 * 65536 + 100 };
  char *bytes = noise(SIZE);
  vbo_feeds *feeds = begin();
  for (int round = 0; round < 500; round++) {
    seen what = {0};
    vbo_feed *feed = open_feed(feeds, "f", &what);
    feed_all(feeds, feed, &what, bytes, SIZE);
    for (volatile int spin = 0; spin < round * 200; spin++) {
    }
    vbo_feed_commit(feed, NULL);
    drive_until(feeds, &what.ended);
    if (what.failure.kind != VBO_OK) fail_msg("%s", what.failure.message);
    vbo_feed_free(feed);
    struct stat info;
    assert_int_equal(stat(in_directory("f"), &info), 0);
    assert_int_equal(info.st_size, SIZE);
    unlink(in_directory("f"));
  }
  vbo_feeds_free(feeds);
  free(bytes);
}

static void begins_again(void **state) {
  (void)state;
  char *bytes = noise(3000000);
  vbo_feeds *feeds = begin();
  for (size_t first = 10; first < 3000000; first = first * 7) {
    seen what = {0};
    vbo_feed *feed = open_feed(feeds, "f", &what);
    feed_all(feeds, feed, &what, bytes + 7, first);
    vbo_feed_restart(feed);
    feed_all(feeds, feed, &what, bytes, 200000);
    vbo_feed_restart(feed);
    vbo_feed_restart(feed);
    feed_all(feeds, feed, &what, bytes, 300000);
    vbo_feed_commit(feed, NULL);
    drive_until(feeds, &what.ended);
    is_saved("f", bytes, 300000, vbo_feed_sha256(feed));
    vbo_feed_free(feed);
    unlink(in_directory("f"));
  }
  vbo_feeds_free(feeds);
  free(bytes);
}

/* ---------------------------------------------------- workers that stand still */

typedef struct brake {
  vbo_job job;
  sem_t begun;
  sem_t go;
  bool blocks_signals;
  int notified;
} brake;

static bool stand(void *owner) {
  brake *held = owner;
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, NULL, &mask);
  held->blocks_signals = sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1 &&
                         sigismember(&mask, SIGCHLD) == 1;
  sem_post(&held->begun);
  while (sem_wait(&held->go) != 0) {
  }
  vbo_job_notify(&held->job);
  return false;
}

static void count_notified(void *owner) {
  ((brake *)owner)->notified++;
}

/* As many as there are threads, so that nothing else is worked at. */
enum { BRAKES = 4 };

static void hold_workers(vbo_workers *workers, brake *brakes) {
  for (int i = 0; i < BRAKES; i++) {
    brakes[i] = (brake){0};
    brakes[i].job = (vbo_job){
        .work = stand, .notified = count_notified, .owner = &brakes[i], .workers = workers};
    sem_init(&brakes[i].begun, 0, 0);
    sem_init(&brakes[i].go, 0, 0);
    vbo_job_post(&brakes[i].job);
    sem_wait(&brakes[i].begun);
  }
}

static void let_go(brake *brakes) {
  for (int i = 0; i < BRAKES; i++)
    sem_post(&brakes[i].go);
}

static void is_bounded_and_never_waits(void **state) {
  (void)state;
  vbo_error err = {0};
  char *bytes = noise(2000000);
  vbo_feeds *feeds = begin();
  brake brakes[BRAKES];
  hold_workers(vbo_feeds_workers(feeds), brakes);
  seen what = {0};
  vbo_feed *feed = open_feed(feeds, "f", &what);
  size_t taken = 0;
  vbo_feeding feeding = VBO_FED;
  while (taken < 2000000) {
    assert_true(vbo_feed_take(feed, bytes + taken, 16000, &feeding, &err));
    if (feeding == VBO_FEED_FULL) break;
    taken += 16000;
  }
  assert_int_equal(feeding, VBO_FEED_FULL);
  assert_in_range(taken, 200000, 524288);
  vbo_feeds_drive(feeds);
  assert_int_equal(what.ready, 0);
  let_go(brakes);
  drive_until(feeds, &what.ready);
  feed_all(feeds, feed, &what, bytes + taken, 2000000 - taken);
  vbo_feed_commit(feed, NULL);
  drive_until(feeds, &what.ended);
  is_saved("f", bytes, 2000000, vbo_feed_sha256(feed));
  vbo_feed_free(feed);
  vbo_feeds_free(feeds);
  for (int i = 0; i < BRAKES; i++) {
    assert_true(brakes[i].blocks_signals);
    assert_int_equal(brakes[i].notified, 1);
  }
  free(bytes);
}

/* Many at once share what may lie between. */
static void shares_the_room_of_an_engine(void **state) {
  (void)state;
  enum { MANY = 100 };
  vbo_error err = {0};
  char *bytes = noise(1000000);
  vbo_feeds *feeds = begin();
  brake brakes[BRAKES];
  hold_workers(vbo_feeds_workers(feeds), brakes);
  seen what[MANY] = {{0}};
  vbo_feed *feed[MANY];
  size_t taken[MANY] = {0};
  size_t all = 0;
  for (int i = 0; i < MANY; i++) {
    char name[16];
    snprintf(name, sizeof name, "f%d", i);
    feed[i] = open_feed(feeds, name, &what[i]);
    for (vbo_feeding feeding = VBO_FED; feeding == VBO_FED && taken[i] + 16000 < 1000000;) {
      assert_true(vbo_feed_take(feed[i], bytes + taken[i], 16000, &feeding, &err));
      if (feeding == VBO_FED) taken[i] += 16000;
    }
    assert_true(taken[i] > 0);
    all += taken[i];
  }
  assert_in_range(all, 1000000, 8000000);
  let_go(brakes);
  for (int i = 0; i < MANY; i++) {
    drive_until(feeds, &what[i].ready);
    feed_all(feeds, feed[i], &what[i], bytes + taken[i], 1000000 - taken[i]);
    vbo_feed_commit(feed[i], NULL);
  }
  for (int i = 0; i < MANY; i++) {
    drive_until(feeds, &what[i].ended);
    char name[16];
    snprintf(name, sizeof name, "f%d", i);
    is_saved(name, bytes, 1000000, vbo_feed_sha256(feed[i]));
    vbo_feed_free(feed[i]);
  }
  vbo_feeds_free(feeds);
  free(bytes);
}

static void is_given_up_while_it_waits(void **state) {
  (void)state;
  char *bytes = noise(200000);
  vbo_feeds *feeds = begin();
  brake brakes[BRAKES];
  hold_workers(vbo_feeds_workers(feeds), brakes);
  seen what = {0};
  vbo_feed *feed = open_feed(feeds, "f", &what);
  feed_all(feeds, feed, &what, bytes, 200000);
  vbo_feed_commit(feed, NULL);
  assert_false(vbo_feed_too_late(feed));
  assert_int_equal(count_entries(directory), 0);
  vbo_feed_free(feed);
  /* The name is free again at once. */
  feed = open_feed(feeds, "f", &what);
  let_go(brakes);
  feed_all(feeds, feed, &what, bytes, 5);
  vbo_feed_commit(feed, NULL);
  drive_until(feeds, &what.ended);
  is_saved("f", bytes, 5, vbo_feed_sha256(feed));
  assert_true(vbo_feed_too_late(feed));
  vbo_feed_free(feed);
  vbo_feeds_free(feeds);
  free(bytes);
}

/* At whatever moment it comes, the file is whole or absent, and no partial file is left. */
static void is_given_up_at_any_moment(void **state) {
  (void)state;
  char *bytes = noise(700000);
  vbo_feeds *feeds = begin();
  int saved = 0;
  for (int round = 0; round < 300; round++) {
    seen what = {0};
    vbo_feed *feed = open_feed(feeds, "f", &what);
    feed_all(feeds, feed, &what, bytes, 1 + (size_t)round * 2000);
    if (round % 3 != 0) vbo_feed_commit(feed, NULL);
    for (volatile int spin = 0; spin < round * 500; spin++) {
    }
    bool late = round % 3 != 0 && vbo_feed_too_late(feed);
    if (late) is_saved("f", bytes, 1 + (size_t)round * 2000, vbo_feed_sha256(feed));
    vbo_feed_free(feed);
    assert_int_equal(count_entries(directory), late ? 1 : 0);
    if (late) unlink(in_directory("f"));
    saved += late;
    assert_int_equal(what.ended, 0);
    if (round % 7 == 0) vbo_feeds_drive(feeds);
  }
  vbo_feeds_free(feeds);
  free(bytes);
  (void)saved;
}

static void tells_a_failure_once(void **state) {
  (void)state;
  char *bytes = noise(1000000);
  vbo_feeds *feeds = begin();
  struct rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  struct rlimit small = {.rlim_cur = 50000, .rlim_max = before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  seen what = {0};
  vbo_feed *feed = open_feed(feeds, "f", &what);
  setrlimit(RLIMIT_FSIZE, &small);
  feed_all(feeds, feed, &what, bytes, 200000);
  drive_until(feeds, &what.ended);
  setrlimit(RLIMIT_FSIZE, &before);
  assert_kind(what.failure, DISK);
  assert_int_equal(what.failure.os_error, EFBIG);
  assert_int_equal(what.ended, 1);
  vbo_feed_free(feed);
  assert_int_equal(count_entries(directory), 0);
  vbo_feeds_free(feeds);
  free(bytes);
}

/* Counts running saves, with the bytes that they have not written yet. */
static void refuses_what_the_disk_cannot_hold(void **state) {
  (void)state;
  enum { MIB = 1 << 20 };
  vbo_error err = {0};
  if (mount("none", directory, "tmpfs", 0, "size=5m") != 0) {
    print_message("skipped: a tmpfs needs root (%s)\n", strerror(errno));
    skip();
  }
  vbo_feeds *feeds = begin();
  seen what = {0};
  vbo_feed *first = open_feed(feeds, "a", &what);
  vbo_feed *second = open_feed(feeds, "b", &what);
  bool fits = vbo_feed_expect(first, 3 * MIB, &err);
  bool both = vbo_feed_expect(second, 3 * MIB, &err);
  bool less = vbo_feed_expect(second, MIB, NULL);
  vbo_feed_restart(first);
  bool after = vbo_feed_expect(second, 3 * MIB, NULL);
  vbo_feed_free(first);
  vbo_feed_free(second);
  vbo_feeds_free(feeds);
  int left = count_entries(directory);
  assert_int_equal(umount(directory), 0);
  assert_true(fits);
  assert_false(both);
  assert_kind(err, DISK);
  assert_int_equal(err.os_error, ENOSPC);
  assert_contains(err.message, "it has 3145728 bytes, 2097152 are free beside");
  assert_true(less);
  assert_true(after);
  assert_int_equal(left, 0);
}

/* ------------------------------------------------------------- the process */

static int threads_at_start; /* before a test made any */

/* Waits until the threads are so many: the system lists one for a moment after it was joined.  Their
 * number after ten seconds where they never are. */
static int count_threads(int expected) {
  int count = -1;
  for (int tries = 0; tries < 10000 && count != expected; tries++) {
    if (tries > 0) usleep(1000);
    count = count_entries("/proc/self/task");
  }
  return count;
}

static void has_no_thread_before_the_first_piece(void **state) {
  (void)state;
  if (access("/proc/self/task", F_OK) != 0) skip();
  int before = count_threads(threads_at_start);
  vbo_feeds *feeds = begin();
  seen what = {0};
  vbo_feed *feed = open_feed(feeds, "f", &what);
  assert_int_equal(count_entries("/proc/self/task"), before);
  feed_all(feeds, feed, &what, "abc", 3);
  assert_int_equal(count_entries("/proc/self/task"), before);
  vbo_feed_commit(feed, NULL);
  drive_until(feeds, &what.ended);
  assert_int_equal(count_entries("/proc/self/task"), before + 1);
  vbo_feed_free(feed);
  for (int i = 0; i < 200; i++) { /* one after the other: one thread is enough */
    char name[16];
    snprintf(name, sizeof name, "g%d", i);
    what = (seen){0};
    feed = open_feed(feeds, name, &what);
    vbo_feed_commit(feed, NULL);
    drive_until(feeds, &what.ended);
    vbo_feed_free(feed);
  }
  assert_in_range(count_entries("/proc/self/task"), before + 1, before + 4);
  vbo_feeds_free(feeds);
  assert_int_equal(count_threads(before), before);
}

static int child_status(pid_t child) {
  int status = -1;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* A fork has the memory and none of the threads: it may free what it got, and leaves the file. */
static void survives_a_fork(void **state) {
  (void)state;
  char *bytes = noise(400000);
  vbo_feeds *feeds = begin();
  seen what = {0};
  vbo_feed *feed = open_feed(feeds, "f", &what);
  feed_all(feeds, feed, &what, bytes, 300000);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    vbo_feed_free(feed);
    vbo_feeds_free(feeds);
    _exit(0);
  }
  assert_int_equal(child_status(child), 0);
  feed_all(feeds, feed, &what, bytes + 300000, 100000);
  vbo_feed_commit(feed, NULL);
  drive_until(feeds, &what.ended);
  assert_int_equal(what.failure.kind, VBO_OK);
  is_saved("f", bytes, 400000, vbo_feed_sha256(feed));
  vbo_feed_free(feed);
  vbo_feeds_free(feeds);
  free(bytes);
}

/* exit() in the middle of all: the threads end before the libraries do. */
static void survives_an_exit(void **state) {
  (void)state;
  char *bytes = noise(400000);
  for (int i = 0; i < 10; i++) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      vbo_feeds *feeds = begin();
      seen what = {0};
      vbo_feed *feed = open_feed(feeds, "f", &what);
      feed_all(feeds, feed, &what, bytes, 400000);
      vbo_feed_commit(feed, NULL);
      exit(i % 2 == 0 ? 0 : 7);
    }
    assert_int_equal(child_status(child), i % 2 == 0 ? 0 : 7);
    unlink(in_directory("f"));
  }
  free(bytes);
}

/* ---------------------------------------------------------------------- seals */

typedef struct seals {
  int calls;
  size_t files;
  size_t most;     /* in one call */
  int64_t refused; /* the tag of a file that cannot be sealed; 0: none */
  pthread_t thread;
  vbo_sealed last;
  char sha256[VBO_DIGEST_HEX];
} seals;

static bool seal(void *owner, const vbo_sealed *files, size_t count, vbo_error *err) {
  seals *all = owner;
  all->calls++;
  if (count > all->most) all->most = count;
  assert_true(pthread_equal(pthread_self(), all->thread));
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(access(files[i].path, F_OK), -1); /* not yet */
    if (files[i].tag == all->refused)
      return vbo_error_set(err, VBO_ERROR_JOURNAL, "no row %d", (int)files[i].tag);
  }
  all->files += count;
  all->last = files[count - 1];
  snprintf(all->sha256, sizeof all->sha256, "%s", all->last.sha256);
  return true;
}

static vbo_feed *open_sealed(vbo_feeds *feeds, const char *name, seen *what, seals *all,
                             int64_t tag) {
  vbo_error err = {0};
  vbo_feed *feed = open_feed(feeds, name, what);
  assert_true(vbo_feed_seal(feed, seal, all, tag, in_directory(name), &err));
  return feed;
}

static void seals_a_file_before_it_has_its_name(void **state) {
  (void)state;
  char *bytes = noise(300000);
  vbo_feeds *feeds = begin();
  seals all = {.thread = pthread_self()};
  seen what = {0};
  vbo_feed *feed = open_sealed(feeds, "f", &what, &all, 42);
  feed_all(feeds, feed, &what, bytes + 5, 100000);
  vbo_feed_restart(feed); /* another attempt: one seal in the end */
  feed_all(feeds, feed, &what, bytes, 300000);
  vbo_feed_commit(feed, NULL);
  drive_until(feeds, &what.ended);
  assert_int_equal(what.failure.kind, VBO_OK);
  is_saved("f", bytes, 300000, all.sha256);
  struct stat info;
  assert_int_equal(stat(in_directory("f"), &info), 0);
  assert_int_equal(all.calls, 1);
  assert_int_equal(all.last.tag, 42);
  assert_int_equal(all.last.file.size, 300000);
  assert_int_equal(all.last.file.inode, info.st_ino);
  assert_int_equal(all.last.file.device, info.st_dev);
  assert_int_equal(all.last.file.modified / 1000, info.st_mtime);
  assert_memory_equal(vbo_sink_identity(vbo_feed_sink(feed)), &all.last.file, sizeof all.last.file);
  vbo_feed_free(feed);
  vbo_feeds_free(feeds);
  free(bytes);
}

static void leaves_no_file_when_its_seal_fails(void **state) {
  (void)state;
  vbo_feeds *feeds = begin();
  seals all = {.thread = pthread_self(), .refused = 7};
  seen what = {0};
  vbo_feed *feed = open_sealed(feeds, "f", &what, &all, 7);
  feed_all(feeds, feed, &what, "abc", 3);
  vbo_feed_commit(feed, NULL);
  drive_until(feeds, &what.ended);
  assert_kind(what.failure, JOURNAL);
  assert_string_equal(what.failure.message, "no row 7");
  vbo_feed_free(feed);
  vbo_feeds_free(feeds);
  assert_int_equal(what.ended, 1);
  assert_int_equal(count_entries(directory), 0);
}

enum { MANY = 70 };

/* Completes MANY files before the loop hears of any: the workers stand still behind them. */
static void complete_many(vbo_feeds *feeds, vbo_feed *feed[MANY], seen what[MANY], seals *all) {
  /* A worker may look at its brake after it has notified, until the feeds are freed. */
  static brake brakes[BRAKES];
  for (int i = 0; i < MANY; i++) {
    char name[16];
    snprintf(name, sizeof name, "f%d", i + 1);
    what[i] = (seen){0};
    feed[i] = open_sealed(feeds, name, &what[i], all, i + 1);
    feed_all(feeds, feed[i], &what[i], "abc", 3);
    vbo_feed_commit(feed[i], NULL);
  }
  hold_workers(vbo_feeds_workers(feeds), brakes);
  vbo_feeds_drive(feeds);
  let_go(brakes);
  for (int i = 0; i < MANY; i++)
    drive_until(feeds, &what[i].ended);
  for (int i = 0; i < BRAKES; i++)
    drive_until(feeds, &brakes[i].notified);
}

static void seals_many_files_with_few_calls(void **state) {
  (void)state;
  vbo_feeds *feeds = begin();
  seals all = {.thread = pthread_self()};
  vbo_feed *feed[MANY];
  seen what[MANY];
  complete_many(feeds, feed, what, &all);
  assert_int_equal(all.calls, 2);
  assert_int_equal(all.most, 64);
  assert_int_equal(all.files, MANY);
  for (int i = 0; i < MANY; i++) {
    assert_int_equal(what[i].failure.kind, VBO_OK);
    vbo_feed_free(feed[i]);
  }
  assert_int_equal(count_entries(directory), MANY);
  vbo_feeds_free(feeds);
}

static void one_that_cannot_be_sealed_takes_no_other_with_it(void **state) {
  (void)state;
  vbo_feeds *feeds = begin();
  seals all = {.thread = pthread_self(), .refused = 30};
  vbo_feed *feed[MANY];
  seen what[MANY];
  complete_many(feeds, feed, what, &all);
  for (int i = 0; i < MANY; i++) {
    assert_int_equal(what[i].failure.kind, i + 1 == 30 ? VBO_ERROR_JOURNAL : VBO_OK);
    assert_int_equal(what[i].ended, 1);
    vbo_feed_free(feed[i]);
  }
  assert_int_equal(all.files, MANY - 1);
  assert_int_equal(count_entries(directory), MANY - 1);
  vbo_feeds_free(feeds);
}

/* Freed while it waits for its seal, which is not asked for then; sealed, and then given up. */
static void is_given_up_around_its_seal(void **state) {
  (void)state;
  vbo_feeds *feeds = begin();
  seals all = {.thread = pthread_self()};
  for (int i = 0; i < 200; i++) {
    seen what = {0};
    vbo_feed *feed = open_sealed(feeds, "f", &what, &all, 1);
    feed_all(feeds, feed, &what, "abc", 3);
    vbo_feed_commit(feed, NULL);
    for (volatile int spin = 0; spin < i * 500; spin++) {
    }
    if (i % 2 == 0) vbo_feeds_drive(feeds);
    bool named = vbo_feed_too_late(feed);
    assert_int_equal(access(in_directory("f"), F_OK), named ? 0 : -1);
    vbo_feed_free(feed);
    assert_true(!named || all.files > 0);
    unlink(in_directory("f"));
  }
  vbo_feeds_free(feeds);
  assert_int_equal(count_entries(directory), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void) {
  threads_at_start = count_entries("/proc/self/task");
  const struct CMUnitTest tests[] = {
      TEST(carries_any_size_in_order),
      TEST(ends_with_the_last_piece),
      TEST(begins_again),
      TEST(is_bounded_and_never_waits),
      TEST(shares_the_room_of_an_engine),
      TEST(is_given_up_while_it_waits),
      TEST(is_given_up_at_any_moment),
      TEST(tells_a_failure_once),
      TEST(refuses_what_the_disk_cannot_hold),
      TEST(has_no_thread_before_the_first_piece),
      TEST(survives_a_fork),
      TEST(survives_an_exit),
      TEST(seals_a_file_before_it_has_its_name),
      TEST(leaves_no_file_when_its_seal_fails),
      TEST(seals_many_files_with_few_calls),
      TEST(one_that_cannot_be_sealed_takes_no_other_with_it),
      TEST(is_given_up_around_its_seal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
