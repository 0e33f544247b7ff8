--- Holds the teams of production.

local containers = require "vbo.sim.production.container"
local json = require "vbo.base.json"
local time = require "vbo.base.time"

local M = {}

local function is_there(thing, now)
  return thing.at <= now and not (thing.deleted and thing.deleted <= now)
end

--- Returns an empty live team.
---@param team table  of the world
---@return table
function M.new(team) return { team = team, name = team.name, channels = {}, members = {} } end

--- Adds a channel to a live team.
---@param live table
---@param channel table  of the world
---@param now number?    with its content at this time; nil: empty
---@return table
function M.add_channel(live, channel, now)
  local made = {
    name = channel.name, type = channel.type, posts = {}, tabs = {},
    files = containers.new(channel.files, live.name, now),
  }
  for _, post in ipairs(now and channel.posts or {}) do
    if is_there(post, now) then made.posts[post.id] = post end
  end
  for _, tab in ipairs(now and channel.tabs or {}) do
    if is_there(tab, now) then made.tabs[tab.id] = { tab = tab, name = tab.name, url = tab.url } end
  end
  live.channels[channel.id] = made
  return made
end

--- Returns a live team as it is at a time; nil where it is gone.
---@param team table  of the world
---@param now number
---@return table?
function M.open(team, now)
  if not is_there(team, now) then return nil end
  local live = M.new(team)
  for _, channel in ipairs(team.channels) do
    if is_there(channel, now) then M.add_channel(live, channel, now) end
  end
  for _, member in ipairs(team.members) do
    local user = team.organization.by_email[member]
    if user and not user.left then live.members[#live.members + 1] = member end
  end
  return live
end

local function sorted_by(list, key)
  table.sort(list, function(a, b) return a[key] < b[key] end)
  return list
end

local function channel_row(channel)
  local files, folders = containers.rows(channel.files)
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

--- Describes a live team for the admin interface.
---@param live table
---@return table
function M.row(live)
  local row = { name = live.name, members = json.array {}, channels = json.array {} }
  for i, member in ipairs(live.members) do row.members[i] = member end
  for _, channel in pairs(live.channels) do
    row.channels[#row.channels + 1] = channel_row(channel)
  end
  table.sort(row.members)
  sorted_by(row.channels, "name")
  return row
end

return M
