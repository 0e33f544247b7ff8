/* lfile.c: saved files as Lua sees them: examined, listed, written whole, and locked.
 *
 * An error of Lua's API is a longjmp that closes nothing. So file_list gives its directory to a
 * userdata, while file_lock and file_write make no call of the API as long as they alone hold a
 * descriptor. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "save/examine.h"
#include "lua/lutil.h"
#include "save/sink.h"
#include "base/disk.h"
#include "base/partial.h"
#include "base/system.h"

static const char *check_path(lua_State *L, int arg) {
  size_t size = 0;
  const char *path = luaL_checklstring(L, arg, &size);
  luaL_argcheck(L, strlen(path) == size, arg, "a path cannot hold a NUL");
  return path;
}

/* core.examine(path, check|nil) -> {size=, sha256=, checked=|nil, unchecked=|nil} | nil, err.
 * Reads the whole file; `check` as in client:start. */
static int file_examine(lua_State *L) {
  const char *path = check_path(L, 1);
  const char *check = luaL_optstring(L, 2, NULL);
  vbo_examined found;
  vbo_error err = {0};
  if (!vbo_examine(path, check, &found, &err)) return vboL_fail(L, &err);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, found.size);
  lua_setfield(L, -2, "size");
  lua_pushstring(L, found.sha256);
  lua_setfield(L, -2, "sha256");
  if (*found.checked != '\0') {
    lua_pushstring(L, found.checked);
    lua_setfield(L, -2, "checked");
  }
  if (*found.unchecked != '\0') {
    lua_pushstring(L, found.unchecked);
    lua_setfield(L, -2, "unchecked");
  }
  return 1;
}

typedef struct folder {
  DIR *opened;
} folder;

/* Serves __gc and __close: lua_toclose closes the directory as soon as file_list returns or raises,
 * the collector only later. */
static int folder_close(lua_State *L) {
  folder *held = lua_touserdata(L, 1);
  if (held->opened != NULL) closedir(held->opened);
  held->opened = NULL;
  return 0;
}

static int fail_list(lua_State *L, int why, const char *path) {
  vbo_error err = {0};
  vbo_error_os(&err, why == ENOENT ? VBO_ERROR_NOT_FOUND : VBO_ERROR_DISK, why,
               "cannot read the folder %s", path);
  return vboL_fail(L, &err);
}

/* core.list(path) -> {name = "file|directory|other", …} | nil, err. Links are "other". The
 * metatable belongs to this one userdata: it is not a class that scripts see. */
