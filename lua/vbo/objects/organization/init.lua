--- Declares organizations: the tenants of Microsoft 365, or on-premises servers, that are backed
--- up.

local backups = require "vbo.objects.backups.below"
local declare = require "vbo.model.declare"
local objects = require "vbo.model.objects"
local resource = require "vbo.model.resource"
local session = require "vbo.objects.session"

---@class vbo.Organization
---@field id string
---@field name string
---@field office_name string?     v3 and later
---@field type string             Office365, OnPremises or Hybrid
---@field region string?
---@field is_backedup boolean
---@field first_backuptime string?
---@field last_backuptime string?
local Organization = resource.class {
  kind = "organization", parameter = "organizationId", rooted = true,
  get = "Organization_GetById", list = "Organization_Get", methods = {}, bulk = {},
  names = declare.named("name", "officeName"),
}

--- `client:organizations():create{…}`: adds one; options are the version's own (v1 and v2:
--- `type`, `region`, `username`, `password`; later `exchange_online_settings` …).
declare.create(Organization, "Organization_Add")

--- Changes what is given and keeps the rest.
declare.edit(Organization, "Organization_Update")

--- Removes the organization; refused while it has jobs.
declare.remove(Organization, "Organization_Remove")

--- Opens a restore session on the organization's backups.
---
--- Options: `workload` ("exchange", "onedrive", "sharepoint", "teams"; default Exchange, with a
--- notice), `at` (a point in time with time of day and zone; default the newest known restore
--- point), `deleted` (with items deleted before it; v3 and later), `all_versions` (v3 and
--- later), `repository` (v8).  `session.point` is the point that is shown.
---
--- Raises `usage` for a date without a time of day and for one in the future, `not_found` for
--- one before the first known restore point.
---@param given table?
---@return vbo.Session
function Organization.methods:explore(given)
  return session.explore(self, "Organization_Explore", given, { about = { organization = self } })
end

-- ------------------------------------------------------------------- production

-- The listings take the version's own query options: `display_name`, `user_name`
-- (v4 and later), `location_filter` (v6), `data_source` (v7), `include_personal_sites`,
-- `parent_id`, `filter` of sites, ….
declare.children(Organization.methods, "users", "user", "organization.members.User")
declare.children(Organization.methods, "groups", "group", "organization.members.Group")
declare.children(Organization.methods, "sites", "site", "organization.members.Site")
declare.children(Organization.methods, "teams", "team", "organization.members.Team")
declare.children(Organization.methods, "mailboxes", "mailbox", "organization.members.Mailbox")

-- ----------------------------------------------------------- accounts and settings

declare.children(Organization.methods, "applications", "application",
  "organization.accounts.Application")
declare.children(Organization.methods, "backup_applications", "backup_application",
  "organization.accounts.BackupApplication")
declare.children(Organization.methods, "backup_accounts", nil,
  "organization.accounts.BackupAccount")
declare.children(Organization.methods, "audit_items", "audit_item",
  "organization.accounts.AuditItem")
declare.children(Organization.methods, "used_repositories", nil,
  "organization.accounts.UsedRepository")
declare.single(Organization.methods, "licensing_information",
  "organization.accounts.LicensingInformation")
declare.single(Organization.methods, "sync_state", "organization.accounts.SyncState")
declare.single(Organization.methods, "retention_exclusion",
  "organization.accounts.RetentionExclusion")
declare.single(Organization.methods, "tenant_information",
  "organization.accounts.TenantInformation")
declare.single(Organization.methods, "version_backup_options",
  "organization.accounts.VersionBackupOptions")

--- Reads the organization's users, groups, sites and teams anew; `type` is "Incremental"
--- or "Full" (v7 and later).
declare.action(Organization, "sync", "OrganizationSync_Start", { alone = true })

--- A code to confirm in a browser, for what `applications():create` and others do in the
--- organization's name (v6 and later).
declare.action(Organization, "device_code",
  "OrganizationBackupApplications_OrganizationDeviceCode",
  { class = "organization.accounts.DeviceCode", alone = true })

-- ----------------------------------------------------------------- jobs and backups

--- `organization:jobs()`; `organization:job(name)`: its backup jobs.
declare.children(Organization.methods, "jobs", "job", "jobs.Job",
  { below = "Job_GetByOrganizationId", rooted = "organization" })

--- The users of the organization that take a licence (v3 and later).
declare.children(Organization.methods, "licensed_users", "licensed_user",
  "server.license.LicensedUser", { rooted = "organization" })

--- Creates a backup job for the organization.
---
--- Options: `name`, `repository` (its id), `backup_type` ("EntireOrganization" or
--- "SelectedItems"), `selected_items`, `excluded_items`, `schedule`, `description`,
--- `run_now` and whatever else the API version's body has.
---@param given table
---@return vbo.Job
function Organization.methods:create_job(given)
  return objects.named "jobs.create"(self, given)
end

--- `organization:copy_jobs()` (v8).
declare.children(Organization.methods, "copy_jobs", "copy_job", "jobs.copy.CopyJob",
  { rooted = "organization" })

declare.children(Organization.methods, "data_retrievals", "data_retrieval",
  "backups.retrievals.DataRetrieval", { rooted = "organization" })
declare.children(Organization.methods, "rbac_roles", "rbac_role", "roles.RbacRole",
  { list = "RbacRole_GetByOrganization" })
backups.points(Organization.methods, "organization")

return { Organization = Organization }
