/* vbolua.h: what the files of the interpreter share. */
#ifndef VBO_VBOLUA_H
#define VBO_VBOLUA_H

#include <lua.h>
#include <stdbool.h>

#define VBOLUA "vbolua"

/* ---------------------------------------------------------------- interrupts */

/* From now on the first SIGINT, SIGTERM or SIGHUP stops what runs with an error of the kind
 * `cancelled`, so that `<close>` variables clean up; the second ends at once. */
void vbo_interrupt_install(lua_State *L);
/* The signal that came; 0 for none. */
int vbo_interrupt_signal(void);
/* Forgets it: the next one is a first one again (for the REPL). */
void vbo_interrupt_forget(void);
/* The error of an interrupt is on its way to the end of the program: what cleans up
 * may take VBO_CLEANUP_TIMEOUT seconds (30) from now, then the program ends. */
void vbo_interrupt_bound_cleanup(void);
/* Coroutines are interrupted too.  Call once the libraries are open. */
void vbo_interrupt_follow_coroutines(lua_State *L);

/* --------------------------------------------------------------- running code */

/* Calls the function below its `arguments`; on failure reports the error on stderr.
 * Returns the exit status (0: success, results are on the stack). */
int vbo_call_chunk(lua_State *L, int arguments, int results);
/* Reports the error at the top of the stack on stderr, pops it, and returns the exit
 * status it stands for. */
int vbo_report(lua_State *L);
/* Whether errors are reported with a traceback. */
void vbo_trace(bool on);

/* What scripts print keeps clear of progress bars.  Call once the libraries are open. */
void vbo_output_guard(lua_State *L);

/* Programs that a script starts get none of this one's connections and files.  Call it, and the
 * next, after vbo_output_guard. */
void vbo_children_guard(lua_State *L);
/* What print writes on a terminal is text and nothing else. */
void vbo_print_guard(lua_State *L);

/* ----------------------------------------------------------------------- REPL */

/* Reads and runs lines until the end of the input.  Errors do not end it. */
void vbo_repl(lua_State *L);
/* The candidates for completing `text`, as an array of strings pushed onto the
 * stack: globals, fields and methods, found without calling anything. */
void vbo_complete(lua_State *L, const char *text);

#endif
