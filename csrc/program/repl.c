/* repl.c: the interactive interpreter.
 *
 * Line editing is libedit's (BSD; readline is GPL), loaded when a person sits at a terminal:
 * runbooks start without it and the binary runs where it is missing.
 *
 * Errors, Ctrl-C and a failing __tostring end a line, never the REPL: sessions that a person opened
 * would be stopped with it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/lutil.h"
#include "base/text.h"
#include "modules.h"
#include "program/program.h"

/* ---------------------------------------------------------------- the editor */

typedef char **completer(const char *, int, int);
typedef char *generator(const char *, int);

/* libedit's readline interface, as far as it is used here. All members are NULL without libedit;
 * `readline` decides. Those from `attempted` on are addresses of libedit's variables. */
static struct editor {
  char *(*readline)(const char *);
  int (*add_history)(const char *);
  int (*read_history)(const char *);
  int (*write_history)(const char *);
  void (*stifle_history)(int);
  char **(*matches)(const char *, generator *);
  completer **attempted;
  const char **break_characters;
  int *append_character;
  int (**getc)(FILE *);
  char *history_file;
} editor;

/* ------------------------------------------------------------------- waiting */

/* Signals are held back while a line is edited, but for the moment in which this waits: one that
 * came just before a plain read would leave it waiting.  And they reach our handlers, not those
 * that libedit puts in their place meanwhile: those send the signal on to the process group. */
static const int held_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { HELD_SIGNALS = sizeof held_signals / sizeof *held_signals };
static struct sigaction handlers[HELD_SIGNALS];
static sigset_t unheld;

static void hold_signals(void) {
  sigset_t held;
  sigemptyset(&held);
  for (int i = 0; i < HELD_SIGNALS; i++) {
    sigaddset(&held, held_signals[i]);
    sigaction(held_signals[i], NULL, &handlers[i]);
  }
  pthread_sigmask(SIG_BLOCK, &held, &unheld);
}

/* pselect may return for a key although a signal is pending: POSIX lets it check descriptors
 * first. */
static bool signal_is_due(void) {
  sigset_t pending;
  sigpending(&pending);
  for (int i = 0; i < HELD_SIGNALS; i++)
    if (sigismember(&pending, held_signals[i]) == 1 && sigismember(&unheld, held_signals[i]) == 0 &&
        handlers[i].sa_handler != SIG_IGN)
      return true;
  return false;
}

/* False when a signal came, even when keys are there: they were typed after it. libedit installs
 * handlers of its own when it begins a line; ours are put back before each wait. */
static bool wait_for_key(void) {
  for (int i = 0; i < HELD_SIGNALS; i++) {
    sigaction(held_signals[i], &handlers[i], NULL);
  }
  while (vbo_interrupt_signal() == 0) {
    fd_set keys;
    FD_ZERO(&keys);
    FD_SET(STDIN_FILENO, &keys);
    int ready = pselect(STDIN_FILENO + 1, &keys, NULL, NULL, NULL, &unheld);
    if (signal_is_due()) {
      sigsuspend(&unheld);
    } else if (ready > 0) {
      return true;
    } else if (ready < 0 && errno != EINTR) {
      return false;
    }
  }
  return false;
}

static void let_signals_go(void) {
  pthread_sigmask(SIG_SETMASK, &unheld, NULL);
}

/* Reads one character for libedit, which takes a wide one: UTF-8 is put together here. A byte that
 * begins no UTF-8 is taken alone, and shown as "?". */
static int read_key(FILE *from) {
  unsigned char byte = 0;
  uint32_t point = 0;
  (void)from;
  if (!wait_for_key() || read(STDIN_FILENO, &byte, 1) != 1) return EOF;
  char text[4] = {(char)byte, 0, 0, 0};
  size_t size = byte < 0xC2 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : byte < 0xF5 ? 4 : 1;
  for (size_t i = 1; i < size; i++)
    if (!wait_for_key() || read(STDIN_FILENO, text + i, 1) != 1) return EOF;
  return vbo_utf8_next(text, size, &point) == size ? (int)point : '?';
}

/* ---------------------------------------------------------------- completion */

