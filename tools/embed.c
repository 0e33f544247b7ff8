/* embed.c: a tool of the build.  Compiles Lua files and writes them as one C file.
 *
 *   embed OUT.c ROOT FILE… [-- ROOT FILE…]   every FILE lies under the ROOT before it
 *   embed --run SCRIPT.lua ARGUMENT…         runs a generator where no Lua is installed
 *
 * The byte code keeps its line numbers: an error in the module says where. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/preload.h"

typedef struct writer {
  FILE *out;
  int column;
  int after_octal; /* a digit here would be read as part of the escape */
} writer;

static int write_bytes(lua_State *L, const void *bytes, size_t size, void *data) {
  writer *w = data;
  const unsigned char *s = bytes;
  (void)L;
  for (size_t i = 0; i < size; i++) {
    if (w->column > 90) {
      fputs("\"\n\"", w->out);
      w->column = 0;
      w->after_octal = 0;
    }
    int plain = s[i] >= ' ' && s[i] <= '~' && s[i] != '"' && s[i] != '\\' && s[i] != '?';
    if (plain && !(w->after_octal && s[i] >= '0' && s[i] <= '7')) {
      fputc(s[i], w->out);
      w->column += 1;
      w->after_octal = 0;
    } else {
      w->column += fprintf(w->out, "\\%o", s[i]);
      w->after_octal = 1;
    }
  }
  return 0;
}

static char *copy(const char *text) {
  size_t size = strlen(text) + 1;
  char *made = malloc(size);
  return made != NULL ? memcpy(made, text, size) : NULL;
}

/* "lua/vbo/cli/sim.lua" under "lua" is vbo.cli.sim, "lua/vbo/init.lua" is vbo. */
static char *module_of(const char *file, const char *root) {
  size_t skip = strlen(root);
  if (strncmp(file, root, skip) != 0 || file[skip] != '/') return NULL;
  char *name = copy(file + skip + 1);
  size_t size = name != NULL ? strlen(name) : 0;
  if (size < 5 || strcmp(name + size - 4, ".lua") != 0) {
    free(name);
    return NULL;
  }
  name[size - 4] = '\0';
  if (size > 9 && strcmp(name + size - 9, "/init") == 0) name[size - 9] = '\0';
  for (char *s = name; *s != '\0'; s++)
    if (*s == '/') *s = '.';
  return name;
}

typedef struct entry {
  char *module;
  const char *file;
  size_t root; /* the length of its ROOT */
} entry;

static int compare(const void *a, const void *b) {
  return strcmp(((const entry *)a)->module, ((const entry *)b)->module);
}

static int embed(FILE *out, entry *entries, size_t count) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return 1;
  int failed = 0;
  fputs("/* Made by embed from lua/: do not edit. */\n#include \"program/preload.h\"\n", out);
  for (size_t i = 0; i < count && !failed; i++) {
    writer w = {.out = out};
    lua_pushfstring(L, VBO_CHUNK "%s", entries[i].file + entries[i].root);
    const char *chunk = lua_tostring(L, -1);
    FILE *in = fopen(entries[i].file, "rb");
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    char piece[4096];
    size_t got = 0;
    while (in != NULL && (got = fread(piece, 1, sizeof piece, in)) > 0)
      luaL_addlstring(&text, piece, got);
    if (in == NULL || ferror(in)) failed = 1;
    if (in != NULL) fclose(in);
    luaL_pushresult(&text);
    size_t size = 0;
    const char *source = lua_tolstring(L, -1, &size);
    if (failed || luaL_loadbufferx(L, source, size, chunk, "t") != LUA_OK) {
      fprintf(stderr, "embed: %s: %s\n", entries[i].file,
              failed ? "cannot be read" : lua_tostring(L, -1));
      failed = 1;
      break;
    }
    fprintf(out, "static const char code_%zu[] =\n\"", i);
    lua_dump(L, write_bytes, &w, 0);
    fputs("\";\n", out);
    lua_settop(L, 0);
  }
  fputs("const vbo_embedded_file vbo_embedded_files[] = {\n", out);
  for (size_t i = 0; i < count; i++)
    fprintf(out, "  {\"%s\", \"" VBO_CHUNK "%s\", code_%zu, sizeof code_%zu - 1},\n",
            entries[i].module, entries[i].file + entries[i].root, i, i);
  fprintf(out, "};\nconst size_t vbo_embedded_count = %zu;\n", count);
  lua_close(L);
  return failed;
}

/* A script and its arguments, as lua runs it. */
static int run(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (L == NULL) return 1;
  luaL_openlibs(L);
  lua_newtable(L);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
  lua_setglobal(L, "arg");
  int failed = luaL_dofile(L, argv[0]) != LUA_OK;
  if (failed) fprintf(stderr, "embed: %s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed;
}

/* The files of a command line; false (said on stderr) when one does not lie under its root. */
static int read_entries(entry *entries, size_t *count, int argc, char **argv) {
  const char *root = argv[2];
  for (int i = 3; i < argc; i++) {
    if (strcmp(argv[i], "--") == 0 && i + 1 < argc) {
      root = argv[++i];
      continue;
    }
    entry *found = &entries[(*count)++];
    *found = (entry){module_of(argv[i], root), argv[i], strlen(root)};
    if (found->module == NULL) {
      fprintf(stderr, "embed: %s is not a Lua file under %s\n", argv[i], root);
      return 0;
    }
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "--run") == 0) return run(argc - 2, argv + 2);
  if (argc < 4) {
    fputs("usage: embed OUT.c ROOT FILE… [-- ROOT FILE…]\n", stderr);
    return 2;
  }
  size_t count = 0;
  entry *entries = calloc((size_t)argc, sizeof *entries);
  int failed = entries == NULL || !read_entries(entries, &count, argc, argv);
  FILE *out = failed ? NULL : fopen(argv[1], "w");
  if (out != NULL) {
    qsort(entries, count, sizeof *entries, compare);
    failed = embed(out, entries, count);
    if (ferror(out)) failed = 1;
    if (fclose(out) != 0) failed = 1;
  } else if (!failed) {
    perror(argv[1]);
    failed = 1;
  }
  for (size_t i = 0; entries != NULL && i < count; i++)
    free(entries[i].module);
  free(entries);
  if (failed) remove(argv[1]);
  return failed;
}
