--- Holds the limits of a run to which every change is held: the policy.
---
--- Each source (`/etc/vbolua/policy.lua`, the user's file, the command line, `vbo.policy { … }`)
--- can only make a limit stricter: the smaller number, what both lists hold.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local latch = require "vbo.run.latch"
local limits = require "vbo.run.limits"
local loop = require "vbo.runtime.loop"
local options = require "vbo.base.options"

local M = {}

---@class vbo.Limit
---@field value any
---@field source string  "--max-changes", "/etc/vbolua/policy.lua", "vbo.policy"

---@class vbo.Policy
---@field limits table<string, vbo.Limit>
---@field counts vbo.PolicyCounts
local Policy = {}
Policy.__index = Policy

--- Makes a policy without limits.
---@return vbo.Policy
function M.new()
  return setmetatable({
    limits = {}, ended = loop.event(), flying = {}, in_flight = 0,
    counts = { changes = 0, items = 0, steps = 0, ended = 0, failed = 0, earlier = 0 },
  }, Policy)
end

-- Reads what one source gives; nothing is tightened unless all of it is right.
local function read(given, what)
  local values = {}
  for name, value in pairs(given) do
    local rule = limits.rule(name)
    if not rule then options.unknown(name, limits.names(), what) end
    local read_value, problem, hint = rule.type.read(value, rule)
    if read_value == nil then
      errors.usage(("%s: '%s' %s, got %s"):format(what, name, problem,
        type(value) == "table" and "a table" or tostring(value)), hint)
    end
    values[name] = read_value
  end
  return values
end

--- Makes limits stricter.  Raises `usage` for a wrong name or value, and changes nothing then.
---@param given table   limits by name
---@param what string   for messages: "vbo.policy"
---@param source (fun(name: string): string)|string|nil  where a limit is from; default `what`
function Policy:tighten(given, what, source)
  for name, value in pairs(read(given, what)) do
    local from = type(source) == "function" and source(name) or source or what
    local before = self.limits[name]
    if not before then
      self.limits[name] = { value = value, source = from }
    else
      local both = limits.rule(name).type.tighten(before.value, value)
      if not rawequal(both, before.value) then
        local new = rawequal(both, value)
        self.limits[name] = { value = both,
          source = new and from or before.source .. " and " .. from }
      end
    end
  end
end

local function stop(step, rule, limit, why)
  latch.raise {
    kind = "stopped", code = rule.name,
    message = ("stopped before '%s': %s; %s is %s (%s)"):format(step.title or step.call or "a step",
      why, rule.name, limits.text(rule, limit.value), limit.source),
    hint = rule.hint or "change the limit or the runbook; then continue with: vbolua resume",
  }
end

--- Counts a step that is about to be sent, or stops the run.  Does not wait: of tasks that ask at
--- once, as many get through as the limits allow.
---@param step table  kind=, effect=, title=, call=, items=, targets=, workload=, server=, origin=
function Policy:check(step)
  latch.check()
  local counts = self.counts
  local change = step.kind ~= "save"
  for _, rule in ipairs(limits.rules) do
    local limit = self.limits[rule.name]
    local why = limit and (change or rule.saves) and rule.refuses(limit.value, step, counts)
    if why then stop(step, rule, limit, why) end
  end
  counts.steps = counts.steps + 1
  if change then
    counts.changes, counts.items = counts.changes + 1, counts.items + (step.items or 1)
  end
  self.flying[step] = true
  self.in_flight = self.in_flight + 1
end

-- The outcomes that count as a failure.
local failures = { failed = true, refused = true, partial = true, unknown = true }

-- Stops the run where too many steps have failed.
local function look_at_failures(self)
  local rule = limits.rule "stop_after_failures"
  local limit = self.limits[rule.name]
  local why = limit and rule.refuses(limit.value, nil, self.counts)
  if not why then return end
  latch.stop {
    kind = "stopped", code = rule.name,
    message = ("%s; %s is %s (%s)"):format(why, rule.name, limits.text(rule, limit.value),
      limit.source),
    hint = "look at the failed steps: vbolua runs show; then continue with: vbolua resume",
  }
end

--- Notes the outcome of a step that `check` let through.  One that was not sent ("local") gives
--- back what it had counted.
---@param step table  with its `state`
function Policy:done(step)
  if not self.flying[step] then return end
  self.flying[step] = nil
  self.in_flight = self.in_flight - 1
  local counts = self.counts
  if step.state == "local" then
    counts.steps = counts.steps - 1
    if step.kind ~= "save" then
      counts.changes, counts.items = counts.changes - 1, counts.items - (step.items or 1)
    end
  else
    counts.ended = counts.ended + 1
    if failures[step.state] then counts.failed = counts.failed + 1 end
    look_at_failures(self)
  end
  self.ended:signal()
end

--- Waits until the steps in flight have their outcome: a stop does not cut them off.
function Policy:drain()
  while self.in_flight > 0 and loop.alive() > 0 do
    local ok = loop.await(require("vbo.runtime.engine").get(), { event = self.ended,
      over = function() return self.in_flight == 0 end })
    if not ok then return end
  end
end

--- Returns the limits in force, as `tighten` takes them.
---@return table<string, any>
function Policy:shown()
  local shown = {}
  for name, limit in pairs(self.limits) do
    shown[name] = limits.rule(name).type.show(limit.value)
  end
  return shown
end

--- Returns the limits in force for people, a line each.
---@return string
function Policy:text()
  local lines = {}
  for _, rule in ipairs(limits.rules) do
    local limit = self.limits[rule.name]
    if limit then
      lines[#lines + 1] = ("%s: %s (%s)"):format(rule.name, limits.text(rule, limit.value),
        limit.source)
    end
  end
  return lines[1] and table.concat(lines, "\n") or "no limits"
end

-- The policy of this process.
local policy = M.new()
local loaded = false

--- Reads the policy files and the command line, once.  Raises `usage` for what is wrong in them.
function M.load()
  if loaded then return end
  local program = core.program and core.program()
  local own = {}
  for _, name in ipairs(limits.names()) do
    own[name] = program and program.options and program.options[name]
  end
  policy:tighten(own, "vbolua", function(name) return "--" .. name:gsub("_", "-") end)
  policy.counts.rehearsal = program and program.rehearsal or false
  policy.counts.reason = program and program.options and program.options.reason ~= nil or false
  loaded = true
end

--- Returns whether a limit is in force.
---@return boolean
function M.active()
  M.load()
  return next(policy.limits) ~= nil
end

--- Takes what earlier executions of this run have sent.
---@param counted { changes: integer, items: integer, steps: integer }
function M.start(counted)
  M.load()
  local counts = policy.counts
  counts.changes, counts.items = counted.changes, counted.items
  counts.steps, counts.earlier = counted.steps, counted.steps
end

--- Counts a step that is about to be sent, or raises the stop; see `Policy:check`.
function M.check(step)
  M.load()
  policy:check(step)
end

--- Notes the outcome of a step; see `Policy:done`.
function M.done(step) policy:done(step) end

--- Waits for the steps in flight; see `Policy:drain`.
function M.drain() policy:drain() end

--- Returns the limits in force.
---@return table<string, any>
function M.shown()
  M.load()
  return policy:shown()
end

return M
