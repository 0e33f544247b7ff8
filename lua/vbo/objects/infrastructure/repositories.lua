--- Declares backup repositories, object storage repositories, and the sessions that work on them.

local backups = require "vbo.objects.backups.below"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local objects = require "vbo.model.objects"
local options = require "vbo.base.options"
local resource = require "vbo.model.resource"
local session = require "vbo.objects.session"
local loop = require "vbo.runtime.loop"

---@class vbo.BackupRepository
---@field id string
---@field name string
---@field description string?
---@field path string?
---@field proxy_id string?
---@field proxy_pool_id string?     v8
---@field capacity integer?         bytes
---@field free_space integer?       bytes
---@field retention_type string?    ItemLevel or SnapshotBased; v3 and later
---@field is_out_of_sync boolean?
local Repository = resource.class {
  kind = "backup repository", plural = "backup_repositories", parameter = "repositoryId",
  rooted = true,
  get = "BackupRepository_GetRepositoriesById", list = "BackupRepository_GetRepositories",
  methods = {}, bulk = {}, names = declare.named "name",
}

---@class vbo.BackedUpOrganization
---@field id string
---@field name string
---@field used_space_bytes integer?                  v6 and later
---@field local_cache_used_space_bytes integer?      v6 and later
---@field object_storage_used_space_bytes integer?   v6 and later
local BackedUpOrganization = resource.class {
  kind = "backed-up organization", plural = "backed_up_organizations",
  list = "BackupRepository_GetRepositoryStorageUsage",
  methods = {}, bulk = {}, names = declare.named("name", "officeName"),
}

---@class vbo.RepositorySynchronizeSession
---@field id string
---@field repository_id string
---@field state string               None, Synchronizing or Failed
---@field progress_percent integer?
---@field error string?
local SynchronizeSession = resource.class {
  kind = "repository synchronize session", parameter = "sessionId", rooted = true,
  get = "RepositorySynchronizeSessions_GetRepositoriesById",
  list = "RepositorySynchronizeSessions_GetSynchronizeSessions", methods = {}, bulk = {},
}

---@class vbo.RepositoryOwnerChangeSession
---@field id string
---@field status string             Waiting, Running, Succeeded or Failed
---@field repository_ids string[]
---@field from_owner_id string
---@field to_owner_id string
---@field details string?
local OwnerChangeSession = resource.class {
  kind = "repository owner change session", parameter = "sessionId", rooted = true,
  get = "RepositoryOwnerChangeSessions_GetById", list = "RepositoryOwnerChangeSessions_Get",
  methods = {}, bulk = {},
}

---@class vbo.ObjectStorageRepository
---@field id string
---@field name string
---@field type string
---@field account_id string?
---@field used_space_bytes integer?
local ObjectStorage = resource.class {
  kind = "object storage repository", plural = "object_storage_repositories",
  parameter = "repositoryId", rooted = true,
  get = "ObjectStorageRepository_GetObjectRepository",
  list = "ObjectStorageRepository_GetObjectStorageRepositories",
  methods = {}, bulk = {}, names = declare.named "name",
}

--- `client:backup_repositories():create{ name=, path=, proxy=, … }`.
declare.create(Repository, "BackupRepository_Add")

--- Changes what is given and keeps the rest.
declare.edit(Repository, "BackupRepository_UpdateRepository")

--- Takes the repository out of the configuration.
declare.remove(Repository, "BackupRepository_Remove")

--- Starts a synchronization with the repository's storage (v6 and later); gives its session.
declare.action(Repository, "sync", "BackupRepository_StartSynchronizeAction", {
  class = SynchronizeSession, doc = "Starts a synchronization; v6 and later.",
})

--- Moves the repository to another proxy or pool (v8); gives the session of it.
---
--- Options: `proxy` or `pool` (an id or a resource), `include_all_related_repositories`,
--- `wait_for_sessions_timeout`, `force_stop_sessions`, `force_stop_sessions_timeout`.
declare.action(Repository, "change_owner", "BackupRepository_ChangeOwner", {
  class = OwnerChangeSession, doc = "Moves the repository to another proxy or pool; v8.",
})

--- Lists the organizations with backups in the repository, and the space they take (v3 and later).
declare.children(Repository.methods, "backed_up_organizations", "backed_up_organization",
  BackedUpOrganization)

