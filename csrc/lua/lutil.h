/* lutil.h: what the files of the Lua binding share.  Private.
 *
 * How every handle is made (the pattern of Lua's own io library): first a
 * userdata that holds nothing, with its metatable; then the resource, stored in
 * it at once.  A failure in between leaves a closed handle for the collector,
 * never a leak.  `close`, `__close` and `__gc` share one release that may run
 * any number of times.
 *
 * Children keep their parents alive through user values: a transfer its client,
 * a client its engine. */
#ifndef VBO_LUTIL_H
#define VBO_LUTIL_H

#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vbo.h"

/* ------------------------------------------------------------------ failures */

/* Pushes nil and the error as a plain table; returns 2. */
int vboL_fail(lua_State *L, const vbo_error *err);
/* The same, with an error made here. */
int vboL_fail_with(lua_State *L, vbo_error_kind kind, const char *message);
/* The same for a handle used after it was closed: "the client is closed". */
int vboL_fail_closed(lua_State *L, const char *what);
/* Pushes the error as a plain table {kind=, message=, …}: what is empty or 0 is absent. */
void vboL_push_error(lua_State *L, const vbo_error *err);

/* --------------------------------------------------------------------- build */

/* Sets the field `build` of the module at the top to the build that it belongs to. */
void vboL_set_build(lua_State *L);
/* Raises when Lua files of release 0.1 load this core; `L` is as luaopen_vbo_core gets it. */
void vboL_check_loader(lua_State *L);

/* ------------------------------------------------------------------- options */

/* Raises unless the value at `index` is a table whose keys all are in `names`
 * (which ends with NULL).  Runbooks meet the checks in Lua, which name the nearest one. */
void vboL_check_options(lua_State *L, int index, const char *what, const char *const names[]);
/* Fields of the option table at `index`.  nil gives the default, a value of another
 * type raises and names the option.  Strings belong to the table. */
const char *vboL_option_string(lua_State *L, int index, const char *name, const char *otherwise);
const char *vboL_option_bytes(lua_State *L, int index, const char *name, size_t *size);
bool vboL_option_bool(lua_State *L, int index, const char *name, bool otherwise);
int64_t vboL_option_integer(lua_State *L, int index, const char *name, int64_t otherwise);
/* Seconds (a number, not negative) as milliseconds; above 0 is at least 1. */
int64_t vboL_option_duration(lua_State *L, int index, const char *name, int64_t otherwise);
/* Seconds as milliseconds, from a number that is an argument. */
int64_t vboL_milliseconds(lua_State *L, int arg, lua_Number seconds);
/* Raises with the caller's place: "bad option 'NAME' (MESSAGE)". */
int vboL_option_error(lua_State *L, const char *name, const char *message);

/* ------------------------------------------------------------------- handles */

typedef enum vboL_handle_kind {
  VBOL_ENGINE,
  VBOL_CLIENT,
  VBOL_TRANSFER,
  VBOL_SECRET,
  VBOL_SERVER,
  VBOL_JOURNAL,
  VBOL_HANDLE_KINDS
} vboL_handle_kind;

/* Counts for `VBO_CHECK_HANDLES=1` and core.handles(): a handle was opened, was
 * closed by the program, or was found open by the collector. */
void vboL_count_opened(vboL_handle_kind kind);
void vboL_count_closed(vboL_handle_kind kind);
void vboL_count_collected(vboL_handle_kind kind);
/* Pushes {engine = {open = 1, forgotten = 0}, …}. */
void vboL_push_handle_counts(lua_State *L);
/* With VBO_CHECK_HANDLES=1 in the environment: says on stderr what was left to the
 * collector and returns true when anything was.  Secrets hold memory only, and are
 * commonly written in the place where they are used: they do not count. */
bool vboL_check_handles(void);

/* Makes a metatable with methods and metamethods, and leaves it on the stack only
 * when it is new (returns true). */
bool vboL_new_class(lua_State *L, const char *name, const luaL_Reg *methods,
                    const luaL_Reg *metamethods);

/* ------------------------------------------------------------------- classes */

#define VBOL_ENGINE_CLASS "vbo.Engine"
#define VBOL_CLIENT_CLASS "vbo.Client"
#define VBOL_TRANSFER_CLASS "vbo.Transfer"
#define VBOL_SECRET_CLASS "vbo.Secret"
#define VBOL_PERMIT_CLASS "vbo.Permit"

typedef struct vboL_slot vboL_slot;

typedef struct vboL_engine {
  vbo_engine *engine; /* NULL: closed */
  vboL_slot *slot;    /* where interrupts find it */
} vboL_engine;

typedef struct vboL_client {
  vbo_client *client; /* NULL: closed; user value 1: the engine */
} vboL_client;

typedef struct vboL_transfer {
  vbo_transfer
      *transfer; /* NULL: closed; user values: the client, the journal of its seal or nil */
  bool pulled;
} vboL_transfer;

typedef struct vboL_secret {
  vbo_secret *secret; /* NULL: closed */
} vboL_secret;

typedef struct vboL_permit {
  vbo_permit *permit; /* NULL until it is issued */
} vboL_permit;

/* Returns the journal at `index`; NULL for another value. */
struct vbo_journal *vboL_to_journal(lua_State *L, int index);

/* Pushes a handle without a permit, which the caller then puts into it. */
vboL_permit *vboL_push_permit(lua_State *L);

