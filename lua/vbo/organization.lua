--- Organizations and their users.

local collection = require "vbo.collection"
local declare = require "vbo.declare"
local jobs = require "vbo.jobs"
local onedrive = require "vbo.onedrive"
local resource = require "vbo.resource"
local session = require "vbo.session"

---@class vbo.Organization
---@field id string
---@field name string
local Organization = resource.class {
  kind = "organization", parameter = "organizationId", rooted = true,
  get = "Organization_GetById", list = "Organization_Get", methods = {}, bulk = {},
  names = declare.named("name", "officeName"),
}

---@class vbo.User
---@field id string
---@field name string
---@field display_name string
local User = resource.class {
  kind = "user", parameter = "userId",
  get = "OrganizationUser_GetById", list = "OrganizationUser_Get", methods = {}, bulk = {},
  names = declare.named("name", "displayName", "email"),
}

-- A person's OneDrive in production: where a copy goes.
local UserOneDrive = resource.class {
  kind = "OneDrive", parameter = "onedriveId",
  get = "OrganizationUserOneDrive_GetOne", list = "OrganizationUserOneDrive_GetPage",
  names = onedrive.OneDrive.names, methods = {}, bulk = {},
}

--- Opens a restore session on the organization's backups.
---
--- Options: `workload` ("exchange", "onedrive", "sharepoint", "teams"; Exchange unless
--- told), `at` (a point in time; the latest backup unless told), `deleted` (with items
--- deleted before it; v3 and later), `all_versions` (v3 and later), `repository` (v8).
---@param given table?
---@return vbo.Session
function Organization.methods:explore(given)
  return session.explore(self, "Organization_Explore", given)
end

--- `organization:users()`; `organization:user(name)` by id, address or display name.
declare.children(Organization.methods, "users", "user", User)

--- Backup jobs of the organization.
function Organization.methods:jobs()
  local own = self.id
  local list = self._client._catalogue:operation "Job_GetByOrganizationId"
  if list then
    return collection.new(jobs.Job, self, { list = "Job_GetByOrganizationId" })
  end
  return collection.new(jobs.Job, self._client, { query = { organization = own } })
end

--- Creates a backup job for the organization.
---
--- Options: `name`, `repository` (its id), `backup_type` ("EntireOrganization" or
--- "SelectedItems"), `selected_items`, `excluded_items`, `schedule`, `description`,
--- `run_now` and whatever else the API version's body has.
---@param given table
---@return vbo.Job
function Organization.methods:create_job(given) return jobs.create(self, given) end

--- The user's OneDrives.
function User.methods:onedrives() return collection.new(UserOneDrive, self, {}) end

--- One OneDrive of the user; the only one when no id is given.
---@param id any
function User.methods:onedrive(id)
  if id == nil then return self:onedrives():one() end
  return resource.reference(UserOneDrive, self, id)
end

local client = {}

--- `client:organizations()`; `client:organization(name)`, without a name the only one.
declare.children(client, "organizations", "organization", Organization)

return {
  Organization = Organization, User = User, UserOneDrive = UserOneDrive, client = client,
}
