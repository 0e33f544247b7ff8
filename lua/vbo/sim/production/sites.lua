--- Holds the sites of production.

local core = require "vbo.core"
local containers = require "vbo.sim.production.container"
local json = require "vbo.base.json"

local M = {}

local function is_there(site, now)
  return site.at <= now and not (site.deleted and site.deleted <= now)
end

--- Returns an empty live site.
---@param url string
---@param name string
---@return table
function M.new(url, name) return { url = url, name = name, containers = {} } end

--- Finds a library or list of a live site by its name, without regard to case.
---@param live table
---@param name string
---@return table?
function M.container(live, name)
  for _, each in ipairs(live.containers) do
    if core.fold(each.name) == core.fold(name) then return each end
  end
end

--- Adds a library or list to a live site.
---@param live table
---@param kind "library"|"list"
---@param name string
---@param container table?  of the world
---@param now number?       with the content of that container at this time; nil: empty
---@return table
function M.add_container(live, kind, name, container, now)
  local made = containers.new(container, live.url, now)
  made.kind, made.name = kind, name
  table.insert(live.containers, made)
  return made
end

--- Returns a live site as it is at a time; nil where it or a site above it is gone.
---@param site table  of the world
---@param now number
---@return table?
function M.open(site, now)
  local above = site
  while above do
    if not is_there(above, now) then return nil end
    above = above.parent
  end
  local live = M.new(site.url, site.name)
  for _, each in ipairs(site.containers) do
    if is_there(each, now) then M.add_container(live, each.kind, each.name, each, now) end
  end
  return live
end

--- Describes a live site for the admin interface.
---@param live table
---@return table
function M.row(live)
  local row = { name = live.name, url = live.url, libraries = json.array {}, lists = json.array {} }
  for _, container in ipairs(live.containers) do
    local documents, folders = containers.rows(container)
    if container.kind == "list" then
      table.insert(row.lists, { name = container.name, items = documents, folders = folders })
    else
      table.insert(row.libraries,
        { name = container.name, documents = documents, folders = folders })
    end
  end
  return row
end

return M