/* Returns the engine behind a client's or transfer's userdata at `index`; it may be closed. */
vboL_engine *vboL_engine_of(lua_State *L, int index);
/* Pushes the engine's table from a transfer's address to its userdata (values are weak), by which
 * engine:next() finds the handle. */
void vboL_push_transfers(lua_State *L, int engine_index);

/* Brackets a stretch in which the engine may wait. An interrupt within it is this stretch's to
 * report: vboL_leave_wait returns true when one came. */
void vboL_enter_wait(vboL_engine *engine);
bool vboL_leave_wait(vboL_engine *engine);
/* The longest stretch before Lua's hooks get a turn (milliseconds). */
#define VBOL_STRETCH 1000
/* Lets a pending hook run: stock `lua` stops a script (Ctrl-C) by setting one, and C
 * that waits would never reach it.  May raise. */
void vboL_breathe(lua_State *L);
/* Pushes nil and the error of an interrupt; returns 2. */
int vboL_fail_interrupted(lua_State *L);

/* Interrupts every engine that waits now; false when none did.  Safe in a signal
 * handler, on the thread that runs the engines. */
bool vboL_interrupt_engines(void);

/* The latch: a signal that ends the program and stays in force.  Each later change, and each wait
 * but those of a clean-up, fails.  Set by `vbolua` alone, in its signal handler; 0 clears it. */
void vboL_latch(int signal);
int vboL_latched(void);
const char *vboL_latch_message(void);
/* Returns whether no error has been raised for the signal yet; the second one takes it. */
bool vboL_interrupt_pending(void);
bool vboL_take_interrupt(void);
/* core.shield(change): 1 when a clean-up begins, -1 when it has ended. */
void vboL_shield(int change);
/* Returns whether a clean-up is under way. */
bool vboL_shielded(void);
/* Calls `callback` when a stopped program asks for the thousandth time. */
void vboL_on_tired(void (*callback)(void));

/* The pause: whether changes may begin.  Set by `vbolua` alone, in its signal handlers, which is
 * safe there; wakes every engine that waits. */
typedef enum vboL_pause_state { VBOL_RUN, VBOL_PAUSED, VBOL_FINISH } vboL_pause_state;
void vboL_set_pause(vboL_pause_state state);
vboL_pause_state vboL_get_pause(void);
/* Returns whether anything has asked for the state (core.pause_state). */
bool vboL_pause_heeded(void);

/* Returns a secret argument (raises for another type); NULL when it is closed. */
vbo_secret *vboL_check_secret(lua_State *L, int arg);
/* Returns the secret at `index`; NULL for another value and for a closed one, which `is` tells
 * apart. */
vbo_secret *vboL_to_secret(lua_State *L, int index, bool *is);

struct vbo_buffer;
/* Pushes an empty buffer in a userdata, so that an error raised while it is in use leaks nothing. */
struct vbo_buffer *vboL_new_buffer(lua_State *L);
/* Pushes what the buffer holds, and gives its memory back at once. */
void vboL_push_buffer(lua_State *L, struct vbo_buffer *buffer);

/* Each adds the functions of its file to the module's table at the top of the stack. */
void vboL_open_engine(lua_State *L);
void vboL_open_client(lua_State *L);
void vboL_open_transfer(lua_State *L);
void vboL_open_secret(lua_State *L);
void vboL_open_json(lua_State *L);
void vboL_open_fold(lua_State *L); /* after vboL_open_json */
void vboL_open_text(lua_State *L);
/* core.visible. */
int vboL_text_visible(lua_State *L);
void vboL_open_file(lua_State *L);
void vboL_open_screen(lua_State *L);
void vboL_open_journal(lua_State *L);
void vboL_open_permit(lua_State *L);
void vboL_open_command(lua_State *L);

/* ------------------------------------------------------------------- screen */

/* In the registry: what the command line says of progress ("quiet", "bar", …). */
#define VBOL_PROGRESS "vbo.progress"
/* True in the registry: `vbolua --strict`. */
#define VBOL_STRICT "vbo.strict"

/* In the registry: how `vbolua` was called, a table (core.program); nil in another program. */
#define VBOL_PROGRAM "vbo.program"

/* Removes the lines of progress that stand on the terminal, if any. */
void vboL_screen_hide(void);
/* The same, in a signal handler. */
void vboL_screen_leave(void);
/* From now on vboL_screen_hide is called before anything is printed, and vboL_screen_wrote says
 * whether that was the beginning of a line. */
void vboL_screen_guard(void);
void vboL_screen_wrote(bool mid_line);
void vboL_open_page(lua_State *L); /* after vboL_open_json */

/* Pushes the bytes of `text` as a page of records (lpage.c) and takes them out of it; false, and
 * nothing pushed, when they are not one: see json/page.h. */
bool vboL_push_page(lua_State *L, struct vbo_buffer *text, unsigned max_depth);

/* client:start{…}, which makes a transfer (ltransfer.c). */
int vboL_client_start(lua_State *L);
/* client:changes{…} -> boolean. */
int vboL_client_changes(lua_State *L);
/* client:start_login() -> Transfer that is done when there is a token | nil, err. */
int vboL_client_start_login(lua_State *L);

/* Opens the module; in lcore.c. */
VBO_API int luaopen_vbo_core(lua_State *L);

#endif