static lua_State *editor_state; /* for the completer, which gets no argument of ours */

static char *copy(const char *text) {
  size_t size = strlen(text) + 1;
  char *made = malloc(size);
  return made != NULL ? memcpy(made, text, size) : NULL;
}

/* Returns one candidate a call, until NULL. libedit frees them. Runs in protected mode (generate):
 * an error must not jump over libedit's frames, which would leave the terminal in raw mode. */
static int next_candidate(lua_State *L) {
  const char *text = lua_touserdata(L, 1);
  int state = (int)lua_tointeger(L, 2);
  if (state == 0) {
    vbo_complete(L, text);
    lua_setfield(L, LUA_REGISTRYINDEX, "vbolua.candidates");
  }
  lua_getfield(L, LUA_REGISTRYINDEX, "vbolua.candidates");
  lua_rawgeti(L, -1, state + 1);
  return 1;
}

/* The candidate is copied with malloc, as libedit frees it. */
static char *generate(const char *text, int state) {
  static int at;
  lua_State *L = editor_state;
  int top = lua_gettop(L);
  char *made = NULL;
  at = state == 0 ? 0 : at + 1;
  lua_pushcfunction(L, next_candidate);
  lua_pushlightuserdata(L, (void *)text);
  lua_pushinteger(L, at);
  if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1)) made = copy(lua_tostring(L, -1));
  lua_settop(L, top);
  return made;
}

static char **complete(const char *text, int start, int end) {
  (void)start;
  (void)end;
  /* No blank after a completed name: a dot or a parenthesis follows. */
  *editor.append_character = '\0';
  return editor.matches(text, generate);
}

/* libedit edits characters, not bytes, as the user's locale has them; one without UTF-8 ("C") would
 * show none but ASCII.  Lua stays in "C": a runbook typed in does what it does as a file, whatever
 * the locale says of "i" and "I". */
static void use_own_locale(bool own) {
  static const char *const utf8_locales[] = {"C.UTF-8", "C.utf8", "UTF-8", "en_US.UTF-8"};
  setlocale(LC_CTYPE, own ? "" : "C");
  for (size_t i = 0; own && i < sizeof utf8_locales / sizeof *utf8_locales && MB_CUR_MAX == 1; i++)
    setlocale(LC_CTYPE, utf8_locales[i]);
}

static void load_editor(lua_State *L) {
  static const char *const names[] = {"libedit.so.2", "libedit.so.0", "libedit.so",
                                      "libedit.3.dylib", "libedit.dylib"};
  void *library = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && library == NULL; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fputs(VBOLUA
          ": no line editing, history or completion: libedit is missing"
          " (Debian package: libedit2)\n",
          stderr);
    return;
  }
  struct {
    const char *name;
    void *to;
  } symbols[] = {{"readline", &editor.readline},
                 {"add_history", &editor.add_history},
                 {"read_history", &editor.read_history},
                 {"write_history", &editor.write_history},
                 {"stifle_history", &editor.stifle_history},
                 {"rl_completion_matches", &editor.matches},
                 {"rl_attempted_completion_function", &editor.attempted},
                 {"rl_completer_word_break_characters", &editor.break_characters},
                 {"rl_completion_append_character", &editor.append_character},
                 {"rl_getc_function", &editor.getc}};
  for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
    void *found = dlsym(library, symbols[i].name);
    if (found == NULL) { /* another library of that name: read plainly */
      memset(&editor, 0, sizeof editor);
      dlclose(library);
      return;
    }
    memcpy(symbols[i].to, &found, sizeof found); /* data to function pointer, as POSIX has it */
  }
  editor_state = L;
  use_own_locale(true);
  *editor.getc = read_key;
  *editor.attempted = complete;
  *editor.break_characters = " \t\n\"'`@$><=;|&{([,+-*/%^#~!?)]}";
}

static void save_history(void) {
  if (editor.history_file == NULL) return;
  /* Ours alone from the start: people type passwords in the wrong place. */
  int file = open(editor.history_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0) {
    close(file);
    use_own_locale(true);
    editor.write_history(editor.history_file);
  }
  free(editor.history_file);
  editor.history_file = NULL;
}

