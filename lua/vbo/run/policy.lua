--- Holds the limits of a run to which every change is held: the policy.
---
--- Each source (`/etc/vbolua/policy.lua`, the user's file, the command line, `vbo.policy { … }`)
--- can only make a limit stricter: the smaller number, what both lists hold.

local core = require "vbo.core"
local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local files = require "vbo.run.policy_file"
local json = require "vbo.base.json"
local latch = require "vbo.run.latch"
local limits = require "vbo.run.limits"
local loop = require "vbo.runtime.loop"
local options = require "vbo.base.options"

local M = {}

---@class vbo.PolicyOptions
---@field max_changes integer?
---@field max_items integer?
---@field only string|string[]|nil  KIND:PATTERN: "mailbox:*@contoso.com"
---@field canary integer?
---@field stop_after_failures integer|string|nil  3 or "10%"
---@field workloads string|string[]|nil
---@field verbs string|string[]|nil
---@field effects string|string[]|nil
---@field servers string|string[]|nil  patterns of hosts
---@field hours string|string[]|nil    "22:00-06:00", UTC
---@field reason_required boolean?

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
    limits = {}, ended = loop.event(), flying = {},
    counts = { changes = 0, items = 0, steps = 0, ended = 0, failed = 0, earlier = 0 },
  }, Policy)
end

-- Where a source says that a limit is: the file and line, or the call.
local function at(what, name) return type(what) == "function" and what(name) or what end

-- Reads all limits of one source; nothing is tightened unless all of them are right.
local function read(given, what)
  local values = {}
  for name, value in pairs(given) do
    local rule = limits.rule(name)
    if not rule then options.unknown(name, limits.names(), at(what, name)) end
    local found, problem, hint = rule.type.read(value, rule)
    if found == nil then
      errors.usage(("%s: '%s' %s%s"):format(at(what, name), name, problem, hint and ""
        or ", got " .. (type(value) == "table" and "a table" or tostring(value))), hint)
    end
    values[name] = found
  end
  return values
end

-- Returns the stricter one of two limits, with where it is from.
local function stricter(rule, before, value, source)
  if not before then return { value = value, source = source } end
  local both = rule.type.tighten(before.value, value)
  if rawequal(both, before.value) then return before end
  if rawequal(both, value) then return { value = value, source = source } end
  return { value = both, source = before.source .. " and " .. source }
end

--- Makes limits stricter.  Raises `usage` for a wrong name or value, and changes nothing then.
---@param given table   limits by name
---@param what (fun(name: string): string)|string  the source in messages: "vbo.policy"
---@param source (fun(name: string): string)|string|nil  the source that is shown; default `what`
function Policy:tighten(given, what, source)
  if type(given) ~= "table" then
    errors.usage(("%s takes a table of limits, got %s"):format(at(what, ""),
      options.article(type(given))))
  end
  for name, value in pairs(read(given, what)) do
    self.limits[name] = stricter(limits.rule(name), self.limits[name], value,
      at(source or what, name))
  end
end

--- Makes limits stricter by policy files.  Raises for one that is wrong or that others can write.
---@param list vbo.PolicyFile[]
function Policy:read_files(list)
  for _, one in ipairs(list) do
    local given, text = files.read(one)
    if given then
      self:tighten(given, function(name)
        local line = type(name) == "string" and files.line_of(text, name)
        return line and ("%s:%d"):format(one.path, line) or one.path
      end, one.path)
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

-- Adds a step to the counts, or takes it away again.
local function count(counts, step, by)
  counts.steps = counts.steps + by
  if step.kind == "save" then return end
  counts.changes, counts.items = counts.changes + by, counts.items + by * (step.items or 1)
end

-- Whether an earlier execution of the run sent the step, which is counted with those.
local function is_counted(step)
  local row = step.row
  return row ~= nil and row.state ~= "local" and row.state ~= "skipped"
end

--- Counts a step that is about to be sent, or stops the run.  Does not wait: of tasks that ask at
--- once, as many get through as the limits allow.
---@param step table  kind=, effect=, title=, call=, items=, verb=, workload=, origin=, and
---  affected() → lists of the names of what it changes
function Policy:check(step)
  latch.check()
  local counts, change = self.counts, step.kind ~= "save"
  if is_counted(step) then count(counts, step, -1) end
  for _, rule in ipairs(limits.rules) do
    local limit = self.limits[rule.name]
    local why = limit and (change or rule.saves) and rule.refuses(limit.value, step, counts)
    if why then stop(step, rule, limit, why) end
  end
  count(counts, step, 1)
  self.flying[step] = "admitted"
  latch.admit()
end

