/* lengine.c: engines as Lua sees them, and how an interrupt finds them.
 *
 * An engine moves all transfers of its clients. It has no thread: it works only inside a call that
 * waits. So a signal handler must reach the engine that waits now, and that is the purpose of the
 * slots. */
#include "lua/lutil.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- interrupts */

/* A signal handler cannot walk a Lua state, so every engine has a place in a list
 * that only grows: places are reused and never freed, and a handler that walks it
 * meets no memory that goes away.  Each engine is used on one thread (vbo.h), and
 * the handler runs on that thread, so what it finds waiting stays there meanwhile. */
struct vboL_slot {
  struct vboL_slot *next;      /* set before the slot is published */
  atomic_bool taken;           /* belongs to an engine */
  _Atomic(vbo_engine *) waits; /* the engine, while it may wait */
  atomic_bool interrupted;     /* since it began to wait */
};

static _Atomic(vboL_slot *) slots;

/* Returns a free slot, or publishes a new one; NULL without memory. The slot is complete before the
 * exchange makes it visible to a handler. */
static vboL_slot *take_slot(void) {
  for (vboL_slot *slot = atomic_load(&slots); slot != NULL; slot = slot->next) {
    bool expected = false;
    if (atomic_compare_exchange_strong(&slot->taken, &expected, true)) return slot;
  }
  vboL_slot *slot = calloc(1, sizeof *slot);
  if (slot == NULL) return NULL;
  atomic_init(&slot->taken, true);
  atomic_init(&slot->waits, NULL);
  atomic_init(&slot->interrupted, false);
  slot->next = atomic_load(&slots);
  while (!atomic_compare_exchange_weak(&slots, &slot->next, slot)) {
  }
  return slot;
}

/* `waits` is cleared first: a slot that another engine takes must not show the old one. */
static void leave_slot(vboL_slot *slot) {
  if (slot != NULL) {
    atomic_store(&slot->waits, NULL);
    atomic_store(&slot->taken, false);
  }
}

/* `interrupted` is cleared before `waits` is set: a signal in between finds no engine here, and
 * sets a hook instead. */
void vboL_enter_wait(vboL_engine *engine) {
  if (engine->engine == NULL) return;
  atomic_store(&engine->slot->interrupted, false);
  atomic_store(&engine->slot->waits, engine->engine);
}

/* Like vboL_enter_wait it accepts a closed engine: a transfer may outlive it. */
bool vboL_leave_wait(vboL_engine *engine) {
  if (engine->engine == NULL) return false;
  atomic_store(&engine->slot->waits, NULL);
  if (!atomic_exchange(&engine->slot->interrupted, false)) return false;
  /* The engine reports an interrupt once, and may not have come to it: one that is
   * left over would cancel the clean-up that follows. */
  vbo_engine_run(engine->engine, 0, NULL);
  return true;
}

/* Async-signal-safe: it uses lock-free atomics and vbo_engine_interrupt only. */
bool vboL_interrupt_engines(void) {
  bool any = false;
  for (vboL_slot *slot = atomic_load(&slots); slot != NULL; slot = slot->next) {
    vbo_engine *engine = atomic_load(&slot->waits);
    if (engine != NULL) {
      atomic_store(&slot->interrupted, true);
      vbo_engine_interrupt(engine);
      any = true;
    }
  }
  return any;
}

/* ------------------------------------------------------------------- the latch */

/* The signal that stops the program, 0 for none: it stays in force.  Only `vbolua` ever sets it;
 * in another program's Lua these stay as they are. */
static _Atomic int latch;
static atomic_bool undelivered; /* no error has been raised for it yet */
static _Atomic long refusals;   /* how much was refused because of it */
static long shields;            /* how many clean-ups are under way */
static void (*tired)(void);

/* So many waits were refused: the program runs in circles. */
enum { MOST_REFUSALS = 1000 };

/* `undelivered` is set with the latch: exactly one error is raised for a signal, by the wait or the
 * hook that takes it first. */
