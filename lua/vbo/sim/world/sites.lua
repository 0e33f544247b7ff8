--- Expands described sites.
---
---   { site = "Marketing", path = "/sites/marketing", author = "…", created = "…", deleted = "…",
---     libraries = { { name = "Documents", <folders and files of `world/files.lua`> }, … },
---     lists = { { name = "Tasks", { file = "title", fields = {…}, attachments = {…} } }, … },
---     subsites = { { site = "Events", path = "/sites/marketing/events", … } } }
---
--- Libraries and lists are both containers of files: an item of a list is a document whose content
--- is its fields.

local files = require "vbo.sim.world.files"
local ids = require "vbo.sim.base.ids"

local M = {}

local function new_container(site, spec, kind, defaults)
  local url = spec.url
    or site.url .. (kind == "list" and "/Lists/" or "/") .. spec.name:gsub(" ", "%%20")
  local container = {
    id = ids.uuid(url), site = site, kind = kind, name = spec.name, url = url, owner = site.url,
    author = spec.author or site.author, description = spec.description or "",
    at = math.min(files.moment(spec.created, site.at), defaults.latest or math.huge),
    created = files.moment(spec.created),
    deleted = files.moment(spec.deleted) or spec.hit and defaults.hit or nil,
    folders = {}, documents = {}, by_id = {},
  }
  files.add(container, nil, spec, {
    created = container.at, hit = defaults.hit, latest = defaults.latest,
  })
  return container
end

local function add(list, organization, parent, spec, defaults)
  -- A farm on premises has its own host name.
  local host = "https://" .. (defaults.sharepoint_server
    or organization.name:match "^[^.]+" .. ".sharepoint.com")
  local url = spec.url or host .. spec.path
  local site = {
    -- A site's id is that of its site collection and its own.
    id = (parent and parent.collection or ids.uuid(url .. "/site")) .. ids.uuid(url .. "/web"),
    collection = parent and parent.collection or ids.uuid(url .. "/site"),
    name = spec.site, url = url, organization = organization, parent = parent,
    author = spec.author or parent and parent.author,
    at = files.moment(spec.created, defaults.created),
    deleted = files.moment(spec.deleted) or spec.hit and defaults.hit or nil,
    libraries = {}, lists = {}, containers = {},
  }
  list[#list + 1] = site
  for _, each in ipairs(spec.libraries or {}) do
    table.insert(site.libraries, new_container(site, each, "library", defaults))
  end
  for _, each in ipairs(spec.lists or {}) do
    table.insert(site.lists, new_container(site, each, "list", defaults))
  end
  for _, each in ipairs(site.libraries) do table.insert(site.containers, each) end
  for _, each in ipairs(site.lists) do table.insert(site.containers, each) end
  for _, each in ipairs(spec.subsites or {}) do add(list, organization, site, each, defaults) end
end

--- Expands the sites of an organization, each followed by its subsites.
---@param organization table
---@param specs table[]
---@param defaults { created: number, hit: number?, sharepoint_server: string? }
---@return table[]
function M.expand(organization, specs, defaults)
  local list = {}
  for _, spec in ipairs(specs) do add(list, organization, nil, spec, defaults) end
  return list
end

return M
