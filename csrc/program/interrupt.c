/* interrupt.c: Ctrl-C, SIGTERM and SIGHUP, which stop the program; SIGUSR1, SIGUSR2 and SIGQUIT,
 * which say whether changes may begin.
 *
 * The first signal is delivered once, as the error `cancelled`: to the engine that waits, whose
 * call fails with it, or else, by a debug hook, to the Lua code that runs.  It stays in force (the
 * latch in lengine.c): each later change and wait of the runbook fails, also under pcall, and only
 * the library's own clean-up goes on.  The second signal, or half of the time for the clean-up,
 * unwinds the runbook's code wherever it stands; the third, or all of that time, ends the program
 * as it is. */
#include <errno.h>
#include <lauxlib.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "modules.h"
#include "program/preload.h"
#include "lua/lutil.h"
#include "base/system.h"
#include "program/program.h"

enum {
  CLEANUP_SECONDS = 30,
  PATIENCE = 1000 /* milliseconds in which library code comes to a wait or an end */
};

/* The handler's data. Written before the handler is installed, except for volatile ones. */
static pthread_t main_thread;
static lua_State *main_state;
static unsigned cleanup_seconds = CLEANUP_SECONDS;
static lua_State *volatile running;    /* the coroutine that runs now */
static volatile sig_atomic_t came;     /* the first signal */
static volatile sig_atomic_t count;    /* how many */
static volatile sig_atomic_t unwinds;  /* the runbook's code is unwound, even through pcall */
static volatile sig_atomic_t attended; /* a person at the REPL, who can send another signal */
static int64_t deferred_since;

/* Returns whether a function is the library's own and has no loop of its own: it comes to a wait,
 * which the latch ends in an orderly way, or returns. C code and the chunk of vboL_breathe are
 * between two such steps. Commands and the catalogue's tools do compute for long. */
static bool is_library(const char *source) {
  static const char ours[] = VBO_CHUNK "/vbo/";
  static const char *const busy[] = {VBO_ROOM_cli, VBO_ROOM_sim, VBO_ROOM_catalogue};
  if (*source == '\0' || strcmp(source, "=[C]") == 0) return true;
  if (strncmp(source, ours, sizeof ours - 1) != 0) return false;
  for (size_t i = 0; i < sizeof busy / sizeof *busy; i++)
    if (strncmp(source + sizeof ours - 1, busy[i], strlen(busy[i])) == 0) return false;
  return true;
}

static int raise_cancelled(lua_State *L) {
  vbo_error err;
  vbo_error_set(&err, VBO_ERROR_CANCELLED, "%s", vboL_latch_message());
  return vbo_raise(L, &err);
}

/* The hook stays set while library code runs: its next line or call asks again. An error in the
 * middle of the library could leave its state half changed, so that it gets PATIENCE to come to a
 * wait. A shielded clean-up is never interrupted. */
