--- What the simulator's own interface tells of production's sites and teams; see `admin.lua`.

local core = require "vbo.core"
local json = require "vbo.base.json"
local live = require "vbo.sim.state.live"
local time = require "vbo.base.time"

local M = {}

local function sorted_by(list, key)
  table.sort(list, function(a, b) return a[key] < b[key] end)
  return list
end

--- The documents and folders of a live container.
local function held_by(container)
  local documents, folders = json.array {}, json.array {}
  for _, entry in pairs(container.entries) do
    documents[#documents + 1] = {
      path = entry.path, size = entry.size, version = entry.version,
      modified = time.iso(entry.modified), modifiedBy = entry.by,
      versions = entry.versions, permissions = entry.permissions,
    }
  end
  for path in pairs(container.folders) do folders[#folders + 1] = path end
  table.sort(folders)
  return sorted_by(documents, "path"), folders
end

--- The sites of an organization.
---@param production table
---@param organization table
---@return table[]
function M.sites(production, organization)
  local out = json.array {}
  for i, site in ipairs(production:sites(organization)) do
    local row = { name = site.name, url = site.url, libraries = json.array {},
      lists = json.array {} }
    for _, container in ipairs(site.containers) do
      local documents, folders = held_by(container)
      if container.kind == "list" then
        table.insert(row.lists, { name = container.name, items = documents, folders = folders })
      else
        table.insert(row.libraries,
          { name = container.name, documents = documents, folders = folders })
      end
    end
    out[i] = row
  end
  return out
end

local function channel_row(channel)
  local files, folders = held_by(channel.files)
  local posts, tabs = json.array {}, json.array {}
  for _, post in pairs(channel.posts) do
    posts[#posts + 1] = { id = post.id, subject = post.subject, author = post.author,
      created = time.iso(post.at), parent = post.parent and post.parent.id or nil }
  end
  for _, tab in pairs(channel.tabs) do
    tabs[#tabs + 1] = { name = tab.name, url = tab.url }
  end
  return { name = channel.name, files = files, folders = folders,
    posts = sorted_by(posts, "id"), tabs = sorted_by(tabs, "name") }
end

--- The teams of an organization.
---@param production table
---@param organization table
---@return table[]
function M.teams(production, organization)
  local out = json.array {}
  for _, team in ipairs(organization.teams or {}) do
    local there = production:team(team)
    if there then
      local row = { name = there.name, members = json.array {}, channels = json.array {} }
      for i, member in ipairs(there.members) do row.members[i] = member end
      for _, channel in pairs(there.channels) do
        row.channels[#row.channels + 1] = channel_row(channel)
      end
      table.sort(row.members)
      sorted_by(row.channels, "name")
      out[#out + 1] = row
    end
  end
  return out
end

--- The document of a site ("Documents/a.txt") or a file of a team ("General/a.txt") in
--- production.
---@param production table
---@param organization table
---@param query { site: string?, team: string?, path: string? }
---@return { stream: table }?
function M.content(production, organization, query)
  local above, path = (query.path or ""):match "^([^/]*)/(.*)$"
  if not above then return nil end
  local site = query.site and production:site(organization, query.site)
  local container = site and live.container(site, above)
  if container then return container.entries[path] end
  for _, team in ipairs(query.team and organization.teams or {}) do
    local there = core.fold(team.name) == core.fold(query.team) and production:team(team)
    for _, channel in pairs(there and there.channels or {}) do
      if core.fold(channel.name) == core.fold(above) then return channel.files.entries[path] end
    end
  end
end

return M