--- Opens a restore session on what the repository holds of one organization (v7 and later).
---
--- Options: `organization` (an organization, its id or its name) and those of
--- `Organization:explore` except `repository`.
---@param given table
---@return vbo.Session
function Repository.methods:explore(given)
  local own, rest = options.split(given, { organization = "!string|table" }, "explore")
  local organization = resource.reference(objects.named "organization.Organization", self._client,
    own.organization)
  return session.explore(self, "BackupRepository_Explore", rest, {
    query = { organizationId = organization.id },
    about = { organization = organization, repository = self.id },
  })
end

-- ----------------------------------------------------------- what lies in a repository

declare.children(Repository.methods, "organizations_data", "organization_data",
  "backups.OrganizationData")
declare.children(Repository.methods, "users_data", "user_data", "backups.UserData")
declare.children(Repository.methods, "groups_data", "group_data", "backups.GroupData")
declare.children(Repository.methods, "sites_data", "site_data", "backups.SiteData")
declare.children(Repository.methods, "teams_data", "team_data", "backups.TeamData")
--- With `filter`, `organization` and `at` (a point in time).
declare.children(Repository.methods, "mailboxes_data", "mailbox_data", "backups.MailboxData")
declare.children(Repository.methods, "onedrives_data", "onedrive_data", "backups.OneDriveData")

backups.points(Repository.methods, "repository")
declare.children(Repository.methods, "data_retrievals", "data_retrieval",
  "backups.retrievals.DataRetrieval", { rooted = "repository" })

--- Lists the jobs that write there (v8; copy jobs in v6).
declare.children(Repository.methods, "jobs", "job", "jobs.Job", { rooted = "repository" })
declare.children(Repository.methods, "copy_jobs", "copy_job", "jobs.copy.CopyJob",
  { rooted = "repository" })

--- Lists the synchronizations of this repository that the server knows (v6 and later).
---@return table collection
function Repository.methods:synchronize_sessions()
  local own = self.id
  return self._client:repository_synchronize_sessions():where(function(run)
    return run.repository_id == own
  end)
end

--- Lists the owner changes that this repository takes part in (v8).
---@return table collection
function Repository.methods:owner_change_sessions()
  local own = self.id
  return self._client:repository_owner_change_sessions():where(function(run)
    for _, id in ipairs(run.repository_ids or {}) do
      if id == own then return true end
    end
    return false
  end)
end

--- Returns the proxy that serves the repository; nil when a pool does (v8).
---@return vbo.Proxy?
function Repository.methods:proxy()
  local id = self.proxy_id
  return id and self._client:proxy(id) or nil
end

--- Returns the pool that serves the repository (v8); nil when a proxy does.
---@return vbo.ProxyPool?
function Repository.methods:proxy_pool()
  local id = self.proxy_pool_id
  return id and self._client:proxy_pool(id) or nil
end

--- Ends the synchronization.
declare.action(SynchronizeSession, "stop", "RepositorySynchronizeSessions_StopSynchronizeAction")

--- Ends the change of owner.
declare.action(OwnerChangeSession, "stop", "RepositoryOwnerChangeSessions_StopAction")

--- Waits until the change of owner is over.
---
--- Raises `server` when it failed, with what the server says of it, and `timeout` when it
--- takes longer than `timeout` seconds (it goes on).
---@param given table?  timeout= (seconds; default without end)
---@return vbo.RepositoryOwnerChangeSession self
function OwnerChangeSession.methods:wait(given)
  options.check(given, { timeout = "number" }, "wait")
  local left, pause = given and given.timeout or math.huge, 0.5
  while true do
    local status = self:refresh().status
    if status == "Succeeded" then return self end
    if status == "Failed" then
      errors.raise {
        kind = "server", message = ("the owner of the repository was not changed: %s"):format(
          self.details or "the server does not say why"),
      }
    end
    if left <= 0 then
      errors.raise {
        kind = "timeout", message = "the change of owner is still under way",
        hint = ("it goes on in the server's session %s"):format(self.id),
      }
    end
    local ok, err = loop.sleep(self._client._engine, math.min(pause, left))
    if not ok then errors.raise(err) end
    left, pause = left - pause, math.min(pause * 1.5, 10)
  end
end

declare.create(ObjectStorage, "ObjectStorageRepository_AddObjectStorageRepository")
declare.edit(ObjectStorage, "ObjectStorageRepository_UpdateObjectStorageRepository")
declare.remove(ObjectStorage, "ObjectStorageRepository_RemoveObjectStorageRepository")

return {
  Repository = Repository, BackedUpOrganization = BackedUpOrganization,
  SynchronizeSession = SynchronizeSession, OwnerChangeSession = OwnerChangeSession,
  ObjectStorage = ObjectStorage,
}