static void on_hook(lua_State *L, lua_Debug *ar) {
  bool unwinding = unwinds != 0;
  if (!unwinding && !vboL_interrupt_pending()) { /* delivered elsewhere */
    lua_sethook(main_state, NULL, 0, 0);
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  int64_t now = vbo_monotonic_ms();
  if (deferred_since == 0) deferred_since = now;
  bool patient = unwinding || now - deferred_since < PATIENCE;
  bool ours = lua_getinfo(L, "S", ar) == 0 || is_library(ar->source);
  if (vboL_shielded() || (ours && patient)) return;
  (void)vboL_take_interrupt();
  if (!unwinding) {
    lua_sethook(main_state, NULL, 0, 0);
    lua_sethook(L, NULL, 0, 0);
  }
  raise_cancelled(L);
}

/* lua_sethook may be called during a signal (ldebug.c). All events with a count of 1: whatever the
 * code does next, the hook runs. */
static void set_hooks(void) {
  int mask = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
  lua_sethook(main_state, on_hook, mask, 1);
  lua_State *other = running;
  if (other != main_state) lua_sethook(other, on_hook, mask, 1);
}

/* At once when there is nothing left to wait for. _exit, not exit: handlers of atexit are not
 * async-signal-safe, and may wait for what hangs. */
static void leave(void) {
  vboL_screen_leave();
  _exit(128 + (int)came);
}

static void unwind(void) {
  unwinds = 1;
  set_hooks();
}

/* The counters are the main thread's: another thread passes the signal on before it touches
 * them. */
static void on_signal(int number, siginfo_t *info, void *context) {
  (void)context;
  if (!pthread_equal(pthread_self(), main_thread)) {
    pthread_kill(main_thread, number); /* engines and states are the main thread's */
    return;
  }
  /* A key of the terminal reaches its whole foreground group, our children too. Linux reports a key
   * as SI_KERNEL. Some systems report SI_USER without a sender. */
  bool key = number == SIGINT && !(info->si_code == SI_USER && info->si_pid != 0);
  /* Children get no SIGQUIT: it would leave their core dumps. */
  if (vbo_command_signal(number == SIGQUIT ? SIGTERM : number, key))
    return; /* the child's, so far */
  count = count + 1;
  if (count > 2) leave();
  if (count == 2) {
    unwind();
    return;
  }
  vbo_interrupt_stop(number);
}

/* The latch is set before engines and hooks: code that they stop finds it in force. The alarm
 * covers half of the time; on_alarm sets the other half. */
void vbo_interrupt_stop(int number) {
  if (came != 0) return;
  came = number;
  if (count == 0) count = 1;
  vboL_latch(number);
  alarm((cleanup_seconds + 1) / 2);
  if (!vboL_interrupt_engines()) set_hooks();
}

/* Runs twice at most: the first time unwinds, the second ends the program. */
static void on_alarm(int number) {
  static const char message[] = VBOLUA ": the clean-up takes too long; ending without it\n";
  unsigned rest = cleanup_seconds / 2;
  (void)number;
  if (came == 0) return;
  if (unwinds == 0 && rest > 0) {
    (void)vbo_command_signal(SIGTERM, false);
    unwind();
    alarm(rest);
    return;
  }
  /* A person at the REPL can press Ctrl-C again, and may be using a clean-up of their own. */
  if (attended != 0 && came == SIGINT) return;
  vboL_screen_leave();
  if (write(STDERR_FILENO, message, sizeof message - 1) < 0) leave();
  leave();
}

/* write() alone: stdio is not async-signal-safe. A failure is not reported anywhere. */
static void say(const char *text) {
  vboL_screen_leave();
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

static void pause_changes(void) {
  if (vboL_get_pause() != VBOL_RUN) return;
  vboL_set_pause(VBOL_PAUSED);
  say(VBOLUA ": pausing before the next change; SIGUSR2 goes on\n");
}

static void resume_changes(void) {
  if (vboL_get_pause() != VBOL_PAUSED) return;
  vboL_set_pause(VBOL_RUN);
  say(VBOLUA ": going on\n");
}

/* The finish stays: it also ends a pause. */
static void finish_changes(void) {
  vboL_set_pause(VBOL_FINISH);
  say(VBOLUA ": finishing what is under way; no further change begins, a second SIGQUIT stops\n");
}

/* A program that has asked before its first change decides itself how it finishes. */
static void on_pause(int number, siginfo_t *info, void *context) {
  int error = errno;
  if (!pthread_equal(pthread_self(), main_thread))
    pthread_kill(main_thread, number);
  else if (number == SIGUSR1)
    pause_changes();
  else if (number == SIGUSR2)
    resume_changes();
  else if (vboL_pause_heeded() && vboL_get_pause() != VBOL_FINISH)
    finish_changes();
  else
    on_signal(number, info, context);
  errno = error;
}

/* SA_RESTART for a pause: a read of the script's goes on; pselect and poll return all the same.
 * SIGQUIT may have to end that read. */
static void install_pause(void) {
  struct sigaction action = {.sa_sigaction = on_pause, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGQUIT, &action, NULL);
  action.sa_flags |= SA_RESTART;
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
}

/* A write to a pipe or connection without a reader fails with EPIPE, which the writer handles. Not
 * SIG_IGN: programs that a runbook starts would inherit that. */
static void on_pipe(int number) {
  (void)number;
}

void vbo_interrupt_install(lua_State *L) {
  main_thread = pthread_self();
  main_state = L;
  running = L;
  const char *told = getenv("VBO_CLEANUP_TIMEOUT");
  long seconds = told != NULL ? strtol(told, NULL, 10) : 0;
  if (seconds > 0 && seconds < 86400) cleanup_seconds = (unsigned)seconds;
  vboL_on_tired(unwind);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL); /* no SA_RESTART: a read that waits gives up */
  sigaction(SIGTERM, &action, NULL);
  struct sigaction other;
  /* Signals that the parent ignores stay ignored: nohup relies on that. */
  if (sigaction(SIGHUP, NULL, &other) == 0 && other.sa_handler != SIG_IGN) /* nohup */
    sigaction(SIGHUP, &action, NULL);
  action.sa_flags = 0;
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, NULL);
  action.sa_handler = on_pipe;
  if (sigaction(SIGPIPE, NULL, &other) == 0 && other.sa_handler != SIG_IGN)
    sigaction(SIGPIPE, &action, NULL);
  install_pause();
}

