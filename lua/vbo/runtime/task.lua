--- Tasks: functions that run at the same time, as far as their waiting goes.
---
--- One thread of Lua runs them all; where one waits for its server, another goes on.  So nothing
--- happens between two waits of a task but what it does itself.

local core = require "vbo.core"
local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"

local M = {}

---@class vbo.Task  a function that was spawned
local Task = {}

local meta = { __name = "vbo.task", __index = Task }

-- Spawned tasks that have not ended, and failures that were not raised yet.
local running = {}
local unheard = {}

-- How an error came about, for `--trace`: the value raised last and where that was.
local traced = setmetatable({}, { __mode = "v" })
local trace_of_traced

local function cancelled(reason)
  return { kind = "cancelled", message = "cancelled: " .. reason }
end

-- Runs `fn` and the clean-up after it: their waits, too, let other tasks run.
local function body(self, fn, arguments)
  local results = table.pack(xpcall(fn, function(err)
    self._trace = debug.traceback(nil, 2):gsub("^[^\n]*\n", "")
      :gsub("\n%s*%[C%]: in function 'xpcall'.*$", "")
    traced.value, trace_of_traced = err, self._trace
    return err
  end, table.unpack(arguments, 1, arguments.n)))
  local returned = {}
  if results[1] then
    for i = 2, results.n do
      if type(results[i]) == "table" then returned[results[i]] = true end
    end
  end
  M.shielded(function()
    for thing in pairs(self._opened) do
      local ok, err = true, nil
      if not returned[thing] then ok, err = pcall(thing.close, thing) end
      -- The error under way matters more than one of cleaning up.
      if not ok and results[1] then results = { false, err, n = 2 } end
    end
  end)
  return results
end

--- Called by the loop when the coroutine has ended.
function Task:ended(ok, results)
  running[self] = nil
  -- An error in `body` itself: out of memory, an interrupt.
  self._results = ok and results or { false, results, n = 2 }
  self._opened = nil
  if self._follow then
    self._follow(self._results[1], self._results[2])
  elseif not self._results[1] and not self._cancelled then
    unheard[self] = true
  end
  self._event:signal()
end

--- Has a function called, in place of `wait`, with how the task ended: whether well, and what it
--- returned or raised.
function Task:follow(fn) self._follow = fn end

--- Returns what a wait of this task fails with; nil: it may wait.
function Task:refusal()
  if self._shields > 0 then return nil end
  if self._cancelled then return cancelled(self._cancelled) end
  return loop.stopped()
end

--- Returns whether the task has ended, well or not.
---@return boolean
function Task:done() return self._results ~= nil end

local function await_end(self)
  local function over() return self._results ~= nil end
  while not over() do
    local ok, err = loop.await(engines.get(), { event = self._event, over = over })
    if not ok then return nil, err end
  end
  return true
end

--- Returns what the task's function raised; nil while it runs and when it went well.
---@return any
function Task:failure()
  local results = self._results
  if results and not results[1] then return results[2] end
end

--- Waits until the task has ended.
---@return any ...  what its function returned; what that raised is raised here
function Task:wait()
  if loop.current() == self then errors.usage("a task cannot wait for itself") end
  local ok, err = await_end(self)
  if not ok then errors.raise(err) end
  unheard[self] = nil
  local results = self._results
  if results[1] then return table.unpack(results, 2, results.n) end
  traced.value, trace_of_traced = results[2], self._trace
  error(results[2], 0)
end

--- Ends the task: its present wait, and each further one, raises `cancelled`.  What it holds in
--- `<close>` variables is closed, sessions that it opened are stopped; `wait` tells when that is
--- done.  Nothing happens to one that has ended.
---@param reason string?  for the error's message
function Task:cancel(reason)
  if self._results or self._cancelled then return end
  self._cancelled = reason or "by the program"
  if self._shields == 0 then loop.disturb(self, cancelled(self._cancelled)) end
end

-- `local task <close> = vbo.spawn(…)`: the block ends when the task has; an error that leaves the
-- block ends the task.
function meta:__close(err)
  if err == nil then
    self:wait()
  else
    self:cancel "the block that spawned it was left with an error"
    M.settle { self }
  end
end

function meta:__tostring()
  local state = self._results and (self._results[1] and "done" or "failed") or "running"
  return ("task (%s)"):format(state)
end

--- Starts a task.  It begins with the next wait of the program: for a server, a pause or another
--- task.
---@param fn function
---@param ... any  its arguments
---@return vbo.Task
function M.spawn(fn, ...)
  if type(fn) ~= "function" then
    errors.usage(("spawn takes a function, not a %s"):format(type(fn)))
  end
  local self = setmetatable({
    _event = loop.event(), _shields = 0, _opened = setmetatable({}, { __mode = "k" }),
  }, meta)
  local arguments = table.pack(...)
  self.thread = coroutine.create(function()
    -- Cancelled before it began.
    local refused = self:refusal()
    if refused then return { false, errors.new(refused), n = 2 } end
    return body(self, fn, arguments)
  end)
  loop.host(self.thread)
  running[self] = true
  M.keep()
  loop.add(self)
  return self
end

--- Returns the task at whose end something is closed that it opened and did not close or return.
---@param thing table  with a method `close` that may be called twice
function M.own(thing)
  local task = loop.current()
  if task and task._opened then task._opened[thing] = true end
end

--- Calls `fn(...)` so that its waits go on although the task was cancelled: the clean-up.
M.shielded = loop.shielded

--- Waits until tasks have ended, whatever becomes of them.
---@param tasks table[]
---@return table? err  the waiting itself was interrupted
function M.settle(tasks)
  return M.shielded(function()
    local interrupted
    for _, task in ipairs(tasks) do
      local ok, err = await_end(task)
      while not ok do
        interrupted = interrupted or err
        for _, other in ipairs(tasks) do other:cancel "interrupted" end
        ok, err = await_end(task)
      end
      unheard[task] = nil
    end
    return interrupted
  end)
end

local function everything()
  local tasks = {}
  for task in pairs(running) do tasks[#tasks + 1] = task end
  return tasks
end

--- Ends a program: waits for the tasks that still run, and raises the failure of one that was
--- not waited for.
function M.finish()
  local tasks = everything()
  while tasks[1] do
    for _, task in ipairs(tasks) do
      local ok, err = await_end(task)
      if not ok then errors.raise(err) end
    end
    tasks = everything()
  end
  local task = next(unheard)
  if task then task:wait() end
end

--- Returns where the error was raised that is on its way out of a task now; nil for any other.
---@param err any
---@return string?
function M.trace(err)
  if err ~= nil and rawequal(traced.value, err) then return trace_of_traced end
end

-- A state that is closed ends its tasks; errors that were not raised are written on the way.
local keeper

--- Sees to it that the tasks end with the state.
function M.keep()
  keeper = keeper or setmetatable({}, { __gc = function()
    local tasks = everything()
    for _, task in ipairs(tasks) do task:cancel "the program has ended" end
    M.settle(tasks)
    if tasks[1] then
      io.stderr:write(("vbolua: %d task%s ended with the program, unfinished\n")
        :format(#tasks, #tasks == 1 and " was" or "s were"))
    end
    for task in pairs(unheard) do
      io.stderr:write("vbolua: a task failed, and no other task waited for it: ",
        (core.visible(core.redact(tostring(task._results[2]))):gsub("%s+", " ")), "\n")
    end
  end })
end

return M
