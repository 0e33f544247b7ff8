--- What production holds of sites and teams at its start: the world's things as they are now.

local core = require "vbo.core"
local view = require "vbo.sim.world.view"

local M = {}

local function is_there(thing, now)
  return thing.at <= now and not (thing.deleted and thing.deleted <= now)
end

--- A live container, which `Production:write` writes into: the documents of a library, a list or
--- a channel as they are at a time; none of a container that is to be made anew.
---@param container table?  of the world
---@param who string        whose it is, as changes tell
---@param now number?
---@return table
local function container_of(container, who, now)
  local live = { user = { name = who }, drive = container, entries = {}, folders = {} }
  for _, document in ipairs(now and container.documents or {}) do
    local version = view.version_at(document, now)
    if version and not (document.deleted and document.deleted <= now) then
      live.entries[document.path] = {
        path = document.path, size = version.size, version = version.number,
        stream = version.stream, modified = version.at, by = version.by,
      }
    end
  end
  for _, folder in ipairs(now and container.folders or {}) do
    if folder.at <= now then live.folders[folder.path] = true end
  end
  return live
end

--- An empty live site.
---@param url string
---@param name string
---@return table
function M.new_site(url, name)
  return { url = url, name = name, containers = {} }
end

--- A library or list of a live site by its name, without regard to case.
function M.container(site, name)
  for _, each in ipairs(site.containers) do
    if core.fold(each.name) == core.fold(name) then return each end
  end
end

--- Adds a library or list to a live site.
---@param site table
---@param kind "library"|"list"
---@param name string
---@param container table?  of the world, with `now` to take its content over
---@param now number?
---@return table
function M.add_container(site, kind, name, container, now)
  local live = container_of(container, site.url, now)
  live.kind, live.name = kind, name
  table.insert(site.containers, live)
  return live
end

--- A site as it is at a time; nil when it is gone.
---@param site table
---@param now number
---@return table?
function M.site(site, now)
  local above = site
  while above do
    if not is_there(above, now) then return nil end
    above = above.parent
  end
  local live = M.new_site(site.url, site.name)
  for _, each in ipairs(site.containers) do
    if is_there(each, now) then M.add_container(live, each.kind, each.name, each, now) end
  end
  return live
end

--- Adds an empty channel to a live team.
---@param team table
---@param channel table  of the world
---@param now number?    its content at this time is taken over
---@return table
function M.add_channel(team, channel, now)
  local live = {
    name = channel.name, type = channel.type, posts = {}, tabs = {},
    files = container_of(channel.files, team.name, now),
  }
  for _, post in ipairs(now and channel.posts or {}) do
    if is_there(post, now) then live.posts[post.id] = post end
  end
  for _, tab in ipairs(now and channel.tabs or {}) do
    if is_there(tab, now) then live.tabs[tab.id] = { tab = tab, name = tab.name, url = tab.url } end
  end
  team.channels[channel.id] = live
  return live
end

--- An empty live team.
function M.new_team(team)
  return { team = team, name = team.name, channels = {}, members = {} }
end

--- A team as it is at a time; nil when it is gone.
---@param team table
---@param now number
---@return table?
function M.team(team, now)
  if not is_there(team, now) then return nil end
  local live = M.new_team(team)
  for _, channel in ipairs(team.channels) do
    if is_there(channel, now) then M.add_channel(live, channel, now) end
  end
  for _, member in ipairs(team.members) do
    local user = team.organization.by_email[member]
    if user and not user.left then live.members[#live.members + 1] = member end
  end
  return live
end

return M
