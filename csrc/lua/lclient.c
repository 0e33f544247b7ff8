/* lclient.c: clients as Lua sees them.
 *
 * A client's userdata pins its engine's (user value 1), so that the collector frees the engine
 * last. A script may still close the engine first: each method that moves it tests for that. */
#include "lua/lutil.h"

static vboL_client *check_client(lua_State *L) {
  return luaL_checkudata(L, 1, VBOL_CLIENT_CLASS);
}

static const char *const option_names[] = {"url",
                                           "api_version",
                                           "user",
                                           "password",
                                           "ca_file",
                                           "pin",
                                           "proxy",
                                           "user_agent",
                                           "connect_timeout",
                                           "idle_timeout",
                                           "deadline",
                                           "retries",
                                           "body_limit",
                                           "token_parameters",
                                           "at_once",
                                           "exports_at_once",
                                           "give_up_after",
                                           "longest_pause",
                                           "journaled",
                                           NULL};

/* A closed secret raises, as a wrong type does. Returns the C secret of the option `password`, NULL
 * without one. The client takes a reference of its own. */
static vbo_secret *option_password(lua_State *L, int index) {
  bool is = false;
  lua_pushliteral(L, "password");
  lua_rawget(L, index);
  vbo_secret *password = vboL_to_secret(L, -1, &is);
  if (!is && !lua_isnil(L, -1))
    vboL_option_error(L, "password",
                      lua_pushfstring(L, "secret expected, got %s", luaL_typename(L, -1)));
  if (is && password == NULL) vboL_option_error(L, "password", "the secret is closed");
  lua_pop(L, 1); /* the option table keeps it */
  return password;
}

/* Reads the retries, of which Lua says 0 for no retry (C: -1, and 0 for the default). */
static int option_retries(lua_State *L, int index) {
  int64_t retries = vboL_option_integer(L, index, "retries", -1);
  lua_pushliteral(L, "retries");
  lua_rawget(L, index);
  bool given = !lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!given) return 0;
  if (retries < 0 || retries > 1000) vboL_option_error(L, "retries", "0 to 1000 expected");
  return retries == 0 ? -1 : (int)retries;
}

/* 0 when it is not given: the default. */
static int option_count(lua_State *L, int index, const char *name) {
  int64_t count = vboL_option_integer(L, index, name, 0);
  if (count < 0 || count > 10000) vboL_option_error(L, name, "1 to 10000 expected");
  return (int)count;
}

/* core.client(engine, options) -> Client | nil, err.  Sends nothing yet. */
static int client_new(lua_State *L) {
  vboL_engine *engine = luaL_checkudata(L, 1, VBOL_ENGINE_CLASS);
  vboL_check_options(L, 2, "core.client", option_names);
  vbo_client_options options = {
      /* The strings belong to the option table at index 2, which stays on the stack during
       * vbo_client_open. */
      .url = vboL_option_string(L, 2, "url", NULL),
      .api_version = vboL_option_string(L, 2, "api_version", NULL),
      .user = vboL_option_string(L, 2, "user", NULL),
      .password = option_password(L, 2),
      .ca_file = vboL_option_string(L, 2, "ca_file", NULL),
      .pin = vboL_option_string(L, 2, "pin", NULL),
      .token_parameters = vboL_option_string(L, 2, "token_parameters", NULL),
      .proxy = vboL_option_string(L, 2, "proxy", NULL),
      .user_agent = vboL_option_string(L, 2, "user_agent", NULL),
      .connect_timeout = vboL_option_duration(L, 2, "connect_timeout", 0),
      .idle_timeout = vboL_option_duration(L, 2, "idle_timeout", 0),
      .deadline = vboL_option_duration(L, 2, "deadline", 0),
      .give_up_after = vboL_option_duration(L, 2, "give_up_after", 0),
      .longest_pause = vboL_option_duration(L, 2, "longest_pause", 0),
      .retries = option_retries(L, 2),
      .journaled = vboL_option_bool(L, 2, "journaled", false),
  };
  int64_t body_limit = vboL_option_integer(L, 2, "body_limit", 0);
  if (body_limit < 0) vboL_option_error(L, "body_limit", "bytes must not be negative");
  options.body_limit = (size_t)body_limit;
  options.at_once = option_count(L, 2, "at_once");
  options.exports_at_once = option_count(L, 2, "exports_at_once");
  if (engine->engine == NULL) return vboL_fail_closed(L, "engine");

  /* The userdata comes before the client: running out of memory raises, and would leak it. Its
   * user value pins the engine. */
  vboL_client *client = lua_newuserdatauv(L, sizeof *client, 1);
  client->client = NULL;
  luaL_setmetatable(L, VBOL_CLIENT_CLASS);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  vbo_error err = {0};
  client->client = vbo_client_open(engine->engine, &options, &err);
  if (client->client == NULL) return vboL_fail(L, &err);
  vboL_count_opened(VBOL_CLIENT);
  return 1;
}

/* client:login() -> true | nil, err. Asks for a token now, and waits for it. Blocks, unlike
 * start_login: for scripts without tasks. vbo_client_login runs the engine itself, so that the
 * other transfers move meanwhile. */
