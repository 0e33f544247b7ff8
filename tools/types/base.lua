--- Writes what all types stand on: the names that others use, the options of calls by name,
--- the groups of `client.api`, and the parts of `require "vbo"`.

local luacats = require "tools.types.luacats"
local objects = require "tools.types.objects"
local words = require "tools.model.words"

local M = {}

local aliases = [[
--- The type of a key that a call or a body does not have.
---@alias vbo.UnknownOption "there is no such option"

--- A date in a body or a condition: ISO 8601, or seconds since 1970.
---@alias vbo.Date string|number

--- A date that the server wrote, in ISO 8601.
---@alias vbo.Timestamp string

--- JSON's null: `vbo.json.null`, which is true in Lua.
---@alias vbo.Null lightuserdata

--- Names a resource in a path: its id, or itself.
---@alias vbo.Id string|integer|vbo.Resource

--- A password or a key; see `vbo.secret`.
---@class vbo.Secret: userdata

--- How a save stands, for a function that is its option `progress`.
---@class vbo.ProgressEvent
---@field event "start"|"preparing"|"progress"|"done"|"failed"
---@field id integer
---@field name string
---@field time number
---@field phase "queued"|"sending"|"preparing"|"receiving"|"done"
---@field received integer
---@field expected? integer
---@field rate? number
---@field left? number
---@field elapsed number
---@field waited number
---@field attempts integer
---@field error? any

--- Of an operation that takes neither parameters nor a body.
---@class vbo.NoArguments
---@field [string] vbo.UnknownOption

]]

local function options(name, spec, text)
  return luacats.class({ name = name, fields = words.spec(spec), versions = {}, closed = true,
    comment = text }, {})
end

--- The options of `client:call` and of `vbo.connect`.
---@param call table<string, string>     option → Lua types
---@param connect table<string, string>
---@return string
function M.base(call, connect)
  local plain = {}
  for name, kind in pairs(call) do if name ~= "paginate" then plain[name] = kind end end
  local pages = luacats.class({
    name = "vbo.AllPages", parent = "vbo.CallOptions", versions = {},
    comment = "Options of a call that gives the rows of all pages.",
    fields = { { name = "paginate", type = "true", optional = false } },
  }, {})
  return luacats.head .. aliases
    .. options("vbo.CallOptions", plain, "Options of a call by name, beside its arguments.")
      :gsub("%-%-%-@field %[string%]", "---@field paginate? boolean\n%0")
    .. pages .. (options("vbo.ConnectOptions", connect, "Options of `vbo.connect`.")
      :gsub("\n+$", "\n"))
end

--- The groups of `client.api`.
---@param groups string[]
---@param single vbo.document.Operation[]  operations without a group
---@return string
function M.groups(groups, single)
  local out = { luacats.head .. "--- Every operation by its name: `client.api.Job.StartAction{…}`.",
    "---@class vbo.api" }
  for _, group in ipairs(groups) do
    out[#out + 1] = ("---@field %s vbo.api.%s"):format(group, group)
  end
  for _, operation in ipairs(single) do
    out[#out + 1] = ("---@field %s fun(arguments?: table, options?: vbo.CallOptions): any"):format(
      operation.name)
  end
  out[#out + 1] = "\n---@class vbo.Client"
  for _, operation in ipairs(single) do
    out[#out + 1] = ('---@field call fun(self: vbo.Client, name: "%s", arguments?: table, '
      .. "options?: vbo.CallOptions): any"):format(operation.name)
  end
  return table.concat(out, "\n") .. "\n"
end

--- The parts of `require "vbo"` that are loaded when they are touched.
---@param parts {name: string, values: string[], signatures: vbo.document.Signature[]}[]
---@return string
function M.parts(parts)
  local out = { luacats.head }
  for _, part in ipairs(parts) do
    out[#out + 1] = ("---@class vbo.parts.%s\n"):format(part.name)
    for _, value in ipairs(part.values) do
      -- Values are seen as they are in the sources; only JSON's null needs a type.
      out[#out + 1] = ("---@field %s %s\n"):format(value, value == "null" and "vbo.Null" or "any")
    end
    out[#out + 1] = ("local %s = {}\n\n"):format(part.name)
    for _, signature in ipairs(part.signatures) do
      out[#out + 1] = objects.method(part.name, signature, {}, {}, true)
    end
  end
  out[#out + 1] = "---@class vbo\n"
  for _, part in ipairs(parts) do
    out[#out + 1] = ("---@field %s vbo.parts.%s\n"):format(part.name, part.name)
  end
  return table.concat(out)
end

return M
