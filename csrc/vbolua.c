/* vbolua.c: the standalone interpreter.  Takes what `lua` takes, and commands. */
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "lutil.h"
#include "preload.h"
#include "vbolua.h"
#include "versions.h"

typedef struct options {
  int script;       /* index of the script or command in argv; argc when there is none */
  bool plain_dash;  /* the script "-" stands for standard input */
  bool interactive; /* -i */
  bool version;     /* -v, -i, --version */
  bool only_version;
  bool help;
  bool execute; /* -e was given */
  bool no_environment;
  bool trace;
  bool quiet;
  const char *progress; /* how it is shown; NULL: by itself */
  const char *rehearse; /* a world, "" for the usual one; NULL: in earnest */
} options;

static const char usage_text[] =
    "usage: " VBOLUA
    " [options] [script [args]]\n"
    "       " VBOLUA
    " command [args]\n"
    "options:\n"
    "  -e stat     execute string 'stat'\n"
    "  -i          enter interactive mode after executing 'script'\n"
    "  -l mod      require library 'mod' into global 'mod'\n"
    "  -l g=mod    require library 'mod' into global 'g'\n"
    "  -v          show version information\n"
    "  -E          ignore environment variables\n"
    "  -W          turn warnings on\n"
    "  --          stop handling options\n"
    "  -           stop handling options and execute stdin\n"
    "  --rehearse[=WORLD]\n"
    "              connect to a rehearsal server whatever is named,\n"
    "              and tell what production would have lost and gained\n"
    "  --progress[=auto|bar|plain|json|none]\n"
    "              show how transfers stand on standard error; plain:FILE and\n"
    "              json:FILE write to a file (without this: bars on a terminal\n"
    "              for transfers that take longer than a second)\n"
    "  --quiet     show nothing of it\n"
    "  --trace     show where an error came from (also VBO_TRACE=1)\n"
    "  --version   show version information and stop\n"
    "  --help      show this and stop\n";

/* --------------------------------------------------------------- command line */

#define REHEARSE "--rehearse"

/* The world of --rehearse=WORLD, "" of --rehearse; NULL for another argument. */
static const char *rehearsed_world(const char *argument) {
  size_t size = sizeof REHEARSE - 1;
  if (strncmp(argument, REHEARSE, size) != 0) return NULL;
  if (argument[size] == '\0') return "";
  return argument[size] == '=' ? argument + size + 1 : NULL;
}

#define PROGRESS "--progress"

/* What --progress=… says, "auto" of --progress; NULL for another argument. */
static const char *told_progress(const char *argument) {
  size_t size = sizeof PROGRESS - 1;
  if (strcmp(argument, "--quiet") == 0) return "none";
  if (strncmp(argument, PROGRESS, size) != 0) return NULL;
  if (argument[size] == '\0') return "auto";
  return argument[size] == '=' ? argument + size + 1 : NULL;
}

static bool is_progress(const char *told) {
  static const char *const known[] = {"auto", "bar", "plain", "json", "none"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(told, known[i]) == 0) return true;
  return (strncmp(told, "plain:", 6) == 0 && told[6] != '\0') ||
         (strncmp(told, "json:", 5) == 0 && told[5] != '\0');
}

static const char *problem_with(const char *argument) {
  const char *progress = told_progress(argument);
  if (progress != NULL) return is_progress(progress) ? NULL : "there is no such progress as";
  const char *world = rehearsed_world(argument);
  if (world != NULL)
    return world[0] == '\0' && strchr(argument, '=') ? "a value is missing after" : NULL;
  static const char *const known[] = {"-i", "-v", "-E", "-W", "--trace", "--version", "--help"};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strcmp(argument, known[i]) == 0) return NULL;
  return "unrecognized option";
}

/* -e and -l: their value is the rest of the argument or the next one. */
static bool takes_value(const char *argument) {
  return argument[0] == '-' && (argument[1] == 'e' || argument[1] == 'l');
}

