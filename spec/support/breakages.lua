-- Every way to break a valid body that a schema admits: the same list every time.
--
-- A breakage is { holder=, name=, new=, property=, kind=, plain= }: putting `new` into
-- holder[name] breaks the body, and the check must name `property`.  `plain` says that the
-- broken body can be said in JSON.  With `meant`, the message must suggest that name.

local json = require "vbo.base.json"

local M = {}

local function file() return io.stdout end

-- Values of every type, each in a table of its own so that nil can be one of them.
local samples = {
  string = { "x", "" },
  integer = { 0, -7 }, number = { 1.5 }, boolean = { true, false },
  array = { json.array { "x" }, json.array {} },
  object = { { a = 1 } },
  other = { file, io.stdout, 0 / 0, math.huge },
}
local order = { "string", "integer", "number", "boolean", "array", "object", "other" }

local fits = {
  string = { string = true }, boolean = { boolean = true },
  integer = { integer = true }, number = { integer = true, number = true },
  array = { array = true }, object = { object = true },
}

-- Malformed values of a format.
local malformed = {
  uuid = {
    "not-a-uuid", "", "61954db6-7278-4d26-86f7-888bda5a4ec", "61954db672784d2686f7888bda5a4ec4",
    "61954db6-7278-4d26-86f7-888bda5a4ec45", "g1954db6-7278-4d26-86f7-888bda5a4ec4",
    "{61954db6-7278-4d26-86f7-888bda5a4ec4", "61954db6-7278-4d26-86f7_888bda5a4ec4",
  },
  ["date-time"] = {
    "soon", "", "2026-11-20", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-11-20T24:00:00Z", "2026-11-20T22:60:00Z", "20261120T220000Z", "2026-11-20T22:00Z",
  },
  dotted = { "soon", "", "2026.11.20", "2026.02.30 00:00:00", "2026-11-20 22:00:00" },
  byte = { "?", "dmJ", "d===", "dm_v" },
}
local too_large = { int32 = { 2147483648, -2147483649, 2 ^ 40 }, int64 = { 2 ^ 63, -2 ^ 64 } }

local function list_with_holes(item) return { item, [3] = item } end

-- Case and `_` are forgiven: such words are the same property.
local function squashed(word) return (word:lower():gsub("_", "")) end

