--- Applies actions to the record that they are sent to.

local time = require "vbo.base.time"

local M = {}

-- The words of the resources for each state; a resource takes the first that it has.
local running = { words = { "Running", "Synchronizing", "Waiting" } }
local stopped = { words = { "Stopped", "Cancelled", "None", "Failed" } }

local effects = {}

function effects.enable(known) known.isenabled = true end
function effects.disable(known) known.isenabled = false end

effects["maintenance/enable"] = function(known) known.maintenancemodestate = "Enabled" end
effects["maintenance/disable"] = function(known) known.maintenancemodestate = "Disabled" end

function effects.start(known, now)
  known.laststatus, known.lastrun, known.status = "Running", now, running
end

function effects.stop(known, now)
  known.laststatus, known.status, known.state, known.endtime = "Stopped", stopped, stopped, now
end

effects.stopsynchronize = effects.stop

function effects.rescan(known, now)
  known.status, known.isoutdated, known.lastscantime = "Online", false, now
end

function effects.sync(known, now)
  known.isoutofsync, known.lastsynctime, known.lastsyncdate = false, now, now
end

function effects.approve(known) known.status, known.isapproved = "Approved", true end

function effects.update(known, now) known.lastupdatetime = now end

--- Applies an action.
---@param context vbo.sim.Context
---@param record table
---@param verb string  lower case, "enable", "maintenance/enable"
function M.apply(context, record, verb)
  local effect = effects[verb]
  if effect then effect(record.known, time.iso(math.floor(context.app.clock()))) end
end

--- Returns the known values of a session that an action started.
---@param context vbo.sim.Context
---@param target string    the resource of the action
---@param given string[]
---@return table
function M.started(context, target, given)
  local now = time.iso(math.floor(context.app.clock()))
  local known = {
    creationtime = now, starttime = now, status = running, state = running, progress = 0,
    progresspercent = 0, error = false, endtime = false,
  }
  local word = target:match "/([^/]*)/{}$"
  if word == "backuprepositories" then
    known.repositoryid, known.backuprepositoryid = given[1], given[1]
    known.repositoryids = { given[1] }
  elseif word == "jobs" or word == "copyjobs" then
    known.jobid = given[1]
  end
  return known
end

return M
