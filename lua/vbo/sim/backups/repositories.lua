--- Finds backup repositories for jobs, restore points and retrievals: the world's, and those that a
--- client created, which `vbo.sim.typed` keeps.

local core = require "vbo.core"
local records = require "vbo.sim.typed.records"
local refusal = require "vbo.sim.base.refusal"

local M = {}

-- The repositories that clients created, by the production they belong to.
local made = setmetatable({}, { __mode = "k" })

--- Finds a repository by its id, default the world's first; refuses an unknown one with 404.
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
