--- Calls one function for each element of a list, several at a time.

local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"
local options = require "vbo.base.options"
local progress = require "vbo.runtime.progress"
local task = require "vbo.runtime.task"

local M = {}

local accepted = { limit = "integer", on_error = "string" }
local usual_limit <const> = 16

-- The elements of a list, an iterator or a collection, one after the other; nil at the end.
local function elements(list)
  if type(list) == "function" then return list end
  if type(list) ~= "table" then
    errors.usage(("parallel takes a list, a collection or an iterator, not a %s")
      :format(type(list)))
  end
  if type(list.each) == "function" then return list:each() end
  local position = 0
  return function()
    position = position + 1
    return list[position]
  end
end

local function settings(given)
  given = options.check(given, accepted, "parallel")
  local limit, on_error = given.limit or usual_limit, given.on_error or "stop"
  if limit < 1 then errors.usage "parallel: 'limit' must be 1 or more" end
  if on_error ~= "stop" and on_error ~= "continue" then
    errors.usage(("parallel: there is no on_error '%s'"):format(on_error),
      "it is 'stop' or 'continue'")
  end
  return limit, on_error == "continue"
end

local function is_interrupt(err) return errors.is(err) and err.kind == "cancelled" end

-- Whether an error leaves open what became of a change that was sent: its answer was lost, or the
-- server took it on and it was no longer followed.
local function is_open(err)
  return err.kind == "unknown_outcome"
    or err.sent and (err.kind == "cancelled" or err.accepted or false)
end

-- The changes that the failures of elements leave open, but for the error that is raised itself.
local function open_changes(failures, raised)
  local cut = {}
  for _, failure in ipairs(failures) do
    local err = failure.error
    if errors.is(err) and not rawequal(err, raised) then
      if is_open(err) then
        err.index, err.item = failure.index, failure.item
        cut[#cut + 1] = err
      end
      -- Those of a parallel within this one.
      for _, one in ipairs(err.cut_off or {}) do cut[#cut + 1] = one end
    end
  end
  table.sort(cut, function(one, other) return (one.index or 0) < (other.index or 0) end)
  return cut
end

-- Ends what is under way and waits for that.
local function stop(open)
  local others = {}
  for one in pairs(open) do others[#others + 1] = one end
  for _, one in ipairs(others) do one:cancel "another one failed" end
  task.settle(others)
end

-- Says what is known of each change that was cut off, in the message itself.
local function hint_of(cut)
  local sessions, seen = {}, {}
  for _, one in ipairs(cut) do
    if one.session and not seen[one.session] then
      seen[one.session] = true
      sessions[#sessions + 1] = one.session
    end
  end
  return ("%d change%s sent and cut off (err.cut_off): look at %s before anything is repeated")
    :format(#cut, #cut == 1 and " was" or "s were", sessions[1]
      and (sessions[2] and "the sessions " or "the session ") .. table.concat(sessions, ", ")
      or "the server")
end

-- Adds to an error what was cut off and what was done.
local function explain(err, cut, results)
  if errors.is(err) then
    err.results = results
    if not cut[1] then return end
    err.cut_off, err.hint = cut, err.hint or hint_of(cut)
  elseif cut[1] then
    -- The runbook's own value cannot take it along.
    io.stderr:write("vbolua: parallel: ", hint_of(cut):gsub(" %(err%.cut_off%)", ""), "\n")
  end
end

---@class vbo.Failure  of one element, with on_error = "continue"
---@field index integer  its place in the list
---@field item any       the element
---@field error any      what the function raised

--- Calls `fn(element, index)` for each element, up to `limit` at a time, each in a task.
---
--- Options: `limit` (default 16), `on_error`: "stop" (the first failure cancels the others,
--- waits until they have ended, and is raised) or "continue" (the failures are the second
--- result; Ctrl-C and what stops the run stop nevertheless, the latter once the elements that
--- began have ended).  The error raised says in `cut_off` which changes were sent
--- or taken on by the server and not heard of to their end, and in `results` what was done.
---@param list table|function  a list, a collection (asked for as it is used) or an iterator
---@param given table?         options; may be left out
---@param fn function
---@return table results       what `fn` returned first for each element, in the order of the
---  list; `n` is how many there were
---@return vbo.Failure[]? failures  nil when there were none
function M.run(list, given, fn)
  if fn == nil and type(given) == "function" then given, fn = nil, given end
  if type(fn) ~= "function" then
    errors.usage(("parallel takes a function, not a %s"):format(type(fn)))
  end
  local limit, continues = settings(given)
  local following = elements(list)
  local results, failures, failed, stopped = { n = 0 }, {}, nil, nil
  local open, count, changed = {}, 0, loop.event()
  -- How many there are of a collection is known only at its end.
  local is_list = type(list) == "table" and type(list.each) ~= "function"
  local plan <close> = progress.plan(is_list and #list or 0)

  local function ended(one, index, item, ok, value)
    open[one] = nil
    count = count - 1
    plan.step()
    if ok then
      results[index] = value
    else
      failures[#failures + 1] = { index = index, item = item, error = value }
      -- A stop of the run cuts nothing off: no further element begins.
      if errors.is_stop(value) then
        stopped = stopped or one
      elseif is_interrupt(value) or not (continues or stopped) then
        failed = failed or one
      end
    end
    changed:signal()
  end

  local function start(item)
    local index = results.n + 1
    results.n, count = index, count + 1
    local one = task.spawn(fn, item, index)
    open[one] = true
    one:follow(function(ok, value) ended(one, index, item, ok, value) end)
  end

  local function await(over)
    while not over() do
      local ok, err = loop.await(engines.get(), { event = changed, over = over })
      if not ok then errors.raise(err) end
    end
  end

  local function run()
    local item = following()
    local function ends() return failed ~= nil or stopped ~= nil end
    while item ~= nil and not ends() do
      start(item)
      await(function() return count < limit or ends() end)
      if not ends() then item = following() end
    end
    await(function() return count == 0 or failed ~= nil end)
    failed = failed or stopped
  end

  -- However this is left, nothing goes on behind the caller's back.
  local held <close> = setmetatable({}, { -- luacheck: ignore held
    __close = function() stop(open) end,
  })

  local ok, err = pcall(run)
  if not ok or failed then
    stop(open)
    if ok then err = failed:failure() end
    explain(err, open_changes(failures, err), results)
    if ok then failed:wait() end
    error(err, 0)
  end
  if not failures[1] then return results end
  table.sort(failures, function(one, other) return one.index < other.index end)
  return results, failures
end

return M
