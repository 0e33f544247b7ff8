--- Sites and teams of a backup that runs now: as production holds them, with what restores have
--- written there since.  Sites that restores made at a new URL are not in it: no backup of the
--- world knows them.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"

local M = {}

local function twin(it)
  local out = {}
  for key, value in pairs(it) do out[key] = value end
  return setmetatable(out, getmetatable(it))
end

local function is_gone(it, at) return it.deleted ~= nil and it.deleted <= at end

-- A copy that is there, or that is gone from now on, unless it was before.
local function copy_of(it, there, at)
  local out = twin(it)
  if there then out.deleted = nil elseif not is_gone(it, at) then out.deleted = at end
  return out
end

local function key_of(container) return container.kind .. "/" .. core.fold(container.name) end

--- A site as production holds it.
---@param site table
---@param live table?   nil: production has none
---@param at number
---@param files fun(container: table, live: table, at: number): table
function M.site(site, live, at, files)
  local out, there = copy_of(site, live ~= nil, at), {}
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
    add(now and copy_of(files(container, now, at), true, at) or copy_of(container, false, at))
  end
  -- Libraries and lists that a restore made.
  for _, now in ipairs(live and live.containers or {}) do
    if there[key_of(now)] then
      local url = site.url .. (now.kind == "list" and "/Lists/" or "/") .. now.name
      add(files({
        id = ids.uuid(url), kind = now.kind, name = now.name, url = url, owner = site.url, at = at,
        author = site.author, description = "", folders = {}, documents = {}, by_id = {},
      }, now, at))
    end
  end
  return out
end

--- The sites of an organization: those that are touched as production holds them, and those below
--- them with their new parents.
---@param list table[]
---@param make fun(site: table): table?  nil: untouched
function M.sites(list, make)
  local out, new = {}, {}
  for i, site in ipairs(list) do
    local copy = make(site)
    if not copy and site.parent and new[site.parent] then copy = twin(site) end
    if copy then
      copy.parent = site.parent and new[site.parent] or site.parent
      new[site] = copy
    end
    out[i] = copy or site
  end
  return out
end

local function posts_of(channel, new, live, at)
  local out, copies, seen = {}, {}, {}
  for i, post in ipairs(channel.posts) do
    out[i] = copy_of(post, live.posts[post.id] ~= nil, at)
    out[i].channel, copies[post], seen[post.id] = new, out[i], true
  end
  local more = {}
  for id in pairs(live.posts) do
    if not seen[id] then more[#more + 1] = id end
  end
  table.sort(more, function(a, b) return tostring(a) < tostring(b) end)
  for _, id in ipairs(more) do
    local post = copy_of(live.posts[id], true, at)
    post.channel = new
    out[#out + 1] = post
  end
  for _, post in ipairs(out) do post.parent = copies[post.parent] or post.parent end
  return out
end

--- A team as production holds it.
function M.team(team, live, at, files)
  local out = copy_of(team, live ~= nil, at)
  out.channels = {}
  for i, channel in ipairs(team.channels) do
    local now = live and live.channels[channel.id]
    local new = copy_of(channel, now ~= nil, at)
    new.team = out
    if now then
      new.posts, new.tabs = posts_of(channel, new, now, at), {}
      for n, tab in ipairs(channel.tabs) do
        new.tabs[n] = copy_of(tab, now.tabs[tab.id] ~= nil, at)
        new.tabs[n].channel = new
      end
      new.files = files(channel.files, now.files, at)
      new.files.channel = new
    end
    out.channels[i] = new
  end
  return out
end

return M