void vboL_latch(int signal) {
  atomic_store(&latch, signal);
  atomic_store(&undelivered, signal != 0);
  atomic_store(&refusals, 0);
}

int vboL_latched(void) {
  return atomic_load(&latch);
}

/* 0 comes from engine:interrupt(), without any signal. */
const char *vboL_latch_message(void) {
  switch (vboL_latched()) {
    case 0:
    case SIGINT:
      return "interrupted";
    case SIGPIPE:
      return "stopped: the reader of the output has gone";
    default:
      return "stopped by a signal";
  }
}

bool vboL_interrupt_pending(void) {
  return atomic_load(&undelivered);
}

/* The exchange lets one of several callers have the interrupt. */
bool vboL_take_interrupt(void) {
  return atomic_exchange(&undelivered, false);
}

void vboL_shield(int change) {
  shields += change;
}

bool vboL_shielded(void) {
  return shields > 0;
}

void vboL_on_tired(void (*callback)(void)) {
  tired = callback;
}

int vboL_fail_interrupted(lua_State *L) {
  (void)vboL_take_interrupt();
  return vboL_fail_with(L, VBO_ERROR_CANCELLED, vboL_latch_message());
}

/* core.stopped(taken|nil) -> message | nil: whether a signal is in force that ends the program.
 * With `taken` the caller raises for it: no hook delivers the same signal once more. A program that
 * catches each error and tries again would never end: `tired` unwinds it. */
static int core_stopped(lua_State *L) {
  if (vboL_latched() == 0) return 0;
  if (lua_toboolean(L, 1)) (void)vboL_take_interrupt();
  if (++refusals == MOST_REFUSALS && tired != NULL) tired();
  lua_pushstring(L, vboL_latch_message());
  return 1;
}

/* core.shield(change): 1 when a clean-up begins, -1 when it has ended; meanwhile no signal raises
 * an error in the middle of Lua code. */
static int core_shield(lua_State *L) {
  vboL_shield((int)luaL_checkinteger(L, 1));
  return 0;
}

/* ------------------------------------------------------------------- the pause */

/* Set by the signal handlers of `vbolua` alone. */
static _Atomic int pause_state;  /* vboL_pause_state */
static atomic_bool pause_heeded; /* the program asks before its changes */

/* Async-signal-safe. Engines that wait are woken, not interrupted: what is under way goes on, and
 * code that waits for the end of a pause looks again. */
void vboL_set_pause(vboL_pause_state state) {
  atomic_store(&pause_state, (int)state);
  for (vboL_slot *slot = atomic_load(&slots); slot != NULL; slot = slot->next) {
    vbo_engine *engine = atomic_load(&slot->waits);
    if (engine != NULL) vbo_engine_wake(engine);
  }
}

vboL_pause_state vboL_get_pause(void) {
  return (vboL_pause_state)atomic_load(&pause_state);
}

bool vboL_pause_heeded(void) {
  return atomic_load(&pause_heeded);
}

/* core.pause_state() -> "run", "paused" (SIGUSR1: no change begins before SIGUSR2) or "finish"
 * (SIGQUIT: no further change begins). A caller asks before each change: from the first call on
 * SIGQUIT leaves the end to it. */
static int core_pause_state(lua_State *L) {
  static const char *const names[] = {"run", "paused", "finish"};
  atomic_store(&pause_heeded, true);
  lua_pushstring(L, names[vboL_get_pause()]);
  return 1;
}

/* ------------------------------------------------------------------- engines */

/* The engine may be closed: callers test `engine->engine`. */
static vboL_engine *check_engine(lua_State *L) {
  return luaL_checkudata(L, 1, VBOL_ENGINE_CLASS);
}

