--- Keeps the organizations of a server: the world's without those that were removed, those that
--- were added, and their changes.

local core = require "vbo.core"

local M = {}

local Organizations = {}
Organizations.__index = Organizations

---@param world table
---@return table
function M.new(world)
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

---@param id string
---@return table?
function Organizations:find(id)
  for _, each in ipairs(self:list()) do
    if each.id == core.fold(id) then return each end
  end
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
