/* vbolua.c: the standalone interpreter. It takes what `lua` takes, and commands.
 *
 * The order of a run is fixed: libraries, guards, signal handlers, rehearsal, LUA_INIT, options,
 * script. Nothing of a user's runs before the signal handlers are in place and a rehearsal has
 * taken over the connections. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program/arguments.h"
#include "base/error.h"
#include "lua/lutil.h"
#include "program/preload.h"
#include "base/descriptor.h"
#include "base/system.h"
#include "program/program.h"
#include "http/versions.h"
#include "modules.h"

/* `arg`: the script at 0, its arguments above, what came before it below. */
static void set_arg(lua_State *L, int argc, char **argv, int script) {
  if (script == argc) script = 0;
  lua_createtable(L, argc - script, script + 1);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - script);
  }
  lua_setglobal(L, "arg");
}

/* ---------------------------------------------------------------- running code */

/* Runs the function that luaL_load… has left, or reports its message. */
static int run_loaded(lua_State *L, int status, int results) {
  return status == LUA_OK ? vbo_call_chunk(L, 0, results) : vbo_report(L);
}

static int run_string(lua_State *L, const char *code, const char *name) {
  int status = run_loaded(L, luaL_loadbuffer(L, code, strlen(code), name), 0);
  lua_settop(L, 0);
  return status;
}

static int run_file(lua_State *L, const char *file) {
  int status = run_loaded(L, luaL_loadfile(L, file), 0);
  lua_settop(L, 0);
  return status;
}

/* LUA_INIT: Lua code, or "@file". */
static int run_init(lua_State *L) {
  const char *name = "=LUA_INIT" LUA_VERSUFFIX;
  const char *init = getenv(name + 1);
  if (init == NULL) {
    name = "=LUA_INIT";
    init = getenv(name + 1);
  }
  if (init == NULL) return 0;
  return init[0] == '@' ? run_file(L, init + 1) : run_string(L, init, name);
}

/* -l mod, -l global=mod. A version suffix ("mod-v2") does not belong to the global's name. */
static int run_library(lua_State *L, const char *value) {
  const char *equals = strchr(value, '=');
  const char *module = equals != NULL ? equals + 1 : value;
  const char *end = equals != NULL ? equals : value + strcspn(value, "-");
  lua_pushlstring(L, value, (size_t)(end - value));
  lua_getglobal(L, "require");
  lua_pushstring(L, module);
  int status = vbo_call_chunk(L, 1, 1);
  if (status == 0) {
    lua_pushglobaltable(L);
    lua_insert(L, 1); /* globals, name, module */
    lua_settable(L, 1);
  }
  lua_settop(L, 0);
  return status;
}

/* -e, -l and -W, in their order. */
static int run_options(lua_State *L, int argc, char **argv, const vbo_arguments *told) {
  int status = 0;
  for (int i = 1; i < told->script && i < argc && status == 0; i++) {
    if (strcmp(argv[i], "-W") == 0) lua_warning(L, "@on", 0);
    if (!vbo_argument_takes_value(argv[i])) continue;
    char option = argv[i][1];
    const char *value = vbo_argument_value(argc, argv, &i);
    if (value == NULL) break;
    status = option == 'e' ? run_string(L, value, "=(command line)") : run_library(L, value);
  }
  return status;
}

static int push_arguments(lua_State *L) {
  if (lua_getglobal(L, "arg") != LUA_TTABLE) luaL_error(L, "'arg' is not a table");
  int count = (int)luaL_len(L, 1);
  luaL_checkstack(L, count + 3, "too many arguments to script");
  for (int i = 1; i <= count; i++)
    lua_rawgeti(L, 1, i);
  return count;
}

/* A command is a module vbo.cli.NAME that the binary carries.  A script of the same
 * name is run as "./NAME". */
