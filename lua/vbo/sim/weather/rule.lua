--- Reads rules of the weather: which requests they strike, and with what.
---
---   operation=OneDrive*Save* nth=2 reset_at=5000      as text
---   { operation = "OneDrive*Save*", nth = 2, reset_at = 5000 }
---
--- Both forms are checked alike; an unknown name is refused with the nearest one.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"

local M = {}

local function refuse(name, value, expected)
  errors.usage(("weather: %s must be a %s, got '%s'"):format(name, expected, tostring(value)))
end

-- ----------------------------------------------------------------- readers

local function quantity(units, expected, whole)
  return function(name, value)
    local number, unit = value, ""
    if type(value) == "string" then number, unit = value:match "^(%d+%.?%d*)(%a*)$" end
    number = tonumber(number)
    local factor = units[unit and ascii.lower(unit)]
    if type(value) == "boolean" or not number or number < 0 or not factor then
      refuse(name, value, expected)
    end
    number = number * factor
    return whole and math.tointeger(number // 1) or number + 0.0
  end
end

local seconds = quantity({ [""] = 1, s = 1, ms = 0.001, m = 60 }, "time (2, 0.5, 500ms, 2m)")
local bytes = quantity({ [""] = 1, k = 1024, m = 1024 ^ 2, g = 1024 ^ 3 },
  "number of bytes (5000, 64k, 2M)", true)

-- Reads a range "A..B", from which each strike draws a value.
local function range(reader)
  return function(name, value)
    local low, high
    if type(value) == "string" then low, high = value:match "^(.-)%.%.(.+)$" end
    if type(value) == "table" then low, high = value[1], value[2] end
    if not low then
      local one = reader(name, value)
      return { one, one }
    end
    low, high = reader(name, low), reader(name, high or "")
    if low > high then
      refuse(name, ("%s..%s"):format(low, high), "range that ends after its start")
    end
    return { low, high }
  end
end

local function integer(least)
  return function(name, value)
    local number = math.tointeger(tonumber(value))
    if not number or number < least then
      refuse(name, value, ("whole number from %d on"):format(least))
    end
    return number
  end
end

local function flag(name, value)
  if value == true or value == "true" or value == "yes" then return true end
  if value == false or value == "false" or value == "no" then return nil end
  refuse(name, value, "flag, true or false")
end

local function text(name, value)
  if type(value) ~= "string" or value == "" then refuse(name, value, "text") end
  return value
end

local function one_of(list)
  return function(name, value)
    for _, each in ipairs(list) do
      if type(value) == "string" and ascii.lower(value) == ascii.lower(each) then return each end
    end
    refuse(name, value, "word, one of " .. table.concat(list, ", "))
  end
end

local function probability(name, value)
  local number = tonumber(value)
  if not number or number < 0 or number > 1 then refuse(name, value, "number from 0 to 1") end
  return number
end

local function status(name, value)
  local number = math.tointeger(tonumber(value))
  if not number or number < 400 or number > 599 then refuse(name, value, "status, 400 to 599") end
  return number
end

-- Turns a glob ("*" any run of characters, "?" one) into a pattern of a whole lower-case text.
local function glob(value)
  return "^" .. ascii.lower(value):gsub("[^%w*?]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

-- Checks whether some version has an operation that a glob matches; returns the names else.
local function known_operation(pattern)
  local names, seen = {}, {}
  for i = #catalogue.versions, 1, -1 do
    for operation in catalogue.load(catalogue.versions[i]):operations() do
      if ascii.lower(operation.name):find(pattern) then return true end
      if not seen[operation.name] then
        seen[operation.name] = true
        names[#names + 1] = operation.name
      end
    end
  end
  table.sort(names)
  return false, names
end

local function operation(name, value)
  value = text(name, value)
  local good, names = known_operation(glob(value))
  if not good then
    local near = nearest(value:gsub("[*?]", ""), names)
    errors.usage(("weather: no operation is called '%s'"):format(value),
      near and ("did you mean '%s'?"):format(near) or "`vbolua catalogue` lists them")
  end
  return value
end

-- --------------------------------------------------------------------- keys

-- The keys that choose requests.
local matching = {
  operation = operation, method = one_of { "GET", "POST", "PUT", "PATCH", "DELETE" }, path = text,
  version = one_of(catalogue.versions),
  kind = one_of { "read", "housekeeping", "change", "token" },
  nth = integer(1), every = integer(1), after = integer(0), count = integer(1),
  probability = probability, seed = integer(0), streak = integer(1), per_target = integer(1),
}

-- The keys that say what happens to them.
local doing = {
  latency = range(seconds), ttfb = range(seconds), rate = bytes,
  status = status, retry_after = range(integer(0)), html = flag, message = text,
  token_lifetime = seconds, forget_tokens = flag, restart = flag, new_certificate = flag,
  reset_at = range(bytes), truncate_at = range(bytes), stall_at = range(bytes),
  reset = flag, abort = flag, hang = flag, lost = flag, overlong = bytes, unframed = flag,
  break_after = integer(0),
}

-- The keys of which only one applies to a request: each decides its answer.
M.decisive = { "status", "restart", "new_certificate", "reset_at", "truncate_at", "stall_at",
  "reset", "abort", "hang", "lost", "overlong", "unframed", "break_after" }

local names = {}
for _, set in ipairs { matching, doing } do
  for name in pairs(set) do names[#names + 1] = name end
end
table.sort(names)

-- Reads `key=value` words; a word alone is `word=true`, a value with blanks has quotes.
local function words(source)
  local out, at = {}, 1
  while true do
    at = source:find("%S", at)
    if not at then return out end
    local name, stop = source:match("^([%w_-]+)()", at)
    if not name then errors.usage(("weather: no rule reads '%s'"):format(source:sub(at))) end
    local value = true
    if source:sub(stop, stop) == "=" then
      local quoted, after = source:match("^\"([^\"]*)\"()", stop + 1)
      if not quoted then quoted, after = source:match("^'([^']*)'()", stop + 1) end
      if not quoted then quoted, after = source:match("^(%S*)()", stop + 1) end
      value, stop = quoted, after
    end
    if not source:find("^%s", stop) and stop <= #source then
      errors.usage(("weather: no rule reads '%s'"):format(source:sub(at)))
    end
    if out[name] ~= nil then errors.usage(("weather: '%s' is there twice"):format(name)) end
    out[name], at = value, stop
  end
end

local function check_sense(rule)
  local found
  for _, name in ipairs(M.decisive) do
    if rule[name] and found then
      errors.usage(("weather: %s and %s cannot both happen to one answer"):format(found, name))
    end
    found = rule[name] and name or found
  end
  for name, needed in pairs { retry_after = "status", html = "status", message = "status" } do
    if rule[name] and not rule[needed] then
      errors.usage(("weather: %s= needs %s="):format(name, needed))
    end
  end
  for name in pairs(doing) do
    if rule[name] then return end
  end
  local all = {}
  for name in pairs(doing) do all[#all + 1] = name end
  table.sort(all)
  errors.usage("weather: the rule says when, but not what happens: " .. table.concat(all, ", "))
end

-- Writes a rule as one line, which can be read again.
local function line(given)
  local out = {}
  for _, set in ipairs { matching, doing } do
    local some = {}
    for name, value in pairs(given) do
      if set[name] then
        if type(value) == "table" then value = ("%s..%s"):format(value[1], value[2]) end
        value = tostring(value)
        some[#some + 1] = name .. "=" .. (value:find "%s" and '"' .. value .. '"' or value)
      end
    end
    table.sort(some)
    table.move(some, 1, #some, #out + 1, out)
  end
  return table.concat(out, " ")
end

---@class vbo.sim.Rule  its keys, and `text`, the rule as a line

--- Reads a rule; raises `usage` for a wrong one.
---@param given string|table
---@return vbo.sim.Rule
function M.read(given)
  if type(given) == "string" then given = words(given) end
  if type(given) ~= "table" then
    errors.usage("weather: a rule is text or a table, not a " .. type(given))
  end
  local rule = {}
  for name, value in pairs(given) do
    local reader = matching[name] or doing[name]
    if not reader then
      local near = type(name) == "string" and nearest(name, names)
      errors.usage(("weather: there is no '%s'"):format(tostring(name)),
        near and ("did you mean '%s'?"):format(near) or "there is: " .. table.concat(names, ", "))
    end
    rule[name] = reader(name, value)
  end
  check_sense(rule)
  rule.text = line(given)
  if rule.operation then rule.operation = glob(rule.operation) end
  if rule.path then rule.path = glob(rule.path) end
  -- Tokens are requested at one path.
  if rule.token_lifetime then rule.kind = rule.kind or "token" end
  return rule
end

return M
