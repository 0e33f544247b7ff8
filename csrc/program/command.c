/* command.c: os.execute and io.popen that a signal can end.
 *
 * C's system() and pclose() wait for the child whatever comes: a SIGTERM would wait as long, until
 * a supervisor kills the program with its sessions open.  Here a signal is passed on to the
 * children at once, and after a short time the program goes on without them.
 *
 * Ctrl-C on a terminal reaches the child as well.  As shells do, os.execute leaves it to the child
 * and counts as interrupted when the child ends by it: an editor or a pager may have a use for the
 * key. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lua/lutil.h"
#include "base/descriptor.h"
#include "base/system.h"
#include "program/program.h"

#ifdef __APPLE__
extern char **environ; /* which unistd.h declares elsewhere */
#endif

enum {
  MOST_CHILDREN = 64, /* of those that are running, which a signal is passed on to */
  GRACE = 1000 /* milliseconds that a child has to end in after a signal, and after SIGTERM */
};

/* An array of fixed size, as a signal handler walks it. A child beyond MOST_CHILDREN runs, but gets
 * no signal passed on. */
static volatile pid_t children[MOST_CHILDREN];
static volatile sig_atomic_t executing; /* os.execute waits */
static volatile sig_atomic_t keyed;     /* a Ctrl-C came that is the child's */

static void note(pid_t pid) {
  for (int i = 0; i < MOST_CHILDREN; i++)
    if (children[i] == 0) {
      children[i] = pid;
      return;
    }
}

/* A child's number is free for another process once it is reaped, and must not be sent a signal
 * then. */
static void forget(pid_t pid) {
  for (int i = 0; i < MOST_CHILDREN; i++)
    if (children[i] == pid) children[i] = 0;
}

/* kill is async-signal-safe. */
bool vbo_command_signal(int number, bool from_terminal) {
  if (from_terminal && executing != 0) keyed = 1;
  if (from_terminal) return executing != 0;
  for (int i = 0; i < MOST_CHILDREN; i++)
    if (children[i] != 0) kill(children[i], number);
  return false;
}

/* ------------------------------------------------------------------ starting */

/* `sh -c text`; `from` becomes its descriptor `to` unless that is negative.  An errno. */
static int start(const char *text, int from, int to, pid_t *pid) {
  char *arguments[] = {"sh", "-c", NULL, NULL};
  vbo_files_seal(); /* no socket and no secret is for them */
  /* posix_spawn rather than fork: after fork a process with threads may call async-signal-safe
   * functions only (POSIX fork). */
  posix_spawn_file_actions_t actions;
  arguments[2] = (char *)text; /* posix_spawn takes strings that it does not change */
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed != 0) return failed;
  /* The copy lacks FD_CLOEXEC, which the original has: the child gets that one descriptor. */
  if (to >= 0) failed = posix_spawn_file_actions_adddup2(&actions, from, to);
  if (failed == 0) failed = posix_spawn(pid, "/bin/sh", &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == 0) note(*pid);
  return failed;
}

/* ------------------------------------------------------------------- waiting */

/* SIGCHLD needs a handler: ignored signals do not interrupt pselect. */
static void on_child(int number) {
  (void)number;
}

/* Signals are held back but for the moment in which this waits: one that came just before would
 * be slept through.  False when a signal beyond `level` came and the child went on for all that. */
static bool await(pid_t pid, int level, int *status) {
  static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGCHLD};
  struct sigaction action = {.sa_handler = on_child}, before_child;
  sigset_t set, before, open;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof held / sizeof *held; i++)
    sigaddset(&set, held[i]);
  sigemptyset(&action.sa_mask);
  sigaction(SIGCHLD, &action, &before_child);
  pthread_sigmask(SIG_BLOCK, &set, &before);
  open = before;
  sigdelset(&open, SIGCHLD);
  int64_t since = 0;
  bool ended = false, told = false;
  for (;;) {
    pid_t got = waitpid(pid, status, WNOHANG);
    if (got < 0 && errno != EINTR) *status = -1;
    ended = got == pid || (got < 0 && errno != EINTR);
    int64_t now = vbo_monotonic_ms();
    if (since == 0 && vbo_interrupt_level() > level) since = now;
    if (since != 0 && !told && now - since >= GRACE) told = kill(pid, SIGTERM) == 0;
    /* Without a signal the timeout has no meaning: a minute, then the loop asks again. After one,
     * the child has GRACE, then SIGTERM, then GRACE once more. */
    int64_t left = since == 0 ? 60000 : since + (told ? 2 : 1) * GRACE - now;
    if (ended || left <= 0) break;
    struct timespec timeout = {.tv_sec = (time_t)(left / 1000), .tv_nsec = left % 1000 * 1000000};
    /* Unblocks and waits in one step (POSIX pselect). */
    pselect(0, NULL, NULL, NULL, &timeout, &open);
  }
  /* waitpid's, which the calls below may change and the caller reports. */
  int error = errno;
  forget(pid);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  sigaction(SIGCHLD, &before_child, NULL);
  errno = error;
  return ended;
}

