--- Waits for transfers, timers and tasks: the one place where a runbook waits.
---
--- Every object method that talks to a server ends up here.  A runbook of one thread blocks
--- while the engine moves the transfer.  Within a task (`vbo.runtime.task`) the same call
--- yields, and whoever waits further out runs the other tasks meanwhile.
---
--- Only coroutines of the library's own are yielded from.  Code that cannot yield (in a
--- coroutine that the user made, in a comparison of `table.sort`) waits where it stands and runs
--- the other tasks from there.

local core = require "vbo.core"
local sleepers = require "vbo.runtime.sleepers"

local M = {}

---@class vbo.Wanted  what ends a waiting: the first of
---@field transfer vbo.Transfer?  it is done
---@field at number?              core.now() is past it
---@field event vbo.LoopEvent?    it is signalled (and then `over`, when given, says whether)
---@field over (fun(): boolean)?  for what cannot be woken: returns whether it is over already

-- In front of what a coroutine of ours yields: a gate may yield for reasons of its own.
local waiting = {}
M.waiting = waiting

-- The library's own coroutines.
local hosted = setmetatable({}, { __mode = "k" })

-- Tasks that can go on, in order: ready[first … last].
local ready, first, last = {}, 1, 0
local alive = 0
local by_transfer = {}
local asleep = sleepers.new()

-- Waiting where it stands nests: a task that waits so runs others, one of which may wait so.
-- Lua ends a program at 200 levels of C calls.
local most_nested <const> = 20
local nested = 0

local current

--- Holds a function that is called when no task can go on, before the program waits: it writes what
--- tasks wait for, and returns whether one may go on.  nil: there is none.
---@type (fun(): boolean)?
M.idle = nil

-- How long one wait may last: the hooks of stock `lua` (Ctrl-C) want their turn.
local stretch <const> = 1

-- Clean-ups under way in the main program; a task counts its own.
local shields = 0

-- The waits of all tasks, and whether those have heard of the signal that came.
local entries = setmetatable({}, { __mode = "k" })
local swept = false

--- Returns the error of a signal that ends the program; nil when none came.
---@return table?
function M.stopped()
  local message = core.stopped(true)
  if message then return { kind = "cancelled", message = message } end
end

--- Returns what a wait of the running task fails with: it was cancelled, or a signal came and the
--- wait is not of clean-up.
---@return table?
function M.refusal()
  local task = current
  if task and task.refusal then return task:refusal() end
  if shields == 0 then return M.stopped() end
end

--- Returns whether the running code is a clean-up.
---@return boolean
function M.is_shielded()
  local task = current
  return (task and task._shields or shields) > 0
end

--- Calls `fn(...)` so that its waits go on although the task was cancelled or a signal came: the
--- clean-up.
function M.shielded(fn, ...)
  local task = current
  if task and not task._shields then task = nil end
  local function count(change)
    if task then task._shields = task._shields + change else shields = shields + change end
    core.shield(change)
  end
  count(1)
  local held <close> = setmetatable({}, { __close = function() count(-1) end }) -- luacheck: ignore
  return fn(...)
end

-- Tests whether a failure is only a signal, which must not end the clean-up that waits.
local function passes(err)
  return err and err.kind == "cancelled" and M.refusal() == nil and core.stopped() ~= nil
end

--- Marks a coroutine as the library's own: it may be yielded from, with `M.waiting`, the engine
--- and what is wanted.
---@param thread thread
function M.host(thread) hosted[thread] = true end

--- Returns the task whose code runs now; nil in the main program.
function M.current() return current end

---@class vbo.LoopEvent
local Event = {}
Event.__index = Event

--- Makes a signal that tasks wait for.
---@return vbo.LoopEvent
function M.event() return setmetatable({}, Event) end

local function push(task, ok, err)
  last = last + 1
  ready[last] = { task = task, ok = ok, err = err }
end

local function forget(entry)
  local task = entry.task
  if not task then return nil end
  entry.task = nil
  task.entry = nil
  entries[entry] = nil
  local transfer = entry.transfer
  if transfer and by_transfer[transfer] == entry then by_transfer[transfer] = nil end
  if entry.event then entry.event[entry] = nil end
  return task
