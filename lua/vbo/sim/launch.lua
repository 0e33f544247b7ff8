--- A rehearsal server as a process of its own: started, and ended with whoever started it.
---
--- A shell stands between: it holds the reading end of a pipe whose other end is ours, and ends
--- the server when that closes, be it by us or by our own end, however sudden.  Signals of the
--- terminal (Ctrl-C) reach the whole group of processes: the shell ignores them, and the server
--- is deaf, so that what the runbook cleans up still finds it.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

-- The interpreter carries its Lua files: then this very program is a `vbolua`.
local embedded <const> = debug.getinfo(1, "S").source:find "^@%(vbolua%)" ~= nil

-- A machine under load, or a sanitizer, takes its time.
local patience <const> = 60

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- How this program was called.
local function own_name()
  local first = 0
  while arg and arg[first - 1] do first = first - 1 end
  return arg and arg[first]
end

local function on_path(name)
  local pipe <close> = assert(io.popen("command -v " .. name .. " 2>/dev/null", "r"))
  return pipe:read "l"
end

--- The shell words of `sim` with its arguments; raises `unsupported` where nothing can run it.
local function command(arguments)
  local words = {}
  for i, word in ipairs(arguments) do words[i] = quoted(word) end
  local named = os.getenv "VBOLUA"
  local program = named ~= "" and named or embedded and own_name() or on_path "vbolua"
  if program then return quoted(program) .. " sim " .. table.concat(words, " ") end
  -- Without the program, its parts do as well where all of them are installed.
  if not package.searchpath("vbo.server", package.cpath) then
    errors.raise {
      kind = "unsupported",
      message = "vbo.sim needs the program vbolua or the module vbo.server, and finds neither",
      hint = "put vbolua on the PATH or its path into VBOLUA; vbo.server is built where "
        .. "libmicrohttpd and libarchive have their headers",
    }
  end
  local list = {}
  for i, word in ipairs(arguments) do list[i] = ("%q"):format(word):gsub("\\\n", "\\n") end
  local code = ("os.exit(require('vbo.cli').run('sim', {%s}))"):format(table.concat(list, ", "))
  return ("LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(quoted(package.path),
    quoted(package.cpath), quoted(own_name() or "lua5.4"), quoted(code))
end

local script = [[
trap '' INT QUIT TERM HUP
unset LUA_INIT LUA_INIT_5_4
exec 3<&0
COMMAND </dev/null >>FILE 2>&1 3<&- &
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

--- What the server said since it was ready: failures inside, if any.
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

-- What a server that ended early gave as its reason.
local function failed(self, text, status)
  self:stop()
  local reason = text:gsub("ended: %d+%s*$", ""):gsub("^%s*[%w.]+: ", ""):gsub("%s+$", "")
  local kind = "server"
  for name, number in pairs(core.kinds) do
    if number == status then kind = name end
  end
  -- The child's own error line names its kind, which ours does too.
  reason = reason:gsub(" %[" .. kind .. "%]", "", 1)
  errors.raise {
    kind = kind, message = "the rehearsal server did not start: " .. reason,
  }
end

--- Starts a server and waits until it is ready.
---@param arguments string[]  of `vbolua sim`
---@return vbo.sim.Process
function M.start(arguments)
  local words = command(arguments)
  local file = os.tmpname() -- only its owner may read it: the password comes through it
  local text = script:gsub("%u%u%u%u+", { COMMAND = words, FILE = quoted(file) })
  io.stdout:flush()
  local self = setmetatable({ _file = file }, Process)
  local pipe, message = io.popen(text, "w")
  if not pipe then
    os.remove(file)
    errors.raise { kind = "server", message = "cannot start a rehearsal server: " .. message }
  end
  self._pipe = core.seal(pipe)
  local engine <close>, err = core.engine()
  if not engine then
    self:stop()
    errors.raise(err)
  end
  local until_then = core.now() + patience
  while core.now() < until_then do
    local said
    do
      local source <close> = assert(io.open(file, "rb"))
      said = source:read "a"
    end
    local found = {}
    for name, value in said:gmatch "(%l+): ([^\n]*)\n" do found[name] = found[name] or value end
    if found.fingerprint then
      self.url, self.user = found.listening, found.user
      self.password, self.fingerprint = found.password, found.fingerprint
      return self
    end
    if found.ended then failed(self, said, tonumber(found.ended)) end
    local slept, why = engine:sleep(0.01)
    if not slept then
      self:stop()
      errors.raise(why)
    end
  end
  self:stop()
  errors.raise { kind = "timeout", message = "the rehearsal server was not ready in time" }
end

return M
