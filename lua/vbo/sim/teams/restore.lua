--- Makes the steps that write what was chosen of a team into production.

local choice = require "vbo.sim.sessions.choice"
local live = require "vbo.sim.production.teams"
local restore = require "vbo.sim.sessions.restore"

local M = {}

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

local function record(context, session, team, how, path, size)
  restore.record(context, session, "restored", how, {
    workload = "teams", user = team.name, path = path, size = size,
  })
end

-- Makes a step that writes one thing; `write` returns how it ended.
local function step(context, session, it, kind, path, write, missing)
  return {
    id = tostring(it.id), name = it.subject or it.name, type = kind, size = it.size, path = path,
    run = function()
      if missing then return { how = "failed", error = missing } end
      local how = write()
      if how ~= "unchanged" then
        local team = it.channel and it.channel.team or it.team or it
        record(context, session, team, how, path, it.size)
      end
      return { how = how }
    end,
  }
end

-- Finds the live channel of a channel; nil and a message where production has none.
local function channel_in(context, channel)
  local team = context.store.production:team(channel.team)
  if not team then
    return nil, ("Team %s was not found in production."):format(channel.team.name)
  end
  local found = team.channels[channel.id]
  if found then return found end
  return nil, ("Channel %s was not found in team %s."):format(channel.name, channel.team.name)
end

-- Reads from a body whether changed and missing things are restored.
local function flags_of(body)
  local changed, missing = body.restoreChangedItems, body.restoreMissingItems
  if changed == nil then changed = body.restoreChangedTabs end
  if missing == nil then missing = body.restoreMissingTabs end
  return { changed = changed ~= false, missing = missing ~= false }
end

--- Makes steps for the files and folders of one channel.
---@param context vbo.sim.Context
---@param session table
---@param channel table
---@param documents { document: table, version: vbo.sim.Version }[]
---@param folders table[]
---@return vbo.sim.Step[]
function M.files(context, session, channel, documents, folders)
  local receiver, missing = channel_in(context, channel)
  local flags = flags_of(context.body)
  local function place(it) return it.path end
  restore.folders(receiver and receiver.files, folders, place)
  return restore.documents(context, session, documents, {
    change = "restored", workload = "teams", type = "File", drive = receiver and receiver.files,
    missing = missing, prefix = channel.name .. "/Files/", place = place, how = {
      exists = restore.word(context.body.fileLastVersionAction) or "overwrite",
      all = restore.word(context.body.fileVersion) == "all", changed = flags.changed,
      missing = flags.missing,
    },
  })
end

--- Makes steps for posts: missing ones come back, the others stay as they are.
---@return vbo.sim.Step[]
function M.posts(context, session, posts)
  local steps, flags = {}, flags_of(context.body)
  for i, post in ipairs(posts) do
    local receiver, missing = channel_in(context, post.channel)
    local title = post.subject ~= "" and post.subject or "post " .. post.id
    steps[i] = step(context, session, post, "Post", post.channel.name .. "/Posts/" .. title,
      function()
        if receiver.posts[post.id] or not flags.missing then return "unchanged" end
        receiver.posts[post.id] = post
        return "created"
      end, missing)
  end
  return steps
end

--- Makes steps for tabs.
---@return vbo.sim.Step[]
function M.tabs(context, session, tabs)
  local steps, flags = {}, flags_of(context.body)
  for i, tab in ipairs(tabs) do
    local receiver, missing = channel_in(context, tab.channel)
    steps[i] = step(context, session, tab, "Tab", tab.channel.name .. "/Tabs/" .. tab.name,
      function()
        local there = receiver.tabs[tab.id]
        if there and (there.url == tab.url or not flags.changed) then return "unchanged" end
        if not there and not flags.missing then return "unchanged" end
        receiver.tabs[tab.id] = { tab = tab, name = tab.name, url = tab.url }
        return there and "overwritten" or "created"
      end, missing)
  end
  return steps
end

--- Makes steps for all of a channel, and for the channel itself where production lost it.
---@return vbo.sim.Step[]
function M.channel(context, session, channel)
  local steps, flags = {}, flags_of(context.body)
  local team = context.store.production:team(channel.team)
  if team and not team.channels[channel.id] and flags.missing then
    -- Created at once, since the following steps write into it; counted with them.
    live.add_channel(team, channel)
    steps[1] = step(context, session, channel, "Channel", channel.name, function()
      return "created"
    end)
  elseif team and not team.channels[channel.id] then
    return steps
  end
  local documents, folders = choice.below(session, channel.files, nil)
  append(steps, M.files(context, session, channel, documents, folders))
  append(steps, M.tabs(context, session, session.view:tabs(channel)))
  append(steps, M.posts(context, session, session.view:posts(channel)))
  return steps
end

--- Makes steps for all of a team, and for the team itself where production lost it.
---@return vbo.sim.Step[]
function M.team(context, session, team)
  local steps, production, flags = {}, context.store.production, flags_of(context.body)
  local there = production:team(team)
  if not there then
    if not flags.missing then return steps end
    there = production:make_team(team)
    steps[1] = step(context, session, team, "Team", "/", function() return "created" end)
  end
  if context.body.restoreSettings then
    record(context, session, team, "overwritten", "(settings)")
  end
  if context.body.restoreMembers then
    local known = {}
    for _, member in ipairs(there.members) do known[member] = true end
    for _, member in ipairs(team.members) do
      local user = team.organization.by_email[member]
      -- A user who has left has no account that could be a member.
      if user and not user.left and not known[member] then
        there.members[#there.members + 1] = member
        record(context, session, team, "created", "Members/" .. member)
      end
    end
  end
  for _, channel in ipairs(session.view:channels(team)) do
    append(steps, M.channel(context, session, channel))
  end
  return steps
end

return M
