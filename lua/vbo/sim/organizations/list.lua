--- Keeps the organizations of a server: the world's without those that were removed, those that
--- were added, and their changes.

local core = require "vbo.core"

local M = {}

local Organizations = {}
Organizations.__index = Organizations

---@param world table
---@return table
function M.new(world)
  -- Apps share a world, and a reset starts over: the world's own names come back.
  for _, each in ipairs(world:organizations()) do each.name = each.world_name or each.name end
  return setmetatable({ world = world, added = {}, removed = {}, changes = {} }, Organizations)
end

--- Lists all organizations.
---@return table[]
function Organizations:list()
  local out = {}
  for _, each in ipairs(self.world:organizations()) do
    if not self.removed[each.id] then out[#out + 1] = each end
  end
  return table.move(self.added, 1, #self.added, #out + 1, out)
end

--- Finds an organization by its id.
---@param id string
---@return table?
function Organizations:find(id)
  for _, each in ipairs(self:list()) do
    if each.id == core.fold(id) then return each end
  end
end

--- Finds an organization by its name or its id.
---@param name string
---@return table?
function Organizations:named(name)
  for _, each in ipairs(self:list()) do
    if core.fold(each.name) == core.fold(name) or each.id == core.fold(name) then return each end
  end
end

--- Renames an organization.
---@param organization table
---@param name string
function Organizations.rename(_, organization, name)
  organization.world_name = organization.world_name or organization.name
  organization.name = name
end

--- Adds an organization without backups.
---@param fields { id: string, name: string, type: string, region: string?, account: string? }
---@return table
function Organizations:add(fields)
  fields.workloads, fields.points, fields.users, fields.mailboxes = {}, {}, {}, {}
  fields.by_email, fields.description = {}, fields.description or ""
  fields.msid = fields.id
  self.added[#self.added + 1] = fields
  return fields
end

---@param id string
function Organizations:remove(id)
  self.removed[id] = true
  for i = #self.added, 1, -1 do
    if self.added[i].id == id then table.remove(self.added, i) end
  end
end

return M
