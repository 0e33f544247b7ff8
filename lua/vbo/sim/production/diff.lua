--- Takes snapshots of production and compares two of them.
---
--- A snapshot keeps only what was opened, as references to contents that never change; the rest is
--- as at the start.  So a snapshot of a big world is small.

local productions = require "vbo.sim.production"
local time = require "vbo.base.time"

local M = {}

---@class vbo.sim.Thing  a document, folder, item, post, tab or member
---@field path string
---@field size integer?
---@field version string?
---@field modified number?
---@field what any          its content, or the item itself
---@field folder boolean?

---@class vbo.sim.Difference
---@field change "gained"|"lost"|"replaced"|"rewritten"|"sent"
---@field workload string
---@field organization string?
---@field user string?      owner of the OneDrive or mailbox, URL of the site, name of the team
---@field path string
---@field before table?     { size=, version=, modified= }
---@field after table?

-- -------------------------------------------------------------------- things

local function documents(things, live, above)
  for _, entry in pairs(live.entries) do
    local path = above .. entry.path
    things[path] = { path = path, size = entry.size, version = entry.version,
      modified = entry.modified, what = entry.stream }
  end
  for folder in pairs(live.folders) do
    local path = above .. folder .. "/"
    things[path] = { path = path, folder = true }
  end
end

local function of_drive(drive)
  local things = {}
  documents(things, drive, "")
  return things
end

local function of_mailbox(mailbox)
  local things, above = {}, mailbox.mailbox.archive and mailbox.mailbox.name .. "/" or ""
  for key, entry in pairs(mailbox.items) do
    things[key] = { path = above .. entry.folder .. "/" .. (entry.item.subject or ""),
      size = entry.item.size, modified = entry.received, what = entry.item }
  end
  return things
end

local function of_site(site)
  local things = {}
  for _, container in ipairs(site.containers) do
    things[container.name .. "/"] = { path = container.name .. "/", folder = true }
    documents(things, container, container.name .. "/")
  end
  return things
end

local function of_team(team)
  local things = {}
  for id, channel in pairs(team.channels) do
    local above = channel.name .. "/"
    things[id] = { path = above, folder = true }
    documents(things, channel.files, above)
    for post_id, post in pairs(channel.posts) do
      things["post " .. post_id] = { path = above .. (post.subject or post.title or "post"),
        modified = post.at, what = post }
    end
    for tab_id, tab in pairs(channel.tabs) do
      things["tab " .. tab_id] = { path = above .. tab.name, what = tab.url }
    end
  end
  for _, member in ipairs(team.members) do
    things["member " .. tostring(member)] = { path = "members/" .. tostring(member) }
  end
  return things
end

-- ----------------------------------------------------------------- snapshots

