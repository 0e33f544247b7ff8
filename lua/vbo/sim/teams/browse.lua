--- Handles reading of teams, channels, posts, files and tabs in a restore session.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local render = require "vbo.sim.teams.render"
local scope = require "vbo.sim.teams.scope"

local H = {}

-- Selects those whose display name contains the text of a query (v8).
local function by_name(list, text)
  if not text then return list end
  local found = {}
  for _, each in ipairs(list) do
    if core.fold(each.name):find(core.fold(text), 1, true) then found[#found + 1] = each end
  end
  return found
end

function H.TeamsTeam_Get(context)
  local session = explore.session(context, "Vet")
  return context:list(by_name(session.view:teams(), context.query.displayName), function(_, each)
    return render.team(context, each, session)
  end)
end

function H.TeamsTeam_GetById(context)
  local session, team = scope.team(context)
  return context:json(render.team(context, team, session))
end

function H.TeamsChannel_Get(context)
  local session, team = scope.team(context)
  local list = by_name(session.view:channels(team), context.query.displayName)
  return context:list(list, function(_, each) return render.channel(context, each, session) end)
end

function H.TeamsChannel_GetByChannelId(context)
  local session, _, channel = scope.channel(context)
  return context:json(render.channel(context, channel, session))
end

function H.TeamsChannel_GetChildrenPage(context)
  local session, _, channel = scope.channel(context)
  return context:list({ "Posts", "Files", "Tabs" }, function(_, kind)
    return render.child(context, kind, channel, session)
  end)
end

-- Checks whether a `parentId` means the top level.
local function is_top(id)
  id = core.fold(tostring(id))
  return id == "-1" or id == "null" or id == "root"
end

function H.TeamsPost_GetPage(context)
  local session, team = scope.team(context)
  local channel_id, id, parent, found = context.query.channelId, context.query.parentId, nil, {}
  if id ~= nil then
    parent = not is_top(id) and scope.find_post(session, team, id, channel_id) or false
  end
  for _, channel in ipairs(scope.channels(session, team, channel_id)) do
    for _, post in ipairs(session.view:posts(channel, parent)) do found[#found + 1] = post end
  end
  return context:list(found, function(_, each) return render.post(context, each, session) end)
end

function H.TeamsPost_Get(context)
  local session, _, post = scope.post(context)
  return context:json(render.post(context, post, session))
end

-- Finds the parent folder of a query; nil: all folders; false: the root of each channel.
local function above(context, session, team)
  local id = context.query.parentId
  if id == nil then return nil end
  if is_top(id) then return false end
  return scope.find_file(session, team, id, context.query.channelId)
end

function H.TeamsFile_GetPage(context)
  local session, team = scope.team(context)
  local folder, found = above(context, session, team), {}
  for _, channel in ipairs(scope.channels(session, team, context.query.channelId)) do
    if not folder or folder.drive == channel.files then
      for _, each in ipairs(session.view:folders(channel.files, folder)) do
        found[#found + 1] = each
      end
      local documents = context.query.foldersOnly and {}
        or session.view:documents(channel.files, folder)
      for _, each in ipairs(documents) do found[#found + 1] = each end
    end
  end
  return context:list(found, function(_, each) return render.file(context, each, session) end)
end

function H.TeamsFile_Get(context)
  local session, _, file = scope.file(context)
  return context:json(render.file(context, file, session))
end

function H.TeamsFile_GetVersions(context)
  local session, _, file = scope.file(context)
  local versions = file.versions and session.view:versions(file) or { false }
  return context:list(versions, function(_, version)
    return render.file(context, file, session, version or nil)
  end)
end

function H.TeamsTab_Get(context)
  local session, _, channel = scope.channel(context)
  return context:list(session.view:tabs(channel), function(_, each)
    return render.tab(context, each, session)
  end)
end

function H.TeamsTab_GetTab(context)
  local session, _, channel = scope.channel(context)
  local tab = scope.find_tab(session, { channel }, context.params.tabId)
  return context:json(render.tab(context, tab, session))
end

return H
