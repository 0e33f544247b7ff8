--- What a path, a query or a body of a Teams session chooses; as `scope.lua`.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"

local M = {}

---@return table session, table team
function M.team(context)
  local session, id = explore.session(context, "Vet"), context.params.teamId
  return session, session.view:team(id) or refusal.not_found("TeamsTeam", id)
end

--- The channels of a team, or the one that an id names.
---@param id string?
---@return table[]
function M.channels(session, team, id)
  if id == nil or id == "" then return session.view:channels(team) end
  return { session.view:channel(team, id) or refusal.not_found("TeamsChannel", id) }
end

---@return table session, table team, table channel
function M.channel(context)
  local session, team = M.team(context)
  return session, team, M.channels(session, team, context.params.channelId)[1]
end

--- A post of a team by its number.
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

--- A file or a folder of a team.
function M.find_file(session, team, id, channel_id)
  for _, channel in ipairs(M.channels(session, team, channel_id)) do
    local found = session.view:document(channel.files, id) or session.view:folder(channel.files, id)
    if found then return found end
  end
  refusal.not_found("TeamsFile", id)
end

function M.find_tab(session, channels, id)
  for _, channel in ipairs(channels) do
    for _, tab in ipairs(session.view:tabs(channel)) do
      if tab.id == core.fold(id) then return tab end
    end
  end
  refusal.not_found("TeamsTab", id)
end

---@return table session, table team, table post
function M.post(context)
  local session, team = M.team(context)
  return session, team,
    M.find_post(session, team, context.params.postId, context.query.channelId)
end

---@return table session, table team, table file
function M.file(context)
  local session, team = M.team(context)
  local channel = context.params.channelId or context.query.channelId
  return session, team, M.find_file(session, team, context.params.fileId, channel)
end

--- What a body lists: by `id`, posts by `postId`.
---@param list table[]?
---@param name string   of the property, as errors tell it
---@param find fun(id: any): table
---@return table[]
function M.listed(list, name, find)
  local found = {}
  for i, each in ipairs(list or {}) do
    local id = each.postId or each.id
    if not id then refusal.raise(400, ("'%s[%d].id' is missing."):format(name, i - 1)) end
    found[i] = find(id)
  end
  if #found == 0 then refusal.missing { name } end
  return found
end

return M