static bool is_command(const char *name) {
  char module[64];
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name)) return false;
  int size = snprintf(module, sizeof module, VBO_MODULE_cli ".%s", name);
  return size > 0 && (size_t)size < sizeof module && vbo_embedded_find(module) != NULL;
}

/* Returns the name of the embedded module `i` as a command; NULL for any other module. */
static const char *command_of(size_t i) {
  static const char prefix[] = VBO_MODULE_cli ".";
  const char *module = vbo_embedded_files[i].module;
  if (strncmp(module, prefix, sizeof prefix - 1) != 0) return NULL;
  return is_command(module + sizeof prefix - 1) ? module + sizeof prefix - 1 : NULL;
}

/* require("vbo.base.nearest")(word, commands), added to the message at the top: a mistyped command
 * is taken for a script. */
static void suggest_command(lua_State *L, const char *word) {
  int message = lua_gettop(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, VBO_MODULE_base_nearest);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
    lua_pushstring(L, word);
    lua_newtable(L);
    for (size_t i = 0; i < vbo_embedded_count; i++) {
      if (command_of(i) == NULL) continue;
      lua_pushstring(L, command_of(i));
      lua_rawseti(L, -2, luaL_len(L, -2) + 1);
    }
    if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1)) {
      lua_pushfstring(L, "%s; did you mean the command '%s'? (" VBOLUA " help lists them)",
                      lua_tostring(L, message), lua_tostring(L, -1));
      lua_replace(L, message);
    }
  }
  lua_settop(L, message);
}

static int run_script(lua_State *L, const char *file, const vbo_arguments *told) {
  if (told->plain_dash && strcmp(file, "-") == 0) file = NULL;
  int status = luaL_loadfile(L, file);
  if (status == LUA_ERRFILE && file != NULL && told->plain_dash && strpbrk(file, "./") == NULL)
    suggest_command(L, file);
  if (status != LUA_OK) return vbo_report(L);
  lua_pushcfunction(L, push_arguments);
  status = vbo_call_chunk(L, 0, LUA_MULTRET);
  if (status == 0) status = vbo_call_chunk(L, lua_gettop(L) - 1, 0);
  lua_settop(L, 0);
  return status;
}

/* require("vbo.cli").run(name, arguments) -> exit status. */
static int run_command(lua_State *L, int argc, char **argv, int at) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, VBO_MODULE_cli);
  int status = vbo_call_chunk(L, 1, 1);
  if (status != 0) return status;
  lua_getfield(L, -1, "run");
  lua_pushstring(L, argv[at]);
  lua_createtable(L, argc - at, 0);
  for (int i = at + 1; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - at);
  }
  status = vbo_call_chunk(L, 2, 1);
  if (status == 0 && lua_isinteger(L, -1)) status = (int)lua_tointeger(L, -1);
  lua_settop(L, 0);
  return status;
}

/* require("vbo.cli.program.rehearse").start(world): it ends when the state is closed. */
static int start_rehearsal(lua_State *L, const char *world) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, VBO_MODULE_cli_program_rehearse);
  int status = vbo_call_chunk(L, 1, 1);
  if (status != 0) return status;
  lua_getfield(L, -1, "start");
  if (world[0] != '\0')
    lua_pushstring(L, world);
  else
    lua_pushnil(L);
  status = vbo_call_chunk(L, 1, 0);
  lua_settop(L, 0);
  return status;
}

/* ------------------------------------------------------------------- the rest */

static void print_version(void) {
  char tls[64];
  vbo_tls_version(tls, sizeof tls);
  char *slash = strchr(tls, '/'); /* "OpenSSL/3.0.17" */
  if (slash != NULL) *slash = ' ';
  printf(VBOLUA " %s, %s, libcurl %s, %s\n", vbo_version(), LUA_RELEASE, vbo_curl_version(), tls);
  fflush(stdout);
}

