--- Worlds: what a rehearsal server holds.
---
--- A world is an object; the server asks it and never changes it (what restores change lives in
--- `vbo.sim.production`).  A world that is made on the fly or read from a folder offers the same:
---
---   world.name, world.now            its name; seconds since 1970 of its present
---   world:organizations()            list of Organization
---   world:organization(id)           Organization|nil
---   world:view(organization, opts)   View: the backup as of a point in time (`world/view.lua`)
---   world:live_drive(organization, email)    what production holds at the start:
---   world:live_mailbox(organization, email)    Live tables (`world/build.lua`), or nil
---   world.jobs, world.repositories, world.proxies   lists of plain records
---
--- Lists handed out may be plain sequences, or tables with `slice(self, offset, count)` that
--- returns the rows wanted and whether more follow.

local M = {}

local known = { demo = "vbo.sim.world.demo" }

--- Opens a world by its name.
---@param name string  "demo"
---@return table? world, string? message
function M.open(name)
  local module = known[name]
  if not module then
    local names = {}
    for key in pairs(known) do names[#names + 1] = key end
    table.sort(names)
    return nil, ("no world is called '%s'; there is: %s"):format(name, table.concat(names, ", "))
  end
  return require("vbo.sim.world.build").expand(require(module))
end

return M
