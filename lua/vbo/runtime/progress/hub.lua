--- Collects the reports of all transfers of a Lua state, and passes them to a writer.
---
--- A watcher is what one transfer reports to.  The hub keeps the model, and hands each change to
--- the writer (bars, lines or JSON) and each event to the caller's own function.

local core = require "vbo.core"
local models = require "vbo.runtime.progress.model"

local M = {}

local event_interval <const> = 0.1

-- ------------------------------------------------------------------------ events

---@class vbo.ProgressEvent
---@field event "start"|"preparing"|"progress"|"done"|"failed"  `preparing`: the server has the
---  request and has not answered
---@field id integer        of the transfer, in this program
---@field name string       what is saved, safe to print
---@field time number       seconds since 1970
---@field phase "queued"|"sending"|"preparing"|"receiving"|"done"
---@field received integer  bytes; falls back to 0 when it is asked for again
---@field expected integer? nil when the server does not say
---@field rate number?      bytes a second, smoothed; of `done` and `failed` the mean
---@field left number?      seconds until it is done at this rate
---@field elapsed number    seconds since it began
---@field waited number     seconds from the request to the answer's first byte, so far
---@field attempts integer  1 for the first
---@field error any         of `failed`

--- Returns the event of a transfer as it stands.
---@param transfer vbo.progress.Transfer
---@param kind string?  nil: what its phase says
---@return vbo.ProgressEvent
function M.event(transfer, kind)
  return {
    event = kind or (transfer.phase == "preparing" and "preparing" or "progress"),
    id = transfer.id, name = transfer.name, time = core.time(), phase = transfer.phase,
    received = transfer.received, expected = transfer.expected, rate = transfer.rate,
    left = models.left(transfer), elapsed = transfer.elapsed, waited = transfer.waited,
    attempts = transfer.attempts, error = transfer.error,
  }
end

--- Returns whether it is time for the next event: the phase or the attempt is another one, or so
--- many seconds have passed.  Remembers that it was, in `last`.
---@param last table
---@param transfer vbo.progress.Transfer
---@param now number
---@param interval number
---@return boolean
function M.due(last, transfer, now, interval)
  local passed = last.at and now - last.at
  if last.phase == transfer.phase and last.attempts == transfer.attempts
      and passed and passed >= 0 and passed < interval then
    return false
  end
  last.at, last.phase, last.attempts = now, transfer.phase, transfer.attempts
  return true
end

-- --------------------------------------------------------------------------- hub

local Hub = {}
Hub.__index = Hub

--- Makes a hub.
---@param options { clock: (fun(): number)?, writer: (table|fun(): table)? }?  a writer, or what
---  makes it when something is shown for the first time
---@return table
function M.new(options)
  options = options or {}
  return setmetatable({
    _clock = options.clock or core.now, _make = options.writer, _model = models.new(), _last_id = 0,
  }, Hub)
end

function Hub:_shown()
  if not self._writer then
    local make = self._make
    self._writer = type(make) == "function" and make() or make
  end
  return self._writer
end

---@class vbo.progress.Watcher
---@field update fun(progress: table)?  receives how far it is, as `vbo.Transfer:progress()`; with
---  the phase `done` that it succeeded; nil without a reader
---@field fail fun(err: any)  notes that it failed
---@field done fun()          notes that it succeeded, where `update` did not

local closing = {}

-- Its scope is left: by an error, or (a task that was closed) without anything said.
function closing.__close(watcher, err)
  watcher.fail(err or { kind = "cancelled", message = "it was not finished" })
end

--- Begins to watch a transfer.
---@param name string
---@param how { call: (fun(event: vbo.ProgressEvent, name: string))?, show: boolean?,
---  eager: boolean? }
---@return vbo.progress.Watcher
function Hub:watch(name, how)
  local call, clock, over, last = how.call, self._clock, false, {}
  local writer = how.show and self:_shown() or nil
  -- A transfer that is not shown is not counted either.
  local model = writer and self._model or models.new()
  local transfer = model:begin(name, clock())
  self._last_id = self._last_id + 1
  transfer.id, transfer.eager = self._last_id, how.eager

  local function finish(state, err)
    over = true
    local now = clock()
    model:finish(transfer, state, err, now)
    if writer then writer:ended(model, transfer, now) end
  end

  local function done()
    if over then return end
    finish "done"
    if call then call(M.event(transfer, "done"), name) end
  end

  local watcher = { done = done }
  function watcher.update(progress)
    if over then return end
    local now = clock()
    model:update(transfer, progress, now)
    if progress.phase == "done" then return done() end
    if writer then writer:moved(model, transfer, now) end
    if call and M.due(last, transfer, now, event_interval) then call(M.event(transfer), name) end
  end
  function watcher.fail(err)
    if over then return end
    finish("failed", err)
    -- Why the transfer failed matters more than what the function thinks of it.
    if call then pcall(call, M.event(transfer, "failed"), name) end
  end
  setmetatable(watcher, closing)

  if writer then writer:started(model, transfer, clock()) end
  if call then
    M.due(last, transfer, clock(), event_interval)
    local ok, err = pcall(call, M.event(transfer, "start"), name)
    if not ok then
      watcher.fail(err)
      error(err, 0)
    end
  end
  return watcher
end

---@class vbo.progress.Step
---@field step fun()  one part is over

--- Begins work of many parts, whatever each of them transfers: the total counts the parts while it
--- lasts.
---@param count integer
---@return vbo.progress.Step  `<close>` ends it
function Hub:plan(count)
  local writer, step = self:_shown(), {}
  local model, clock = self._model, self._clock
  local plan, open = model:open_plan(count, clock()), true
  function step.step()
    local now = clock()
    models.step(plan, now)
    writer:moved(model, nil, now)
  end
  return setmetatable(step, { __close = function()
    if not open then return end
    open = false
    model:close_plan(plan, clock())
    writer:idle(model, clock())
  end })
end

--- Tells the writer that something else than a watched transfer is waited for.
function Hub:idle()
  if self._writer then self._writer:idle(self._model, self._clock()) end
end

--- Ends the output.  What comes later is shown again.
function Hub:close()
  if self._writer then self._writer:close(self._model, self._clock()) end
end

return M
