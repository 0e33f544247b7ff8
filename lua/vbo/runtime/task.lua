--- The one place where a runbook waits.
---
--- Every object method that talks to a server ends up here.  A runbook of one thread
--- blocks while the engine moves the transfer; nothing else in the library waits.
---
--- What is begun ahead of its need (`begin`) runs in a coroutine of the library's own.  Where
--- such a coroutine would wait it hands the waiting over to whoever finishes it, so that all
--- waiting is done in the consumer's own context.  No coroutine that the user made is ever
--- yielded from.

local M = {}

-- The library's own coroutines.
local hosted = setmetatable({}, { __mode = "k" })

-- In front of what a hosted coroutine yields: a gate may yield for reasons of its own.
local waiting = {}

-- Does `wait(...)` here, or lets the host do it.
local function outside(wait, ...)
  if hosted[coroutine.running()] and coroutine.isyieldable() then
    return coroutine.yield(waiting, wait, ...)
  end
  return wait(...)
end

local function wait_for(engine, transfer, watch)
  if not watch then return transfer:wait() end
  while not transfer:done() do
    local ok, err = engine:run(0.1)
    if not ok then
      transfer:cancel()
      return nil, transfer:error() or err
    end
    -- The end is told by who knows whether it was a good one.
    if not transfer:done() then watch(transfer:progress()) end
  end
  return transfer:wait()
end

local function sleep_for(engine, seconds) return engine:sleep(seconds) end

--- Waits until a transfer is done.
---@param engine vbo.Engine
---@param transfer vbo.Transfer
---@param watch fun(progress: table)?  told about ten times a second how far it is
---@return true? ok, table? err  the transfer's own failure, or `cancelled`
function M.wait(engine, transfer, watch) return outside(wait_for, engine, transfer, watch) end

--- Pauses, while the engine moves what else is under way.
---@param engine vbo.Engine
---@param seconds number
---@return true? ok, table? err
function M.sleep(engine, seconds) return outside(sleep_for, engine, seconds) end

--- Moves what is under way without waiting for anything.
---@param engine vbo.Engine
---@return integer? pending, table? err  `cancelled` after an interrupt
function M.nudge(engine) return engine:run(0) end

---@class vbo.Job  work that was begun and is finished later, or not at all
local Job = {}

local meta = { __name = "vbo.job", __index = Job }

--- Ends the work where it stands: what it holds in `<close>` variables is closed, its
--- transfer with it.  Nothing happens to one that is over.
function Job:cancel()
  if coroutine.status(self._thread) == "suspended" then
    self._cancelled = true
    coroutine.close(self._thread)
  end
end

meta.__close, meta.__gc = Job.cancel, Job.cancel

local function step(job, ...)
  job._stands = table.pack(coroutine.resume(job._thread, ...))
  -- An error alone leaves the `<close>` variables of a coroutine as they are.
  if not job._stands[1] then coroutine.close(job._thread) end
end

-- Does what a suspended job waits for; its results.
local function serve(stands)
  if stands[2] == waiting then return outside(table.unpack(stands, 3, stands.n)) end
  return coroutine.yield(table.unpack(stands, 2, stands.n))
end

--- Runs `fn(...)` up to where it would wait for the first time.
---@param fn function  at its first wait its errors are kept for `finish`
---@return vbo.Job
function M.begin(fn, ...)
  local thread = coroutine.create(fn)
  hosted[thread] = true
  local job = { _thread = thread }
  step(job, ...)
  -- Finalizers run in the reverse order of their making: a job that nobody finishes closes
  -- its transfer before the collector finds that one open.
  return setmetatable(job, meta)
end

--- Goes on to the end of the work, waiting here for what it waits for.  Once only.
---@return any ...  what the function returns; what it raises is raised
function Job:finish()
  -- Whatever ends the waiting (an interrupt) ends what was waited for.
  local held <close> = self -- luacheck: ignore held
  while coroutine.status(self._thread) == "suspended" do
    step(self, serve(self._stands))
  end
  local stands = self._stands
  self._stands = nil
  if self._cancelled or not stands then error("the work was cancelled or finished before", 2) end
  if not stands[1] then error(stands[2], 0) end
  return table.unpack(stands, 2, stands.n)
end

return M