--- Notes that a step has its permit: a stop from now on cannot hold it back.
---@param step table
function Policy:sent(step)
  if self.flying[step] ~= "admitted" then return end
  self.flying[step] = "sent"
  latch.release()
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
  self:sent(step)
  self.flying[step] = nil
  local counts = self.counts
  if step.state == "local" then
    count(counts, step, -1)
  else
    counts.ended = counts.ended + 1
    if failures[step.state] then counts.failed = counts.failed + 1 end
    look_at_failures(self)
  end
  self.ended:signal()
end

-- Returns whether no step is under way whose answer may come.
local function is_drained(self)
  for step in pairs(self.flying) do
    if step.state == nil or step.state == "intent" then return false end
  end
  return true
end

--- Waits until the steps in flight have their outcome: a stop does not cut them off.
function Policy:drain()
  local function over() return is_drained(self) end
  while loop.alive() > 0 and not over() do
    local ok = loop.await(engines.get(), { event = self.ended, over = over })
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

-- The policy of this process, the limits of its own command line, and the run whose earlier
-- executions are counted.
local policy, own, loaded, counted = M.new(), {}, false, nil

-- A client has connected whose changes no limit holds; the runbook has set a limit.
local unheld, is_set = false, false

local function program() return core.program and core.program() or nil end

local function option(name) return "--" .. name:gsub("_", "-") end

-- Returns the limits among options.
local function limits_of(given)
  local found = {}
  for _, name in ipairs(limits.names()) do found[name] = given[name] end
  return found
end

--- Reads the policy files and the command line, once.  Raises `usage` for what is wrong in them.
function M.load()
  if loaded then return end
  local told = program() or {}
  own = limits_of(told.options or {})
  policy:tighten(own, "vbolua", option)
  policy:read_files(files.files())
  policy.counts.rehearsal = told.rehearsal or false
  policy.counts.reason = (told.options or {}).reason ~= nil
  loaded = true
end

--- Returns whether a limit is in force.
---@return boolean
function M.active()
  M.load()
  return next(policy.limits) ~= nil
end

local sent <const> = [[SELECT count(*) AS steps, total(kind = 'change') AS changes,
  total(CASE kind WHEN 'change' THEN coalesce(items, 1) END) AS items
  FROM step WHERE run = ? AND state NOT IN ('local', 'skipped') AND execution < ?]]

-- Goes on with what earlier executions of a run sent, and with the limits that it began with; a
-- limit on the command line of `vbolua resume` replaces that one.
local function go_on(run)
  if not run or counted == run or not run.resuming then return end
  counted = run
  local row, counts = run.store:row(sent, run.id, run.execution), policy.counts
  counts.changes, counts.items = row.changes // 1 | 0, row.items // 1 | 0
  counts.steps, counts.earlier = row.steps, row.steps
  local begun = run.resuming.row.options
  begun = limits_of(begun and json.decode(begun) or {})
  for name in pairs(own) do begun[name] = nil end
  policy:tighten(begun, "vbolua", option)
end

--- Counts a step that is about to be sent, or raises the stop; see `Policy:check`.
---@param step table  also run=, of `vbo.run.state`
function M.check(step)
  M.load()
  go_on(step.run)
  policy:check(step)
end

--- Notes that a step has its permit; see `Policy:sent`.
function M.sent(step) policy:sent(step) end

--- Notes the outcome of a step; see `Policy:done`.
function M.done(step) policy:done(step) end

--- Waits for the steps in flight; see `Policy:drain`.
function M.drain() policy:drain() end

--- Returns the limits in force, as `vbo.policy` takes them.
---@return table<string, any>
function M.shown()
  M.load()
  return policy:shown()
end

--- Notes that a client connects whose changes are not journaled, so that no limit holds them.
--- Raises `usage` where limits were set for it.
function M.pass()
  if is_set then
    errors.usage("limits hold only what is journaled",
      "call vbo.journal(file) before vbo.connect")
  end
  unheld = true
end

local shown_meta = { __name = "vbo.policy", __tostring = function() return policy:text() end }

--- Makes limits of this run stricter, and returns those in force; `tostring` shows a line each,
--- with its source.
---@param given table?  limits by name; nil: only returns
---@return table<string, any>
function M.set(given)
  M.load()
  if given ~= nil and unheld then
    errors.usage("vbo.policy cannot hold a client that connected without a journal",
      program() and "call it before vbo.connect, or leave out --no-journal"
        or "call vbo.journal(file) before vbo.connect")
  end
  if given ~= nil then
    policy:tighten(given, "vbo.policy")
    is_set = true
  end
  return setmetatable(policy:shown(), shown_meta)
end

return M