int vbo_interrupt_signal(void) {
  return came;
}

int vbo_interrupt_status(int status) {
  return came != 0 ? 128 + (int)came : status;
}

void vbo_interrupt_attended(bool is) {
  attended = is;
}

int vbo_interrupt_level(void) {
  return unwinds != 0 ? 2 : came != 0 ? 1 : 0;
}

int vbo_interrupt_raise(lua_State *L) {
  (void)vboL_take_interrupt();
  return raise_cancelled(L);
}

/* The latch goes last: until then the old signal is in force. */
void vbo_interrupt_forget(void) {
  alarm(0);
  unwinds = 0;
  lua_sethook(main_state, NULL, 0, 0);
  deferred_since = 0;
  came = count = 0;
  vboL_latch(0);
}

/* -------------------------------------------------------------- coroutines */

/* Lua has no way to ask which coroutine runs, and a hook stops only the one it is
 * set on: so resume and wrap say which. */

/* lua_pcall and not lua_call: `running` must be set back also when the call raises. */
static int tracked_resume(lua_State *L) {
  lua_State *before = running;
  lua_State *co = lua_tothread(L, 1);
  if (co == NULL) return luaL_typeerror(L, 1, "coroutine");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  running = co;
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  running = before;
  if (unwinds != 0) set_hooks(); /* the error may stop here; the unwinding goes on */
  if (status != LUA_OK) return lua_error(L);
  return lua_gettop(L);
}

static int tracked_call(lua_State *L) {
  lua_State *before = running;
  lua_State *co = lua_tothread(L, lua_upvalueindex(2));
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  running = co;
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  running = before;
  if (unwinds != 0) set_hooks(); /* the error may stop here; the unwinding goes on */
  if (status != LUA_OK) return lua_error(L);
  return lua_gettop(L);
}

/* When Lua's closure looks different (another version), it is returned as it is: coroutines work,
 * but are not interrupted. */
static int tracked_wrap(lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  /* Lua's own closure keeps its coroutine as its one upvalue. */
  if (lua_getupvalue(L, 1, 1) == NULL || !lua_isthread(L, -1)) {
    lua_settop(L, 1);
    return 1;
  }
  lua_pushcclosure(L, tracked_call, 2);
  return 1;
}

static void replace(lua_State *L, const char *name, lua_CFunction with) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, with, 1);
  lua_setfield(L, -2, name);
}

void vbo_interrupt_follow_coroutines(lua_State *L) {
  lua_getglobal(L, "coroutine");
  replace(L, "resume", tracked_resume);
  replace(L, "wrap", tracked_wrap);
  lua_pop(L, 1);
}