static int file_list(lua_State *L) {
  const char *path = check_path(L, 1);
  folder *held = lua_newuserdatauv(L, sizeof *held, 0);
  held->opened = NULL;
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, folder_close);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, folder_close);
  lua_setfield(L, -2, "__close");
  lua_setmetatable(L, -2);
  lua_toclose(L, -1);
  lua_newtable(L);
  held->opened = opendir(path);
  if (held->opened == NULL) return fail_list(L, errno, path);
  for (;;) {
    /* readdir returns NULL at the end and on an error; only errno tells them apart (POSIX
     * readdir). */
    errno = 0;
    struct dirent *entry = readdir(held->opened);
    if (entry == NULL) break;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct stat info;
    const char *type = "other";
    /* A file that vanished meanwhile stays "other". */
    if (fstatat(dirfd(held->opened), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
      type = S_ISREG(info.st_mode) ? "file" : S_ISDIR(info.st_mode) ? "directory" : "other";
    lua_pushstring(L, type);
    lua_setfield(L, -2, entry->d_name);
  }
  if (errno != 0) return fail_list(L, errno, path);
  return 1;
}

static const char *const write_options[] = {"overwrite", "fsync", NULL};

/* core.write(path, bytes, {overwrite=false, fsync=true}) -> {size=, sha256=} | nil, err. The file
 * is whole or absent, as one that is saved. All arguments are read before the sink is opened, as
 * reading them may raise. */
static int file_write(lua_State *L) {
  const char *path = check_path(L, 1);
  size_t size = 0;
  const char *bytes = luaL_checklstring(L, 2, &size);
  bool overwrite = false;
  bool sync = true;
  if (!lua_isnoneornil(L, 3)) {
    vboL_check_options(L, 3, "core.write", write_options);
    overwrite = vboL_option_bool(L, 3, "overwrite", false);
    sync = vboL_option_bool(L, 3, "fsync", true);
  }
  char sha256[VBO_DIGEST_HEX];
  vbo_error err = {0};
  vbo_sink *sink = vbo_sink_open(path, overwrite, sync, &err);
  bool good = sink != NULL && vbo_sink_write(sink, bytes, size, &err) &&
              vbo_sink_commit(sink, sha256, &err);
  vbo_sink_free(sink);
  if (!good) return vboL_fail(L, &err);
  lua_createtable(L, 0, 2);
  lua_pushinteger(L, (lua_Integer)size);
  lua_setfield(L, -2, "size");
  lua_pushstring(L, sha256);
  lua_setfield(L, -2, "sha256");
  return 1;
}

/* ------------------------------------------------------------------- locks */

#define LOCK_CLASS "vbo.core.lock"

typedef struct held_lock {
  int directory; /* -1: released */
  int lock;
} held_lock;

static const char lock_name[] = ".vbolua-manifest.lock";

/* The lock is released while its directory is open: the name is relative to it. */
static int lock_release(lua_State *L) {
  held_lock *held = luaL_checkudata(L, 1, LOCK_CLASS);
  if (held->directory < 0) return 0;
  vbo_lock_release(held->directory, lock_name, held->lock);
  vbo_file_close(held->directory);
  held->directory = -1;
  return 0;
}

/* core.lock(folder, seconds|nil) -> lock | nil, err. Excludes other processes (and other holders in
 * this one) from a folder's manifest until `lock:close()`; waits up to `seconds` (default 0) for
 * them, and then fails with `busy`. Polls, since a file lock with a timeout does not exist (flock,
 * fcntl). 5 ms are short for a person and long enough for a writer. */
static int file_lock(lua_State *L) {
  static const struct timespec nap = {.tv_nsec = 5 * 1000 * 1000};
  const char *path = check_path(L, 1);
  int64_t until = vbo_monotonic_ms() + (int64_t)(luaL_optnumber(L, 2, 0) * 1000);
  held_lock *held = lua_newuserdatauv(L, sizeof *held, 0);
  *held = (held_lock){.directory = -1, .lock = -1};
  luaL_setmetatable(L, LOCK_CLASS);
  int directory = -1;
  int failure = vbo_directory_open(path, &directory);
  while (failure == 0 && (failure = vbo_lock_take(directory, lock_name, &held->lock)) != 0) {
    if (failure != EWOULDBLOCK || vbo_monotonic_ms() >= until) break;
    (void)nanosleep(&nap, NULL);
    failure = 0;
  }
  if (failure == 0) {
    /* Set last: it marks the handle as held, so that __gc of one that failed releases nothing. */
    held->directory = directory;
    return 1;
  }
  if (directory >= 0) vbo_file_close(directory);
  vbo_error err = {0};
  if (failure == EWOULDBLOCK)
    vbo_error_set(&err, VBO_ERROR_BUSY, "another process is writing the manifest of %s", path);
  else
    vbo_error_os(&err, VBO_ERROR_DISK, failure, "cannot lock the manifest of %s", path);
  return vboL_fail(L, &err);
}

static const luaL_Reg lock_methods[] = {{"close", lock_release}, {NULL, NULL}};
static const luaL_Reg lock_metamethods[] = {
    {"__gc", lock_release}, {"__close", lock_release}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"examine", file_examine},
                                     {"list", file_list},
                                     {"write", file_write},
                                     {"lock", file_lock},
                                     {NULL, NULL}};

void vboL_open_file(lua_State *L) {
  if (vboL_new_class(L, LOCK_CLASS, lock_methods, lock_metamethods)) lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
