--- Holds the state of the program's run; the rest of the room reads it here.
---
--- The program `vbolua` journals by itself; with stock Lua `vbo.journal` turns it on.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local latch = require "vbo.run.latch"
local place = require "vbo.run.place"
local policy = require "vbo.run.policy"
local store_of = require "vbo.run.store"

local M = {}

---@class vbo.RunState
---@field name string         as `vbo.Run.id`
---@field options table       the program's own options (`--reason`, limits, …)
---@field kind string         script, string, stdin, repl or library
---@field store vbo.Store
---@field id integer?         the row of the journal; nil: it has not begun
---@field execution integer   1, and one more with each resume
---@field resuming vbo.Resuming?

---@type vbo.RunState?
local state

-- Environment variables that decide where a run connects; none is a secret.
local recorded <const> = { "VBO_HOST", "VBO_USER", "VBO_PIN", "VBO_CA", "VBO_VERSION", "VBO_ZONE" }

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function new_name()
  return os.date "!%Y%m%d-%H%M%S" .. "-" .. hexadecimal(assert(core.random(3)))
end

-- Returns how the program was called; nil in stock Lua.
local function program()
  local called = core.program and core.program()
  return called and type(called.kind) == "string" and called or nil
end

--- Closes the journal with the Lua state, after the clients: finalizers run in the reverse order of
--- their making, and each client is made later.
M.keeper = nil

local function make(kind, options, script)
  local handle = core.journal()
  latch.use(handle)
  M.keeper = setmetatable({}, { __gc = function() handle:close() end })
  return {
    name = new_name(), kind = kind, options = options, script = script, execution = 1,
    store = store_of.new(handle), started = core.time(), settings = {}, servers = {},
  }
end

--- Returns the state of the program's run; nil where nothing is journaled.
---@return vbo.RunState?
function M.state()
  if state then return state end
  local called = program()
  if not called then return nil end
  local options = called.options or {}
  policy.load()
  -- Limits hold without a journal on disk, too: it is in memory then.
  if options.no_journal and not policy.active() then return nil end
  state = make(called.kind, options, called.script)
  state.path = not options.no_journal and place.of(options, called.rehearsal) or nil
  state.rehearsal = called.rehearsal
  return state
end

--- Turns the journal on in a program that is not `vbolua`.
---@param options { path: string?, reason: string? }  no path: the journal is in memory
function M.enable(options)
  if state then errors.usage "the program has a journal already" end
  state = make("library", { reason = options.reason }, nil)
  state.path = options.path
end

--- Returns the state, without making it.
---@return vbo.RunState?
function M.current() return state end

--- Returns whether clients of this program are journaled.
---@return boolean
function M.is_on()
  local on = M.state() ~= nil
  if not on then policy.pass() end
  return on
end

--- Returns the reason that servers get with what takes one: `--reason`, and the run's id.
---@return string?
function M.reason()
  local self = state or M.state()
  local reason = self and self.options.reason
  return reason and ("%s (run %s)"):format(reason, self.name)
end

--- Returns the environment that a run records.
---@return table<string, string>
function M.settings_now()
  local found = {}
  for _, name in ipairs(recorded) do
    local value = os.getenv(name)
    if value and value ~= "" then found[name] = value end
  end
  return found
end

--- Returns the wall clock in milliseconds since 1970.
---@return integer
function M.now() return core.time() * 1000 // 1 | 0 end

--- Returns the monotonic clock in milliseconds.
---@return integer
function M.monotonic() return core.now() * 1000 // 1 | 0 end

--- Opens the journal; raises `journal`.
---@param self vbo.RunState
function M.open(self)
  if self.opened then return end
  latch.use(self.store.handle)
  local ok, err = self.store.handle:open(self.path)
  if not ok then
    self.store.handle:latch(err)
    errors.raise(err)
  end
  self.opened = true
end

--- Notes which server and API version the run changes; written with the next commit.
---@param self vbo.RunState
---@param client vbo.Client
---@param identity string  as in the keys of steps
function M.note_server(self, client, identity)
  local known = self.servers[client.server]
  if known and known.identity == identity and known.api == client.version then return end
  if known and self.resuming then return end
  self.servers[client.server] = { identity = identity, api = client.version }
  self.store:later(function(store)
    self.settings.servers = self.servers
    store:write("UPDATE run SET settings = ? WHERE id = ?", json.encode(self.settings), self.id)
  end)
end

--- Returns the API version in which an earlier execution of the run spoke to a server.
---@param origin string  "https://host:port"
---@return string? version
function M.api_version(origin)
  local known = state and state.resuming and state.servers[origin]
  return known and known.api
end

--- Returns a setting of the environment; in a run that is resumed the one it began with.
---@param name string
---@return string?
function M.setting(name)
  local value = os.getenv(name)
  if value or not (state and state.resuming) then return value end
  return state.settings[name]
end

--- Returns the arguments of the script; empty where there is none.
---@return string[]
function M.arguments()
  local list = {}
  if state and state.kind ~= "script" and not state.resuming then return list end
  for i = 1, type(arg) == "table" and #arg or 0 do list[i] = arg[i] end
  return list
end

return M
