--- Organizations: the tenants of Microsoft 365, or servers of one's own, that are backed up.

local accounts = require "vbo.objects.organization.accounts"
local declare = require "vbo.model.declare"
local jobs = require "vbo.objects.jobs"
local license = require "vbo.objects.server.license"
local members = require "vbo.objects.organization.members"
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

local client = {}

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

members.below(Organization.methods)
accounts.below(Organization.methods)

--- `organization:jobs()`; `organization:job(name)`: its backup jobs.
declare.children(Organization.methods, "jobs", "job", jobs.Job,
  { below = "Job_GetByOrganizationId", rooted = "organization" })

--- The users of the organization that take a licence (v3 and later).
declare.children(Organization.methods, "licensed_users", "licensed_user", license.LicensedUser,
  { rooted = "organization" })

--- Creates a backup job for the organization.
---
--- Options: `name`, `repository` (its id), `backup_type` ("EntireOrganization" or
--- "SelectedItems"), `selected_items`, `excluded_items`, `schedule`, `description`,
--- `run_now` and whatever else the API version's body has.
---@param given table
---@return vbo.Job
function Organization.methods:create_job(given) return jobs.create(self, given) end

--- `client:organizations()`; `client:organization(name)`, without a name the only one.
declare.children(client, "organizations", "organization", Organization)

--- `client:current_organization()`: that of the account itself, for a tenant's or an
--- operator's login (v2 and later).
declare.action({ methods = client }, "current_organization",
  "Organization_GetCurrentOrganization", { class = Organization })

for name, method in pairs(accounts.client) do client[name] = method end

return {
  Organization = Organization, User = members.User, Group = members.Group,
  Site = members.Site, Team = members.Team, UserOneDrive = members.UserOneDrive, client = client,
}
