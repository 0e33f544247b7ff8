--- Starts a rehearsal server as a process of its own (`process.lua`), which ends with the program
--- that started it.
---
--- A shell stands between.  It holds the reading end of a pipe whose other end is ours and kills
--- the server when that end closes, whether we close it or we end, however suddenly.  The options
--- come through the same pipe, so that no list of processes shows a password.  A signal of the
--- terminal (Ctrl-C) reaches the whole group of processes: the shell ignores it, and so does the
--- server, so that a runbook that cleans up still finds it.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

-- The interpreter carries its Lua files: then this program is a `vbolua`.
local embedded <const> = debug.getinfo(1, "S").source:find "^@%(vbolua%)" ~= nil

-- Seconds until the server must be ready: long, for machines under load and sanitizers.
local patience <const> = 60

local entry <const> = 'require("vbo.sim.process").main()'

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- Returns the name that this program was called by.
local function own_name()
  local first = 0
  while arg and arg[first - 1] do first = first - 1 end
  return arg and arg[first]
end

local function on_path(name)
  local pipe <close> = assert(io.popen("command -v " .. name .. " 2>/dev/null", "r"))
  return pipe:read "l"
end

-- Returns the shell words that run the server's process; raises `unsupported` where nothing can.
local function command()
  local named = os.getenv "VBOLUA"
  local program = named ~= "" and named or embedded and own_name() or on_path "vbolua"
  if program then return quoted(program) .. " -e " .. quoted(entry) end
  -- Stock Lua runs it where the module of the sockets is installed.
  if not package.searchpath("vbo.server", package.cpath) then
    errors.raise {
      kind = "unsupported",
      message = "vbo.sim needs the program vbolua or the module vbo.server, and finds neither",
      hint = "put vbolua on the PATH or its path into VBOLUA; vbo.server is built where "
        .. "libmicrohttpd and libarchive have their headers",
    }
  end
  return ("LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(quoted(package.path),
    quoted(package.cpath), quoted(own_name() or "lua5.4"), quoted(entry))
end

-- Writes a value as a Lua literal of one line.
local function literal(value)
  if type(value) ~= "table" then return (("%q"):format(value):gsub("\\\n", "\\n")) end
  local parts = {}
  for key, each in pairs(value) do
    parts[#parts + 1] = ("[%s]=%s"):format(literal(key), literal(each))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local script = [[
trap '' INT QUIT TERM HUP
unset LUA_INIT LUA_INIT_5_4
exec 3<&0
IFS= read -r options <&3
COMMAND >>FILE 2>&1 3<&- <<END &
$options
END
server=$!
{ cat <&3; kill -KILL $server; } >/dev/null 2>&1 &
watch=$!
exec 3<&- 2>/dev/null
wait $server
status=$?
kill -KILL $watch
if [ $status -eq 137 ]; then rm -f FILE; else echo "ended: $status" >>FILE; fi
]]

---@class vbo.sim.Process
---@field url string
---@field user string
---@field password string
---@field fingerprint string
local Process = {}
Process.__index = Process

--- Returns what the server logged since it was ready: failures inside it.
---@return string
function Process:said()
  local file <close> = io.open(self._file, "rb")
  local text = file and file:read "a" or ""
  return (text:gsub("^.-\nfingerprint: [^\n]*\n", ""))
end

--- Ends the server.  Idempotent.
function Process:stop()
  local pipe = self._pipe
  if not pipe then return end
  self._pipe = nil
  pipe:close()
  os.remove(self._file)
end

-- Raises the reason that a server gave which ended before it was ready.
local function failed(self, text, found)
  self:stop()
  local reason = found.message or text:gsub("ended: %d+%s*$", ""):gsub("%s+$", "")
  errors.raise {
    kind = found.kind or "server", hint = found.hint,
    message = "the rehearsal server did not start: " .. reason,
  }
end

-- Reads the lines "name: value" that the server has printed; the first of each name.
local function read_lines(file)
  local source <close> = assert(io.open(file, "rb"))
  local text, found = source:read "a", {}
  for name, value in text:gmatch "(%l+): ([^\n]*)\n" do found[name] = found[name] or value end
  return text, found
end

-- Waits until the server is ready.
local function wait(self)
  local engine <close>, err = core.engine()
  if not engine then
    self:stop()
    errors.raise(err)
  end
  local deadline = core.now() + patience
  while core.now() < deadline do
    local text, found = read_lines(self._file)
    if found.fingerprint then
      self.url, self.user = found.listening, found.user
      self.password, self.fingerprint = found.password, found.fingerprint
      return self
    end
    if found.ended then failed(self, text, found) end
    local slept, why = engine:sleep(0.01)
    if not slept then
      self:stop()
      errors.raise(why)
    end
  end
  self:stop()
  errors.raise { kind = "timeout", message = "the rehearsal server was not ready in time" }
end

--- Starts a server and waits until it is ready.
---@param options table  for `process.lua`: world, user, password, seed, token_lifetime,
---  session_idle, zone (seconds), no_schedules, rules ({ load= } or { add= } each)
---@return vbo.sim.Process
function M.start(options)
  local words = command()
  local file = os.tmpname() -- readable by its owner alone: the password comes through it
  local text = script:gsub("%u%u%u%u+", { COMMAND = words, FILE = quoted(file) })
  io.stdout:flush()
  local self = setmetatable({ _file = file }, Process)
  local pipe, message = io.popen(text, "w")
  if not pipe then
    os.remove(file)
    errors.raise { kind = "server", message = "cannot start a rehearsal server: " .. message }
  end
  self._pipe = core.seal(pipe)
  pipe:write(literal(options), "\n")
  pipe:flush()
  return wait(self)
end

return M