static int client_login(lua_State *L) {
  vboL_client *client = check_client(L);
  vboL_engine *engine = vboL_engine_of(L, 1);
  if (client->client == NULL) return vboL_fail_closed(L, "client");
  if (engine->engine == NULL) return vboL_fail_closed(L, "engine");
  vbo_error err = {0};
  /* A signal from here on is this call's to report. */
  vboL_enter_wait(engine);
  bool ok = vbo_client_login(client->client, &err);
  if (vboL_leave_wait(engine)) return vboL_fail_interrupted(L);
  if (!ok) return vboL_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* client:load() -> {window, limit, running, waiting, pause (seconds), given_up} | nil, err. The
 * fields are those of vbo_load; seconds instead of milliseconds, as everywhere in Lua. */
static int client_load(lua_State *L) {
  vboL_client *client = check_client(L);
  if (client->client == NULL) return vboL_fail_closed(L, "client");
  vbo_load load;
  vbo_client_load(client->client, &load);
  lua_createtable(L, 0, 6);
  lua_pushinteger(L, load.window);
  lua_setfield(L, -2, "window");
  lua_pushinteger(L, load.limit);
  lua_setfield(L, -2, "limit");
  lua_pushinteger(L, load.running);
  lua_setfield(L, -2, "running");
  lua_pushinteger(L, load.waiting);
  lua_setfield(L, -2, "waiting");
  lua_pushnumber(L, (lua_Number)load.pause / 1000);
  lua_setfield(L, -2, "pause");
  lua_pushboolean(L, load.given_up);
  lua_setfield(L, -2, "given_up");
  return 1;
}

/* client:window() -> how many requests its server takes at once now, 0 for a given-up one; nil for
 * a closed client. Called after each answer. Returns one number instead of a table, as it is called
 * so often. */
static int client_window(lua_State *L) {
  vboL_client *client = check_client(L);
  if (client->client == NULL) return 0;
  vbo_load load;
  vbo_client_load(client->client, &load);
  lua_pushinteger(L, load.given_up ? 0 : load.window);
  return 1;
}

/* client:origin() -> "https://host:port", with the path that every request begins with |
 * nil, err. */
static int client_origin(lua_State *L) {
  vboL_client *client = check_client(L);
  if (client->client == NULL) return vboL_fail_closed(L, "client");
  lua_pushfstring(L, "%s%s", vbo_client_origin(client->client), vbo_client_prefix(client->client));
  return 1;
}

/* client:fingerprint() -> "sha256/BASE64" | nil before any handshake. */
static int client_fingerprint(lua_State *L) {
  vboL_client *client = check_client(L);
  if (client->client == NULL) return vboL_fail_closed(L, "client");
  const char *fingerprint = vbo_client_fingerprint(client->client);
  if (fingerprint == NULL || *fingerprint == '\0')
    lua_pushnil(L);
  else
    lua_pushstring(L, fingerprint);
  return 1;
}

/* client:address() -> the IP address of this machine that the last request came from | nil before
 * any. */
static int client_address(lua_State *L) {
  vboL_client *client = check_client(L);
  if (client->client == NULL) return vboL_fail_closed(L, "client");
  const char *address = vbo_client_address(client->client);
  if (*address == '\0')
    lua_pushnil(L);
  else
    lua_pushstring(L, address);
  return 1;
}

/* Releases once, for close, __close and __gc; a closed handle is NULL before anything else can
 * run. */
static bool release(vboL_client *client) {
  vbo_client *held = client->client;
  client->client = NULL;
  vbo_client_free(held);
  return held != NULL;
}

static int client_close(lua_State *L) {
  if (release(check_client(L))) vboL_count_closed(VBOL_CLIENT);
  return 0;
}

static int client_gc(lua_State *L) {
  if (release(check_client(L))) vboL_count_collected(VBOL_CLIENT);
  return 0;
}

static int client_tostring(lua_State *L) {
  vboL_client *client = check_client(L);
  if (client->client == NULL)
    lua_pushliteral(L, VBOL_CLIENT_CLASS " (closed)");
  else
    lua_pushfstring(L, VBOL_CLIENT_CLASS ": %s", vbo_client_origin(client->client));
  return 1;
}

static const luaL_Reg methods[] = {{"start", vboL_client_start},
                                   {"changes", vboL_client_changes},
                                   {"login", client_login},
                                   {"origin", client_origin},
                                   {"fingerprint", client_fingerprint},
                                   {"address", client_address},
                                   {"close", client_close},
                                   {"start_login", vboL_client_start_login},
                                   {"load", client_load},
                                   {"window", client_window},
                                   {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", client_gc}, {"__close", client_close}, {"__tostring", client_tostring}, {NULL, NULL}};

void vboL_open_client(lua_State *L) {
  if (vboL_new_class(L, VBOL_CLIENT_CLASS, methods, metamethods)) lua_pop(L, 1);
  lua_pushcfunction(L, client_new);
  lua_setfield(L, -2, "client");
}