/* Follows the user values from a transfer to its client to the engine. */
vboL_engine *vboL_engine_of(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_pushvalue(L, index);
  while (luaL_testudata(L, -1, VBOL_ENGINE_CLASS) == NULL) {
    if (lua_type(L, -1) != LUA_TUSERDATA)
      luaL_error(L, "the handle has no engine"); /* cannot happen: it is set at birth */
    lua_getiuservalue(L, -1, 1);
    lua_remove(L, -2);
  }
  vboL_engine *engine = lua_touserdata(L, -1);
  lua_pop(L, 1); /* its child on the stack keeps it alive */
  return engine;
}

/* Pushes the weak table that engine_new put into user value 1. */
void vboL_push_transfers(lua_State *L, int engine_index) {
  lua_getiuservalue(L, engine_index, 1);
}

/* core.engine() -> Engine | nil, err. The table's values are weak, so that the engine does not keep
 * forgotten transfers alive. */
static int engine_new(lua_State *L) {
  vboL_engine *engine = lua_newuserdatauv(L, sizeof *engine, 1);
  engine->engine = NULL;
  engine->slot = NULL;
  luaL_setmetatable(L, VBOL_ENGINE_CLASS);

  lua_newtable(L); /* address of a transfer -> its userdata */
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_setiuservalue(L, -2, 1);

  vbo_error err = {0};
  engine->slot = take_slot();
  if (engine->slot == NULL) return vboL_fail_with(L, VBO_ERROR_MEMORY, "out of memory");
  engine->engine = vbo_engine_new(&err);
  if (engine->engine == NULL) {
    leave_slot(engine->slot);
    engine->slot = NULL;
    return vboL_fail(L, &err);
  }
  vboL_count_opened(VBOL_ENGINE);
  return 1;
}

/* The handle is emptied first, so that a second release does nothing. The slot is left first, so
 * that no signal handler meets an engine that is being freed. */
static bool release(vboL_engine *engine) {
  vbo_engine *held = engine->engine;
  vboL_slot *slot = engine->slot;
  engine->engine = NULL;
  engine->slot = NULL;
  leave_slot(slot);
  vbo_engine_free(held);
  return held != NULL;
}

static int engine_close(lua_State *L) {
  if (release(check_engine(L))) vboL_count_closed(VBOL_ENGINE);
  return 0;
}

/* Lua calls finalizers in the reverse order of their marking, so that at lua_close transfers and
 * clients, which were made later, are released before their engine. */
static int engine_gc(lua_State *L) {
  if (release(check_engine(L))) vboL_count_collected(VBOL_ENGINE);
  return 0;
}

