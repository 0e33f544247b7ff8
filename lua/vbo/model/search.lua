--- Searches in the server's own query language.
---
--- A class declares how what is listed of it is searched, as `search =`
---   the name of an operation,
---   or a table: operation= (a name, or a list of them: the first that the version has),
---     path= (path parameters besides the owner's), options= (of the body, besides `query`),
---     query= (query parameters, left out where the version lacks them),
---     keep= (function(record): whether it is one of this class, asked where the version
---     lacks one of `query`, or always where `sift`: the search finds other things too),
---     class= (of what is found, when it is another one), owner= (function(record,
---     collection) -> the owner of what was found, when it is not the collection's),
---   or a function(query, collection) that gives either: it takes out of `query` (a copy of
---     the listing's) what the search expresses otherwise.

local body = require "vbo.request.body"
local errors = require "vbo.base.error"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

--- Makes a listing the search of what it lists.
---@param collection table  a copy of the listing's own
---@param text string
---@return table collection
function M.apply(collection, text)
  local class = collection._class
  local query = {}
  for name, value in pairs(collection._query) do query[name] = value end
  local how = class.search
  if type(how) == "function" then how = how(query, collection) end
  if how == nil or collection._options then
    errors.usage(how and "search: this is a search already"
      or ("search: a list of %s cannot be searched"):format(class.plural or class.kind .. "s"))
  end
  if type(how) == "string" then how = { operation = how } end
  local operation = pipeline.operation(collection._client, how.operation, "search")
  local options, keep = { query = text }, how.sift and how.keep or nil
  for name, value in pairs(how.options or {}) do options[name] = value end
  for name, value in pairs(how.query or {}) do
    if body.takes_query(operation, name) then query[name] = value else keep = how.keep end
  end
  collection._list, collection._query, collection._options = operation.name, query, options
  local own = collection._keep
  if own and keep then
    local also = keep
    keep = function(record) return own(record) and also(record) end
  end
  collection._within, collection._keep = how.path, keep or own
  collection._below, collection._tree = nil, nil -- the search looks through all of it
  if how.class then collection._class = how.class end
  if how.owner then
    collection._make = function(found, _, record)
      return resource.from_record(found, how.owner(record, collection), record)
    end
  end
  return collection
end

return M
