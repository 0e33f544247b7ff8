--- Declares what an organization has in production: users with their OneDrives, groups with their
--- members, sites and teams (v2 and later), and the mailboxes of v1.

local declare = require "vbo.model.declare"
local onedrive = require "vbo.objects.onedrive"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.User
---@field id string
---@field name string             the address
---@field display_name string
---@field type string             User, Shared or Public
---@field is_backedup boolean?    v2 to v4
---@field location_type string?   Cloud, OnPremises or Hybrid; v6 and later
local User = resource.class {
  kind = "user", parameter = "userId", item = "user",
  get = "OrganizationUser_GetById", list = "OrganizationUser_Get", methods = {}, bulk = {},
  names = declare.named("name", "displayName", "email"),
}

---@class vbo.UserOneDrive  a person's OneDrive in production: where a copy goes
---@field id string
---@field name string
---@field url string
local UserOneDrive = resource.class {
  kind = "OneDrive", plural = "onedrives", parameter = "onedriveId",
  get = "OrganizationUserOneDrive_GetOne", list = "OrganizationUserOneDrive_GetPage",
  names = onedrive.OneDrive.names, methods = {}, bulk = {},
}

---@class vbo.Group
---@field id string
---@field name string
---@field display_name string
---@field type string             Office365, Security, Distribution or DynamicDistribution
---@field managed_by string?
---@field site string?
local Group = resource.class {
  kind = "group", parameter = "groupId", item = "group",
  get = "OrganizationGroup_GetById", list = "OrganizationGroup_Get", methods = {}, bulk = {},
  names = declare.named("name", "displayName"),
}

---@class vbo.GroupMember
---@field name string
---@field login string
---@field type string        Unknown, User or Group
---@field is_cloud boolean
---@field group_id string?
local GroupMember = resource.class {
  kind = "group member", key = "login", list = "OrganizationGroupMember_Get",
  names = declare.named("login", "name"), methods = {}, bulk = {},
}

---@class vbo.OrganizationSite
---@field id string
---@field name string
---@field title string
---@field url string
---@field is_personal boolean
---@field is_cloud boolean
---@field is_available boolean?
local Site = resource.class {
  kind = "site", parameter = "siteId", item = "site", label = "title",
  get = "OrganizationSite_GetById", list = "OrganizationSite_Get", methods = {}, bulk = {},
  names = declare.named("name", "title", "url"),
}

---@class vbo.OrganizationTeam
---@field id string
---@field display_name string
---@field mail string
---@field description string?
local Team = resource.class {
  kind = "team", parameter = "teamId", item = "team", label = "displayName",
  get = "OrganizationTeam_GetById", list = "OrganizationTeam_Get", methods = {}, bulk = {},
  names = declare.named("displayName", "mail"),
}

---@class vbo.OrganizationMailbox  v1 alone
---@field id string
---@field name string
---@field email string
---@field is_backed_up boolean
local Mailbox = resource.class {
  kind = "mailbox", plural = "mailboxes", parameter = "mailboxId", label = "email",
  get = "OrganizationMailbox_GetById", list = "OrganizationMailbox_Get",
  names = declare.named("email", "name"), methods = {}, bulk = {},
}

M.User, M.UserOneDrive, M.Group, M.GroupMember = User, UserOneDrive, Group, GroupMember
M.Site, M.Team, M.Mailbox = Site, Team, Mailbox

--- `user:onedrives()`; `user:onedrive()`: the only one, unless one is named.
declare.children(User.methods, "onedrives", "onedrive", UserOneDrive)

--- `group:members()` (v5 and later); `group:member(name)` by login or name.
declare.children(Group.methods, "members", "member", GroupMember)

return M
