--- Declares restore points: the moments that jobs have backed up (v6 and later), what each of them
--- protects, and the protected users, groups, sites and teams of all of them (v8).

local ascii = require "vbo.base.ascii"
local changes = require "vbo.model.changes"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local options_of = require "vbo.base.options"
local resource = require "vbo.model.resource"
local session = require "vbo.objects.session"
local time = require "vbo.base.time"

local M = {}

---@class vbo.RestorePoint
---@field id string
---@field backup_time string        ISO 8601
---@field organization_id string
---@field repository_id string
---@field job_id string?
---@field is_exchange boolean
---@field is_one_drive boolean
---@field is_share_point boolean
---@field is_teams boolean
---@field is_copy boolean?          v7 and later
---@field is_retrieved boolean
---@field is_long_term_copy boolean
---@field retrieval_id string?
local RestorePoint = resource.class {
  kind = "restore point", plural = "restore_points", parameter = "restorePointId", rooted = true,
  label = "backupTime", get = "RestorePoint_GetRestorePoint",
  list = "RestorePoint_GetRestorePoints", methods = {}, bulk = {},
}

---@class vbo.ProtectedUser
---@field id string
---@field display_name string
---@field email string?                v7
---@field account_type string
---@field mailboxes table[]?           v8
---@field one_drives table[]?          v8
---@field sites table[]?               v8
local ProtectedUser = resource.class {
  kind = "protected user", plural = "protected_users", parameter = "protectedUserId",
  rooted = true, label = "displayName", get = "ProtectedData_GetProtectedUser",
  list = "ProtectedData_GetProtectedUsers", names = declare.named("displayName", "email"),
  methods = {}, bulk = {},
}

---@class vbo.ProtectedGroup
---@field id string
---@field display_name string
---@field email string?                v7
---@field mailboxes table[]?           v8
---@field sites table[]?               v8
local ProtectedGroup = resource.class {
  kind = "protected group", plural = "protected_groups", parameter = "protectedGroupId",
  rooted = true, label = "displayName", get = "ProtectedData_GetProtectedGroup",
  list = "ProtectedData_GetProtectedGroups", names = declare.named("displayName", "email"),
  methods = {}, bulk = {},
}

---@class vbo.ProtectedSite
---@field id string
---@field display_name string   `name` up to v7; either word reads it
---@field name string
---@field url string
local ProtectedSite = resource.class {
  kind = "protected site", plural = "protected_sites", parameter = "protectedSiteId",
  rooted = true, label = "url", get = "ProtectedData_GetProtectedSite",
  list = "ProtectedData_GetProtectedSites", names = declare.named("displayName", "name", "url"),
  key = { "id", "siteId" }, fields = { display_name = { "name" }, name = { "displayName" } },
  methods = {}, bulk = {},
}

---@class vbo.ProtectedTeam
---@field id string
---@field display_name string
---@field description string?
local ProtectedTeam = resource.class {
  kind = "protected team", plural = "protected_teams", parameter = "protectedTeamId",
  rooted = true, label = "displayName", get = "ProtectedData_GetProtectedTeam",
  list = "ProtectedData_GetProtectedTeams", names = declare.named "displayName",
  methods = {}, bulk = {},
}

---@class vbo.ProtectedMailbox  of a restore point, v6 and v7
---@field id string
---@field display_name string
---@field email string
---@field is_archive boolean
local ProtectedMailbox = resource.class {
  kind = "protected mailbox", plural = "protected_mailboxes", label = "email",
  list = "RestorePoint_GetRestorePointMailboxes", names = declare.named("email", "displayName"),
  methods = {}, bulk = {},
}

---@class vbo.ProtectedOneDrive  of a restore point, v6 and v7
---@field id string
---@field name string
---@field url string
local ProtectedOneDrive = resource.class {
  kind = "protected OneDrive", plural = "protected_onedrives",
  list = "RestorePoint_GetRestorePointOneDrives", names = declare.named("name", "url"),
  methods = {}, bulk = {},
}

M.RestorePoint, M.ProtectedUser, M.ProtectedGroup = RestorePoint, ProtectedUser, ProtectedGroup
M.ProtectedSite, M.ProtectedTeam = ProtectedSite, ProtectedTeam
M.ProtectedMailbox, M.ProtectedOneDrive = ProtectedMailbox, ProtectedOneDrive

