--- Describes the limits of a run: one table of named rules.
---
--- A rule has a type, which reads a given value, combines two values to the stricter one and
--- shows one, and a check, which returns why a step is refused.

local core = require "vbo.core"
local nearest = require "vbo.base.nearest"

local M = {}

---@class vbo.PolicyCounts  of a run so far
---@field changes integer   sent or about to be
---@field items integer     that those name
---@field steps integer     changes and saves
---@field ended integer     of those that this execution asked for: with an outcome
---@field failed integer    of those: failed, refused, in part or unknown
---@field earlier integer   steps of earlier executions
---@field reason boolean    the run has a reason
---@field rehearsal boolean

---@class vbo.LimitType
---@field takes string  for messages: "a whole number"
---@field read fun(given: any, rule: table): any, string?  the value; nil and what is wrong
---@field tighten fun(one: any, other: any): any  the stricter of both, `one` itself where it is
---@field show fun(value: any): any  as `read` takes it

-- The list that was meant by a single string, or a list; nil for anything else.
local function strings(given)
  if type(given) == "string" then return { given } end
  if type(given) ~= "table" or #given == 0 then return nil end
  local list = {}
  for i, value in ipairs(given) do
    if type(value) ~= "string" then return nil end
    list[i] = value
  end
  for name in pairs(given) do if not list[name] then return nil end end
  return list
end

local function whole(given, least)
  local number = math.tointeger(given)
  if type(given) == "string" then
    number = given:find "^%d+$" and math.tointeger(tonumber(given)) or nil
  end
  if number and number >= least then return number end
end

---@type vbo.LimitType
local count = {
  takes = "a whole number",
  read = function(given, rule)
    local number = whole(given, rule.least)
    if number then return number end
    return nil, ("must be a whole number, %d or more"):format(rule.least)
  end,
  tighten = function(one, other) return other < one and other or one end,
  show = function(value) return value end,
}

local function least_of(one, other)
  return one and other and math.min(one, other) or one or other
end

-- A number of failures, a share of the steps, or both.
---@type vbo.LimitType
local share = {
  takes = "a whole number or a percentage",
  read = function(given)
    local percent = type(given) == "string" and given:match "^(%d+)%%$"
    percent = percent and math.tointeger(tonumber(percent))
    if percent and percent >= 1 and percent <= 100 then return { percent = percent } end
    local number = not percent and whole(given, 1)
    if number then return { count = number } end
    local both = type(given) == "table" and strings(given)
    if both and #both == 2 and whole(both[1], 1) then
      percent = tonumber(both[2]:match "^(%d+)%%$")
      if percent then return { count = whole(both[1], 1), percent = math.tointeger(percent) } end
    end
    return nil, "must be a whole number, 1 or more, or a percentage, \"1%\" to \"100%\""
  end,
  tighten = function(one, other)
    local result = { count = least_of(one.count, other.count),
      percent = least_of(one.percent, other.percent) }
    local same = result.count == one.count and result.percent == one.percent
    return same and one or result
  end,
  show = function(value)
    local percent = value.percent and value.percent .. "%"
    if value.count and percent then return { tostring(value.count), percent } end
    return value.count or percent
  end,
}

