--- Declares the accounts and rules of an organization's backups: applications, backup accounts
--- and applications, audit items, device codes, licensing, synchronization, retention
--- exclusions, versions, and the repositories it uses.

local declare = require "vbo.model.declare"
local fields = require "vbo.model.fields"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.Application  of Entra ID
---@field id string            the application's id
---@field application_id string
---@field display_name string
---@field tags string[]
local Application = resource.class {
  kind = "application", key = "applicationId", label = "displayName",
  list = "Application_GetApplications", names = declare.named "displayName",
  methods = {}, bulk = {},
}

---@class vbo.BackupApplication
---@field id string                       the application's id
---@field application_id string
---@field display_name string
---@field certificate_thumbprint string
local BackupApplication = resource.class {
  kind = "backup application", plural = "backup_applications", key = "applicationId",
  label = "displayName", list = "OrganizationBackupApplications_GetBackupApplications",
  names = declare.named "displayName", methods = {}, bulk = {},
}

---@class vbo.BackupAccount
---@field group_member table   groupId, isCloud, login, name, type
local BackupAccount = resource.class {
  kind = "backup account", plural = "backup_accounts", label = "id",
  list = "OrganizationBackupAccounts_GetBackupAccounts", methods = {}, bulk = {},
}

---@class vbo.AuditItem
---@field id string
---@field type string   User or Group
---@field user table?
---@field group table?
local AuditItem = resource.class {
  kind = "audit item", plural = "audit_items", label = "type", item = true,
  list = "OrganizationAudit_Get", methods = {}, bulk = {},
}

---@class vbo.DeviceCode
---@field user_code string          what the person types
---@field verification_url string   and where
---@field message string            both, in a sentence
---@field expires_in integer        seconds
local DeviceCode = resource.class {
  kind = "device code", key = "userCode", label = "userCode", methods = {}, bulk = {},
  operations = {
    "Organization_OrganizationDeviceCode", "OrganizationBackupApplications_OrganizationDeviceCode",
  },
}

---@class vbo.UsedRepository
---@field details string
---@field is_available boolean
---@field used_space_bytes integer?
---@field repository_id string?     v8
local UsedRepository = resource.class {
  kind = "used repository", plural = "used_repositories", key = "repositoryId",
  label = "details", list = "Organization_GetStorageSpaceUsage", methods = {}, bulk = {},
}

---@class vbo.LicensingInformation
---@field licensed_users integer
---@field new_users integer
local LicensingInformation = resource.class {
  kind = "licensing information", methods = {},
  get = "OrganizationLicensingInformation_GetLicenseCount",
}

---@class vbo.SyncState
---@field organization_id string?      v8
---@field status string?               None, Success or Error; v7 (later in last_sync_state)
---@field last_sync_state table?       v8
---@field current_sync_state table?    v8
local SyncState = resource.class {
  kind = "synchronization state", plural = "sync_states", key = "organizationId",
  label = "organizationId", get = "OrganizationSync_GetState", list = "OrganizationSync_GetStates",
  methods = {}, bulk = {},
}

---@class vbo.RetentionExclusion
---@field calendar boolean
---@field contacts boolean
local RetentionExclusion = resource.class {
  kind = "retention exclusion", methods = {},
  get = "OrganizationRetentionExclusion_OrganizationRetentionPolicyGet",
}

---@class vbo.TenantInformation
---@field msid string
---@field primary_location string?
---@field protected_locations string[]
local TenantInformation = resource.class {
  kind = "tenant information", get = "Organization_GetTenantInformationByID", methods = {},
}

---@class vbo.VersionBackupOptions
---@field share_point_backup_mode string   All or Latest
local VersionBackupOptions = resource.class {
  kind = "version backup options", methods = {}, get = "Organization_GetVersionBackupOptionsByID",
}