static void open_history(void) {
  const char *home = getenv("HOME");
  const char *told = getenv("VBOLUA_HISTORY"); /* "" keeps none */
  static const char name[] = "/.vbolua_history";
  if (told != NULL) {
    editor.history_file = *told != '\0' ? copy(told) : NULL;
  } else if (home != NULL) {
    size_t size = strlen(home) + sizeof name;
    editor.history_file = malloc(size);
    if (editor.history_file != NULL) snprintf(editor.history_file, size, "%s%s", home, name);
  }
  if (editor.history_file == NULL) return;
  editor.stifle_history(1000);
  editor.read_history(editor.history_file);
  atexit(save_history); /* os.exit is a way to leave, too */
}

/* -------------------------------------------------------------- reading a line */

typedef enum reading { READ_LINE, READ_END, READ_INTERRUPTED } reading;

/* fgets reads pieces, since a line may have any length. An interrupted read leaves the stream in an
 * error state, which clearerr ends. */
static reading read_plainly(lua_State *L, const char *prompt) {
  luaL_Buffer line;
  char piece[512];
  fputs(prompt, stdout);
  fflush(stdout);
  /* At a terminal nothing of the next line is in stdio's buffer. */
  hold_signals();
  bool there = !isatty(STDIN_FILENO) || wait_for_key();
  let_signals_go();
  if (!there) return vbo_interrupt_signal() != 0 ? READ_INTERRUPTED : READ_END;
  luaL_buffinit(L, &line);
  bool any = false;
  while (fgets(piece, sizeof piece, stdin) != NULL) {
    size_t size = strlen(piece);
    any = true;
    bool whole = size > 0 && piece[size - 1] == '\n';
    luaL_addlstring(&line, piece, whole ? size - 1 : size);
    if (whole) break;
  }
  luaL_pushresult(&line);
  if (any) return READ_LINE;
  lua_pop(L, 1);
  bool interrupted = vbo_interrupt_signal() != 0;
  clearerr(stdin);
  return interrupted ? READ_INTERRUPTED : READ_END;
}

/* libedit needs the locale only while it edits. */
static reading read_edited(lua_State *L, const char *prompt) {
  hold_signals();
  use_own_locale(true);
  char *line = editor.readline(prompt);
  use_own_locale(false);
  let_signals_go();
  if (line == NULL) return vbo_interrupt_signal() != 0 ? READ_INTERRUPTED : READ_END;
  lua_pushstring(L, line);
  free(line);
  return READ_LINE;
}

/* Reads the next line and pushes it. SIGTERM counts as the end. */
static reading read_line(lua_State *L, bool first) {
  static const char *const names[] = {"_PROMPT2", "_PROMPT"};
  static const char *const usual[] = {">> ", "> "};
  const char *prompt = usual[first];
  int top = lua_gettop(L);
  vboL_screen_hide();
  if (lua_getglobal(L, names[first]) != LUA_TNIL) prompt = luaL_tolstring(L, -1, NULL);
  reading got = editor.readline != NULL ? read_edited(L, prompt) : read_plainly(L, prompt);
  if (got == READ_LINE) lua_replace(L, top + 1);
  lua_settop(L, got == READ_LINE ? top + 1 : top);
  return got;
}

/* ------------------------------------------------------------------- the loop */

/* Returns whether a chunk ends where more could follow: the parser stopped at its end. lua.c tests
 * the same: Lua has no other way to report an incomplete chunk. */
static bool is_incomplete(lua_State *L, int status) {
  static const char mark[] = "<eof>";
  size_t size;
  if (status != LUA_ERRSYNTAX) return false;
  const char *message = lua_tolstring(L, -1, &size);
  return size >= sizeof mark - 1 && strcmp(message + size - (sizeof mark - 1), mark) == 0;
}

static int load(lua_State *L, const char *code, size_t size) {
  return luaL_loadbufferx(L, code, size, "=stdin", "t");
}

/* An expression is shown: "return LINE" is tried first; "=LINE" is the old way to ask for it.
 * Leaves the function or the message. Mode "t" in load(): a person cannot type bytecode, which Lua
 * does not verify. */
