--- Declares the classes of teams, channels, posts, files and tabs (v5 and later).

local declare = require "vbo.model.declare"
local fields = require "vbo.model.fields"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"

---@class vbo.BackedUpTeam
---@field id string
---@field name string           its display name
---@field alias string
---@field group_email string
---@field description string
---@field privacy string        Public, Private or HiddenMembership
---@field is_archived boolean
local Team = resource.class {
  kind = "team", parameter = "teamId", selection = "teams", label = "displayName",
  get = "TeamsTeam_GetById", list = "TeamsTeam_Get",
  names = declare.named("displayName", "alias", "groupEmail"),
}

---@class vbo.Channel
---@field id string
---@field name string   its display name
---@field type string?  Standard, Private or Shared (v8)
local Channel = resource.class {
  kind = "channel", parameter = "channelId", label = "displayName",
  get = "TeamsChannel_GetByChannelId", list = "TeamsChannel_Get",
  -- The id of a channel ("19:…@thread.tacv2") looks like no other.
  names = declare.named("displayName", "id"),
}

---@class vbo.ChannelChild
---@field name string  its display name
---@field type string  Tabs, Files or Posts
local Child = resource.class {
  kind = "child", plural = "children", key = "type", list = "TeamsChannel_GetChildrenPage",
  label = "displayName", names = declare.named("type", "displayName"),
}

---@class vbo.Post
---@field id integer
---@field subject string
---@field author string
---@field created string        ISO 8601, UTC
---@field modified string       ISO 8601, UTC
---@field is_important boolean
---@field attachments table[]
---@field parent_id integer?    of a reply (v7 and later)
local Post = resource.class {
  kind = "post", parameter = "postId", key = "post_id", selection = "posts", label = "subject",
  get = "TeamsPost_Get", list = "TeamsPost_GetPage",
}

---@class vbo.TeamFile
---@field id string
---@field name string
---@field file_type string  File or Folder
---@field size integer      bytes
---@field modified string   ISO 8601, UTC
---@field version integer
local File = resource.class {
  kind = "file", parameter = "fileId", selection = "files",
  get = "TeamsFile_Get", list = "TeamsFile_GetPage", names = tree.same_name,
}

---@class vbo.TeamFileVersion: vbo.TeamFile
local FileVersion = resource.class {
  kind = "version", key = { "ui_version", "version" }, list = "TeamsFile_GetVersions",
}

---@class vbo.Tab
---@field id string
---@field name string         its display name
---@field type string
---@field content_url string
local Tab = resource.class {
  kind = "tab", parameter = "tabId", selection = "tabs", label = "displayName",
  get = "TeamsTab_GetTab", list = "TeamsTab_Get", names = declare.named "displayName",
}

local M = {
  Team = Team, Channel = Channel, Child = Child, Post = Post, File = File,
  FileVersion = FileVersion, Tab = Tab,
}

for _, class in pairs(M) do class.methods._session = tree.session end

--- Returns the id of the channel that a resource is in: of an owner that is one, or its record's
--- (v7 and later); nil where neither says it.
---@param self table  a resource or a restore session
---@return string?
function M.channel_of(self)
  local owner = self
  while owner and owner._class do
    if owner._class == Channel then return owner.id end
    owner = owner._owner
  end
  local record = self._class and rawget(self, "_record")
  return record and fields.read(record, "channel_id")
end

return M
