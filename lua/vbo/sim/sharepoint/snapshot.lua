--- Takes the sites that a backup sees now.  Sites that a restore created at a new URL are not among
--- them: no backup of the world knows them.

local core = require "vbo.core"
local copy = require "vbo.sim.backups.copy"
local ids = require "vbo.sim.base.ids"

local M = {}

local function key_of(container) return container.kind .. "/" .. core.fold(container.name) end

-- Copies a site as production holds it; live: nil where production has none.
local function site_of(site, live, at)
  local out, there = copy.present(site, live ~= nil, at), {}
  for _, each in ipairs(live and live.containers or {}) do there[key_of(each)] = each end
  out.containers, out.libraries, out.lists = {}, {}, {}
  local function add(container)
    container.site = out
    table.insert(out.containers, container)
    table.insert(container.kind == "list" and out.lists or out.libraries, container)
  end
  for _, container in ipairs(site.containers) do
    local now = there[key_of(container)]
    there[key_of(container)] = nil
    add(now and copy.present(copy.documents(container, now, at), true, at)
      or copy.present(container, false, at))
  end
  -- A restore may have created further libraries and lists.
  for _, now in ipairs(live and live.containers or {}) do
    if there[key_of(now)] then
      local url = site.url .. (now.kind == "list" and "/Lists/" or "/") .. now.name
      add(copy.documents({
        id = ids.uuid(url), kind = now.kind, name = now.name, url = url, owner = site.url, at = at,
        author = site.author, description = "", folders = {}, documents = {}, by_id = {},
      }, now, at))
    end
  end
  return out
end

--- Takes the sites of an organization: changed ones as production holds them, and the subsites of
--- those with their new parents.
---@param base table        the organization as the backup before saw it
---@param production table
---@param at number
---@param touched fun(url: string): boolean
---@return table[]
function M.take(base, production, at, touched)
  local out, new = {}, {}
  for i, site in ipairs(base.sites) do
    local made = touched(site.url) and site_of(site, production:site(base, site.url), at) or nil
    if not made and site.parent and new[site.parent] then made = copy.twin(site) end
    if made then
      made.parent = site.parent and new[site.parent] or site.parent
      new[site] = made
    end
    out[i] = made or site
  end
  return out
end

return M