/* require("vbo.cli.NAME").summary; "" where that fails. */
static void print_command(lua_State *L, const char *module, const char *name) {
  const char *summary = NULL;
  lua_getglobal(L, "require");
  lua_pushstring(L, module);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
    lua_getfield(L, -1, "summary");
    summary = lua_tostring(L, -1);
  }
  printf("  %-10s %s\n", name, summary != NULL ? summary : "");
  lua_settop(L, 0);
}

static int print_help(lua_State *L) {
  fputs(vbo_usage, stdout);
  fputs("commands (" VBOLUA " help COMMAND tells more):\n", stdout);
  for (size_t i = 0; i < vbo_embedded_count; i++)
    if (command_of(i) != NULL) print_command(L, vbo_embedded_files[i].module, command_of(i));
  return EXIT_SUCCESS;
}

/* Runs `vbolua help`, `vbolua help COMMAND` and `vbolua help sim record`.  The command `help` looks
 * any other word up in the reference. */
static int run_help(lua_State *L, int argc, char **argv, int at) {
  int given = argc - at - 1;
  if (given == 0) return print_help(L);
  if (given <= 2 && is_command(argv[at + 1])) {
    static char help[] = "--help";
    char *words[] = {argv[at + 1], given == 2 ? argv[at + 2] : help, help, NULL};
    return run_command(L, given + 1, words, 0);
  }
  return run_command(L, argc, argv, at);
}

/* require("vbo.run").finish(status, error) where a run may have begun: its end is journaled, and it
 * returns the exit status. Signals raise nothing meanwhile: the journal must hear of the end. */
static int finish_run(lua_State *L, int status) {
  int top = lua_gettop(L);
  luaL_checkstack(L, 6, NULL);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, VBO_MODULE_run) == LUA_TTABLE) {
    lua_getfield(L, -1, "finish");
    lua_pushinteger(L, vbo_interrupt_status(status));
    if (status != 0)
      vbo_push_reported(L);
    else
      lua_pushnil(L);
    vboL_shield(1);
    int failed = vbo_call_chunk(L, 2, 1);
    vboL_shield(-1);
    if (failed != 0) return failed; /* the stack is empty */
    if (lua_isinteger(L, -1)) status = (int)lua_tointeger(L, -1);
  }
  lua_settop(L, top);
  return status;
}

/* os.exit([code [, close]]): as Lua's, but the state is closed unless `close` is false:
 * a runbook that leaves this way still stops the sessions that it opened.  After a signal the
 * status is the signal's. */
static int closing_exit(lua_State *L) {
  int status = EXIT_SUCCESS;
  if (lua_isboolean(L, 1))
    status = lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE;
  else
    status = (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
  bool close = lua_isnoneornil(L, 2) || lua_toboolean(L, 2);
  status = finish_run(L, status);
  if (close) {
    lua_close(L);
    if (vboL_check_handles() && status == EXIT_SUCCESS) status = EXIT_FAILURE;
  }
  vboL_screen_hide();
  exit(vbo_interrupt_status(vbo_output_finish(status)));
}

/* Opens the libraries; in protected mode, since it may run out of memory. */
static int open_libraries(lua_State *L) {
  luaL_checkversion(L);
  luaL_openlibs(L);
  vbo_preload(L);
  lua_settop(L, 0);
  vbo_interrupt_follow_coroutines(L);
  vbo_command_guard(L);
  vbo_output_guard(L);
  vbo_print_guard(L);
  lua_getglobal(L, LUA_OSLIBNAME);
  lua_pushcfunction(L, closing_exit);
  lua_setfield(L, -2, "exit");
  return 0;
}

/* The script ends when its tasks have ended: require("vbo.runtime.task").finish(), where there
 * were any. */
static int finish_tasks(lua_State *L) {
  int status = 0;
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  if (lua_getfield(L, -1, VBO_MODULE_runtime_task) == LUA_TTABLE) {
    lua_getfield(L, -1, "finish");
    status = vbo_call_chunk(L, 0, 0);
  }
  lua_settop(L, 0);
  return status;
}

/* ------------------------------------------------------------------- the run */

static const char *kind_of_program(const vbo_arguments *told, int argc, char **argv) {
  bool has_script = told->script < argc;
  if (told->interactive) return "repl";
  if (has_script && told->plain_dash && is_command(argv[told->script])) return "command";
  if (told->execute) return "string";
  if (has_script)
    return told->plain_dash && strcmp(argv[told->script], "-") == 0 ? "stdin" : "script";
  return isatty(STDIN_FILENO) ? "repl" : "stdin";
}

/* Sets field `name` of the table at the top to an array of the arguments from `first` on. */
static void set_strings(lua_State *L, const char *name, int argc, char **argv, int first) {
  lua_createtable(L, first < argc ? argc - first : 0, 0);
  for (int i = first; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - first + 1);
  }
  lua_setfield(L, -2, name);
}