local holds = {
  exchange = "is_exchange", onedrive = "is_one_drive", sharepoint = "is_share_point",
  teams = "is_teams",
}

-- Raises for a workload that the point does not hold, naming those that it does.
local function held(self, workload)
  local field = holds[ascii.lower(workload)]
  if not field or self[field] ~= false then return end
  local found = {}
  for name, word in pairs(holds) do
    if self[word] then found[#found + 1] = name end
  end
  table.sort(found)
  errors.usage(("the restore point of %s holds no %s"):format(self.backup_time, workload),
    #found > 0 and "it holds: " .. table.concat(found, ", ") or nil)
end

--- Opens a restore session at the moment of this point: on its repository in v7 and later,
--- on its organization in v6.
---
--- Options: those of `Organization:explore` except `at` and `repository`.
---@param given table?
---@return vbo.Session
function RestorePoint.methods:explore(given)
  local options = {}
  for name, value in pairs(options_of.given(given, "explore")) do
    if name == "at" or name == "repository" then
      errors.usage(("explore: a restore point has no option '%s'"):format(name),
        "it is a point in time of one repository")
    end
    options[name] = value
  end
  held(self, type(options.workload) == "string" and options.workload or "exchange")
  -- As the record has it, not as the field is read: its fraction counts.
  local how = { point = time.point(fields.read(self:_loaded(), "backupTime"), "backup_time") }
  local client = self._client
  if client._catalogue:operation "BackupRepository_Explore" then
    local own = { repositoryId = self.repository_id }
    how.query = { organization = self.organization_id }
    return session.explore({ _client = client, _path = function() return own end },
      "BackupRepository_Explore", options, how)
  end
  return session.explore(client:organization(self.organization_id), "Organization_Explore",
    options, how)
end

--- Returns the retrieval that fetched this point from archive storage; nil when none did.
---@return vbo.DataRetrieval?
function RestorePoint.methods:data_retrieval()
  local id = self.retrieval_id
  return id and self._client:data_retrieval(id) or nil
end

--- Lists what a point protects: below it in v6 and v7, by query in v8.
declare.children(RestorePoint.methods, "protected_users", "protected_user", ProtectedUser,
  { below = "RestorePoint_GetRestorePointUsers", rooted = "restore_point" })
declare.children(RestorePoint.methods, "protected_groups", "protected_group", ProtectedGroup,
  { below = "RestorePoint_GetRestorePointGroups", rooted = "restore_point" })
declare.children(RestorePoint.methods, "protected_sites", "protected_site", ProtectedSite,
  { below = "RestorePoint_GetRestorePointWebs", rooted = "restore_point" })
declare.children(RestorePoint.methods, "protected_teams", "protected_team", ProtectedTeam,
  { below = "RestorePoint_GetRestorePointTeams", rooted = "restore_point" })
declare.children(RestorePoint.methods, "protected_mailboxes", "protected_mailbox",
  ProtectedMailbox)
declare.children(RestorePoint.methods, "protected_onedrives", "protected_onedrive",
  ProtectedOneDrive)

local function points_of(class, parameter, methods)
  --- Lists the restore points with this protected object (v8); query options as
  --- `client:restore_points`.
  ---@param given table?
  function class.methods:restore_points(given)
    local query = { [parameter] = self.id }
    for name, value in pairs(options_of.given(given, "restore_points")) do query[name] = value end
    return self._client:restore_points(query)
  end
  declare.note(methods, {
    name = "restore_points", kind = "plural", operation = RestorePoint.list, class = RestorePoint,
  })
end

points_of(ProtectedUser, "user_id", ProtectedUser.methods)
points_of(ProtectedGroup, "group_id", ProtectedGroup.methods)
points_of(ProtectedSite, "site_id", ProtectedSite.methods)
points_of(ProtectedTeam, "team_id", ProtectedTeam.methods)

--- Carries out `client:restore_point_changes`.
---@param client vbo.Client
---@param given table  `from` (a token: the `next` of the call before), `limit`
---@return vbo.Changes  of `vbo.RestorePoint`
function M.changed(client, given)
  return changes.read(client, "restore_point_changes", "RestorePoint_GetChanges", RestorePoint,
    given)
end

return M