M.Application, M.BackupApplication, M.BackupAccount = Application, BackupApplication, BackupAccount
M.AuditItem, M.DeviceCode, M.UsedRepository = AuditItem, DeviceCode, UsedRepository
M.LicensingInformation, M.SyncState = LicensingInformation, SyncState
M.RetentionExclusion, M.TenantInformation = RetentionExclusion, TenantInformation
M.VersionBackupOptions = VersionBackupOptions

--- Registers applications in Entra ID: `organization:applications():create{…}`.
---
--- Options: `user_code` (of the device code that a person confirmed), `count`,
--- `display_name`, `application_certificate`, `application_certificate_password`.
---@param given table
---@return vbo.Application[]  those that were made
function Application.bulk:create(given)
  local answer = declare.call(self._owner, "create", "Application_CreateApplication", given)
  local made = {}
  for i, record in ipairs(type(answer.data) == "table" and answer.data.results or {}) do
    made[i] = resource.from_record(Application, self._owner, record)
  end
  return made
end

--- `organization:backup_applications():add(list)` (v8) and `:replace(list)` (v6 and later),
--- of `{ application =, application_certificate =, application_certificate_password = }` with
--- the application's resource or `{ application_id = … }`.
declare.listed(BackupApplication, "add", "OrganizationBackupApplications_AppendBackupApplications")
declare.listed(BackupApplication, "replace",
  "OrganizationBackupApplications_ReplaceBackupApplications")

local function remove_applications(owner, ids)
  owner:_call {
    call = "remove", operation = "OrganizationBackupApplications_DeleteBackupApplications",
    body = ids,
  }
end

--- Takes the selected applications out of those that back up, in one call (v8).
function BackupApplication.bulk:remove()
  local ids = {}
  for i, application in ipairs(self:_all()) do ids[i] = application.id end
  if #ids > 0 then remove_applications(self._owner, ids) end
end

--- Takes the application out of those that back up (v8).
function BackupApplication.methods:remove() remove_applications(self._owner, { self.id }) end

-- A backup account's id is the login of its member.
function BackupAccount.methods:_id()
  local member = fields.read(self:_loaded(), "groupMember")
  return type(member) == "table" and fields.read(member, "login") or nil
end

--- `organization:backup_accounts():replace(list)`: the whole pool, of
--- `{ group_member = {…}, password = … }` (v6 and later).
declare.listed(BackupAccount, "replace", "OrganizationBackupAccounts_SetAccountPool")

--- `organization:audit_items():add(items)`: users and groups (v5 and later).
declare.listed(AuditItem, "add", "OrganizationAudit_Post")

local function remove_audited(owner, ids)
  owner:_call {
    call = "remove", operation = "OrganizationAudit_ExecuteRemove", options = { item_ids = ids },
  }
end

--- Stops auditing the selected items, in one call.
function AuditItem.bulk:remove()
  local ids = {}
  for i, item in ipairs(self:_all()) do ids[i] = item.id end
  if #ids > 0 then remove_audited(self._owner, ids) end
end

--- Stops auditing the item.
function AuditItem.methods:remove() remove_audited(self._owner, { self.id }) end

--- Whether a person has confirmed the code (v6 and later).
---@return boolean
function DeviceCode.methods:check()
  local answer = self._client:_call {
    call = "check", operation = "Organization_CheckDeviceCode",
    options = { user_code = self.user_code },
  }
  return fields.read(answer.data or {}, "authenticated") == true
end

-- One of the list of all knows its organization by its record.
function SyncState.methods:_path()
  local path = self._owner:_path()
  path.organizationId = path.organizationId or self:_id()
  return path
end

declare.edit(RetentionExclusion, "OrganizationRetentionExclusion_OrganizationRetentionPolicyPut")
declare.action(RetentionExclusion, "remove",
  "OrganizationRetentionExclusion_OrganizationRetentionPolicyDelete")
declare.edit(VersionBackupOptions, "Organization_SetVersionBackupOptionsByID")

return M
