--- Turns a resource or a selection into what a call says of it.

local below = require "vbo.model.below"
local body = require "vbo.request.body"
local collection = require "vbo.model.collection"
local errors = require "vbo.base.error"
local resource = require "vbo.model.resource"

local M = {}

--- Returns the elements of a collection for the body of a bulk call.  An empty selection raises:
--- an empty list in a body would be for the server to interpret.
---@param self table  a collection
---@param call string
---@return table[]
function M.items(self, call)
  local list = resource.distinct(self:_all())
  rawset(self, "_chosen", list)
  if #list == 0 then
    errors.raise {
      kind = "not_found",
      message = ("%s: no %s is selected; nothing was sent"):format(call, self._class.kind),
    }
  end
  return list
end

--- Returns the resource that a call on a resource or a collection goes to.
---@param self table
---@return table
function M.target(self) return collection.is(self) and self._owner or self end

--- Forgets which elements the last call on a collection chose.
---@param self table  a resource or a collection
function M.forget(self)
  if collection.is(self) then rawset(self, "_chosen", nil) end
end

local function unsaid(origin, message)
  errors.usage(message, ("write %s { recursive = true } for everything below it, or "
    .. "%s { recursive = false } for what is directly in it"):format(origin._word, origin._word))
end

local function begins(origin) return tostring(origin._below.from or origin._owner) end

-- Raises for an item that was listed below a folder without saying how deep.
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
  M.forget(self)
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

--- Returns whether a collection is all there is of something, and no selection of it.
---@param self table
---@return boolean
function M.is_whole(self)
  return collection.is(self) and not self._fixed and not self._filters[1] and not self._take
    and not self._options and not self._query.parent
end

--- Returns the selection in a body: nil for a resource, and for all there is where a version's
--- operation does it to all.
---@param self table       a resource or a collection
---@param operation vbo.Operation
---@param call string      the method's name
---@param word string|false|nil  its property; default the class's; false: it is among the options
---@return table<string, table[]>?
function M.body(self, operation, call, word)
  if not collection.is(self) or word == false then return nil end
  word = word or self._class.selection
  local schema = operation.body
  if not body.property(schema, word) and (not schema or schema.properties) then
    if M.is_whole(self) then return nil end
    errors.raise {
      kind = "unsupported", operation = operation.name,
      message = ("%s: %s does it to all %s there are, not to some of them"):format(
        call, self._client.version, self._class.plural or self._class.kind .. "s"),
      hint = "do it to each by itself",
    }
  end
  return { [word] = M.items(self, call) }
end

return M
