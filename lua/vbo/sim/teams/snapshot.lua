--- Takes the teams that a backup sees now.

local copy = require "vbo.sim.backups.copy"

local M = {}

local function posts_of(channel, new, live, at)
  local out, copies, seen = {}, {}, {}
  for i, post in ipairs(channel.posts) do
    out[i] = copy.present(post, live.posts[post.id] ~= nil, at)
    out[i].channel, copies[post], seen[post.id] = new, out[i], true
  end
  local more = {}
  for id in pairs(live.posts) do
    if not seen[id] then more[#more + 1] = id end
  end
  table.sort(more, function(a, b) return tostring(a) < tostring(b) end)
  for _, id in ipairs(more) do
    local post = copy.present(live.posts[id], true, at)
    post.channel = new
    out[#out + 1] = post
  end
  for _, post in ipairs(out) do post.parent = copies[post.parent] or post.parent end
  return out
end

-- Copies a team as production holds it; live: nil where production has none.
local function team_of(team, live, at)
  local out = copy.present(team, live ~= nil, at)
  out.channels = {}
  for i, channel in ipairs(team.channels) do
    local now = live and live.channels[channel.id]
    local new = copy.present(channel, now ~= nil, at)
    new.team = out
    if now then
      new.posts, new.tabs = posts_of(channel, new, now, at), {}
      for n, tab in ipairs(channel.tabs) do
        new.tabs[n] = copy.present(tab, now.tabs[tab.id] ~= nil, at)
        new.tabs[n].channel = new
      end
      new.files = copy.documents(channel.files, now.files, at)
      new.files.channel = new
    end
    out.channels[i] = new
  end
  return out
end

--- Takes the teams of an organization: changed ones as production holds them.
---@param base table        the organization as the backup before saw it
---@param production table
---@param at number
---@param touched fun(name: string): boolean
---@return table[]
function M.take(base, production, at, touched)
  local out = {}
  for i, team in ipairs(base.teams) do
    out[i] = touched(team.name) and team_of(team, production:team(team), at) or team
  end
  return out
end

return M