/* ---------------------------------------------------------------- os.execute */

/* Returns whether the child ended by Ctrl-C: itself, or the program that the shell ran for it. A
 * shell reports a program that was killed by a signal as 128 + its number. */
static bool by_key(int status) {
  return (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) ||
         (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGINT);
}

/* os.execute([command]): as Lua's; `cancelled` after a signal. `level` is taken first: a signal
 * that came before this command does not end it, so that a clean-up may run commands. */
static int execute(lua_State *L) {
  const char *text = luaL_optstring(L, 1, NULL);
  if (text == NULL) {
    lua_pushboolean(L, system(NULL));
    return 1;
  }
  int level = vbo_interrupt_level();
  int status = -1;
  pid_t pid = 0;
  keyed = 0;
  executing = 1;
  int failed = start(text, -1, -1, &pid);
  bool ended = failed != 0 || await(pid, level, &status);
  executing = 0;
  if (failed != 0) {
    errno = failed;
    return luaL_fileresult(L, 0, NULL);
  }
  if (keyed != 0 && by_key(status)) vbo_interrupt_stop(SIGINT);
  if (!ended || vbo_interrupt_level() > level) vbo_interrupt_raise(L);
  if (status != -1) errno = 0; /* what luaL_execresult takes for a failure of the call */
  return luaL_execresult(L, status);
}

/* ------------------------------------------------------------------ io.popen */

typedef struct pipe_stream {
  luaL_Stream stream; /* first: Lua's own functions see nothing else */
  pid_t pid;
  int level; /* of interrupts, when it was started */
} pipe_stream;

/* The pipe is closed before the wait: a child that reads to the end would never end otherwise. */
static int close_pipe(lua_State *L) {
  pipe_stream *pipe = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  int status = -1;
  fclose(pipe->stream.f);
  bool ended = await(pipe->pid, pipe->level, &status);
  if (!ended) errno = EINTR;
  if (ended && status != -1) errno = 0;
  return luaL_execresult(L, ended ? status : -1);
}

/* Both ends get FD_CLOEXEC: a child that holds its own other end never sees the end of its
 * input. */
static int make_pipe(int ends[2]) {
  if (pipe(ends) != 0) return errno;
  for (int i = 0; i < 2; i++)
    if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0) {
      int failed = errno;
      close(ends[0]);
      close(ends[1]);
      return failed;
    }
  return 0;
}

/* Starts the command of `stream` and opens our end. An errno. The child's end is closed here in
 * either case. Ours becomes a FILE, which owns it from then on. */
static int open_pipe(pipe_stream *stream, const char *text, const char *mode) {
  int ends[2];
  bool reads = *mode == 'r';
  int failed = make_pipe(ends);
  if (failed != 0) return failed;
  int ours = ends[reads ? 0 : 1], theirs = ends[reads ? 1 : 0];
  failed = start(text, theirs, reads ? STDOUT_FILENO : STDIN_FILENO, &stream->pid);
  close(theirs);
  if (failed == 0) stream->stream.f = fdopen(ours, mode);
  if (failed == 0 && stream->stream.f == NULL) failed = errno;
  if (failed != 0) close(ours);
  return failed;
}

/* io.popen(command [, mode]): as Lua's; its close is what a signal ends. The stream counts as
 * closed until `closef` is set, as in liolib.c (newprefile): __gc does nothing then. */
static int open_command(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  const char *mode = luaL_optstring(L, 2, "r");
  luaL_argcheck(L, (*mode == 'r' || *mode == 'w') && mode[1] == '\0', 2, "invalid mode");
  pipe_stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
  *stream = (pipe_stream){.level = vbo_interrupt_level()};
  luaL_setmetatable(L, LUA_FILEHANDLE);
  /* As Lua's own popen does: what was printed before comes before the child's output. */
  fflush(NULL);
  int failed = open_pipe(stream, text, mode);
  if (failed != 0) {
    errno = failed;
    return luaL_fileresult(L, 0, text);
  }
  stream->stream.closef = close_pipe;
  return 1;
}

void vbo_command_guard(lua_State *L) {
  lua_getglobal(L, LUA_OSLIBNAME);
  lua_pushcfunction(L, execute);
  lua_setfield(L, -2, "execute");
  lua_getglobal(L, LUA_IOLIBNAME);
  lua_pushcfunction(L, open_command);
  lua_setfield(L, -2, "popen");
  lua_pop(L, 2);
}