-- Words of which a step's must be one.
---@type vbo.LimitType
local set = {
  takes = "a word or a list of words",
  read = function(given, rule)
    local list, seen = strings(given), {}
    if not list then return nil, "must be a word or a list of words" end
    local result = {}
    for _, word in ipairs(list) do
      local known = not rule.known
      for _, name in ipairs(rule.known or {}) do known = known or name == word end
      if not known then
        local best = nearest(word, rule.known)
        return nil, ("cannot hold '%s'"):format(word), best and ("did you mean '%s'?"):format(best)
          or "words are: " .. table.concat(rule.known, ", ")
      end
      if not seen[word] then result[#result + 1] = word end
      seen[word] = true
    end
    table.sort(result)
    return result
  end,
  tighten = function(one, other)
    local has, result = {}, {}
    for _, word in ipairs(other) do has[word] = true end
    for _, word in ipairs(one) do if has[word] then result[#result + 1] = word end end
    return #result == #one and one or result
  end,
  show = function(value) return { table.unpack(value) } end,
}

local function same_list(one, other)
  if #one ~= #other then return false end
  for i, word in ipairs(one) do if other[i] ~= word then return false end end
  return true
end

-- Lists of which each must hold something that fits: a source adds a list.
---@type vbo.LimitType
local groups = {
  takes = "a text or a list of texts",
  read = function(given, rule)
    local lists = { strings(given) }
    if not lists[1] and type(given) == "table" then
      for i, one in ipairs(given) do lists[i] = strings(one) end
      if #given == 0 or #lists ~= #given then lists = {} end
    end
    if not lists[1] then return nil, "must be a text or a list of texts" end
    for _, list in ipairs(lists) do
      for _, text in ipairs(list) do
        local problem, hint = rule.problem(text)
        if problem then return nil, problem, hint end
      end
    end
    return lists
  end,
  tighten = function(one, other)
    local result = { table.unpack(one) }
    for _, list in ipairs(other) do
      local known = false
      for _, before in ipairs(result) do known = known or same_list(before, list) end
      if not known then result[#result + 1] = list end
    end
    return #result == #one and one or result
  end,
  show = function(value)
    local lists = {}
    for i, list in ipairs(value) do lists[i] = { table.unpack(list) } end
    return lists[2] and lists or lists[1]
  end,
}

---@type vbo.LimitType
local flag = {
  takes = "true",
  read = function(given)
    if type(given) == "boolean" then return given end
    return nil, "must be true or false"
  end,
  tighten = function(one, other) return one or other end,
  show = function(value) return value end,
}

-- Whether each list holds a pattern that fits one of the names.
local function fits(lists, names)
  for _, list in ipairs(lists) do
    local found = false
    for _, pattern in ipairs(list) do
      local folded = core.fold(pattern)
      for _, name in ipairs(names) do found = found or core.matches(name, folded) end
    end
    if not found then return false end
  end
  return true
end

-- The kinds of targets that `only` names.
local kinds = { "mailbox", "onedrive", "site", "team", "job", "organization", "repository",
  "proxy", "user", "group", "application" }

local function pattern_problem(text)
  local kind, rest = text:match "^(%a+):(.+)$"
  if not kind then
    return ("cannot hold '%s'"):format(text), "write KIND:PATTERN, as mailbox:*@contoso.com"
  end
  for _, known in ipairs(kinds) do if known == kind then return rest == "" or nil end end
  local best = nearest(kind, kinds)
  return ("cannot hold '%s'"):format(text), best and ("did you mean '%s:%s'?"):format(best, rest)
    or "kinds are: " .. table.concat(kinds, ", ")
end

-- The minutes since midnight of the beginning and the end of "22:00-06:00".
local function window(text)
  local h1, m1, h2, m2 = text:match "^(%d%d):(%d%d)%-(%d%d):(%d%d)Z?$"
  if not h1 then return nil end
  local from, to = h1 * 60 + m1, h2 * 60 + m2
  if tonumber(m1) > 59 or tonumber(m2) > 59 or from > 1440 or to > 1440 then return nil end
  return from, to
end

local function hours_problem(text)
  if window(text) then return nil end
  return ("cannot hold '%s'"):format(text), "write FROM-TO in UTC, as 22:00-06:00"
end

local function within(lists, minute)
  for _, list in ipairs(lists) do
    local found = false
    for _, text in ipairs(list) do
      local from, to = window(text)
      local over_midnight = from > to
      found = found or over_midnight and (minute >= from or minute < to)
        or not over_midnight and minute >= from and minute < to
    end
    if not found then return false end
  end
  return true
end

local function has(list, word)
  for _, known in ipairs(list) do if known == word then return true end end
  return false
end

-- Returns what a step says of itself, or its key.
local function of(step, name)
  local value = step[name]
  if value == nil and step.key then value = step.key[name] end
  return value
end

-- Returns the names of a server that a pattern may mean: its origin, host and port, host.
local function server_names(step)
  local origin = step.origin or step.client and step.client.server or ""
  local host = origin:match "^%a+://(.*)$" or origin
  return { origin, host, (host:gsub(":%d+$", "")) }
end

--- How many steps a percentage of failures wants before it counts.
M.percent_from = 10

---@class vbo.LimitRule
---@field name string
---@field type vbo.LimitType
---@field text string     one line for people
---@field saves boolean?  holds for saves, too; else for changes alone
---@field hint string?
---@field refuses fun(limit: any, step: table, counts: vbo.PolicyCounts): string?  why a step is
---  refused; nil where it may go on

---@type vbo.LimitRule[]
M.rules = {
  { name = "max_changes", type = count, least = 0,
    text = "changes that the run may make, at most",
    refuses = function(limit, _, counts)
      if counts.changes < limit then return nil end
      return ("the run has made %d change%s"):format(counts.changes,
        counts.changes == 1 and "" or "s")
    end },
  { name = "max_items", type = count, least = 0,
    text = "items that the run's changes may name, at most",
    refuses = function(limit, step, counts)
      local more = step.items or 1
      if counts.items + more <= limit then return nil end
      return ("it names %d item%s, and the changes before it %d"):format(more,
        more == 1 and "" or "s", counts.items)
    end },
  { name = "only", type = groups, problem = pattern_problem,
    text = "what may be changed",
    refuses = function(limit, step)
      local affected = of(step, "affected")
      local lists = affected and affected() or {}
      for _, names in ipairs(lists) do
        if not fits(limit, names) then
          return ("it changes %s"):format(names[#names] or "what has no name")
        end
      end
      if not lists[1] then return "what it changes has no name" end
    end },
  { name = "canary", type = count, least = 1, saves = true,
    text = "steps after which the run stops for a look",
    hint = "look at what was done; then continue with: vbolua resume",
    refuses = function(limit, _, counts)
      -- A person has looked, and resumed.
      if counts.earlier >= limit or counts.steps < limit then return nil end
      return ("the first %s for a look"):format(limit == 1 and "step is there"
        or ("%d steps are there"):format(limit))
    end },
  { name = "stop_after_failures", type = share, saves = true,
    text = "failed steps after which the run stops: a number, or a percentage from "
      .. M.percent_from .. " steps on",
    refuses = function(limit, _, counts)
      local many = limit.count and counts.failed >= limit.count
      local share_of = limit.percent and counts.ended >= M.percent_from
        and counts.failed * 100 >= limit.percent * counts.ended
      if many or share_of then
        return ("%d of %d step%s failed"):format(counts.failed, counts.ended,
          counts.ended == 1 and "" or "s")
      end
    end },
  { name = "workloads", type = set, known = { "exchange", "onedrive", "sharepoint", "teams" },
    text = "workloads that may be changed",
    refuses = function(limit, step)
      local workload = of(step, "workload")
      if has(limit, workload) then return nil end
      return workload and ("its workload is %s"):format(workload) or "it belongs to no workload"
    end },
  { name = "verbs", type = set,
    text = "verbs that may be used",
    refuses = function(limit, step)
      if not has(limit, step.verb) then return ("its verb is %s"):format(step.verb) end
    end },
  { name = "effects", type = set,
    known = { "adds", "converges", "destroys", "sends", "starts" },
    text = "effects that changes may have",
    refuses = function(limit, step)
      if not has(limit, step.effect) then return ("its effect is %s"):format(step.effect) end
    end },
  { name = "servers", type = groups, problem = function() end,
    text = "servers that may be changed",
    refuses = function(limit, step, counts)
      if counts.rehearsal or fits(limit, server_names(step)) then return nil end
      return ("it goes to %s"):format(server_names(step)[1])
    end },
  { name = "hours", type = groups, problem = hours_problem,
    text = "hours in which changes may be made, UTC",
    refuses = function(limit, _, counts)
      local now = os.date "!*t"
      if counts.rehearsal or within(limit, now.hour * 60 + now.min) then return nil end
      return ("it is %02d:%02d UTC"):format(now.hour, now.min)
    end },
  { name = "reason_required", type = flag,
    text = "whether the run needs a reason",
    hint = "give --reason TEXT",
    refuses = function(limit, _, counts)
      if limit and not counts.reason then return "the run has no reason" end
    end },
}

local by_name = {}
for _, rule in ipairs(M.rules) do by_name[rule.name] = rule end

--- Returns a rule by its name; nil for any other name.
---@param name any
---@return vbo.LimitRule?
function M.rule(name) return by_name[name] end

--- Returns the names of all rules, in their order.
---@return string[]
function M.names()
  local names = {}
  for i, rule in ipairs(M.rules) do names[i] = rule.name end
  return names
end

-- A shown value as one text.
local function text_of(shown)
  if type(shown) ~= "table" then return tostring(shown) end
  local parts, nested = {}, type(shown[1]) == "table"
  for i, part in ipairs(shown) do parts[i] = text_of(part) end
  return table.concat(parts, nested and " and " or ", ")
end

--- Returns a limit's value as one text: "10", "mailbox:*@contoso.com".
---@param rule vbo.LimitRule
---@param value any
---@return string
function M.text(rule, value)
  local text = text_of(rule.type.show(value))
  return text == "" and "nothing" or text
end

return M
