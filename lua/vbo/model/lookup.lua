--- Finds resources by what a runbook names them by: ids, names, records.

local candidates = require "vbo.model.candidates"
local classes = require "vbo.model.class"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local given_ids = require "vbo.request.given_ids"
local pages = require "vbo.model.pages"

local M = {}

--- Iterates over the resources that an owner lists.
---@param class table
---@param owner table
---@param how {query: table?, list: string?}  `list`: the operation; default the class's
---@return fun(): table? next
function M.each(class, owner, how)
  local walk = pages.new {
    client = owner._client, operation = how.list or class.list, query = how.query,
    key = class.key, call = class.plural or class.kind .. "s",
    path = function() return owner:_path() end,
  }
  local records, position = {}, 0
  return function()
    position = position + 1
    while records and position > #records do records, position = walk:next(), 1 end
    return records and classes.from_record(class, owner, records[position])
  end, nil, nil, walk
end

-- Returns whether a text is an id of this API: a GUID, several GUIDs in a row with or without a
-- tail, or the long base64 id of mail.
local function looks_like_id(text)
  return text:match "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x" ~= nil
    or (#text >= 40 and text:match "^[%w%-_=+/]+$" ~= nil)
end

local function of_table(class, owner, value, query, list)
  if classes.is(value, class) then return value end
  if value.id ~= nil and next(value, next(value)) == nil then
    return classes.from_id(class, owner, tostring(value.id), list)
  end
  if value.id ~= nil then
    local made = classes.from_record(class, owner, value)
    -- A record with links came from the server; one without is of the caller's own making.
    if type(rawget(value, "_links")) ~= "table" then rawset(made, "_made", true) end
    return made
  end
  return value.name ~= nil and classes.from_name(class, owner, value.name, query, list) or nil
end

local function of_text(class, owner, value, query, list)
  if not class.names or looks_like_id(value) then
    return classes.from_id(class, owner, value, list)
  end
  return classes.from_name(class, owner, value, query, list)
end

--- Turns what a runbook names a resource by into the resource.
---@param class table
---@param owner table
---@param value any  a resource, a record, an id, a name, or `{ id = … }` / `{ name = … }`
---@param query table?  where a name is looked up (a folder's documents)
---@param list string?  the operation that lists it; default the class's
---@return table resource
function M.reference(class, owner, value, query, list)
  local found
  if type(value) == "table" then
    found = of_table(class, owner, value, query, list)
  elseif type(value) == "string" and value ~= "" then
    found = of_text(class, owner, value, query, list)
  elseif math.type(value) == "integer" then
    found = classes.from_id(class, owner, tostring(value), list)
  end
  if found then return found end
  local article = class.kind:find "^[aeiouAEIOU]" and "an" or "a"
  errors.usage(("%s %s is named by its id, its name or its record, not by %s"):format(article,
    class.kind, value == "" and "an empty text" or "a " .. type(value)))
end

-- Returns whether a record is of a later version than another of the same thing.
local function is_later(record, other)
  local function numbers(each)
    local list = {}
    for number in tostring(fields.read(each, "version") or ""):gmatch "%d+" do
      list[#list + 1] = tonumber(number)
    end
    return list
  end
  local a, b = numbers(record), numbers(other)
  for i = 1, math.max(#a, #b) do
    local x, y = a[i] or 0, b[i] or 0
    if x ~= y then return x > y end
  end
  return false
end

--- Returns one resource for each id, in their order, with the record of the last version: v3 to v5
--- list every version of an item under the item's own id where a session shows all versions.
---@param list table[]  resources of one class and owner
---@return table[]
function M.distinct(list)
  local distinct, at = {}, {}
  for _, each in ipairs(list) do
    local key = each._key
    local known = key ~= nil and at[each._owner] and at[each._owner][key]
    if not known then
      distinct[#distinct + 1] = each
      if key ~= nil then
        at[each._owner] = at[each._owner] or {}
        at[each._owner][key] = #distinct
      end
    elseif is_later(each._record or {}, distinct[known]._record or {}) then
      distinct[known] = each
    end
  end
  return distinct
end

-- Lists what several names of one class may mean: for each its matches, with `near` for a hint.
local function matches(list)
  local first = list[1]
  local class, found = first._class, {}
  local add, near = candidates.names()
  for i = 1, #list do found[i] = { near = near } end
  for candidate in M.each(class, first._owner, {
    query = rawget(first, "_among"), list = rawget(first, "_through"),
  }) do
    local record = candidate._record
    add(record)
    for i, each in ipairs(list) do
      local name = rawget(each, "_name")
      if candidate._key == name or class.names(record, name) then
        table.insert(found[i], candidate)
      end
    end
  end
  return found
end

-- Gives a resource the id and record of its only match; raises when there is none or several.
local function settle(self, matching)
  local class, name = self._class, rawget(self, "_name")
  local found = M.distinct(matching)
  if #found == 0 then
    local near = matching.near(name)
    errors.raise {
      kind = "not_found", message = ("no %s is called %q"):format(class.kind, name),
      hint = near and ("did you mean %q?"):format(near)
        or ("list them with :%s()"):format(class.plural or class.kind .. "s"),
    }
  elseif #found > 1 then
    errors.raise {
      kind = "conflict", message = ("%d %ss are called %q"):format(#found, class.kind, name),
      hint = "they are " .. candidates.described(
        table.move(found, 1, math.min(#found, 5), 1, {})),
    }
  end
  rawset(self, "_key", found[1]._key)
  rawset(self, "_record", found[1]._record)
  given_ids.of_resource(self._client, class, found[1]._key)
  return found[1]._key
end

--- Looks a resource up by its name.
---@param resource table
---@return string id
function M.by_name(resource) return settle(resource, matches({ resource })[1]) end

--- Returns the record of a resource that the client's version can only list.
---@param resource table
---@return table
function M.listed(resource)
  local class, key = resource._class, resource:_id()
  for candidate in M.each(class, resource._owner, {
    query = rawget(resource, "_among"), list = rawget(resource, "_through"),
  }) do
    if candidate._key == key then return candidate._record end
  end
  errors.raise {
    kind = "not_found", message = ("there is no %s %s"):format(class.kind, tostring(key)),
  }
end

-- Returns a text that is equal for resources that are looked up in the same listing.
local function among_of(item)
  local words = {}
  for name, value in pairs(rawget(item, "_among") or {}) do
    words[#words + 1] = ("%s=%s"):format(name, tostring(value))
  end
  table.sort(words)
  return table.concat(words, "&") .. " " .. tostring(rawget(item, "_through"))
end

--- Looks up resources that are known by their names, in one listing where that has them all.
--- Raises for the first that is missing, or whose name is that of several.
---@param list table[]
function M.look_up(list)
  local groups = {}
  for _, item in ipairs(list) do
    if rawget(item, "_name") ~= nil and rawget(item, "_key") == nil then
      -- A class may find its things in a way of its own.
      if rawget(item._class.methods, "_id") or not item._class.names then
        item:_id()
      else
        groups[item._owner] = groups[item._owner] or {}
        local where, among = groups[item._owner], among_of(item)
        where[among] = where[among] or {}
        table.insert(where[among], item)
      end
    end
  end
  for _, where in pairs(groups) do
    for _, some in pairs(where) do
      local found = matches(some)
      for i, item in ipairs(some) do settle(item, found[i]) end
    end
  end
end

return M