-- Lists what was opened: id → { workload=, organization=, user=, read(production) → things }.
local function groups_of(production, world)
  local groups = {}
  local function add(id, workload, organization, user, read)
    groups[id] = { workload = workload, organization = organization.name, user = user,
      read = read }
  end
  for _, organization in ipairs(world:organizations()) do
    local id = organization.id
    for key, drive in pairs(production._drives) do
      if drive and key:sub(1, #id) == id then
        local user = drive.user.name
        add("drive " .. key, "onedrive", organization, user, function(from)
          local live = from:drive(organization, user)
          return live and of_drive(live) or {}
        end)
      end
    end
    for key, mailbox in pairs(production._mailboxes) do
      if mailbox and key:sub(1, #id) == id then
        local user, archive = mailbox.user.name, mailbox.mailbox.archive
        add("mailbox " .. key, "exchange", organization, user, function(from)
          local live = from:mailbox(organization, user, archive)
          return live and of_mailbox(live) or {}
        end)
      end
    end
    for key, site in pairs(production._sites) do
      if site and key:sub(1, #id) == id then
        add("site " .. key, "sharepoint", organization, site.url, function(from)
          local live = from:site(organization, site.url)
          return live and of_site(live) or {}
        end)
      end
    end
  end
  for key, live in pairs(production._teams) do
    if live then
      local organization = live.team.organization or {}
      add("team " .. key, "teams", organization, live.name, function(from)
        local there = from:team(live.team)
        return there and of_team(there) or {}
      end)
    end
  end
  return groups
end

--- Takes a snapshot of production.
---@param store table
---@return table snapshot
function M.take(store)
  local production, things = store.production, {}
  local groups = groups_of(production, store.world)
  for id, group in pairs(groups) do things[id] = group.read(production) end
  local outbox = table.move(production.outbox, 1, #production.outbox, 1, {})
  return { time = store.clock(), groups = groups, things = things, outbox = outbox,
    changes = #production.changes }
end

--- Returns the snapshot of the start.
---@param store table
---@return table snapshot
function M.start(store)
  return { time = store.clock(), groups = {}, things = {}, outbox = {}, changes = 0 }
end

-- --------------------------------------------------------------- differences

-- Checks whether two contents have the same bytes.
local function same(a, b)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" or a.kind ~= b.kind then return false end
  if a.kind == "bytes" then return a.data == b.data end
  return a.kind == "generate" and a.seed == b.seed and a.size == b.size
end

local function shown(thing)
  return thing and not thing.folder and {
    size = thing.size, version = thing.version,
    modified = thing.modified and time.iso(thing.modified) or nil,
  } or nil
end

local function change_of(before, after)
  if not before then return "gained" end
  if not after then return "lost" end
  if not same(before.what, after.what) then return "replaced" end
  -- The same content was written again.
  return before.modified ~= after.modified and "rewritten" or nil
end

-- Adds the differences of one group to rows.
local function compare(rows, group, before, after)
  local keys, found, filled = {}, {}, {}
  for key in pairs(before) do keys[key] = true end
  for key in pairs(after) do keys[key] = true end
  for key in pairs(keys) do
    local a, b = before[key], after[key]
    local change = change_of(a, b)
    if change then
      local thing = b or a
      found[#found + 1] = {
        change = change, workload = group.workload, organization = group.organization,
        user = group.user, path = thing.path, folder = thing.folder, before = shown(a),
        after = shown(b),
      }
      local above = thing.path:match "^(.*/)[^/]+/?$"
      while above do
        filled[change .. above] = true
        above = above:match "^(.*/)[^/]+/$"
      end
    end
  end
  -- Leave out a folder that came or went with its content.
  for _, row in ipairs(found) do
    if not (row.folder and filled[row.change .. row.path]) then
      row.folder = nil
      rows[#rows + 1] = row
    end
  end
end

local order = { organization = 1, workload = 2, user = 3, path = 4, change = 5 }
local columns = {}
for name, at in pairs(order) do columns[at] = name end

local function by_place(a, b)
  for _, name in ipairs(columns) do
    local x, y = a[name] or "", b[name] or ""
    if x ~= y then return x < y end
  end
  return (a.after and a.after.modified or "") < (b.after and b.after.modified or "")
end

--- Lists what changed from one snapshot to another.
---@param store table
---@param from table   of `take` or `start`
---@param to table
---@return vbo.sim.Difference[]
function M.compare(store, from, to)
  local untouched = productions.new(store.world, store.clock)
  local rows, groups = {}, {}
  for _, snapshot in ipairs { from, to } do
    for id, group in pairs(snapshot.groups) do groups[id] = group end
  end
  for id, group in pairs(groups) do
    compare(rows, group, from.things[id] or group.read(untouched),
      to.things[id] or group.read(untouched))
  end
  table.sort(rows, by_place)
  local sent = {}
  for _, letter in ipairs(from.outbox) do sent[letter] = true end
  for _, letter in ipairs(to.outbox) do
    if not sent[letter] then
      rows[#rows + 1] = { change = "sent", workload = "mail", user = letter.to,
        path = letter.subject or "" }
    end
  end
  return rows
end

return M
