/* decode.c: JSON as Lua sees it, whole and as a page: the two must give the same. */
#include "fuzz.h"

#include <lauxlib.h>
#include <lualib.h>

#include "lua/lutil.h"

int luaopen_cjson(lua_State *L);

static const char program[] =
    "local json = require 'vbo.base.json'\n"
    "local lazy = require 'vbo.model.lazy'\n"
    "local core = require 'vbo.core'\n"
    "local function same(a, b)\n"
    "  if type(a) ~= 'table' then\n"
    "    assert(a == b and math.type(a) == math.type(b) and (a ~= 0 or 1 / a == 1 / b))\n"
    "    return\n"
    "  end\n"
    "  assert(type(b) == 'table' and json.is_array(a) == json.is_array(b))\n"
    "  for key, value in pairs(a) do same(value, b[key]) end\n"
    "  for key in pairs(b) do assert(a[key] ~= nil) end\n"
    "end\n"
    "return function(text)\n"
    "  local value, err = json.decode(text)\n"
    "  assert((value == nil) == (err ~= nil))\n"
    "  if not err then\n"
    "    local again, wrong = json.decode(json.encode(value))\n"
    "    assert(not wrong)\n"
    "    same(value, again)\n"
    "  end\n"
    "  local page = core.json.page(text, json.depth)\n"
    "  if not page then return end\n"
    "  assert(not err)\n"
    "  local envelope, records = lazy.around(page), value\n"
    "  if envelope then\n"
    "    records = value.results\n"
    "    envelope.results = records\n"
    "    same(value, envelope)\n"
    "  end\n"
    "  same(records, lazy.decoded(page))\n"
    "  for i, record in ipairs(records) do\n"
    "    for name, field in pairs(record) do\n"
    "      local known, found = page:find(i, name)\n"
    "      assert(known ~= false)\n"
    "      if known then same(field, found) end\n"
    "    end\n"
    "  end\n"
    "end\n";

static lua_State *state(void) {
  lua_State *L = luaL_newstate();
  if (L == NULL) abort();
  luaL_openlibs(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, luaopen_vbo_core);
  lua_setfield(L, -2, "vbo.core");
  lua_pushcfunction(L, luaopen_cjson);
  lua_setfield(L, -2, "cjson");
  lua_pop(L, 1);
  if (luaL_dostring(L, "package.path = 'lua/?.lua;lua/?/init.lua'") ||
      luaL_loadstring(L, program) || lua_pcall(L, 0, 1, 0)) {
    fprintf(stderr, "%s (run it where lua/ is)\n", lua_tostring(L, -1));
    abort();
  }
  return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L;
  if (L == NULL) L = state();
  lua_pushvalue(L, 1);
  lua_pushlstring(L, size > 0 ? (const char *)data : "", size);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
    abort();
  }
  lua_settop(L, 1);
  return 0;
}
