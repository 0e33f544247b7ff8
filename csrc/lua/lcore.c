/* lcore.c: `vbo.core`, the module itself: functions that belong to no handle.
 *
 * It is the only C module that a client loads; lua/vbo builds its objects on it. */
#include "base/base64.h"
#include "save/digest.h"
#include "lua/lutil.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "base/error.h"
#include "base/system.h"
#include "base/text.h"
#include "http/versions.h"

/* core.now() -> seconds, monotonic. For durations: the wall clock may jump, when NTP or an operator
 * sets it. */
static int core_now(lua_State *L) {
  lua_pushnumber(L, (lua_Number)vbo_monotonic_ms() / 1000);
  return 1;
}

/* core.time() -> seconds since 1970 with their fraction, by the wall clock. */
static int core_time(lua_State *L) {
  struct timespec now;
  if (timespec_get(&now, TIME_UTC) != TIME_UTC)
    lua_pushnumber(L, (lua_Number)vbo_wall_seconds());
  else
    lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
  return 1;
}

/* Other descriptors are not the script's business: they are sockets and files of the core. */
static int check_fd(lua_State *L, int arg) {
  lua_Integer fd = luaL_checkinteger(L, arg);
  luaL_argcheck(L, fd >= 0 && fd <= 2, arg, "0, 1 or 2 expected");
  return (int)fd;
}

/* core.isatty(0|1|2) -> boolean. */
static int core_isatty(lua_State *L) {
  lua_pushboolean(L, isatty(check_fd(L, 1)));
  return 1;
}

/* core.columns() -> the terminal's width; without a terminal COLUMNS or 80. */
static int core_columns(lua_State *L) {
  struct winsize size;
  int columns = 0;
  /* Standard error first: it is most often still the terminal when output goes to a file or a
   * pipe. */
  for (int fd = 2; fd >= 0 && columns == 0; fd--)
    if (ioctl(fd, TIOCGWINSZ, &size) == 0) columns = size.ws_col;
  const char *told = getenv("COLUMNS");
  if (columns == 0 && told != NULL) columns = (int)strtol(told, NULL, 10);
  lua_pushinteger(L, columns > 0 ? columns : 80);
  return 1;
}

/* A zero byte would end the path early in C, and name another file. */
static const char *check_path(lua_State *L, int arg) {
  size_t size;
  const char *path = luaL_checklstring(L, arg, &size);
  luaL_argcheck(L, strlen(path) == size, arg, "it holds a zero byte");
  return path;
}

/* core.stat(path) -> {type="file|directory|other", size=, inode=, device=, modified=} | nil for a
 * missing one; modified: milliseconds since 1970. Follows links. */
