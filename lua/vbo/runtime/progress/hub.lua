--- Where all transfers of a Lua state report, and what becomes of that.
---
--- A watcher is what one transfer reports to.  The hub keeps the model, and hands each change to
--- the writer (bars, lines or JSON) and each event to the caller's own function.

local core = require "vbo.core"
local events = require "vbo.runtime.progress.event"
local models = require "vbo.runtime.progress.model"

local M = {}

local interval <const> = 0.1

local Hub = {}
Hub.__index = Hub

--- A hub.
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
---@field update fun(progress: table)?  told how far it is, as `vbo.Transfer:progress()`; with the
---  phase `done` that it succeeded; nil: nobody wants to know
---@field fail fun(err: any)  told that it failed
---@field done fun()          told that it succeeded, when nothing said so before

local closing = {}

-- Its scope is left: by an error, or (a task that was closed) without anything said.
function closing.__close(watcher, err)
  watcher.fail(err or { kind = "cancelled", message = "it was not finished" })
end

--- A watcher for one transfer; it begins.
---@param name string
---@param how { call: (fun(event: vbo.ProgressEvent, name: string))?, show: boolean?,
---  eager: boolean? }
---@return vbo.progress.Watcher
function Hub:watch(name, how)
  local call, clock, over, told = how.call, self._clock, false, {}
  local writer = how.show and self:_shown() or nil
  -- What is not shown is not counted either.
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
    if call then call(events.of(transfer, "done"), name) end
  end

  local watcher = { done = done }
  function watcher.update(progress)
    if over then return end
    local now = clock()
    model:update(transfer, progress, now)
    if progress.phase == "done" then return done() end
    if writer then writer:moved(model, transfer, now) end
    if call and events.due(told, transfer, now, interval) then call(events.of(transfer), name) end
  end
  function watcher.fail(err)
    if over then return end
    finish("failed", err)
    -- Why the transfer failed matters more than what the function thinks of it.
    if call then pcall(call, events.of(transfer, "failed"), name) end
  end
  setmetatable(watcher, closing)

  if writer then writer:started(model, transfer, clock()) end
  if call then
    events.due(told, transfer, clock(), interval)
    local ok, err = pcall(call, events.of(transfer, "start"), name)
    if not ok then
      watcher.fail(err)
      error(err, 0)
    end
  end
  return watcher
end

---@class vbo.progress.Step
---@field step fun()  one part is over

--- Work of many parts begins, whatever each of them transfers: the total counts the parts while
--- it lasts.
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

--- Something else than a watched transfer is waited for.
function Hub:idle()
  if self._writer then self._writer:idle(self._model, self._clock()) end
end

--- The last words.  What comes later is shown again.
function Hub:close()
  if self._writer then self._writer:close(self._model, self._clock()) end
end

return M
