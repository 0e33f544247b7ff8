--- Checks tables of options: a misspelt or mistyped option raises before anything is sent.

local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"

local M = {}

local function names_of(spec)
  local names = {}
  for name in pairs(spec) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function accepts(types, value)
  if value ~= value then return false end
  local found = math.type(value) or type(value)
  for wanted in types:gmatch "[%w_]+" do
    if found == wanted or type(value) == wanted then return true end
    -- An object with the fields of a table (a resource, a date) is a table to its reader.
    if wanted == "callable" and type(value) == "function" then return true end
  end
  return false
end

--- Returns a word with its article: "an integer", "a table".
---@param word string
---@return string
function M.article(word) return (word:match "^[aeiou]" and "an " or "a ") .. word end

--- Raises unless a value is a plain table of options, or nil.
---@param given any
---@param what string  the call's name
function M.table(given, what)
  if given == nil then return end
  local meta = getmetatable(given)
  if type(given) ~= "table" then
    errors.usage(("%s takes a table of options, not %s"):format(what, M.article(type(given))))
  elseif meta and meta.__tostring then
    errors.usage(("%s takes a table of options, not %s"):format(what, tostring(given)))
  end
end

--- Returns the caller's options, an empty table for nil; raises for another type.
---@param given any
---@param what string  the call's name, for the message
---@return table
function M.given(given, what)
  M.table(given, what)
  return given or {}
end

-- Options that are numbers in every call: what they must be at least.
local least = { deadline = 0.001, timeout = 0, at_once = 1, limit = 1 }

--- Raises unless every key of `given` is in `spec` and has one of its types.
---@param given table?   the caller's options
---@param spec table<string, string>  option → types ("string|number"); "!" in front: required
---@param what string    the call's name, for the message ("connect")
---@return table given   the same table (an empty one for nil)
function M.check(given, spec, what)
  if given == nil then given = {} end
  M.table(given, what)
  for name, value in pairs(given) do
    local types = spec[name]
    if not types then M.unknown(name, names_of(spec), what) end
    types = types:gsub("^!", "")
    if types ~= "any" and not accepts(types, value) then
      errors.usage(("%s: option '%s' takes %s, not %s"):format(what, name,
        M.article(types:gsub("|", " or ")), value ~= value and "NaN" or M.article(type(value))))
    end
    if least[name] and type(value) == "number" and value < least[name] then
      errors.usage(("%s: option '%s' must be at least %s, got %s"):format(what, name, least[name],
        value))
    end
  end
  for name, types in pairs(spec) do
    if types:sub(1, 1) == "!" and given[name] == nil then
      errors.usage(("%s needs the option '%s'"):format(what, name))
    end
  end
  return given
end

--- Raises for an option that does not exist, naming the nearest one that does.
---@param name any
---@param valid string[]
---@param what string
function M.unknown(name, valid, what)
  local best = type(name) == "string" and nearest(name, valid)
  errors.usage(("%s has no option '%s'"):format(what, tostring(name)),
    best and ("did you mean '%s'?"):format(best)
      or (#valid > 0 and "options are: " .. table.concat(valid, ", ") or "it takes no options"))
end

--- Raises where options name one step by `key` and the call makes several.
---@param given table?
---@param what string    the call's name
---@param count integer  how many steps the call makes
function M.one_key(given, what, count)
  if type(given) ~= "table" or given.key == nil or count <= 1 then return end
  errors.usage(("%s: option 'key' must name one step, got %d"):format(what, count),
    "do it to each by itself, with a key of its own")
end

--- Splits a caller's options into those that `spec` names and the rest.
---@param given table?
---@param spec table<string, string>
---@param what string
---@return table own, table rest
function M.split(given, spec, what)
  M.table(given, what)
  local own, rest = {}, {}
  for name, value in pairs(given or {}) do
    if spec[name] then own[name] = value else rest[name] = value end
  end
  return M.check(own, spec, what), rest
end

return M
