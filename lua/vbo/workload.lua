--- What the workloads' objects share: turning a resource or a selection into a call.

local body = require "vbo.dialect.body"
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

--- Whether a collection is all there is of something, and no selection of it.
---@param self table
---@return boolean
function M.is_whole(self)
  return collection.is(self) and not self._fixed and not self._filters[1] and not self._take
    and not self._options
end

-- The selection in a body.  `word` is its property where it is not the class's own; false: it
-- is among the options already.  Where a version's operation knows none it does it to all.
local function selection_of(self, call, name, word)
  if not collection.is(self) or word == false then return nil end
  word = word or self._class.selection
  local operation = pipeline.operation(self._client, name)
  local schema = operation.body
  if not body.property(schema, word) and (not schema or schema.properties) then
    if M.is_whole(self) then return nil end
    errors.raise {
      kind = "unsupported", operation = name,
      message = ("%s: %s does it to all %ss there are, not to some of them"):format(
        call, self._client.version, self._class.kind),
      hint = "do it to each by itself",
    }
  end
  return { [word] = M.selected(self, call) }
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
    call = call, operation = operation, selection = selection_of(self, call, operation, word),
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
  for name, value in pairs(selection_of(self, call, operation) or {}) do rest[name] = value end
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
---@param word string|false|nil  as for `restore`
---@param check string?  what the stream should be (`save.check_of`)
---@param about vbo.SaveAbout?
---@return vbo.Saved
function M.stream(self, call, operation, own, rest, name, word, check, about)
  for property, value in pairs(selection_of(self, call, operation, word) or {}) do
    rest[property] = value
  end
  local target = target_of(self)
  return save.stream(target, {
    call = call, operation = operation, options = rest, implied = target._client._dialect.implied,
  }, own, name, check, about)
end

return M
