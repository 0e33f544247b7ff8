--- JSON text of objects whose members stand in a given order, for documents that people read
--- and whose order means something.

local json = require "vbo.base.json"

local M = {}

local Object = {}
Object.__index = Object

--- An empty object; `put` appends members to it.
function M.object() return setmetatable({ names = {}, values = {} }, Object) end

--- Appends a member, or replaces the value of one; nil is left out.
---@param name string
---@param value any
---@return table self
function Object:put(name, value)
  if value == nil then return self end
  if self.values[name] == nil then self.names[#self.names + 1] = name end
  self.values[name] = value
  return self
end

--- The value of a member.
function Object:get(name) return self.values[name] end

local write

local function write_members(out, open, close, count, indent, member)
  if count == 0 then
    out[#out + 1] = open .. close
    return
  end
  local inner = indent .. " "
  out[#out + 1] = open
  for i = 1, count do
    out[#out + 1] = (i > 1 and ",\n" or "\n") .. inner
    member(i, inner)
  end
  out[#out + 1] = "\n" .. indent .. close
end

function write(out, value, indent)
  if getmetatable(value) == Object then
    write_members(out, "{", "}", #value.names, indent, function(i, inner)
      local name = value.names[i]
      out[#out + 1] = json.encode(name) .. ": "
      write(out, value.values[name], inner)
    end)
  elseif type(value) == "table" then
    write_members(out, "[", "]", #value, indent, function(i, inner)
      write(out, value[i], inner)
    end)
  else
    out[#out + 1] = json.encode(value)
  end
end

--- The text of a value: an `object`, a list of values (every other table is one), a string, a
--- number or a boolean.
---@param value any
---@return string text  ends with a newline
function M.write(value)
  local out = {}
  write(out, value, "")
  out[#out + 1] = "\n"
  return table.concat(out)
end

return M
