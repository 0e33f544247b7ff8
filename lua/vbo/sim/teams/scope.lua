--- Finds the teams, channels, posts, files and tabs that a path, a query or a body names; refuses
--- what the session does not show.

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Finds the team of a path.
---@return table session, table team
function M.team(context)
  local session, id = explore.session(context, "Vet"), context.params.teamId
  return session, session.view:team(id) or refusal.not_found("TeamsTeam", id)
end

--- Lists the channels of a team, or the one that an id names.
---@param id string?
---@return table[]
function M.channels(session, team, id)
  if id == nil or id == "" then return session.view:channels(team) end
  return { session.view:channel(team, id) or refusal.not_found("TeamsChannel", id) }
end

--- Finds the channel of a path.
---@return table session, table team, table channel
function M.channel(context)
  local session, team = M.team(context)
  return session, team, M.channels(session, team, context.params.channelId)[1]
end

--- Finds a post of a team by its number.
---@param channel_id string?  where the caller names a channel
function M.find_post(session, team, id, channel_id)
  local number = math.tointeger(tonumber(id))
  for _, channel in ipairs(M.channels(session, team, channel_id)) do
    for _, post in ipairs(session.view:posts(channel)) do
      if post.id == number then return post end
    end
  end
  refusal.not_found("TeamsPost", tostring(id))
end

--- Finds a file or a folder of a team.
function M.find_file(session, team, id, channel_id)
  for _, channel in ipairs(M.channels(session, team, channel_id)) do
    local found = session.view:document(channel.files, id) or session.view:folder(channel.files, id)
    if found then return found end
  end
  refusal.not_found("TeamsFile", id)
end

--- Finds a tab in some channels.
function M.find_tab(session, channels, id)
  for _, channel in ipairs(channels) do
    for _, tab in ipairs(session.view:tabs(channel)) do
      if tab.id == core.fold(id) then return tab end
    end
  end
  refusal.not_found("TeamsTab", id)
end

--- Finds the post of a path.
---@return table session, table team, table post
function M.post(context)
  local session, team = M.team(context)
  return session, team,
    M.find_post(session, team, context.params.postId, context.query.channelId)
end

--- Finds the file or folder of a path.
---@return table session, table team, table file
function M.file(context)
  local session, team = M.team(context)
  local channel = context.params.channelId or context.query.channelId
  return session, team, M.find_file(session, team, context.params.fileId, channel)
end

--- Finds what a body lists by `id`, posts by `postId`.
---@param list table[]?
---@param name string   of the property, for errors
---@param find fun(id: any): table
---@return table[]
function M.listed(list, name, find)
  return choice.listed(list, name, function(_, id) return find(id) end, function(each)
    return each.postId or each.id
  end)
end

return M
