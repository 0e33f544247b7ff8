--- Expands described teams.
---
---   { team = "Aurora", alias = "aurora", description = "…", privacy = "Private", author = "…",
---     members = { "alice@contoso.com" }, created = "…", deleted = "…",
---     channels = { { channel = "General", type = "Standard", created = "…", hit = true,
---       files = { <folders and files of `world/files.lua`> },
---       tabs = { { tab = "Wiki", type = "…", url = "…", deleted = "…", hit = true } },
---       posts = { { subject = "…", author = "…", at = "…", html = "…", important = true,
---         attachments = {…}, deleted = "…", hit = true, replies = { {…} } } } } } }
---
--- `hit` deletes a thing at the time of the attack.

local content = require "vbo.sim.world.content"
local files = require "vbo.sim.world.files"
local ids = require "vbo.sim.base.ids"

local M = {}

local function gone(spec, defaults)
  return files.moment(spec.deleted) or spec.hit and defaults.hit or nil
end

local function add_post(channel, parent, spec, defaults)
  local team = channel.team
  team.posted = team.posted + 1
  local seed = channel.id .. "/post/" .. team.posted
  local at = files.moment(spec.at)
  local post = {
    -- Teams numbers its messages by milliseconds.
    id = (at * 1000 // 1 | 0) + team.posted, key = ids.base64(ids.bytes(seed .. "/key", 12)),
    channel = channel, parent = parent, subject = spec.subject or "", author = spec.author,
    at = at, modified = files.moment(spec.modified, at), important = spec.important or false,
    html = spec.html, attachments = {}, deleted = gone(spec, defaults),
  }
  post.size = #post.html
  for i, each in ipairs(spec.attachments or {}) do
    local stream, size = content.stream(each, seed .. "/" .. i)
    assert(stream.kind == "bytes", "an attachment holds real bytes")
    post.attachments[i] = { name = each.name, data = stream.data, size = size, type = each.type,
      url = each.url or channel.files.url .. "/" .. each.name:gsub(" ", "%%20") }
    post.size = post.size + size
  end
  channel.posts[#channel.posts + 1] = post
  for _, reply in ipairs(spec.replies or {}) do
    local filled = { subject = reply.subject or post.subject }
    for key, value in pairs(reply) do filled[key] = value end
    add_post(channel, post, filled, defaults)
  end
end

local function add_channel(team, spec, defaults)
  local seed = team.id .. "/channel/" .. spec.channel
  local channel = {
    id = ("19:%s@thread.tacv2"):format((ids.uuid(seed):gsub("%-", ""))), team = team,
    name = spec.channel, type = spec.type or "Standard",
    at = files.moment(spec.created, team.at), deleted = gone(spec, defaults), posts = {}, tabs = {},
  }
  channel.files = {
    id = ids.uuid(seed .. "/files"), name = "Files", owner = team.name, author = team.author,
    channel = channel, url = team.url .. "/Shared%20Documents/" .. spec.channel:gsub(" ", "%%20"),
    folders = {}, documents = {}, by_id = {},
  }
  files.add(channel.files, nil, spec.files or {}, {
    created = channel.at, hit = defaults.hit, latest = defaults.latest,
  })
  for _, each in ipairs(spec.tabs or {}) do
    channel.tabs[#channel.tabs + 1] = {
      id = ids.uuid(seed .. "/tab/" .. each.tab), channel = channel, name = each.tab,
      type = each.type, url = each.url, at = files.moment(each.created, channel.at),
      deleted = gone(each, defaults), size = #each.url,
    }
  end
  for _, each in ipairs(spec.posts or {}) do add_post(channel, nil, each, defaults) end
  team.channels[#team.channels + 1] = channel
end

--- Expands the teams of an organization.
---@param organization table
---@param specs table[]
---@param defaults { created: number, hit: number? }
---@return table[]
function M.expand(organization, specs, defaults)
  local list = {}
  local short = organization.name:match "^[^.]+"
  for i, spec in ipairs(specs) do
    local team = {
      id = ids.uuid(organization.name .. "/team/" .. spec.team), organization = organization,
      name = spec.team, alias = spec.alias,
      email = spec.email or ("%s@%s.com"):format(spec.alias, short),
      description = spec.description or "", privacy = spec.privacy or "Private",
      archived = spec.archived or false, author = spec.author, members = spec.members or {},
      at = files.moment(spec.created, defaults.created), deleted = gone(spec, defaults),
      url = ("https://%s.sharepoint.com/sites/%s"):format(short, spec.alias), channels = {},
      posted = 0,
    }
    for _, each in ipairs(spec.channels) do add_channel(team, each, defaults) end
    list[i] = team
  end
  return list
end

return M
