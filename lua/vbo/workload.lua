--- What the workloads' objects share: turning a resource or a selection into a call.

local collection = require "vbo.collection"
local errors = require "vbo.error"
local restore = require "vbo.restore"
local save = require "vbo.save"
local options = require "vbo.options"
local pipeline = require "vbo.pipeline"

local M = {}

--- The elements of a collection for the body of a bulk call.  An empty selection raises:
--- an empty list in a body would be for the server to interpret.
---@param self table  a collection
---@param call string
---@return table[]
function M.selected(self, call)
  local list = self:_all()
  if #list == 0 then
    errors.raise {
      kind = "not_found",
      message = ("%s: no %s is selected; nothing was sent"):format(call, self._class.kind),
    }
  end
  return list
end

local function target_of(self)
  return collection.is(self) and self._owner or self
end

-- `word` is the selection's property where it is not the class's own; false: it is among
-- the options already.
local function selection_of(self, call, word)
  if not collection.is(self) or word == false then return nil end
  return { [word or self._class.selection] = M.selected(self, call) }
end

--- A change of production that answers statistics (restore, copy).
---@param self table       resource or collection
---@param call string      the method's name
---@param operation string
---@param given table?     the caller's options
---@param defaults table?  sent unless the caller says otherwise
---@param word string|false|nil  of the selection in the body, unless the class's
---@return vbo.Statistics
function M.restore(self, call, operation, given, defaults, word)
  return restore.run(target_of(self), {
    call = call, operation = operation, selection = selection_of(self, call, word),
    defaults = defaults,
  }, given)
end

--- A change that answers nothing (send).
---@param self table
---@param call string
---@param operation string
---@param given table?
function M.send(self, call, operation, given)
  local own, rest = options.split(given, { deadline = "number" }, call)
  for name, value in pairs(selection_of(self, call) or {}) do rest[name] = value end
  local target = target_of(self)
  pipeline.call(target._client, {
    call = call, operation = operation, path = target:_path(), options = rest,
    deadline = own.deadline,
  })
end

--- A stream into one file.
---@param self table
---@param call string
---@param operation string
---@param own table    where it goes (`save.own`)
---@param rest table   what the API is told
---@param name string  suggested file name
---@return vbo.Saved
function M.stream(self, call, operation, own, rest, name)
  for property, value in pairs(selection_of(self, call) or {}) do rest[property] = value end
  local target = target_of(self)
  return save.stream(target, {
    call = call, operation = operation, options = rest, implied = target._client._dialect.implied,
  }, own, name)
end

return M