/* The engine takes an int, as poll(2) does. */
static int timeout_of(int64_t milliseconds) {
  return milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

/* engine:run(timeout|nil) -> transfers not yet done | nil, err.
 * nil waits until something happens. */
static int engine_run(lua_State *L) {
  vboL_engine *engine = check_engine(L);
  int timeout = -1;
  if (!lua_isnoneornil(L, 2)) timeout = timeout_of(vboL_milliseconds(L, 2, luaL_checknumber(L, 2)));
  if (engine->engine == NULL) return vboL_fail_closed(L, "engine");
  if (vboL_take_interrupt()) return vboL_fail_interrupted(L);
  vbo_error err = {0};
  vboL_enter_wait(engine);
  int pending = vbo_engine_run(engine->engine, timeout, &err);
  if (vboL_leave_wait(engine)) return vboL_fail_interrupted(L);
  if (pending < 0) return vboL_fail(L, &err);
  lua_pushinteger(L, pending);
  return 1;
}

/* engine:next() -> Transfer that finished, or has bytes to read, since it was last
 * reported | nil. */
static int engine_next(lua_State *L) {
  vboL_engine *engine = check_engine(L);
  if (engine->engine == NULL) return vboL_fail_closed(L, "engine");
  vboL_push_transfers(L, 1);
  for (;;) {
    vbo_transfer *transfer = vbo_engine_next(engine->engine);
    if (transfer == NULL) {
      lua_pushnil(L);
      return 1;
    }
    if (lua_rawgetp(L, -1, transfer) != LUA_TNIL) return 1;
    lua_pop(L, 1); /* its handle is being collected: no task waits for it */
  }
}

/* engine:limit(n): requests at once, of all servers. */
static int engine_limit(lua_State *L) {
  vboL_engine *engine = check_engine(L);
  lua_Integer limit = luaL_checkinteger(L, 2);
  luaL_argcheck(L, limit >= 1 && limit <= 10000, 2, "1 to 10000 expected");
  vbo_error err = {0};
  if (engine->engine == NULL) return vboL_fail_closed(L, "engine");
  if (!vbo_engine_set_limit(engine->engine, (int)limit, &err)) return vboL_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* engine:interrupt(): the run under way, or the next one, gives `cancelled` once. */
static int engine_interrupt(lua_State *L) {
  vboL_engine *engine = check_engine(L);
  if (engine->engine != NULL) vbo_engine_interrupt(engine->engine);
  return 0;
}

static int now(lua_State *L) { /* core.now, through the module: one clock for all */
  lua_getfield(L, lua_upvalueindex(1), "now");
  lua_call(L, 0, 1);
  return 1;
}

/* engine:sleep(seconds) -> true | nil, err.  The transfers move meanwhile. */
static int engine_sleep(lua_State *L) {
  vboL_engine *engine = check_engine(L);
  lua_Number seconds = luaL_checknumber(L, 2);
  int64_t left = vboL_milliseconds(L, 2, seconds);
  now(L);
  lua_Number end = lua_tonumber(L, -1) + (lua_Number)left / 1000;
  /* Both tests belong into each round: a hook may have closed the engine, and the signal may have
   * come between two waits. */
  do {
    if (engine->engine == NULL) return vboL_fail_closed(L, "engine");
    if (vboL_take_interrupt()) return vboL_fail_interrupted(L);
    vbo_error err = {0};
    vboL_enter_wait(engine);
    int pending =
        vbo_engine_run(engine->engine, timeout_of(left < VBOL_STRETCH ? left : VBOL_STRETCH), &err);
    if (vboL_leave_wait(engine)) return vboL_fail_interrupted(L);
    if (pending < 0) return vboL_fail(L, &err);
    vboL_breathe(L);
    now(L);
    /* Rounds up, so that the sleep never ends before its time. */
    left = (int64_t)((end - lua_tonumber(L, -1)) * 1000 + 0.999);
    lua_pop(L, 1);
  } while (left > 0);
  lua_pushboolean(L, 1);
  return 1;
}

static int engine_tostring(lua_State *L) {
  vboL_engine *engine = check_engine(L);
  if (engine->engine == NULL)
    lua_pushliteral(L, VBOL_ENGINE_CLASS " (closed)");
  else
    lua_pushfstring(L, VBOL_ENGINE_CLASS ": %p", (void *)engine);
  return 1;
}

static const luaL_Reg methods[] = {{"run", engine_run},     {"next", engine_next},
                                   {"limit", engine_limit}, {"interrupt", engine_interrupt},
                                   {"close", engine_close}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", engine_gc}, {"__close", engine_close}, {"__tostring", engine_tostring}, {NULL, NULL}};

void vboL_open_engine(lua_State *L) {
  if (vboL_new_class(L, VBOL_ENGINE_CLASS, methods, metamethods)) {
    lua_getfield(L, -1, "__index");
    /* Methods come from vboL_new_class; `sleep` alone needs an upvalue, and is added after them. */
    lua_pushvalue(L, -3); /* the module, for its clock */
    lua_pushcclosure(L, engine_sleep, 1);
    lua_setfield(L, -2, "sleep");
    lua_pop(L, 2);
  }
  lua_pushcfunction(L, engine_new);
  lua_setfield(L, -2, "engine");
  lua_pushcfunction(L, core_stopped);
  lua_setfield(L, -2, "stopped");
  lua_pushcfunction(L, core_shield);
  lua_setfield(L, -2, "shield");
  lua_pushcfunction(L, core_pause_state);
  lua_setfield(L, -2, "pause_state");
}
