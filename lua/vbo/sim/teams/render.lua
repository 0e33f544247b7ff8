--- Renders teams, channels, posts, files and tabs as records of the API.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"
local dates = require "vbo.sim.state.dates"

local M = {}

local teams = "/RestoreSessions/%s/Organization/Teams/%s"

-- Returns the settings of a new team.
local function settings()
  return {
    allowExternalSenders = false, autoSubscribeNewMembers = true, preferredDataLocation = "",
    funSettings = { allowCustomMemes = true, allowGiphy = true, allowStickersAndMemes = true,
      giphyContentRating = "Moderate" },
    guestSettings = { allowCreateUpdateChannels = false, allowDeleteChannels = false },
    memberSettings = { allowAddRemoveApp = true, allowCreatePrivateChannel = true,
      allowCreateUpdateChannel = true, allowCreateUpdateRemoveConnector = true,
      allowCreateUpdateRemoveTab = true, allowDeleteChannel = true },
    messagingSettings = { allowChannelMention = true, allowOwnerDeleteMessage = true,
      allowTeamMention = true, allowUserDeleteMessage = true, allowUserEditMessage = true },
  }
end

function M.team(context, it, session)
  local function here(path) return context:href(teams .. path, session.id, it.id) end
  return {
    id = it.id, displayName = it.name, alias = it.alias, groupEmail = it.email,
    description = it.description, privacy = it.privacy, isArchived = it.archived,
    settings = settings(),
    _links = { self = here "", channels = here "/Channels", posts = here "/Posts",
      files = here "/Files" },
  }
end

function M.channel(context, it, session)
  local team = it.team
  local function here(path)
    return context:href(teams .. "/Channels/%s" .. path, session.id, team.id, it.id)
  end
  local function listed(path)
    return context:href(teams .. path .. "?channelId=%s", session.id, team.id, it.id)
  end
  return {
    id = it.id, displayName = it.name, teamId = team.id, type = it.type,
    _links = {
      self = here "", team = context:href(teams, session.id, team.id), tabs = here "/Tabs",
      posts = listed "/Posts", files = listed "/Files",
      children = context.number >= 7 and here "/Children" or nil,
    },
  }
end

--- Renders a child of a channel: "Tabs", "Files" or "Posts".
function M.child(context, kind, channel, session)
  local links = M.channel(context, channel, session)._links
  return {
    displayName = kind, type = kind, channelId = channel.id, teamId = channel.team.id,
    _links = { self = links[ascii.lower(kind)], channel = links.self },
  }
end

local function channel_link(context, channel, session)
  return context:href(teams .. "/Channels/%s", session.id, channel.team.id, channel.id)
end

function M.post(context, it, session)
  local channel, attachments = it.channel, json.array {}
  for i, each in ipairs(it.attachments) do
    attachments[i] = { name = each.name, longFileName = each.name, url = each.url }
  end
  local base = teams .. "/Posts/%s?channelId=%s"
  local function link(post)
    return context:href(base, session.id, channel.team.id, post.id, channel.id)
  end
  return {
    postId = it.id, parentId = it.parent and it.parent.id or nil, subject = it.subject,
    author = it.author, createdTime = dates.time(it.at),
    lastModifiedTime = dates.time(it.modified),
    isImportant = it.important, isDeleted = it.deleted ~= nil
      and session.view.point ~= nil and it.deleted <= session.view.point,
    attachments = attachments, changeKey = it.key, parentChangeKey = it.parent and it.parent.key,
    channelId = channel.id, teamId = channel.team.id,
    _links = { self = link(it), channel = channel_link(context, channel, session),
      parent = it.parent and link(it.parent) or nil },
  }
end

--- Renders a file, or a folder, which has no version.
function M.file(context, it, session, version)
  local channel = it.drive.channel
  local team = channel.team
  local function link(file)
    -- v8 moved files below their channels.
    if context.number >= 8 then
      return context:href(teams .. "/Channels/%s/Files/%s", session.id, team.id, channel.id,
        file.id)
    end
    return context:href(teams .. "/Files/%s?channelId=%s", session.id, team.id, file.id,
      channel.id)
  end
  local is_folder = it.versions == nil
  version = version or not is_folder and session.view:current(it) or nil
  local above
  if is_folder then above = it.parent else above = it.folder end
  return {
    id = it.id, name = it.name, fileType = is_folder and "Folder" or "File",
    sizeBytes = version and version.size or 0,
    modified = dates.time(version and dates.modified(version) or it.modified or it.at),
    modifiedBy = version and version.by or it.by, uiVersion = version and version.number or "1.0",
    version = version and version.id // 512 or 1, channelId = channel.id, teamId = team.id,
    _links = {
      self = link(it), channel = channel_link(context, channel, session),
      parent = above and link(above) or nil,
      files = is_folder and context:href(teams .. "/Files?channelId=%s&parentId=%s", session.id,
        team.id, channel.id, it.id) or nil,
    },
  }
end

function M.tab(context, it, session)
  local channel = it.channel
  return {
    id = it.id, displayName = it.name, type = it.type, contentUrl = it.url,
    channelId = channel.id, teamId = channel.team.id,
    _links = {
      self = context:href(teams .. "/Channels/%s/Tabs/%s", session.id, channel.team.id, channel.id,
        it.id),
      channel = channel_link(context, channel, session),
    },
  }
end

return M