-- One edit away from a name: a letter doubled, dropped, swapped with the next, changed.
local function near_misses(name)
  local found, seen = {}, { [squashed(name)] = true, [""] = true }
  local function add(word)
    if not seen[squashed(word)] then
      seen[squashed(word)] = true
      found[#found + 1] = word
    end
  end
  for i = 1, #name do
    local head, letter, rest = name:sub(1, i - 1), name:sub(i, i), name:sub(i + 1)
    add(head .. letter .. letter .. rest)
    add(head .. rest)
    add(head .. rest:sub(1, 1) .. letter .. rest:sub(2))
    add(head .. "q" .. rest)
    add(head .. "z" .. letter .. rest)
  end
  return found
end

local breakages

-- Breakages of one value in its place.
local function of_value(schema, holder, name, where, required)
  local found = { property = where }
  local value = holder[name]
  local function set(kind, new, plain)
    found[#found + 1] = { holder = holder, name = name, new = new, property = where, kind = kind,
      plain = plain, required = required }
  end
  if required then set("missing", nil, true) end
  if schema.type == nil then return found end
  local right = fits[schema.type]
  -- A number stands for a date: seconds since 1970.
  local date = schema.format == "date-time" or schema.format == "dotted"
  for _, kind in ipairs(order) do
    if not right[kind] and not (date and (kind == "integer" or kind == "number")) then
      for _, sample in ipairs(samples[kind]) do
        -- JSON has no 0/0 and the like, and no functions.
        if kind ~= "other" or type(sample) ~= "number" or right.integer or date then
          set("wrong type", sample, kind ~= "other")
        end
      end
    end
  end
  if not schema.nullable then set("null", json.null, true) end
  if schema.type == "array" then
    set("list with holes", list_with_holes(type(value) == "table" and value[1] or "x"))
    set("array marked on an object", json.array { a = 1 })
  end
  if schema.type == "integer" then set("text of a number", "12", true) end
  if schema.type == "boolean" then set("text of a boolean", "true", true) end
  for _, text in ipairs(malformed[schema.format] or {}) do
    set("malformed " .. schema.format, text, true)
  end
  for _, number in ipairs(too_large[schema.format] or {}) do set("out of range", number, true) end
  if schema.enum then
    set("bad enum", "no such value", true)
    set("bad enum", "", true)
    set("bad enum", schema.enum[1] .. "q", true)
    set("bad enum", " " .. schema.enum[1], true)
  elseif schema.type == "string" then
    set("not UTF-8", "\xff\xfe")
  end
  return found
end

local function known(schema, word)
  for name in pairs(schema.properties) do
    if squashed(name) == squashed(word) then return true end
  end
  return false
end

-- Breakages of an object's names.
local function of_names(schema, value, where)
  local found = { property = where }
  local function set(kind, name, new, more)
    local breakage = { holder = value, name = name, new = new, kind = kind,
      property = more and more.property or ("%s.%s"):format(where, name), plain = true }
    for key, item in pairs(more or {}) do breakage[key] = item end
    found[#found + 1] = breakage
  end
  for _, name in ipairs(schema.order) do
    local property = schema.properties[name]
    if not schema.additional and not property.read_only then
      for _, word in ipairs(near_misses(name)) do
        if not known(schema, word) then set("unknown", word, 1, { meant = name }) end
      end
    end
    local other = name:upper() ~= name and name:upper() or name:lower()
    if value[name] ~= nil and other ~= name then
      -- The error may name either of the two as the second one.
      set("given twice", other, value[name], { either = where .. "." .. name, plain = false })
    end
  end
  if not schema.additional then
    set("unknown", "no such property", "x")
  end
  -- With nothing else in it, a table with a first entry is a list.
  set("name that is no string", 1, "x",
    { property = next(value) and where .. "[1]" or where, plain = false })
  set("name that is no string", true, "x", { property = where .. "[true]", plain = false })
  return found
end

function breakages(schema, holder, name, where, required, sites, top)
  local value = holder[name]
  sites[#sites + 1] = of_value(schema, holder, name, where, required)
  if schema.type == "object" and schema.properties and type(value) == "table" then
    sites[#sites + 1] = of_names(schema, value, where)
    if top then
      local found = { property = where }
      for _, word in ipairs(schema.order) do
        if schema.properties[word].read_only then
          found[#found + 1] = { holder = value, name = word, new = "x", kind = "read-only",
            property = where .. "." .. word, plain = true }
        end
      end
      sites[#sites + 1] = found
    end
    local needed = {}
    for _, word in ipairs(schema.required or {}) do needed[word] = true end
    for _, word in ipairs(schema.order) do
      if value[word] ~= nil then
        breakages(schema.properties[word], value, word, where .. "." .. word, needed[word], sites)
      end
    end
  elseif schema.type == "array" and type(value) == "table" and value[1] ~= nil then
    local items = schema.items or {}
    breakages(items, value, 1, where .. "[1]", false, sites)
    -- The first one being right says nothing of the next.
    value[2] = value[2] or value[1]
    sites[#sites + 1] = of_value(items, value, 2, where .. "[2]", false)
  end
end

-- Lists query values that do not fit each type; text and numbers stand for each other.
local text_of = {
  integer = { "x", "1.5", 1.5, "0x10", "", true, "9223372036854775808" },
  number = { "x", "", true, "0x10" },
  boolean = { "yes", "", 1, "TRUE " },
}

--- Breakages of a path or query parameter: a list of { kind=, new= }.
---@param parameter vbo.Operation.Parameter
function M.of_parameter(parameter)
  local schema, found = parameter.schema, {}
  local function set(kind, list)
    for _, new in ipairs(list) do found[#found + 1] = { kind = kind, new = new } end
  end
  -- A switch that v6 requires is off by default.
  if parameter.required and schema.type ~= "boolean" then found[1] = { kind = "missing" } end
  set("wrong type", { file, json.array { "x" }, { a = 1 } })
  set("wrong type", text_of[schema.type] or { true })
  set("secret", { require("vbo.base.secret").of "x" })
  if parameter.place == "path" then
    set("null", { json.null })
    if schema.type == "string" then set("no segment", { "", ".", ".." }) end
  elseif schema.type ~= "string" or schema.format or schema.enum then
    set("null", { json.null })
  end
  set("malformed", malformed[schema.format] or {})
  set("out of range", too_large[schema.format] or {})
  if schema.enum then set("bad enum", { "no such value", "", schema.enum[1] .. "q" }) end
  if schema.type == "string" then set("not UTF-8", { "\xff" }) end
  return found
end

-- The mistakes that people make come before values of other types.
local function ranked(site)
  local list = {}
  for _, other in ipairs { false, true } do
    for _, breakage in ipairs(site) do
      if (breakage.kind == "wrong type") == other then list[#list + 1] = breakage end
    end
    if not other then list.first = math.max(1, #list) end
  end
  return list
end

-- Breakages of the body that would not be one.
local function excused(operation, breakage)
  -- In the action dialect a body of null is a call without options.
  return operation.action and breakage.kind == "null" and breakage.property == "body"
end

--- Breakages of an operation's body.
---@param operation vbo.Operation
---@param arguments table  valid ones; `arguments.body` is broken in place and mended
---@param most integer     so many of them: what is required missing, then all properties in turn
---@return table[] chosen
---@return integer all  how many the schema admits
function M.of(operation, arguments, most)
  local sites, chosen, full, all = {}, {}, {}, 0
  breakages(operation.body, arguments, "body", "body", false, sites, true)
  for _, site in ipairs(sites) do
    local rest = {}
    for _, breakage in ipairs(site) do
      if not excused(operation, breakage) then
        all = all + 1
        local list = breakage.kind == "missing" and #chosen < most and chosen or rest
        list[#list + 1] = breakage
      end
    end
    if #rest > 0 then full[#full + 1] = ranked(rest) end
  end
  -- Where there are more places than breakages wanted, evenly spread ones.
  local places, count = {}, math.min(#full, most - #chosen)
  for i = 1, count do places[i] = full[(i - 1) * #full // count + 1] end
  local round, left = 0, math.min(most, all) - #chosen
  while left > 0 do
    assert(round < 1000, "the breakages were miscounted")
    for i, site in ipairs(places) do
      if round < #site and left > 0 then
        -- Each place begins with another kind.
        local first = (i - 1) % site.first
        chosen[#chosen + 1] = site[(first + round) % #site + 1]
        left = left - 1
      end
    end
    round = round + 1
  end
  return chosen, all
end

return M
