/* program.h: the functions that the files of the interpreter share. */
#ifndef VBO_PROGRAM_H
#define VBO_PROGRAM_H

#include <lua.h>
#include <stdbool.h>

#include "vbo.h"

#define VBOLUA "vbolua"

/* ---------------------------------------------------------------- interrupts */

/* Installs the handlers: the first SIGINT, SIGTERM or SIGHUP stops what runs with an error of the
 * kind `cancelled`, so that `<close>` variables clean up, and stays in force; what cleans up may
 * take VBO_CLEANUP_TIMEOUT seconds (30) from then.  The second ends the runbook's own part of the
 * clean-up, the third the program. */
void vbo_interrupt_install(lua_State *L);
/* And SIGUSR1 pauses before the next change, SIGUSR2 goes on, and SIGQUIT lets what is under way
 * end and no further change begin; where nothing asks before its changes (core.pause_state), and
 * when it comes again, SIGQUIT is as SIGTERM. */
/* Does what the first signal of that number would do. */
void vbo_interrupt_stop(int number);
/* Returns the signal that came; 0 for none. */
int vbo_interrupt_signal(void);
/* Returns the exit status: 128 + N once a signal N came, otherwise `status`. */
int vbo_interrupt_status(int status);
/* Forgets the signal: the next one is a first one again (for the REPL). */
void vbo_interrupt_forget(void);
/* Sets whether a person sits at the REPL: their clean-up after Ctrl-C has no time limit. */
void vbo_interrupt_attended(bool is);
/* Coroutines are interrupted too.  Call once the libraries are open. */
void vbo_interrupt_follow_coroutines(lua_State *L);
/* Returns how far it is: 0 nothing, 1 a signal came, 2 the runbook's code is unwound. */
int vbo_interrupt_level(void);
/* Raises the error of the signal that came, which is delivered by that. */
int vbo_interrupt_raise(lua_State *L);

/* ------------------------------------------------------------------ commands */

/* Replaces os.execute and io.popen by the same that a signal can end, and whose programs get none
 * of this one's connections and files.  Call once the libraries are open. */
void vbo_command_guard(lua_State *L);
/* Passes a signal on to the children, which have one that is `from_terminal` already.  True when
 * it is for os.execute's child to deal with.  Safe in a signal handler. */
bool vbo_command_signal(int number, bool from_terminal);

/* --------------------------------------------------------------- running code */

/* Calls the function below its `arguments`; on failure reports the error on stderr.
 * Returns the exit status (0: success, results are on the stack). */
int vbo_call_chunk(lua_State *L, int arguments, int results);
/* Raises a failure of the core's as a structured error. */
int vbo_raise(lua_State *L, const vbo_error *err);
/* Reports the error at the top of the stack on stderr, pops it, and returns the exit
 * status it stands for. */
int vbo_report(lua_State *L);
/* Pushes the error that was reported last, or nil. */
void vbo_push_reported(lua_State *L);
/* Sets whether errors are reported with a traceback. */
void vbo_trace(bool on);

/* Keeps what scripts print clear of progress bars. Call once the libraries are open. */
void vbo_output_guard(lua_State *L);
/* Writes out what standard output still holds and closes it.  Returns the exit status: `status`,
 * or where that is success what a failure stands for, which is reported. */
int vbo_output_finish(int status);

/* Makes `print` write text alone on a terminal, control characters escaped. Call it after
 * vbo_output_guard. */
void vbo_print_guard(lua_State *L);

/* ----------------------------------------------------------------------- REPL */

/* Reads and runs lines until the end of the input.  Errors do not end it. */
void vbo_repl(lua_State *L);
/* Pushes the candidates for completing `text` as an array of strings: globals, fields and methods,
 * found without calling anything. */
void vbo_complete(lua_State *L, const char *text);

#endif