static int core_stat(lua_State *L) {
  struct stat found;
  if (stat(check_path(L, 1), &found) != 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_createtable(L, 0, 5);
  lua_pushstring(L, S_ISREG(found.st_mode)   ? "file"
                    : S_ISDIR(found.st_mode) ? "directory"
                                             : "other");
  lua_setfield(L, -2, "type");
  lua_pushinteger(L, (lua_Integer)found.st_size);
  lua_setfield(L, -2, "size");
  lua_pushinteger(L, (lua_Integer)found.st_ino);
  lua_setfield(L, -2, "inode");
  lua_pushinteger(L, (lua_Integer)found.st_dev);
  lua_setfield(L, -2, "device");
  lua_pushinteger(L, vbo_system_modified_ms(&found));
  lua_setfield(L, -2, "modified");
  return 1;
}

/* core.mkdir(path) -> true | nil, err (disk). One that is there already is fine. mkdir first and
 * stat after it: the other order would leave a moment in which another process makes the folder. */
static int core_mkdir(lua_State *L) {
  const char *path = check_path(L, 1);
  if (mkdir(path, 0777) != 0) {
    /* stat() below may change errno. */
    int why = errno;
    struct stat found;
    if (why != EEXIST || stat(path, &found) != 0 || !S_ISDIR(found.st_mode)) {
      vbo_error err = {0};
      vbo_error_os(&err, VBO_ERROR_DISK, why, "cannot make the folder %s", path);
      return vboL_fail(L, &err);
    }
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* core.chdir(path) -> true | nil, err (disk). */
static int core_chdir(lua_State *L) {
  const char *path = check_path(L, 1);
  if (chdir(path) != 0) {
    vbo_error err = {0};
    vbo_error_os(&err, VBO_ERROR_DISK, errno, "cannot change to the folder %s", path);
    return vboL_fail(L, &err);
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* The C library knows which characters are wide, in a UTF-8 locale; the process itself may run in
 * "C". */
typedef struct width_locale {
  locale_t locale;
} width_locale;

static int width_locale_free(lua_State *L) {
  width_locale *held = lua_touserdata(L, 1);
  if (held->locale != (locale_t)0) freelocale(held->locale);
  held->locale = (locale_t)0;
  return 0;
}

/* The userdata owns the locale before anything else may raise; with (locale_t)0 __gc does nothing.
 * The last name, "", is the user's own locale. */
static void push_width_locale(lua_State *L) {
  static const char *const names[] = {"C.UTF-8", "en_US.UTF-8", ""};
  width_locale *held = lua_newuserdatauv(L, sizeof *held, 0);
  held->locale = (locale_t)0;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, width_locale_free);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  for (size_t i = 0; i < sizeof names / sizeof *names && held->locale == (locale_t)0; i++)
    held->locale = newlocale(LC_CTYPE_MASK, names[i], (locale_t)0);
}

/* core.display_width(text) -> the columns that UTF-8 takes on a terminal. */
static int core_display_width(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  width_locale *held = lua_touserdata(L, lua_upvalueindex(1));
  locale_t before = (locale_t)0;
  if (held->locale != (locale_t)0) before = uselocale(held->locale);
  lua_Integer columns = 0;
  for (size_t at = 0; at < size;) {
    uint32_t point = 0;
    size_t length = vbo_utf8_next(text + at, size - at, &point);
    /* wchar_t is a code point on Linux and macOS. wcwidth gives -1 for control characters, which
     * take no column. */
    int width = length > 0 ? wcwidth((wchar_t)point) : 1;
    columns += width > 0 ? width : 0;
    at += length > 0 ? length : 1;
  }
  /* uselocale is per thread (POSIX). Nothing between the two calls raises, so that the caller's
   * locale is always restored. */
  if (before != (locale_t)0) uselocale(before);
  lua_pushinteger(L, columns);
  return 1;
}

/* core.handles() -> {engine = {open=, forgotten=}, client=…, transfer=…, secret=…,
 * server=…}: of the whole process; forgotten ones were left to the collector. */
static int core_handles(lua_State *L) {
  vboL_push_handle_counts(L);
  return 1;
}

/* core.versions() -> {vbolua=, libcurl=, openssl=}. */
static int core_versions(lua_State *L) {
  char openssl[64];
  lua_createtable(L, 0, 3);
  lua_pushstring(L, vbo_version());
  lua_setfield(L, -2, "vbolua");
  lua_pushstring(L, vbo_curl_version());
  lua_setfield(L, -2, "libcurl");
  lua_pushstring(L, vbo_tls_version(openssl, sizeof openssl));
  lua_setfield(L, -2, "openssl");
  return 1;
}

/* core.base64(bytes) -> text, padded (RFC 4648 section 4). */
static int core_base64(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  luaL_argcheck(L, size <= SIZE_MAX / 4, 1, "too long");
  luaL_Buffer buffer;
  size_t coded = (size + 2) / 3 * 4;
  vbo_base64_encode(luaL_buffinitsize(L, &buffer, coded + 1), (const unsigned char *)bytes, size);
  luaL_pushresultsize(&buffer, coded);
  return 1;
}

/* core.unbase64(text) -> bytes | nil for any other text, padding included. */
static int core_unbase64(lua_State *L) {
  size_t size = 0;
  const char *text = luaL_checklstring(L, 1, &size);
  size_t letters = size;
  while (letters > 0 && text[letters - 1] == '=')
    letters--;
  luaL_Buffer buffer;
  size_t wanted = letters / 4 * 3 + letters % 4 * 3 / 4;
  char *out = luaL_buffinitsize(L, &buffer, wanted + 1);
  if (size % 4 != 0 || size - letters > 2 ||
      !vbo_base64_decode(text, letters, (unsigned char *)out, wanted))
    return 0;
  luaL_pushresultsize(&buffer, wanted);
  return 1;
}

/* core.system() -> {host=, user=, folder=, pid=, boot=}: the machine and the process, for what a
 * run leaves behind. `user` is the login name of the effective user, or its number; `boot` an id of
 * the system's start. */
static int core_system(lua_State *L) {
  char text[PATH_MAX];
  lua_createtable(L, 0, 5);
  if (gethostname(text, sizeof text) != 0) text[0] = '\0';
  text[sizeof text - 1] = '\0';
  lua_pushstring(L, text);
  lua_setfield(L, -2, "host");
  const struct passwd *user = getpwuid(geteuid());
  if (user != NULL)
    lua_pushstring(L, user->pw_name);
  else
    lua_pushfstring(L, "%I", (LUAI_UACINT)geteuid());
  lua_setfield(L, -2, "user");
  lua_pushstring(L, getcwd(text, sizeof text) != NULL ? text : ".");
  lua_setfield(L, -2, "folder");
  lua_pushinteger(L, (lua_Integer)vbo_process_id());
  lua_setfield(L, -2, "pid");
  vbo_system_boot(text, sizeof text);
  lua_pushstring(L, text);
  lua_setfield(L, -2, "boot");
  return 1;
}

/* core.strict() -> whether `vbolua --strict` was called: what would be a notice is refused. The
 * registry, not a global: a script's own variables cannot change it. */
static int core_strict(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, VBOL_STRICT);
  lua_pushboolean(L, lua_toboolean(L, -1));
  return 1;
}

/* core.program() -> how `vbolua` was called, one table that stays the same: {kind="script|repl|
 * string|stdin|command", script=, arguments=, rehearsal=boolean, options=} | nil in
 * another program. `options` are those of the run, as vbo.cli.program.own lists them, and
 * `libraries`, the values of -l. */
static int core_program(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, VBOL_PROGRAM);
  return 1;
}

/* core.hmac(key, bytes) -> 32 bytes | nil, err: HMAC-SHA-256 (RFC 2104). */
static int core_hmac(lua_State *L) {
  size_t key_size = 0;
  size_t size = 0;
  const char *key = luaL_checklstring(L, 1, &key_size);
  const char *bytes = luaL_checklstring(L, 2, &size);
  unsigned char out[VBO_DIGEST_BYTES];
  vbo_error err = {0};
  if (!vbo_digest_hmac(key, key_size, bytes, size, out, &err)) return vboL_fail(L, &err);
  lua_pushlstring(L, (const char *)out, sizeof out);
  return 1;
}

/* core.sha256(bytes) -> 64 hex digits, in lower case | nil, err. */
static int core_sha256(lua_State *L) {
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 1, &size);
  char hex[VBO_DIGEST_HEX];
  vbo_error err = {0};
  vbo_digest *digest = vbo_digest_new(&err);
  bool good = digest != NULL && vbo_digest_add(digest, bytes, size, &err) &&
              vbo_digest_finish(digest, hex, &err);
  vbo_digest_free(digest);
  if (!good) return vboL_fail(L, &err);
  lua_pushstring(L, hex);
  return 1;
}

/* core.random(count) -> that many random bytes, fit for keys; 0 to 65536 | nil, err. */
static int core_random(lua_State *L) {
  lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 0 && count <= 65536, 1, "0 to 65536 expected");
  luaL_Buffer buffer;
  char *out = luaL_buffinitsize(L, &buffer, (size_t)count + 1);
  vbo_error err = {0};
  if (!vbo_random_bytes(out, (size_t)count, &err)) return vboL_fail(L, &err);
  luaL_pushresultsize(&buffer, (size_t)count);
  return 1;
}