static int load_expression(lua_State *L) {
  const char *line = lua_tostring(L, -1);
  if (*line == '=') line++;
  const char *code = lua_pushfstring(L, "return %s", line);
  int status = load(L, code, strlen(code));
  lua_remove(L, -2);
  return status;
}

/* Returns whether a command may give a password as text: such a line stays out of the history, and
 * so out of its file. When in doubt, it does. */
static bool may_hold_secret(const char *text) {
  static const char *const words[] = {"pass",       "pwd",       "secret", "token",
                                      "credential", "assertion", "_key"};
  if (strpbrk(text, "\"'[") == NULL) return false; /* without a string in it */
  size_t left = strlen(text);
  for (const char *at = text; left > 0; at++, left--)
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
      size_t size = strlen(words[i]);
      if (left >= size && vbo_ascii_equal(at, size, words[i], size)) return true;
    }
  return false;
}

/* From the first line (at the top) to a whole chunk; the function or the message takes its place.
 * READ_INTERRUPTED gives the line up. Stack: the lines so far at `line`, then what was compiled.
 * The lines are compiled as a whole each time, as `lua` does. */
static reading load_chunk(lua_State *L, int *status) {
  int line = lua_gettop(L);
  *status = load_expression(L);
  for (bool more = *status != LUA_OK; more;) {
    lua_settop(L, line);
    size_t size;
    const char *code = lua_tolstring(L, line, &size);
    *status = load(L, code, size);
    if (!is_incomplete(L, *status)) break;
    reading got = read_line(L, false);
    if (got == READ_INTERRUPTED) return got;
    if (got == READ_END) break; /* the message says what was missing */
    lua_remove(L, -2);
    lua_pushliteral(L, "\n");
    lua_insert(L, -2);
    lua_concat(L, 3);
  }
  if (editor.add_history != NULL) {
    const char *text = lua_tostring(L, line);
    if (*text != '\0' && !may_hold_secret(text)) editor.add_history(text);
  }
  lua_remove(L, line);
  return READ_LINE;
}

/* require("vbo.cli.program.show").results(...) in place of the results, where one of them is a
 * table: an address says nothing. False when that failed, which is reported. `vbo` is loaded only
 * when there is a table to show. */
static bool show_tables(lua_State *L) {
  int count = lua_gettop(L);
  bool any = false;
  for (int i = 1; i <= count && !any; i++)
    any = lua_istable(L, i);
  if (!any) return true;
  lua_getglobal(L, "require");
  lua_pushliteral(L, VBO_MODULE_cli_program_show);
  if (vbo_call_chunk(L, 1, 1) != 0) return false;
  lua_getfield(L, -1, "results");
  lua_insert(L, 1);
  lua_pop(L, 1);
  return vbo_call_chunk(L, count, LUA_MULTRET) == 0;
}

static void show_results(lua_State *L) {
  luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
  if (lua_gettop(L) == 0 || !show_tables(L)) return;
  int count = lua_gettop(L);
  lua_getglobal(L, "print");
  lua_insert(L, 1);
  if (lua_pcall(L, count, 0, 0) == LUA_OK) return;
  lua_pushfstring(L, "error calling 'print' (%s)", luaL_tolstring(L, -1, NULL));
  vbo_report(L);
}

void vbo_repl(lua_State *L) {
  if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
    load_editor(L);
    if (editor.readline != NULL) open_history();
  }
  vbo_interrupt_attended(true);
  for (;;) {
    int status = LUA_OK;
    lua_settop(L, 0);
    reading got = read_line(L, true);
    if (got == READ_LINE) got = load_chunk(L, &status);
    if (got == READ_END) break;
    if (got == READ_INTERRUPTED) {
      if (vbo_interrupt_signal() != SIGINT) break;
      fputs("\n", stdout);
    } else if (status != LUA_OK) {
      vbo_report(L);
    } else if (vbo_call_chunk(L, 0, LUA_MULTRET) == 0) {
      show_results(L);
    }
    /* A signal ends what ran, not the REPL: the next line begins without it. */
    vbo_interrupt_forget();
  }
  vbo_interrupt_attended(false);
  lua_settop(L, 0);
  fputs("\n", stdout);
  fflush(stdout);
}
