--- Opens worlds: what a rehearsal server holds.
---
--- A world is an object that the server reads and never changes; `vbo.sim.production` keeps what
--- restores change.  Worlds that are generated or read from a folder offer the same:
---
---   world.name, world.now            its name; seconds since 1970 of its present
---   world:organizations()            list of Organization
---   world:organization(id)           Organization|nil
---   world:view(organization, opts)   View: the backup as of a point in time (`world/view.lua`)
---   world:live_drive(organization, email)    production at the start:
---   world:live_mailbox(organization, email)    Live tables (`world/build.lua`), or nil
---   world.jobs, world.repositories, world.proxies   lists of plain records
---
--- Live tables may have `entries` (and, of drives, `folders`) with production's records, instead of
--- a list to copy (`world/big/drive.lua`).
---
--- A list is a plain sequence, a sequence that makes its elements on use (`world/sequence.lua`), or
--- a table with `slice(self, offset, count)`, which returns rows and whether more follow.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

local known = { demo = "vbo.sim.world.demo" }

--- Lists the worlds that are not folders; options follow "big:".
---@return string[]
function M.names()
  local names = { "big:" }
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- Opens a world.
---@param name string  "demo"; "big:users=2000,docs=1000000,seed=7" (also mails=, folders=); or the
---  path of a folder (`world/folder/init.lua`), with a "/" in it where a world has the same name
---@return table? world, string? message
function M.open(name)
  local module = known[name]
  if module then return require("vbo.sim.world.build").expand(require(module)) end
  local options = name == "big" and "" or name:match "^big:(.*)$"
  if options then
    local big = require "vbo.sim.world.big"
    local counts, message = big.options(options)
    return counts and big.new(counts), message
  end
  local found = core.stat(name)
  if found and found.type == "directory" then
    local good, result = pcall(require("vbo.sim.world.folder").open, name)
    if good then return result end
    if not errors.is(result) then error(result, 0) end
    return nil, result.message .. (result.hint and "; " .. result.hint or "")
  end
  if name:find "/" then return nil, ("there is no folder '%s'"):format(name) end
  return nil, ("no world is called '%s'; there is: demo, big:users=2000,docs=1000000,seed=7, and "
    .. "the path of a folder"):format(name)
end

return M
