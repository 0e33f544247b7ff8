--- Checks the selected and excluded items of backup jobs.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"

local M = {}

-- The property that each type of item needs.
local needs = { User = "user", Group = "group", Site = "site", Team = "team" }

-- The properties that name the object of an item.
local parts = {}
for _, name in pairs(needs) do parts[name] = true end

--- The properties that name the object of an item, as a set.
M.parts = parts

-- Checks an item and resolves its user.  Properties of other types are dropped.
local function item_of(context, organization, given)
  local item = {}
  for key, value in pairs(given) do
    if key ~= "_links" and key ~= "_actions" then item[key] = value end
  end
  if not item.type then refusal.missing { "Type" } end
  local kind = ascii.upper(item.type:sub(1, 1)) .. item.type:sub(2)
  item.type = kind
  local name = needs[kind]
  for part in pairs(parts) do
    if part ~= name then item[part] = nil end
  end
  if name and not item[name] then refusal.missing { (name:gsub("^%l", ascii.upper)) } end
  if kind == "User" then
    local wanted = item.user
    item.user = nil
    for _, user in ipairs(organization.users) do
      local id = wanted.id
      if id and core.fold(user.id) == core.fold(id)
          or not id and wanted.name and core.fold(user.name) == core.fold(wanted.name) then
        item.user = user
      end
    end
    if not item.user then refusal.not_found("User", tostring(wanted.id or wanted.name)) end
  end
  item.id = context.app.uuid()
  return item
end

--- Checks the items of a body.
---@param context vbo.sim.Context
---@param organization table
---@param list table[]?
---@return table[]
function M.of(context, organization, list)
  local out = {}
  for i, each in ipairs(list or {}) do out[i] = item_of(context, organization, each) end
  return out
end

return M
