/* interrupt.c: Ctrl-C and SIGTERM.
 *
 * A signal is delivered once: to the engine that waits, whose call then fails with
 * `cancelled`, or else, by a debug hook, to the Lua code that runs.  Never to both,
 * or the second would strike the clean-up that the first set off. */
#include <lauxlib.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lutil.h"
#include "vbolua.h"

/* The handler's world.  Written before the handler is installed, but for `running`
 * and `came`. */
static pthread_t main_thread;
static lua_State *main_state;
static lua_State *volatile running; /* the coroutine that runs now */
static volatile sig_atomic_t came;

static void raise_cancelled(lua_State *L) {
  const char *message = came == SIGINT ? "interrupted" : "stopped by a signal";
  luaL_checkstack(L, 6, NULL);
  /* As the module's own errors are, when the module is in use. */
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  bool ours =
      lua_getfield(L, -1, "vbo.error") == LUA_TTABLE && lua_getfield(L, -1, "new") == LUA_TFUNCTION;
  lua_createtable(L, 0, 2);
  lua_pushliteral(L, "cancelled");
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, message);
  lua_setfield(L, -2, "message");
  if (ours) lua_call(L, 1, 1);
  lua_error(L);
}

static void on_hook(lua_State *L, lua_Debug *ar) {
  (void)ar;
  lua_sethook(main_state, NULL, 0, 0);
  lua_sethook(L, NULL, 0, 0);
  raise_cancelled(L);
}

static void on_signal(int number) {
  if (!pthread_equal(pthread_self(), main_thread)) {
    pthread_kill(main_thread, number); /* engines and states are the main thread's */
    return;
  }
  if (came != 0) {
    vboL_screen_leave();
    _exit(128 + number);
  }
  came = number;
  if (vboL_interrupt_engines()) return;
  int mask = LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT;
  lua_sethook(main_state, on_hook, mask, 1);
  lua_State *other = running;
  if (other != main_state) lua_sethook(other, on_hook, mask, 1);
}

void vbo_interrupt_install(lua_State *L) {
  main_thread = pthread_self();
  main_state = L;
  running = L;
  struct sigaction action = {.sa_handler = on_signal};
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL); /* no SA_RESTART: a read that waits gives up */
  sigaction(SIGTERM, &action, NULL);
  struct sigaction hangup;
  if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN) /* nohup */
    sigaction(SIGHUP, &action, NULL);
}

int vbo_interrupt_signal(void) {
  return came;
}

void vbo_interrupt_forget(void) {
  lua_sethook(main_state, NULL, 0, 0);
  came = 0;
}

static void on_alarm(int number) {
  static const char message[] = VBOLUA ": the clean-up takes too long; ending without it\n";
  (void)number;
  vboL_screen_leave();
  if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(128 + SIGALRM);
  _exit(128 + (int)came);
}

void vbo_interrupt_bound_cleanup(void) {
  enum { SECONDS = 30 };
  static bool bounded;
  if (came == 0 || bounded) return;
  bounded = true;
  const char *told = getenv("VBO_CLEANUP_TIMEOUT");
  long seconds = told != NULL ? strtol(told, NULL, 10) : SECONDS;
  struct sigaction action = {.sa_handler = on_alarm};
  sigemptyset(&action.sa_mask);
  sigaction(SIGALRM, &action, NULL);
  alarm(seconds > 0 && seconds < 86400 ? (unsigned)seconds : SECONDS);
}

/* -------------------------------------------------------------- coroutines */

/* Lua has no way to ask which coroutine runs, and a hook stops only the one it is
 * set on: so resume and wrap say which. */

static int tracked_resume(lua_State *L) {
  lua_State *before = running;
  lua_State *co = lua_tothread(L, 1);
  if (co == NULL) return luaL_typeerror(L, 1, "coroutine");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  running = co;
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  running = before;
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
  if (status != LUA_OK) return lua_error(L);
  return lua_gettop(L);
}

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