/* Sets the field `libraries` of the table at the top to the values of -l, which a resume needs again.
 * Nothing is set without any. */
static void set_libraries(lua_State *L, int argc, char **argv, const vbo_arguments *told) {
  lua_newtable(L);
  for (int i = 1; i < told->script && i < argc; i++) {
    if (!vbo_argument_takes_value(argv[i])) continue;
    bool is_library = argv[i][1] == 'l';
    const char *value = vbo_argument_value(argc, argv, &i);
    if (value == NULL || !is_library) continue;
    lua_pushstring(L, value);
    lua_rawseti(L, -2, luaL_len(L, -2) + 1);
  }
  if (luaL_len(L, -1) > 0)
    lua_setfield(L, -2, "libraries");
  else
    lua_pop(L, 1);
}

/* Sets the field `only` of the table at the top to the patterns of all --only. */
static void set_patterns(lua_State *L, int argc, char **argv, const vbo_arguments *told) {
  lua_newtable(L);
  for (int i = 1; i < told->script && i < argc; i++) {
    const char *pattern = vbo_argument_only(argc, argv, &i);
    if (pattern == NULL) continue;
    lua_pushstring(L, pattern);
    lua_rawseti(L, -2, luaL_len(L, -2) + 1);
  }
  lua_setfield(L, -2, "only");
}

/* Pushes the options of the run as text, and returns whether there are any. */
static bool push_run_options(lua_State *L, int argc, char **argv, const vbo_arguments *told) {
  bool any = false;
  lua_newtable(L);
  for (int i = 0; i < VBO_RUN_OPTION_COUNT; i++) {
    if (told->run[i] == NULL) continue;
    any = true;
    if (vbo_run_options[i].takes_value)
      lua_pushstring(L, told->run[i]);
    else
      lua_pushboolean(L, 1);
    lua_setfield(L, -2, vbo_run_options[i].name);
  }
  if (told->run[VBO_RUN_only] != NULL) set_patterns(L, argc, argv, told);
  return any;
}

/* Sets what core.program() returns. require("vbo.cli.program.own").start(options) reads the values
 * of options, and is loaded only where one is given. */
static int set_program(lua_State *L, int argc, char **argv, const vbo_arguments *told) {
  const char *kind = kind_of_program(told, argc, argv);
  lua_createtable(L, 0, 6);
  lua_pushstring(L, kind);
  lua_setfield(L, -2, "kind");
  if (told->script < argc && strcmp(kind, "stdin") != 0) {
    lua_pushstring(L, argv[told->script]);
    lua_setfield(L, -2, "script");
  }
  set_strings(L, "arguments", argc, argv, told->script + 1);
  lua_pushboolean(L, told->rehearse != NULL);
  lua_setfield(L, -2, "rehearsal");
  bool any = push_run_options(L, argc, argv, told);
  set_libraries(L, argc, argv, told); /* journaled with the options */
  lua_setfield(L, -2, "options");
  lua_setfield(L, LUA_REGISTRYINDEX, VBOL_PROGRAM);
  if (!any) return 0;
  lua_getglobal(L, "require");
  lua_pushliteral(L, VBO_MODULE_cli_program_own);
  int status = vbo_call_chunk(L, 1, 1);
  if (status != 0) return status;
  lua_getfield(L, -1, "start");
  lua_getfield(L, LUA_REGISTRYINDEX, VBOL_PROGRAM);
  lua_getfield(L, -1, "options");
  lua_remove(L, -2);
  status = vbo_call_chunk(L, 1, 0);
  lua_settop(L, 0);
  return status;
}