end

local function wake(entry, ok, err)
  local task = forget(entry)
  if task then push(task, ok, err) end
end

--- Wakes all tasks that wait for it.
function Event:signal()
  for entry in pairs(self) do wake(entry, true) end
end

--- Lets a task begin with the next wait.
---@param task table  with `thread`; `ended(task, …)` receives what the coroutine's last resume
---  returned
function M.add(task)
  alive = alive + 1
  push(task, true)
end

--- Ends the waiting of a task with a failure.  False when it does not wait.
---@return boolean
function M.disturb(task, err)
  local entry = task.entry
  if not entry then return false end
  wake(entry, nil, err)
  return true
end

--- Returns the number of tasks that have not ended.
---@return integer
function M.alive() return alive end

local function sleep_until(task, wanted)
  local entry = { task = task, transfer = wanted.transfer, at = wanted.at, event = wanted.event }
  task.entry = entry
  entries[entry] = true
  if wanted.transfer then by_transfer[wanted.transfer] = entry end
  if wanted.event then wanted.event[entry] = true end
  if wanted.at then asleep:put(entry) end
  -- An event that has happened by now is not reported again.
  if wanted.transfer and wanted.transfer:done() or wanted.over and wanted.over() then
    wake(entry, true)
  end
end

local function stepped(task, ...)
  if coroutine.status(task.thread) == "dead" then
    alive = alive - 1
    return task:ended(...)
  end
  local _, mark, _, wanted = ...
  if mark == waiting then
    sleep_until(task, wanted)
  else
    push(task, true) -- a plain yield lets the others go first
  end
end

-- Lets the next task that can go on do so.  False when there is none.
local function step()
  if first > last then return false end
  local turn = ready[first]
  ready[first] = nil
  first = first + 1
  if first > last then first, last = 1, 0 end
  local task, before = turn.task, current
  current = task
  local function after(...)
    current = before
    stepped(task, ...)
  end
  after(coroutine.resume(task.thread, turn.ok, turn.err))
  return true
end

local function wake_sleepers()
  local entry = asleep:first()
  if not entry then return end
  local now = core.now()
  while entry and (entry.at <= now or not entry.task) do
    asleep:take()
    wake(entry, true)
    entry = asleep:first()
  end
end

-- Moves what is under way and wakes those it concerns.
local function move(engine, timeout)
  local pending, err = engine:run(timeout)
  if not pending then return nil, err end
  for transfer in engine.next, engine do
    local entry = by_transfer[transfer]
    if entry and transfer:done() then wake(entry, true) end
  end
  wake_sleepers()
  return pending
end

local function is_over(wanted)
  return wanted.transfer and wanted.transfer:done()
    or wanted.at and core.now() >= wanted.at
    or wanted.over and wanted.over() or false
end

