--- What the workloads' objects share: turning a resource or a selection into a call.

local below = require "vbo.model.below"
local body = require "vbo.request.body"
local collection = require "vbo.model.collection"
local errors = require "vbo.base.error"
local resource = require "vbo.model.resource"
local restore = require "vbo.model.restore"
local save = require "vbo.model.save"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"

local M = {}

--- The elements of a collection for the body of a bulk call.  An empty selection raises:
--- an empty list in a body would be for the server to interpret.
---@param self table  a collection
---@param call string
---@return table[]
function M.selected(self, call)
  local list = resource.distinct(self:_all())
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

local function unsaid(origin, message)
  errors.usage(message, ("write %s { recursive = true } for everything below it, or "
    .. "%s { recursive = false } for what is directly in it"):format(origin._word, origin._word))
end

local function begins(origin) return tostring(origin._below.from or origin._owner) end

-- What was listed below a folder of which nobody said how deep.
local function check_origin(item, call)
  local at = item
  while type(at) == "table" and at._class do
    local origin = rawget(at, "_unsaid")
    if origin then
      unsaid(origin, ("%s: %s lies deeper in %s, of which %s() now lists that as well"):format(
        call, tostring(item), begins(origin), origin._word))
    end
    at = at._owner
  end
end

--- Raises for a change of what lies deeper than collections of folders, libraries and lists used
--- to reach, until the caller says how deep.  (To be removed with version 0.2.)
---@param self table  a resource or a collection
---@param call string
function M.check_depth(self, call)
  if not collection.is(self) then return check_origin(self, call) end
  local how = self._below
  if how and not how.said and below.has_folders(self) then
    unsaid(self, ("%s: %s() of %s now lists what is deeper in it as well"):format(call, self._word,
      begins(self)))
  end
  if type(self._fixed) == "table" then
    for _, item in ipairs(self._fixed) do check_origin(item, call) end
  else
    check_origin(self._owner, call)
  end
end

--- Whether a collection is all there is of something, and no selection of it.
---@param self table
---@return boolean
function M.is_whole(self)
  return collection.is(self) and not self._fixed and not self._filters[1] and not self._take
    and not self._options and not self._query.parent
end

-- The selection in a body.  `word` is its property where it is not the class's own; false: it
-- is among the options already.  Where a version's operation knows none it does it to all.
local function selection_of(self, call, name, word)
  if not collection.is(self) or word == false then return nil end
  word = word or self._class.selection
  local operation = pipeline.operation(self._client, name, call)
  local schema = operation.body
  if not body.property(schema, word) and (not schema or schema.properties) then
    if M.is_whole(self) then return nil end
    errors.raise {
      kind = "unsupported", operation = name,
      message = ("%s: %s does it to all %s there are, not to some of them"):format(
        call, self._client.version, self._class.plural or self._class.kind .. "s"),
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
