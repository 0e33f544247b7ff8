/* lfolder.c: a folder of the user's own, which a rehearsal server serves.
 *
 * A world may name documents as files in a folder. They are listed here and read while they are
 * sent (stream_file.c), always beneath that folder. */
#include "server/lserver.h"

#include "server/files.h"
#include "server/stream_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTING_CLASS "vbo.Listing"

/* A directory that the collector closes when pushing what is in it raises. */
typedef struct listing {
  DIR *directory;
} listing;

static int listing_close(lua_State *L) {
  listing *it = luaL_checkudata(L, 1, LISTING_CLASS);
  if (it->directory) closedir(it->directory);
  it->directory = NULL;
  return 0;
}

static const luaL_Reg no_methods[] = {{NULL, NULL}};
static const luaL_Reg metamethods[] = {
    {"__gc", listing_close}, {"__close", listing_close}, {NULL, NULL}};

static int failed(lua_State *L, int why, const char *root, const char *path) {
  vbo_error err = {0};
  vbo_error_os(&err, VBO_ERROR_DISK, why, "cannot list %s%s%s", root, path[0] ? "/" : "", path);
  return vboL_fail(L, &err);
}

/* Takes its facts from lstat's result: the link, not its target. */
static void push_entry(lua_State *L, const char *name, const struct stat *found) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, S_ISREG(found->st_mode)   ? "file"
                    : S_ISDIR(found->st_mode) ? "directory"
                    : S_ISLNK(found->st_mode) ? "link"
                                              : "other");
  lua_setfield(L, -2, "type");
  lua_pushinteger(L, (lua_Integer)found->st_size);
  lua_setfield(L, -2, "size");
  lua_pushinteger(L, (lua_Integer)found->st_mtime);
  lua_setfield(L, -2, "modified");
}

/* server.folder(root, path="") -> {{name=, type="file"|"directory"|"link"|"other", size=,
 * modified=seconds since 1970}, …} | nil, err (disk): what is in ROOT/PATH, in no order.  No link
 * below ROOT is followed. */
static int server_folder(lua_State *L) {
  const char *root = luaL_checkstring(L, 1);
  const char *path = luaL_optstring(L, 2, "");
  listing *it = lua_newuserdatauv(L, sizeof *it, 0);
  it->directory = NULL;
  luaL_setmetatable(L, LISTING_CLASS);
  int file = -1;
  int why = vbo_beneath_open(root, path, true, &file);
  if (why != 0) return failed(L, why, root, path);
  /* From success on the DIR owns the descriptor (POSIX fdopendir), before that this function
   * does. */
  it->directory = fdopendir(file);
  if (!it->directory) {
    why = errno;
    close(file);
    return failed(L, why, root, path);
  }
  lua_newtable(L);
  lua_Integer count = 0;
  for (;;) {
    /* readdir tells the end from an error by errno only. */
    errno = 0;
    const struct dirent *entry = readdir(it->directory);
    if (!entry && errno != 0) return failed(L, errno, root, path);
    if (!entry) break;
    struct stat found;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    /* A file that has gone meanwhile is left out. */
    if (fstatat(dirfd(it->directory), entry->d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) continue;
    push_entry(L, entry->d_name, &found);
    lua_rawseti(L, -2, ++count);
  }
  /* Closed now: the collector may come much later. */
  closedir(it->directory);
  it->directory = NULL;
  return 1;
}

/* stream.file{root=, path=, offset=0, size=} -> Stream | nil, err: that part of ROOT/PATH, read
 * when it is needed; see stream_file.h. */
static int stream_file(lua_State *L) {
  static const char *const names[] = {"root", "path", "offset", "size", NULL};
  vboL_check_options(L, 1, "stream.file", names);
  const char *root = vboL_option_string(L, 1, "root", NULL);
  const char *path = vboL_option_string(L, 1, "path", NULL);
  int64_t offset = vboL_option_integer(L, 1, "offset", 0);
  int64_t size = vboL_option_integer(L, 1, "size", -1);
  if (!root) vboL_option_error(L, "root", "folder expected");
  if (!path) vboL_option_error(L, "path", "path in the folder expected");
  if (offset < 0) vboL_option_error(L, "offset", "bytes expected, 0 or more");
  if (size < 0 || size > INT64_MAX - offset)
    vboL_option_error(L, "size", "bytes expected, 0 or more");
  vbo_error err = {0};
  /* The handle comes first: the stream has an owner when a later push raises. */
  vboL_stream *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->stream = NULL;
  luaL_setmetatable(L, VBOL_STREAM_CLASS);
  handle->stream = vbo_stream_file(root, path, offset, size, &err);
  return handle->stream ? 1 : vboL_fail(L, &err);
}

void vboL_open_folders(lua_State *L) {
  if (vboL_new_class(L, LISTING_CLASS, no_methods, metamethods)) lua_pop(L, 1);
  lua_pushcfunction(L, server_folder);
  lua_setfield(L, -2, "folder");
  lua_getfield(L, -1, "stream");
  lua_pushcfunction(L, stream_file);
  lua_setfield(L, -2, "file");
  lua_pop(L, 1);
}