/* Where vbo.runtime.progress finds it; loading that now would cost every start. */
static void set_progress(lua_State *L, const vbo_arguments *told) {
  const char *progress = told->progress != NULL ? told->progress : "default";
  lua_pushstring(L, told->quiet ? "none" : progress);
  lua_setfield(L, LUA_REGISTRYINDEX, VBOL_PROGRESS);
}

static int run(lua_State *L, int argc, char **argv, const vbo_arguments *told) {
  int status = 0;
  if (told->no_environment) {
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
  }
  lua_pushcfunction(L, open_libraries);
  status = vbo_call_chunk(L, 0, 0);
  if (status != 0) return status;
  if (told->help) return print_help(L);
  set_arg(L, argc, argv, told->script);
  set_progress(L, told);
  lua_pushboolean(L, told->strict);
  lua_setfield(L, LUA_REGISTRYINDEX, VBOL_STRICT);
  status = set_program(L, argc, argv, told);
  if (status != 0) return status;
  vbo_interrupt_install(L);
  /* Before anything that might connect; without it nothing of the runbook is run. */
  if (told->rehearse != NULL) status = start_rehearsal(L, told->rehearse);
  if (status == 0 && !told->no_environment) status = run_init(L);
  if (status == 0) status = run_options(L, argc, argv, told);
  if (status != 0) return status;

  bool has_script = told->script < argc;
  if (has_script && told->plain_dash && strcmp(argv[told->script], "help") == 0)
    return run_help(L, argc, argv, told->script);
  if (has_script && told->plain_dash && is_command(argv[told->script]))
    return run_command(L, argc, argv, told->script);
  if (has_script) status = run_script(L, argv[told->script], told);
  if (status != 0 && !told->interactive) return status;
  if (told->interactive) {
    vbo_repl(L);
  } else if (!has_script && !told->execute && !told->version) {
    if (isatty(STDIN_FILENO)) {
      print_version();
      vbo_repl(L);
    } else {
      status = run_file(L, NULL);
    }
  }
  return status == 0 ? finish_tasks(L) : status;
}

static void on_large_file(int number) {
  (void)number;
}

int main(int argc, char **argv) {
  vbo_standard_files();
  vbo_files_inherited();
  vbo_memory_private(); /* it would give away what the secure heap keeps out of everything else */

  /* A file that grows beyond `ulimit -f` becomes an error of its writer, which reports it and
   * cleans up; the signal would end the process with the file half written. Not SIG_IGN: programs
   * that a runbook starts would inherit that. */
  struct sigaction nothing = {.sa_handler = on_large_file};
  sigaction(SIGXFSZ, &nothing, NULL);

  vbo_arguments told = {0};
  if (!vbo_arguments_parse(argc, argv, &told)) return EXIT_FAILURE;
  if (told.version || told.only_version) print_version();
  if (told.only_version) return EXIT_SUCCESS;
  const char *trace = getenv("VBO_TRACE");
  vbo_trace(told.trace || (trace != NULL && strcmp(trace, "1") == 0));

  lua_State *L = luaL_newstate();
  if (L == NULL) {
    fputs(VBOLUA ": out of memory\n", stderr);
    return EXIT_FAILURE;
  }
  int status = finish_run(L, run(L, argc, argv, &told));
  lua_close(L);
  vboL_screen_hide();
  if (vboL_check_handles() && status == EXIT_SUCCESS) status = EXIT_FAILURE;
  return vbo_interrupt_status(vbo_output_finish(status));
}