static const char *value_of(int argc, char **argv, int *i) {
  if (argv[*i][2] != '\0') return argv[*i] + 2;
  return *i + 1 < argc && argv[*i + 1][0] != '-' ? argv[++*i] : NULL;
}

static void note(options *found, const char *argument) {
  if (strcmp(argument, "--trace") == 0) found->trace = true;
  if (strcmp(argument, "--help") == 0) found->help = true;
  if (strcmp(argument, "--version") == 0) found->only_version = true;
  if (strcmp(argument, "-i") == 0) found->interactive = found->version = true;
  if (strcmp(argument, "-v") == 0) found->version = true;
  if (strcmp(argument, "-E") == 0) found->no_environment = true;
  const char *world = rehearsed_world(argument);
  if (world != NULL) found->rehearse = world;
  if (strcmp(argument, "--quiet") == 0) found->quiet = true;
  if (told_progress(argument) != NULL) found->progress = told_progress(argument);
}

/* False when the command line is wrong; it was said why. */
static bool parse(int argc, char **argv, options *found) {
  int i = 1;
  found->plain_dash = true;
  for (; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
    const char *problem = NULL;
    if (strcmp(argv[i], "--") == 0) {
      found->plain_dash = false;
      i++;
      break;
    }
    int at = i;
    if (takes_value(argv[i])) {
      found->execute |= argv[i][1] == 'e';
      if (value_of(argc, argv, &i) == NULL) problem = "a value is missing after";
    } else {
      note(found, argv[i]);
      problem = problem_with(argv[i]);
    }
    if (problem != NULL) {
      fprintf(stderr, VBOLUA ": %s '%s'\n%s", problem, argv[at], usage_text);
      return false;
    }
  }
  found->script = i;
  return true;
}

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

/* What luaL_load… left: a function to call, or a message. */
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

/* -l mod, -l global=mod.  A version suffix ("mod-v2") is no part of the global's name. */
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
static int run_options(lua_State *L, int argc, char **argv, const options *told) {
  int status = 0;
  for (int i = 1; i < told->script && i < argc && status == 0; i++) {
    if (strcmp(argv[i], "-W") == 0) lua_warning(L, "@on", 0);
    if (!takes_value(argv[i])) continue;
    char option = argv[i][1];
    const char *value = value_of(argc, argv, &i);
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

static int run_script(lua_State *L, const char *file, const options *told) {
  if (told->plain_dash && strcmp(file, "-") == 0) file = NULL;
  if (luaL_loadfile(L, file) != LUA_OK) return vbo_report(L);
  lua_pushcfunction(L, push_arguments);
  int status = vbo_call_chunk(L, 0, LUA_MULTRET);
  if (status == 0) status = vbo_call_chunk(L, lua_gettop(L) - 1, 0);
  lua_settop(L, 0);
  return status;
}

/* A command is a module vbo.cli.NAME that the binary carries.  A script of the same
 * name is run as "./NAME". */
static bool is_command(const char *name) {
  char module[64];
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz_") != strlen(name)) return false;
  int size = snprintf(module, sizeof module, "vbo.cli.%s", name);
  return size > 0 && (size_t)size < sizeof module && vbo_embedded_find(module) != NULL;
}

/* What a command prints is its result: half of it must not pass for the whole.  A reader that went
 * away ends it quietly, with what the shell says of SIGPIPE. */
static int check_output(int status) {
  int failure = fflush(stdout) != 0 ? errno : 0;
  if (status != 0 || (failure == 0 && !ferror(stdout))) return status;
  if (failure == EPIPE) return 128 + SIGPIPE;
  fprintf(stderr, VBOLUA ": cannot write the output: %s [disk]\n",
          strerror(failure != 0 ? failure : EIO));
  return vbo_error_exit_status(VBO_ERROR_DISK);
}

/* require("vbo.cli").run(name, arguments) -> exit status. */
static int run_command(lua_State *L, int argc, char **argv, int at) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "vbo.cli");
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

/* require("vbo.runtime.rehearse").start(world): it ends when the state is closed. */
static int start_rehearsal(lua_State *L, const char *world) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "vbo.runtime.rehearse");
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

