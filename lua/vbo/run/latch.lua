--- Holds the stop of a run: one way, and for the whole process.
---
--- A limit, a policy, SIGQUIT, an overlap or a journal that cannot be written stops a run.  From
--- then on each further step raises the same error, also under `pcall`, `vbo.try` and
--- `on_error = "continue"`, and the exit status is the stop's.  Reads and housekeeping go on: what
--- is open is closed.  The journal's handle keeps the stop in C, where the permit of each change
--- asks for it.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

---@class vbo.Stop
---@field kind string      "stopped", "journal", "overlap", "changed" or "unknown_outcome"
---@field message string
---@field hint string?
---@field code string?     the rule that stopped the run ("max_changes")
---@field step integer?    the step of the journal that the stop is about

---@type vbo.Stop?
local stop
local journal

-- How many steps were let through whose permits are still to come: the handle issues none once it
-- is latched.
local admitted = 0

-- Returns the handle's stop, which C may have set by itself.
local function held()
  return journal and journal:latched() or nil
end

--- Returns the stop in force; nil while the run may go on.
---@return vbo.Stop?
function M.error() return stop or held() end

--- Takes the handle that keeps the stop from now on.
---@param handle table?  of `core.journal`; nil: none
function M.use(handle)
  journal = handle
  if handle and stop and not handle:latched() then handle:latch(stop) end
end

--- Lets one step have its permit although a stop may come first; `release` ends that.
function M.admit() admitted = admitted + 1 end

--- Ends what `admit` began: the step has its permit, or needs none any more.
function M.release()
  admitted = admitted - 1
  if admitted == 0 and stop and journal then journal:latch(stop) end
end

--- Stops the run.  The first stop wins.
---@param fields table  kind= (default "stopped"), message=, hint=, code=
---@return vbo.Stop stop  the one in force
function M.stop(fields)
  local before = M.error()
  if before then return before end
  local kind = fields.kind or "stopped"
  stop = errors.redact {
    kind = kind, message = fields.message, hint = fields.hint, code = fields.code,
    step = fields.step, status = core.kinds[kind],
  }
  if journal and admitted == 0 then journal:latch(stop) end
  return stop
end

--- Returns a new error of the stop in force, for the line that calls now.
---@return vbo.Error?
function M.new()
  local found = M.error()
  return found and errors.new {
    kind = found.kind, message = found.message, hint = found.hint, code = found.code,
    step = found.step, latched = true,
  }
end

--- Raises the stop in force; returns when the run may go on.
function M.check()
  local err = M.new()
  if err then errors.raise(err) end
end

--- Stops the run, and raises the stop in force.
---@param fields table  as `stop`
function M.raise(fields)
  M.stop(fields)
  M.check()
end

--- Returns the exit status of a run: the stop's where one is in force.  Writes the stop where the
--- error that ended the script is another one, or none.
---@param status integer
---@param err any  the error that ended the script; nil: none
---@return integer
function M.status(status, err)
  local found = M.error()
  if not found then return status end
  local said = errors.is(err) and err.kind == found.kind and err.message == found.message
  if not said then
    io.stderr:write("vbolua: ", core.visible(tostring(M.new())), "\n")
  end
  return core.kinds[found.kind]
end

--- Forgets the stop: for the specs, and for the REPL's next line.
function M.forget() stop, journal, admitted = nil, nil, 0 end

return M
