--- Writes where a change acts as rows that another run's changes are compared with.
---
--- A path is the names from the organization down, folded, each with a unit separator behind it:
--- one that begins with another lies in it.

local canonical = require "vbo.run.canonical"
local core = require "vbo.core"

local M = {}

local unit <const> = "\x1f"

local function step_of(text) return (core.fold(tostring(text)):gsub("\x1f", " ")) end

-- Lists the fields that tell one thing from another of its name in production.
local apart = {
  item = { "item_class", "sent", "received", "start_time", "created" },
  post = { "author", "created" },
}

local function leaf_of(item)
  local words = { step_of(item.address or item.name or item.id or item.kind) }
  for _, name in ipairs(apart[item.kind] or {}) do
    if item.record[name] ~= nil then words[#words + 1] = tostring(item.record[name]) end
  end
  return table.concat(words, "\x1e")
end

local function path_of(subject, item)
  local path = {}
  if canonical.is_backup(subject) then
    local of = subject.organization or {}
    path[1] = step_of(of.id or of.name or "")
    path[2] = subject.workload
    for _, each in ipairs(item.above) do path[#path + 1] = step_of(each.address or each.name
      or each.id or each.kind) end
    -- A version is restored to where its document is.
    if item.kind ~= "version" then path[#path + 1] = leaf_of(item) end
  else
    for _, each in ipairs(item.above) do
      path[#path + 1] = each.kind
      path[#path + 1] = step_of(each.id or each.name or "")
    end
    path[#path + 1] = item.kind
    path[#path + 1] = step_of(item.id or item.name or "")
  end
  return path
end

local function path_text(subject, item, more)
  local path = path_of(subject, item)
  if subject.whole and not canonical.is_backup(subject) then path[#path + 1] = subject.whole end
  if more then path[#path + 1] = step_of(more) end
  return table.concat(path, unit) .. unit
end

--- Lists the items of a call in the order of its body.
---@param subject vbo.Subject
---@return {id: string?, name: string?, path: string}[]
function M.members(subject)
  local list = {}
  for i, item in ipairs(subject.items) do
    list[i] = { id = item.id, name = item.name, path = path_text(subject, item) }
  end
  return list
end

---@class vbo.Target
---@field verb string
---@field destination string
---@field path string      names from the organization down, each with a unit separator behind it

--- Returns the rows of a change.
---@param verb string
---@param subject vbo.Subject
---@param call vbo.run.Call
---@param created string?  the name of what it creates
---@return vbo.Target[]
function M.of(verb, subject, call, created)
  local rows, seen = {}, {}
  local items = subject.items[1] and subject.items
    or { { kind = subject.kind, above = {}, record = {}, name = "" } }
  for _, item in ipairs(items) do
    local path = path_text(subject, item, created)
    if not seen[path] then
      seen[path] = true
      rows[#rows + 1] = { verb = verb, destination = call.destination, path = path }
    end
  end
  return rows
end

return M