static void print_commands(void) {
  static const char prefix[] = "vbo.cli.";
  fputs("commands (" VBOLUA " command --help tells more):\n", stdout);
  for (size_t i = 0; i < vbo_embedded_count; i++) {
    const char *module = vbo_embedded_files[i].module;
    if (strncmp(module, prefix, sizeof prefix - 1) == 0 && is_command(module + sizeof prefix - 1))
      printf("  %s\n", module + sizeof prefix - 1);
  }
}

/* os.exit([code [, close]]): as Lua's, but the state is closed unless `close` is false:
 * a runbook that leaves this way still stops the sessions that it opened. */
static int closing_exit(lua_State *L) {
  int status = EXIT_SUCCESS;
  if (lua_isboolean(L, 1))
    status = lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE;
  else
    status = (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
  if (lua_isnoneornil(L, 2) || lua_toboolean(L, 2)) {
    lua_close(L);
    if (vboL_check_handles() && status == EXIT_SUCCESS) status = EXIT_FAILURE;
  }
  vboL_screen_hide();
  exit(status);
}

/* Opens the libraries; in protected mode, since it may run out of memory. */
static int open_libraries(lua_State *L) {
  luaL_checkversion(L);
  luaL_openlibs(L);
  vbo_preload(L);
  lua_settop(L, 0);
  vbo_interrupt_follow_coroutines(L);
  vbo_output_guard(L);
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
  if (lua_getfield(L, -1, "vbo.runtime.task") == LUA_TTABLE) {
    lua_getfield(L, -1, "finish");
    status = vbo_call_chunk(L, 0, 0);
  }
  lua_settop(L, 0);
  return status;
}

/* Where vbo.runtime.progress finds it; loading that now would cost every start. */
static void set_progress(lua_State *L, const options *told) {
  const char *progress = told->progress != NULL ? told->progress : "default";
  lua_pushstring(L, told->quiet ? "none" : progress);
  lua_setfield(L, LUA_REGISTRYINDEX, VBOL_PROGRESS);
}

static int run(lua_State *L, int argc, char **argv, const options *told) {
  int status = 0;
  if (told->no_environment) {
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
  }
  lua_pushcfunction(L, open_libraries);
  status = vbo_call_chunk(L, 0, 0);
  if (status != 0) return status;
  set_arg(L, argc, argv, told->script);
  set_progress(L, told);
  vbo_interrupt_install(L);
  /* Before anything that might connect; without it nothing of the runbook is run. */
  if (told->rehearse != NULL) status = start_rehearsal(L, told->rehearse);
  if (status == 0 && !told->no_environment) status = run_init(L);
  if (status == 0) status = run_options(L, argc, argv, told);
  if (status != 0) return status;

  bool has_script = told->script < argc;
  if (has_script && told->plain_dash && is_command(argv[told->script]))
    return check_output(run_command(L, argc, argv, told->script));
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

int main(int argc, char **argv) {
  /* A core dump would hold what the secure heap keeps out of everything else. */
  struct rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }

  options told = {0};
  if (!parse(argc, argv, &told)) return EXIT_FAILURE;
  if (told.help) {
    fputs(usage_text, stdout);
    print_commands();
    return EXIT_SUCCESS;
  }
  if (told.version || told.only_version) print_version();
  if (told.only_version) return EXIT_SUCCESS;
  const char *trace = getenv("VBO_TRACE");
  vbo_trace(told.trace || (trace != NULL && strcmp(trace, "1") == 0));

  lua_State *L = luaL_newstate();
  if (L == NULL) {
    fputs(VBOLUA ": out of memory\n", stderr);
    return EXIT_FAILURE;
  }
  int status = run(L, argc, argv, &told);
  lua_close(L);
  vboL_screen_hide();
  if (vboL_check_handles() && status == EXIT_SUCCESS) status = EXIT_FAILURE;
  return status;
}
