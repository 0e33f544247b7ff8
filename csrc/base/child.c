/* child.c: see child.h.
 *
 * The input is written before the child starts, while this process holds both ends of the pipe: a
 * child that does not read cannot make the writing wait, nor raise SIGPIPE. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/disk.h"
#include "base/system.h"

#ifdef __APPLE__
extern char **environ; /* which unistd.h declares elsewhere */
#endif

enum { GRACE = 1000 /* milliseconds between SIGTERM and SIGKILL */ };

/* Returns whether two entries are of one variable: "NAME=VALUE" or "NAME". */
static bool same_name(const char *one, const char *other) {
  size_t size = strcspn(one, "=");
  return size == strcspn(other, "=") && strncmp(one, other, size) == 0;
}

static bool is_changed(const char *entry, const char *const *changes) {
  for (size_t i = 0; changes[i] != NULL; i++)
    if (same_name(entry, changes[i])) return true;
  return false;
}

/* Returns this process's environment with the changes, as an array to free; its strings are not
 * copies.  NULL without memory. */
static char **environment_with(const char *const *changes) {
  size_t count = 0;
  size_t added = 0;
  while (environ[count] != NULL)
    count++;
  while (changes[added] != NULL)
    added++;
  char **all = calloc(count + added + 1, sizeof *all);
  if (all == NULL) return NULL;
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    if (!is_changed(environ[i], changes)) all[used++] = environ[i];
  for (size_t i = 0; i < added; i++)
    if (strchr(changes[i], '=') != NULL) all[used++] = (char *)changes[i];
  return all;
}

/* Makes the reading end of a pipe that holds the input, and whose other end is closed.  An errno. */
static int input_of(const vbo_child *child, int *reader) {
  int ends[2];
  if (pipe(ends) != 0) return errno;
  vbo_file_seal(ends[0]);
  vbo_file_seal(ends[1]);
  int failed = child->input_size > 0 ? vbo_file_write(ends[1], child->input, child->input_size) : 0;
  close(ends[1]);
  *reader = vbo_off_standard(ends[0]);
  return failed != 0 ? failed : *reader < 0 ? errno : 0;
}

/* Signals that this process ignores or holds back are the child's to receive. */
static int set_attributes(posix_spawnattr_t *attributes) {
  sigset_t none, usual;
  sigemptyset(&none);
  sigemptyset(&usual);
  static const int numbers[] = {SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGHUP, SIGUSR1, SIGUSR2};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    sigaddset(&usual, numbers[i]);
  int failed = posix_spawnattr_setpgroup(attributes, 0);
  if (failed == 0) failed = posix_spawnattr_setsigmask(attributes, &none);
  if (failed == 0) failed = posix_spawnattr_setsigdefault(attributes, &usual);
  if (failed == 0)
    failed = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  return failed;
}

/* Starts `sh -c command` with `reader` as its standard input.  An errno. */
static int start(const char *command, char **environment, int reader, pid_t *pid) {
  char *arguments[] = {"sh", "-c", (char *)command, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed != 0) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (failed == 0) {
    failed = set_attributes(&attributes);
    if (failed == 0) failed = posix_spawn_file_actions_adddup2(&actions, reader, STDIN_FILENO);
    if (failed == 0)
      failed = posix_spawn(pid, "/bin/sh", &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* Waits until `until`; false when the child goes on.  Polls: a wait with a timeout does not exist
 * (waitpid), and a handler of SIGCHLD is the host's. */
static bool await(pid_t pid, int64_t until, int *status) {
  static const struct timespec nap = {.tv_nsec = 10 * 1000 * 1000};
  for (;;) {
    pid_t got = waitpid(pid, status, WNOHANG);
    if (got == pid) return true;
    if (got < 0 && errno != EINTR) {
      *status = 0; /* the host ignores SIGCHLD: the system keeps no status */
      return true;
    }
    if (vbo_monotonic_ms() >= until) return false;
    (void)nanosleep(&nap, NULL);
  }
}

static bool end(pid_t pid, const vbo_child *child, vbo_error *err) {
  int status = 0;
  (void)kill(-pid, SIGTERM);
  bool ended = await(pid, vbo_monotonic_ms() + GRACE, &status);
  (void)kill(-pid, SIGKILL);
  if (!ended) (void)await(pid, INT64_MAX, &status);
  return vbo_error_set(err, VBO_ERROR_TIMEOUT, "the command took more than %d seconds",
                       (int)(child->timeout / 1000));
}

bool vbo_child_run(const vbo_child *child, int *status, vbo_error *err) {
  if (child->input_size > VBO_CHILD_INPUT)
    return vbo_error_set(err, VBO_ERROR_LIMIT, "a command's input must be at most %d bytes",
                         (int)VBO_CHILD_INPUT);
  char **environment = environment_with(child->environment);
  if (environment == NULL) return vbo_error_memory(err);
  int reader = -1;
  pid_t pid = 0;
  vbo_files_seal();
  int failed = input_of(child, &reader);
  if (failed == 0) failed = start(child->command, environment, reader, &pid);
  if (reader >= 0) close(reader);
  free(environment);
  if (failed != 0)
    return vbo_error_os(err, VBO_ERROR_DISK, failed, "cannot run the command '%s'", child->command);
  int raw = 0;
  if (!await(pid, vbo_monotonic_ms() + child->timeout, &raw)) return end(pid, child, err);
  *status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  return true;
}