-- A signal ends what every task waits for, once; later waits do not begin.
local function sweep()
  if not core.stopped() then
    swept = false
  elseif not swept then
    swept = true
    local waits = {}
    for entry in pairs(entries) do waits[#waits + 1] = entry end
    for _, entry in ipairs(waits) do
      local refused = entry.task and entry.task.refusal and entry.task:refusal()
      if refused then wake(entry, nil, refused) end
    end
  end
end

local function timeout_for(wanted)
  local entry, due = asleep:first(), wanted.at
  if entry and (not due or entry.at < due) then due = entry.at end
  return due and math.max(0, math.min(due - core.now(), stretch)) or stretch
end

local function stuck(wanted, pending)
  return pending == 0 and first > last and not asleep:first() and not wanted.at
    and not is_over(wanted)
end

-- Restores what a wait changed, also when a hook (Ctrl-C) raises in the middle of it.
local function guard()
  local running, depth = current, nested
  return setmetatable({}, { __close = function() current, nested = running, depth end })
end

-- Waits where it stands, running the tasks meanwhile.
local function wait_here(engine, wanted)
  local held <close> = guard() -- luacheck: ignore held
  nested = nested + 1
  local steps = 0
  while not is_over(wanted) do
    local refused = M.refusal()
    if refused then return nil, refused end
    sweep()
    if nested <= most_nested and step() then
      -- Bytes move even where tasks keep one another busy.
      steps = steps + 1
      if steps % 256 == 0 and M.idle then M.idle() end
      if steps % 16 == 0 then
        local ok, err = move(engine, 0)
        if not ok and not passes(err) then return nil, err end
      end
    elseif not (M.idle and M.idle()) then
      local pending, err = move(engine, timeout_for(wanted))
      if not pending and not passes(err) then return nil, err end
      if pending and stuck(wanted, pending) then
        return nil, { kind = "usage", message = nested > most_nested
          and "too many waits within coroutines and callbacks of tasks"
          or "nothing is left that could end this waiting: do tasks wait for one another?" }
      end
    end
  end
  return true
end

--- Waits until what is wanted has come.
---@param engine vbo.Engine
---@param wanted vbo.Wanted
---@return true? ok, table? err  `cancelled` after an interrupt, or when the task is
function M.await(engine, wanted)
  local refused = M.refusal()
  if refused then return nil, refused end
  if hosted[coroutine.running()] and coroutine.isyieldable() then
    return coroutine.yield(waiting, engine, wanted)
  end
  return wait_here(engine, wanted)
end

-- Whether a plain wait in C will do: nothing else could want to run.
local function is_alone()
  return alive == 0 and not hosted[coroutine.running()]
end

-- Cancels a transfer that is under way; returns what is known of its outcome.
local function give_up(transfer, err)
  transfer:cancel()
  local last_words = transfer:error()
  -- It had come to its end, or does so sooner than it can be ended: that is what became of it.
  if not last_words or last_words.kind ~= "cancelled" and last_words.kind ~= "unknown_outcome" then
    return transfer:wait()
  end
  err.server, err.request = err.server or last_words.server, err.request or last_words.request
  if last_words and last_words.kind == "unknown_outcome" then
    -- Still an interrupt: whoever catches errors of the server must not catch this one.
    err.sent, err.hint = true, last_words.hint
    err.message = err.message .. "; a change was under way, and its outcome is not known"
  end
  return nil, err
end

-- Waits in C, where no other task runs.
local function wait_alone(transfer)
  local refused = M.refusal()
  if refused then return nil, refused end
  local ok, err
  repeat ok, err = transfer:wait() until ok or transfer:done() or not passes(err)
  return ok, err
end

--- Waits until a transfer is done.
---@param engine vbo.Engine
---@param transfer vbo.Transfer
---@param watch fun(progress: table)?  receives about ten times a second how far it is
---@param stays boolean?  once it was sent its answer is waited for, also after a signal: what it
---  opens has to be known
---@return true? ok, table? err  the transfer's own failure, or `cancelled`
function M.wait(engine, transfer, watch, stays)
  local err
  if not watch and is_alone() then
    err = select(2, wait_alone(transfer))
  else
    local ok = true
    while ok and not transfer:done() do
      ok, err = M.await(engine, { transfer = transfer, at = watch and core.now() + 0.1 })
      -- The caller reports the end: it knows whether it was a good one.
      if ok and watch and not transfer:done() then watch(transfer:progress()) end
    end
  end
  if transfer:done() then return transfer:wait() end
  if stays and transfer:progress().sent then return M.shielded(M.wait, engine, transfer) end
  return give_up(transfer, err)
end

--- Pauses, while the engine moves what else is under way.
---@param engine vbo.Engine
---@param seconds number
---@return true? ok, table? err
function M.sleep(engine, seconds)
  local at, left = core.now() + seconds, seconds
  repeat
    local err = M.refusal()
    local ok = not err
    if ok and is_alone() then
      ok, err = engine:sleep(left)
    elseif ok then
      ok, err = M.await(engine, { at = at })
    end
    if not ok and not passes(err) then return nil, err end
    left = math.max(0, at - core.now())
  until left == 0
  return true
end

--- Moves what is under way without waiting for anything.
---@param engine vbo.Engine
---@return integer? pending, table? err  `cancelled` after an interrupt
function M.nudge(engine) return move(engine, 0) end

return M
