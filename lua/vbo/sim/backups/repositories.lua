--- Backup repositories as jobs, restore points and retrievals see them: the world's own, and those
--- that a client made (which `vbo.sim.typed` keeps).

local core = require "vbo.core"
local records = require "vbo.sim.typed.records"
local refusal = require "vbo.sim.base.refusal"

local M = {}

-- The objects of repositories that clients made, by the state they belong to.
local made = setmetatable({}, { __mode = "k" })

--- A repository by its id; the world's first without one; a 404 where there is none.
---@param context vbo.sim.Context
---@param id string?
---@return { id: string, name: string }
function M.get(context, id)
  local world = context.store.world
  if not id then return world.repositories[1] end
  id = core.fold(id)
  for _, each in ipairs(world.repositories) do
    if each.id == id then return each end
  end
  for _, record in ipairs(records.collection(context, "/backuprepositories", {}).list) do
    if core.fold(tostring(record.known.id)) == id then
      local key = context.store.production
      made[key] = made[key] or {}
      made[key][id] = made[key][id]
        or { id = id, name = record.known.name, proxy = world.proxies[1] }
      return made[key][id]
    end
  end
  refusal.not_found("BackupRepository", id)
end

return M