/* core.kinds: name -> exit status of vbolua. Kind 0 is VBO_OK, which is not an error. */
static void push_kinds(lua_State *L) {
  lua_createtable(L, 0, VBO_ERROR_KIND_COUNT - 1);
  for (int kind = 1; kind < VBO_ERROR_KIND_COUNT; kind++) {
    lua_pushinteger(L, vbo_error_exit_status((vbo_error_kind)kind));
    lua_setfield(L, -2, vbo_error_kind_name((vbo_error_kind)kind));
  }
}

int luaopen_vbo_core(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"now", core_now},           {"time", core_time},         {"isatty", core_isatty},
      {"columns", core_columns},   {"stat", core_stat},         {"mkdir", core_mkdir},
      {"handles", core_handles},   {"versions", core_versions}, {"base64", core_base64},
      {"unbase64", core_unbase64}, {"strict", core_strict},     {"hmac", core_hmac},
      {"program", core_program},   {"random", core_random},     {"sha256", core_sha256},
      {"system", core_system},     {"chdir", core_chdir},       {NULL, NULL}};
  /* Raises when the running Lua is not the one that this was compiled for. */
  luaL_checkversion(L);
  vboL_check_loader(L);
  luaL_newlib(L, functions);
  vboL_set_build(L);
  lua_pushstring(L, vbo_version());
  lua_setfield(L, -2, "version");
  push_kinds(L);
  lua_setfield(L, -2, "kinds");
  push_width_locale(L);
  lua_pushcclosure(L, core_display_width, 1);
  lua_setfield(L, -2, "display_width");
  /* Each call expects the module at the top and leaves it there. The order counts where lutil.h
   * says "after": fold and page add to what json makes. */
  vboL_open_engine(L);
  vboL_open_client(L);
  vboL_open_transfer(L);
  vboL_open_secret(L);
  vboL_open_json(L);
  vboL_open_fold(L);
  vboL_open_screen(L);
  vboL_open_page(L);
  vboL_open_file(L);
  vboL_open_text(L);
  vboL_open_journal(L);
  vboL_open_permit(L);
  vboL_open_command(L);
  return 1;
}
