--- Reads JSON text for the generator and keeps the order of keys.
---
--- lua-cjson and the other kept decoders forget that order; the catalogue lists operations
--- and properties in the order of the document, and must come out byte-identical every time.

local M = {}

--- Stands for JSON null.
M.null = setmetatable({}, { __name = "null", __tostring = function() return "null" end })

local keys = setmetatable({}, { __mode = "k" })
local arrays = setmetatable({}, { __mode = "k" })

local function fail(text, at, what)
  local _, line = text:sub(1, at):gsub("\n", "")
  error(("line %d: %s"):format(line + 1, what), 0)
end

local plain = {
  ["\""] = "\"", ["\\"] = "\\", ["/"] = "/",
  b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}

local function unescape(text, at, raw)
  if not raw:find("\\", 1, true) then return raw end
  raw = raw:gsub("\\u([Dd][89ABab]%x%x)\\u([Dd][C-Fc-f]%x%x)", function(high, low)
    local code = (tonumber(high, 16) - 0xD800) * 0x400 + tonumber(low, 16) - 0xDC00 + 0x10000
    return utf8.char(code)
  end)
  return (raw:gsub("\\(.)(%x?%x?%x?%x?)", function(letter, hex)
    if letter == "u" and #hex == 4 then return utf8.char(tonumber(hex, 16)) end
    return (plain[letter] or fail(text, at, "unknown escape in a string")) .. hex
  end))
end

local function read_string(text, at)
  local from = at + 1
  local to = from
  while true do
    to = text:find("[\"\\]", to) or fail(text, at, "a string does not end")
    if text:byte(to) == 34 then break end
    to = to + 2
  end
  return unescape(text, at, text:sub(from, to - 1)), to + 1
end

local words = { ["true"] = true, ["false"] = false, ["null"] = M.null }
local read

local function skip(text, at) return text:find("[^ \t\r\n]", at) or #text + 1 end

local function read_object(text, at, depth)
  local object, order = {}, {}
  keys[object] = order
  at = skip(text, at + 1)
  if text:sub(at, at) == "}" then return object, at + 1 end
  while true do
    if text:sub(at, at) ~= "\"" then fail(text, at, "expected a property name") end
    local key
    key, at = read_string(text, at)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then fail(text, at, "expected ':'") end
    if object[key] == nil then order[#order + 1] = key end
    object[key], at = read(text, skip(text, at + 1), depth + 1)
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == "}" then return object, at + 1 end
    if mark ~= "," then fail(text, at, "expected ',' or '}'") end
    at = skip(text, at + 1)
  end
end

local function read_array(text, at, depth)
  local array = {}
  arrays[array] = true
  at = skip(text, at + 1)
  if text:sub(at, at) == "]" then return array, at + 1 end
  while true do
    array[#array + 1], at = read(text, at, depth + 1)
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == "]" then return array, at + 1 end
    if mark ~= "," then fail(text, at, "expected ',' or ']'") end
    at = skip(text, at + 1)
  end
end

function read(text, at, depth)
  if depth > 200 then fail(text, at, "nested too deeply") end
  local mark = text:sub(at, at)
  if mark == "{" then return read_object(text, at, depth) end
  if mark == "[" then return read_array(text, at, depth) end
  if mark == "\"" then return read_string(text, at) end
  local word, past = text:match("^(%l+)()", at)
  if word and words[word] ~= nil then return words[word], past end
  local number, after = text:match("^(%-?%d+%.?%d*[eE]?[+-]?%d*)()", at)
  local value = number and (math.tointeger(tonumber(number)) or tonumber(number))
  if not value then fail(text, at, "expected a value") end
  return value, after
end

--- Reads one JSON document.
---@param text string
---@return any value  raises a message with the line on text that is not JSON
function M.decode(text)
  local value, at = read(text, skip(text, 1), 0)
  at = skip(text, at)
  if at <= #text then fail(text, at, "text after the end") end
  return value
end

--- The keys of an object in the order of the document (an empty list for anything else).
---@param object any
---@return string[]
function M.keys(object) return keys[object] or {} end

--- Iterates an object in the order of the document.
---@param object any
---@return fun(): string?, any
function M.each(object)
  local order, at = M.keys(object), 0
  return function()
    at = at + 1
    if order[at] ~= nil then return order[at], object[order[at]] end
  end
end

--- Whether a decoded value is an object.
function M.is_object(value) return keys[value] ~= nil end

--- Whether a decoded value is an array.
function M.is_array(value) return arrays[value] ~= nil end

return M
