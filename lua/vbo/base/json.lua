--- Encodes and decodes JSON without loss: 64-bit integers, floats and empty arrays.
---
--- Decoding is lua-cjson's, between two passes in C that keep what cjson 2.1.0 (Debian's)
--- loses; they do no harm on newer ones.  Encoding is in C (csrc/lua/ljson.c tells why).

local core = require "vbo.core"

-- Neither LuaRocks nor Debian's packages of Lua bring it by themselves.
local found, cjson = pcall(require, "cjson")
if not found then
  if not tostring(cjson):find("module 'cjson' not found", 1, true) then error(cjson, 0) end
  error("vbo needs lua-cjson, which is missing: install Debian's package lua-cjson, or the rock "
    .. "(luarocks install lua-cjson)\n" .. cjson, 0)
end

local M = {}

--- Stands for JSON null.  It is true in Lua: compare with it.
M.null = cjson.null

local array_metatable = core.json.array_metatable
local nonce = core.json.nonce
local marker = "@" .. nonce .. "@"

-- A cjson of our own: its settings are not those of the program around us.
local decoder = cjson.new()
decoder.decode_max_depth(1001) -- one more than core.json.prepare ever lets through
decoder.decode_invalid_numbers(false)

--- Limits the depth of a document; the default of `decode`.
---@type integer
M.depth = 128

local option_names = { max_depth = true, max_size = true, ordered = true }

-- Objects that were decoded with `ordered` → their keys.
local orders = setmetatable({}, { __mode = "k" })

--- Marks a table as a JSON array, so that it stays one when it is empty.
---@generic T
---@param list T[]?  a new table when left out
---@return T[] list  the same table
function M.array(list)
  if list == nil then list = {} end
  if type(list) ~= "table" then
    error("bad argument #1 to 'array' (table expected, got " .. type(list) .. ")", 2)
  end
  return setmetatable(list, array_metatable)
end

--- Returns whether a table was decoded from a JSON array or marked as one.
---@param value any
---@return boolean
function M.is_array(value)
  return type(value) == "table" and getmetatable(value) == array_metatable
end

--- Decodes a JSON text (RFC 8259).
---
--- Integers are exact in 64 bits, beyond that they become floats.  A number with an integral
--- value (`1.0`, `1e3`) is an integer, as most servers mean it.  Arrays are marked (`is_array`),
--- null is `json.null`, and a lone surrogate becomes U+FFFD.
---@param text string
---@param options {max_depth: integer?, max_size: integer?, ordered: boolean?}?  nesting (default
---  128, at most 1000), bytes (default any), and whether `keys` knows the order of each object's
---  keys (default false)
---@return any value, table? err  nil and the error: `protocol` when it is not JSON, `limit` when
---  it is too large or too deep
function M.decode(text, options)
  if type(text) ~= "string" then
    error("bad argument #1 to 'decode' (string expected, got " .. type(text) .. ")", 2)
  end
  local limits = { marker = marker, max_depth = M.depth }
  for name, value in pairs(options or {}) do
    if not option_names[name] then
      error(("json.decode has no option '%s'"):format(tostring(name)), 2)
    end
    if name ~= "ordered" then limits[name] = value end
  end
  local prepared, err = core.json.prepare(text, limits)
  if not prepared then return nil, err end
  local ok, value = pcall(decoder.decode, prepared)
  if not ok then
    return nil, { kind = "protocol", message = "not JSON: " .. tostring(value) }
  end
  local finished, problem = core.json.finish(value, marker)
  if options and options.ordered and not problem then
    for object, keys in pairs(core.json.order(text, finished)) do orders[object] = keys end
  end
  return finished, problem
end

--- Returns the keys of an object in the order of the document.
---@param object any
---@return string[]? keys  nil for what is not an object that was decoded with `ordered`
function M.keys(object) return orders[object] end

--- Iterates an object in the order of the document.
---@param object any  decoded with `ordered`; anything else has no members
---@return fun(): string?, any
function M.each(object)
  local keys, at = orders[object] or {}, 0
  return function()
    at = at + 1
    if keys[at] ~= nil then return keys[at], object[keys[at]] end
  end
end

--- Encodes a value as JSON text, with the members of objects sorted by name.
---
--- Raises a usage error for what JSON has not: functions, cycles, NaN and infinity, lists with
--- holes, tables with both names and numbers, strings that are not UTF-8.  A table without
--- entries is an object unless `json.array` marked it.
---@param value any
---@return string text
---@return table<string, vbo.Secret>? secrets  what each placeholder in the text stands for, when
---  there were secrets in the value; for the `secrets` option of `client:start`
function M.encode(value)
  local text, more = core.json.encode(value)
  if not text then require("vbo.base.error").raise(more) end
  if more then return text, more end
  return text
end

return M
