--- Writes the `world.lua` of a recording; the simulator's `world/description.lua` documents it.

local M = {}

local function is_word(key) return type(key) == "string" and key:find "^[%a_][%w_]*$" ~= nil end

local function quoted(text) return (("%q"):format(text):gsub("\\\n", "\\n"):gsub("\r", "\\r")) end

local function put(out, value, indent)
  local kind = type(value)
  if kind == "string" then
    out[#out + 1] = quoted(value)
  elseif kind ~= "table" then
    out[#out + 1] = tostring(value)
  elseif next(value) == nil then
    out[#out + 1] = "{}"
  else
    local inner, keys = indent .. "  ", {}
    out[#out + 1] = "{\n"
    for _, each in ipairs(value) do
      out[#out + 1] = inner
      put(out, each, inner)
      out[#out + 1] = ",\n"
    end
    for key in pairs(value) do
      if type(key) == "string" then keys[#keys + 1] = key end
    end
    table.sort(keys)
    for _, key in ipairs(keys) do
      out[#out + 1] = ("%s%s = "):format(inner, is_word(key) and key or "[" .. quoted(key) .. "]")
      put(out, value[key], inner)
      out[#out + 1] = ",\n"
    end
    out[#out + 1] = indent .. "}"
  end
end

--- Writes a world as Lua.
---@param world table
---@param comment string  one line
---@return string
function M.text(world, comment)
  local out = { "-- ", comment, "\n\nreturn " }
  put(out, world, "")
  out[#out + 1] = "\n"
  return table.concat(out)
end

return M
