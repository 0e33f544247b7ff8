--- Applies rules of single collections that no schema has: records that must stay, unique
--- properties, and members that are records of another collection.

local ascii = require "vbo.base.ascii"
local records = require "vbo.sim.typed.records"
local refusal = require "vbo.sim.base.refusal"
local resources = require "vbo.sim.typed.resources"

local M = {}

local removal = {}

-- A repository that jobs write to and a proxy that repositories need must stay.
removal["/backuprepositories"] = function(context, record)
  for _, job in ipairs(context.store.jobs.list) do
    if job.repository and job.repository.id == record.known.id then
      return ("Repository '%s' is in use by job '%s'."):format(record.known.name, job.name)
    end
  end
end

removal["/proxies"] = function(context, record)
  local list = records.collection(context, "/backuprepositories", {}).list
  for _, repository in ipairs(list) do
    if repository.known.proxyid == record.known.id then
      return ("Proxy '%s' is in use by repository '%s'."):format(record.known.hostname,
        repository.known.name)
    end
  end
end

--- Refuses with 409 to remove a record that must stay.
---@param context vbo.sim.Context
---@param collection table
---@param record table
function M.before_removal(context, collection, record)
  local rule = removal[collection.key]
  local why = rule and rule(context, record)
  if why then refusal.raise(409, why) end
end

-- The unique property of each collection.
local unique = {
  ["/backuprepositories"] = "name", ["/proxies"] = "hostname", ["/proxypools"] = "name",
  ["/objectstoragerepositories"] = "name",
}

--- Refuses with 409 a record whose unique property exists already.
---@param collection table
---@param sent table   with lower-case keys
function M.before_creation(collection, sent)
  local name = unique[collection.key]
  local value = name and sent[name]
  if not value then return end
  for _, record in ipairs(collection.list) do
    if ascii.lower(tostring(record.known[name])) == ascii.lower(tostring(value)) then
      refusal.raise(409, ("%s '%s' exists already."):format(
        resources.title(collection.key), value))
    end
  end
end

local creation = {}

-- Moves the proxies that a new pool names into it.
creation["/proxypools"] = function(context, record)
  local ids = {}
  for i, each in ipairs(record.known.proxyids or {}) do ids[i] = each.proxyid end
  if #ids > 0 then
    M.members(context, "/proxypools/{}/proxies", { record.known.id }, ids, true)
  end
end

--- Applies what follows from a new record.
---@param context vbo.sim.Context
---@param collection table
---@param record table
function M.after_creation(context, collection, record)
  local rule = creation[collection.key]
  if rule then rule(context, record) end
end

-- Members that are records of another collection: its key, the id in a body, the property of their
-- owner.
local members = {
  ["/proxypools/{}/proxies"] = { list = "/proxies", id = "proxyid", owner = "proxypoolid" },
}

--- Adds or removes members; nil where the collection has records of its own.
---@param context vbo.sim.Context
---@param key string
---@param given string[]
---@param ids string[]
---@param inside boolean
---@return boolean?
function M.members(context, key, given, ids, inside)
  local rule = members[key]
  if not rule then return nil end
  local collection, found = records.collection(context, rule.list, {}), {}
  for i, id in ipairs(ids) do
    found[i] = records.find(collection, id) or records.missing(rule.list, id)
  end
  if #found == 0 then refusal.missing { rule.id } end
  for _, record in ipairs(found) do record.known[rule.owner] = inside and given[1] or false end
  return true
end

return M
