--- Runs `vbolua --rehearse[=WORLD] runbook.lua`: leads the runbook to a rehearsal server, whatever
--- server it names, and reports at the end what production would have gained and lost.

local changes = require "vbo.cli.common.changes"
local connect = require "vbo.client.connect"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"
local scratch = require "vbo.base.scratch"
local sim = require "vbo.sim"

local M = {}

local running

local function say(text) io.stderr:write("rehearsal: ", text, "\n") end

-- Returns a function that diverts the connections of the runbook to the server.
local function divert(server, world)
  local reported = {}
  return function(settings)
    local named = settings.url or settings.host or os.getenv "VBO_HOST" or ""
    -- A rehearsal server of the runbook's own needs no protection.
    if connect.rehearsals[named] then return end
    if not reported[named] then
      reported[named] = true
      say(("a rehearsal server (world %s) stands in for %s"):format(world, named ~= ""
        and named:gsub("%c", "?") or "the server, which the real run must name (url or VBO_HOST)"))
    end
    for _, name in ipairs { "host", "port", "ca", "proxy" } do settings[name] = nil end
    for name, value in pairs(server:settings()) do settings[name] = value end
  end
end

local function report(server)
  local rows, own = server:diff(), server:configuration()
  if #rows == 0 and #own == 0 then return say "production would not change" end
  if #rows > 0 then
    say "production would gain (+), lose (-) and have replaced (~):"
    for _, line in ipairs(changes.tree(rows)) do io.stderr:write(line, "\n") end
    say(changes.summary(rows))
  end
  if #own > 0 then
    say "jobs and settings of the server would change:"
    for _, line in ipairs(changes.configuration_lines(own)) do io.stderr:write(line, "\n") end
    say(("%d change%s of jobs and settings"):format(#own, #own == 1 and "" or "s"))
  end
end

--- Adds the organizations of the world to the hint where the runbook's own does not exist: the
--- world of a rehearsal has others.
local function explainer(server, world)
  local names = server:organizations()
  return function(fields)
    local text = tostring(fields.message)
    if fields.kind ~= "not_found" or not (text:find "^there is no organization"
        or text:find "^no organization is called") then
      return
    end
    fields.hint = ("the rehearsal's world '%s' has %s; to rehearse with your own, record it with "
      .. "`vbolua sim record --out DIR` and run --rehearse=DIR"):format(world,
        table.concat(names, ", "))
  end
end

local function finish(server)
  running, connect.divert, errors.explain = nil, nil, nil
  io.stdout:flush()
  local good, err = pcall(report, server)
  if not good then say("cannot tell what would change: " .. tostring(err)) end
  local folder = scratch.finish()
  if folder then
    say(("saved files are in %s instead of where the runbook names"):format(folder))
  end
  local log = server:log()
  if log:find "%S" then say("log of the rehearsal server:\n" .. log:gsub("%s+$", "")) end
  server:stop()
end

--- Ends the rehearsal: reports what changed, also after a signal, and stops the server.
--- Idempotent.
function M.finish()
  if running then loop.shielded(finish, running) end
end

--- Begins a rehearsal.
---@param world string?  default "demo"
function M.start(world)
  local server = sim.start { world = world }
  -- Before a weather or limit that the runbook sets.
  server:watch()
  running = server
  connect.divert = divert(server, world or "demo")
  errors.explain = explainer(server, world or "demo")
  scratch.begin()
  say "nothing reaches production; every connection goes to a rehearsal server"
  -- The end of the program (its last line, an error, Ctrl-C, os.exit) closes the state.  Finalizers
  -- run in reverse order of creation: by then the objects of the runbook are closed and its
  -- sessions stopped, while those that the report needs are still open.
  M.keeper = setmetatable({}, { __gc = M.finish })
end

return M
