--- Items: the users, groups, sites and teams that a job, a role or an audit list names.
---
--- A body writes one as `{ type = "User", user = {…} }`; a runbook may name the resource
--- alone, or leave the type to the resource.

local errors = require "vbo.error"
local resource = require "vbo.resource"

local M = {}

local types = { user = "User", group = "Group", site = "Site", team = "Team" }
local order = { "user", "group", "site", "team" }

--- The item that a value means.
---
--- A class of resources says its word with `item = "user"`; one whose records are items
--- themselves with `item = true`.
---@param value any  a resource (user, group, site, team or another item), or the item's table
---@return any item  for a body
function M.of(value)
  if resource.is(value) then
    local word = value._class.item
    if word == true then return value end
    if not types[word] then
      errors.usage(("a %s is not an item"):format(value._class.kind),
        "items are users, groups, sites and teams of an organization")
    end
    return { type = types[word], [word] = value }
  end
  if type(value) ~= "table" then
    errors.usage(("an item is a user, group, site or team, or a table, not a %s")
      :format(type(value)))
  end
  if value.type ~= nil then return value end
  for _, word in ipairs(order) do
    if value[word] ~= nil then
      local item = { type = types[word] }
      for name, part in pairs(value) do item[name] = part end
      return item
    end
  end
  return value
end

--- Items of a list: one or several.
---@param list any
---@return table[]
function M.all(list)
  if type(list) ~= "table" or resource.is(list) or #list == 0 and next(list) ~= nil then
    list = { list }
  end
  local items = {}
  for i, value in ipairs(list) do items[i] = M.of(value) end
  return items
end

return M
