-- Kills runs of a runbook at a boundary of a step, resumes them, and looks at what is left: in
-- production, in the journal, on the disk and on the server.

local core = require "vbo.core"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local M = {}

local quoted = program.quoted

M.runbook = "spec/support/crash/runbook.lua"

--- Checks whether the program resumes runs.
function M.resumes()
  return os.getenv "CRASH_SPECS" or package.searchpath("vbo.cli.resume", package.path) ~= nil
end

---@class spec.Crash
---@field server table   of `spec.support.rehearsal`
---@field folder string  holds the journal and what is saved
---@field workload string
---@field version string
local Crash = {}
Crash.__index = Crash

--- Prepares a run that is to crash, over a server in its first state.
---@param server table
---@param version string
---@param workload string?  of the runbook of the crash specs
---@param script string?    the text of another runbook; its arguments are those of `words`
function M.new(server, version, workload, script)
  server.weather()
  server.reset()
  server.ask("POST", "/sim/settings", { ids = "backup", events = "all" })
  local folder, remove = program.folder()
  local self = setmetatable({
    server = server, workload = workload, version = version, folder = folder, remove = remove,
    environment = {},
  }, Crash)
  if script then self:write("runbook.lua", script) end
  return self
end

--- Writes a file into its folder, as a runbook to run.
function Crash:write(name, text)
  self.script = self.folder .. "/" .. name
  local file <close> = assert(io.open(self.script, "w"))
  file:write(text)
end

function Crash:__close() self.remove() end

-- The words of a shell that run the program.
function Crash:command(words, environment)
  local sim, parts = self.server.sim, {}
  local all = {
    VBO_HOST = sim.listening, VBO_USER = sim.user, VBO_PASSWORD = sim.password,
    VBO_PIN = sim.fingerprint, VBO_VERSION = self.version,
    XDG_STATE_HOME = self.folder .. "/state",
  }
  for _, more in ipairs { self.environment, environment or {} } do
    for name, value in pairs(more) do all[name] = value end
  end
  for name, value in pairs(all) do parts[#parts + 1] = name .. "=" .. quoted(value) end
  return ("env -u VBO_JOURNAL -u STATE_DIRECTORY %s %s %s"):format(table.concat(parts, " "),
    program.vbolua, words)
end

function Crash:runbook_words()
  if self.script then return ("%s %s"):format(quoted(self.script), quoted(self.folder)) end
  return ("%s %s %s"):format(M.runbook, self.workload, quoted(self.folder))
end

--- Runs the runbook to its end, without a crash: its output and exit status.
function Crash:run(own, environment)
  return program.run(self:command((own or "") .. " " .. self:runbook_words(), environment))
end

--- Runs the runbook and kills it at a boundary; "sent:2" kills it while the server has the second
--- change and owes the answer.  Gives the output and the exit status, 137 when it was killed.
function Crash:kill(at)
  local nth = at:match "^sent:(%d+)$"
  if nth then return self:kill_sent(math.tointeger(tonumber(nth))) end
  return self:run(nil, M.crashing(at))
end

--- The environment in which kill.c kills a program.
---@param at string  as "sealed:1", "renamed:2", "sent:1"
---@return table<string, string>
function M.shimmed(at)
  return {
    LD_PRELOAD = os.getenv "VBO_KILL_SHIM", VBO_KILL_AT = at,
    -- The sanitizers want to be first, and are not.
    ASAN_OPTIONS = (os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0",
  }
end

--- The environment in which a program is killed at a boundary.
---@param at string  as "intent:2"
---@return table<string, string>
function M.crashing(at)
  if at:find "^sealed" or at:find "^renamed" then
    -- The runbook saves one file, in whatever step.
    return M.shimmed(at:match "^%a+" .. ":1")
  end
  return { CRASH_AT = at, LUA_INIT = 'require "spec.support.crash.prelude"' }
end

--- Lists the changes that the server answered, in order; their paths are without the session.
---@return { operation: string, path: string, status: integer }[]
function M.requests(server)
  local out = {}
  for _, each in ipairs(server.ask("GET", "/sim/requests")) do
    local name = each.operation or ""
    if each.method == "POST" and (name:find "Restore" or name:find "Copy") and each.status
        and not name:find "^RestoreSession" and not name:find "Search" then
      out[#out + 1] = {
        operation = name, status = each.status,
        path = each.path:lower():gsub("restoresessions/[^/]+", "session"),
      }
    end
  end
  return out
end

function Crash:kill_sent(nth)
  self.server.weather(("kind=change nth=%d latency=30"):format(nth))
  return self:kill_when(function() return #M.requests(self.server) >= nth end)
end

--- Starts the runbook (or other words) and kills it when a condition holds.
---@param test fun(): boolean
---@param words string?  default the runbook
function Crash:kill_when(test, words)
  local child = program.start(self:command(words or self:runbook_words()) .. " 2>&1", "pid")
  M.wait(test)
  os.execute("kill -KILL " .. child.pid)
  local output, status = child.wait()
  self.server.weather()
  return output, status
end

--- Waits until a condition holds; fails where it does not in a minute.
function M.wait(test)
  local deadline = core.now() + 60
  while not test() do
    assert(core.now() < deadline, "the condition did not come")
    vbo.sleep(0.02)
  end
end

--- Resumes the run.
function Crash:resume(own, environment)
  return program.run(self:command("resume " .. (own or "--unknown=retry"), environment))
end

-- Reads rows of the journal; opening it checks that it is not corrupt.
local function rows_of(self, sql)
  local journal = core.journal()
  local opened, err = journal:open(self.folder .. "/state/vbolua/journal.db", { readonly = true })
  local rows = opened and journal:rows(sql)
  journal:close()
  return assert(rows, err and err.message)
end

--- Reads the steps of the journal, in order.
function Crash:steps() return rows_of(self, "SELECT * FROM step ORDER BY id") end

--- Returns the name of the run.
function Crash:name() return rows_of(self, "SELECT name FROM run ORDER BY id DESC")[1].name end

--- Counts the changes in production by what they are, after what runs in the background.
function Crash:changes()
  self.server.ask("POST", "/sim/time", { advance = 10 })
  local counts = {}
  for _, each in ipairs(self.server.changes()) do
    local what = ("%s %s"):format(each.user, each.path)
    counts[what] = (counts[what] or 0) + 1
  end
  return counts
end

--- Counts the restore sessions that are open on the server.
function Crash:open_sessions()
  local count = 0
  for _, each in ipairs(self.server.ask("GET", "/sim/sessions")) do
    if each.state == "Working" then count = count + 1 end
  end
  return count
end

--- Returns the SHA-256 of the saved file; nil where it is not there.  Fails where a part is left.
function Crash:saved()
  local names = program.run("ls -A " .. quoted(self.folder)):gsub("state\n", "")
    :gsub("runbook.lua\n", "")
  if names == "" then return nil end
  assert(names == "saved\n", "left in the folder: " .. names)
  return core.sha256(rehearsal.content(self.folder .. "/saved"))
end

return M
