--- Declares what is backed up: the data of users, groups, sites and teams in a repository (v3 and
--- later).

local declare = require "vbo.model.declare"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.OrganizationData
---@field id string
---@field organization_id string
---@field display_name string
local OrganizationData = resource.class {
  kind = "organization's data", plural = "organizations_data", parameter = "organizationId",
  key = "organizationId", label = "displayName",
  get = "BackupOrganizationData_GetSingleOrganizationData",
  list = "BackupOrganizationData_GetOrganizationData", names = declare.named "displayName",
  methods = {}, bulk = {},
}

---@class vbo.UserData
---@field id string
---@field display_name string
---@field email string
---@field account_id string?
---@field account_type string?              v6 and later
---@field is_mailbox_backed_up boolean
---@field is_one_drive_backed_up boolean
---@field mailbox_backed_up_time string?    v6 and later
local UserData = resource.class {
  kind = "user's data", plural = "users_data", parameter = "userId", label = "displayName",
  get = "BackupUserData_GetUserData", list = "BackupUserData_GetUsersData",
  names = declare.named("email", "displayName"), methods = {}, bulk = {},
}

---@class vbo.GroupData
---@field id string
---@field display_name string
---@field email string
local GroupData = resource.class {
  kind = "group's data", plural = "groups_data", parameter = "groupId", label = "displayName",
  get = "BackupGroupData_GetSingleGroupData", list = "BackupGroupData_GetGroupsData",
  names = declare.named("email", "displayName"), methods = {}, bulk = {},
}

---@class vbo.SiteData
---@field id string
---@field title string
---@field url string
local SiteData = resource.class {
  kind = "site's data", plural = "sites_data", parameter = "siteId", label = "title",
  get = "BackupSiteData_GetSiteData", list = "BackupSiteData_GetSitesData",
  names = declare.named("title", "url"), methods = {}, bulk = {},
}

---@class vbo.TeamData  v5 and later
---@field id string
---@field display_name string
local TeamData = resource.class {
  kind = "team's data", plural = "teams_data", parameter = "teamId", label = "displayName",
  get = "BackupTeamData_GetTeamData", list = "BackupTeamData_GetTeamsData",
  names = declare.named "displayName", methods = {}, bulk = {},
}

---@class vbo.MailboxData  v6 and later
---@field id string
---@field display_name string?
---@field email string
---@field is_archive boolean
---@field backed_up_time string?
local MailboxData = resource.class {
  kind = "mailbox's data", plural = "mailboxes_data", parameter = "mailboxId", label = "email",
  get = "BackupMailboxData_GetMailboxData", list = "BackupMailboxData_GetMailboxesData",
  names = declare.named("email", "displayName"), methods = {}, bulk = {},
}

---@class vbo.OneDriveData  v6 and later
---@field id string
---@field title string
---@field url string
---@field backed_up_time string?
local OneDriveData = resource.class {
  kind = "OneDrive's data", plural = "onedrives_data", parameter = "oneDriveId", label = "title",
  get = "BackupOneDriveData_GetOneDriveData", list = "BackupOneDriveData_GetOneDrivesData",
  names = declare.named("title", "url"), methods = {}, bulk = {},
}

M.OrganizationData, M.UserData, M.GroupData = OrganizationData, UserData, GroupData
M.SiteData, M.TeamData = SiteData, TeamData
M.MailboxData, M.OneDriveData = MailboxData, OneDriveData

return M
