--- Declares what a client has below it.
---
--- Classes and functions are named; their modules load when a method is called.  A runbook that
--- lists documents loads neither proxies nor roles.

local declare = require "vbo.model.declare"
local objects = require "vbo.model.objects"

-- Methods of clients.
local Below = {}

-- --------------------------------------------------------------- restore sessions

--- `client:sessions()`; `client:session(id)`.
declare.children(Below, "sessions", "session", "session.Session")

--- Opens a restore session on the organization of the account itself (a tenant's login).
--- Options as `Organization:explore`.
---@param given table?
---@return vbo.Session
function Below:explore(given)
  return objects.named "session.explore"(self, "RestoreSession_ExploreAction", given)
end

--- Opens a restore session as a restore operator; what it restores goes through the
--- operators' own operations.
---
--- Options: those of `Organization:explore`, `scope` (a user, group, site or team, or an item
--- of `effective_scope`) and `reason`.
---@param given table?
---@return vbo.Session
function Below:operator_explore(given) return objects.named "roles.explore"(self, given) end

-- ------------------------------------------------------------------ organizations

--- `client:organizations()`; `client:organization(name)`, without a name the only one.
declare.children(Below, "organizations", "organization", "organization.Organization")

--- `client:current_organization()`: the organization of the account itself, for a tenant's or an
--- operator's login (v2 and later).
declare.action({ methods = Below }, "current_organization",
  "Organization_GetCurrentOrganization", { class = "organization.Organization" })

--- `client:sync_states()`: the states of all organizations (v8).
declare.children(Below, "sync_states", nil, "organization.accounts.SyncState")

--- `client:device_code{ target_region = "Worldwide" }` (v5 and later): for an organization
--- that is still to be added.
declare.action({ methods = Below }, "device_code", "Organization_OrganizationDeviceCode",
  { class = "organization.accounts.DeviceCode" })

-- --------------------------------------------------------------------------- jobs

--- `client:jobs()`; `client:job(name)` by id or name.
declare.children(Below, "jobs", "job", "jobs.Job")

--- `client:copy_jobs{…}` (`repository`; `organization` in v8); `client:copy_job(name)`.
declare.children(Below, "copy_jobs", "copy_job", "jobs.copy.CopyJob")

--- `client:job_sessions{…}` (`job` v7, `job_type` v6, `status` v8,
--- `end_time_lower_bound` v6, `end_time_upper_bound` v7 and later); `client:job_session(id)`.
declare.children(Below, "job_sessions", "job_session", "jobs.sessions.JobSession")

--- Lists the job sessions that changed (v7 alone).
---@param given table?  `from` (the `next` of the call before), `job_type`, `limit`
---@return vbo.Changes  of `vbo.JobSession`
function Below:job_session_changes(given)
  return objects.named "jobs.sessions.changed"(self, given)
end

-- ----------------------------------------------------------------- infrastructure

--- `client:accounts()`, from v6 on with the filters `name`, `account_type`, `organization`;
--- `client:account(name)` by id, user name or description (v4 and later).
declare.children(Below, "accounts", "account", "infrastructure.Account")

--- `client:encryption_keys()`, from v6 on with the filters `description`, `organization`;
--- `client:encryption_key(name)` by id or description (v4 and later).
declare.children(Below, "encryption_keys", "encryption_key", "infrastructure.EncryptionKey")

--- `client:proxies()`; `client:proxy(name)` by id, host name or description.
declare.children(Below, "proxies", "proxy", "infrastructure.proxies.Proxy")

--- `client:proxy_pools()`; `client:proxy_pool(name)` by id or name (v8).
declare.children(Below, "proxy_pools", "proxy_pool", "infrastructure.proxies.ProxyPool")

--- `client:backup_repositories()`, with the version's filters (`proxy`, `long_term` from v6
--- on, `organization`, `proxy_pool_id` from v8 on); `client:backup_repository(name)` by id or
--- name.
declare.children(Below, "backup_repositories", "backup_repository",
  "infrastructure.repositories.Repository")

--- `client:repository_synchronize_sessions()`; `client:repository_synchronize_session(id)`
--- (v6 and later).
declare.children(Below, "repository_synchronize_sessions", "repository_synchronize_session",
  "infrastructure.repositories.SynchronizeSession")

--- `client:repository_owner_change_sessions()`; `client:repository_owner_change_session(id)`
--- (v8).
declare.children(Below, "repository_owner_change_sessions", "repository_owner_change_session",
  "infrastructure.repositories.OwnerChangeSession")

--- `client:object_storage_repositories()` (v4 to v7; v8 has them in `backup_repositories`);
--- `client:object_storage_repository(name)` by id or name.
declare.children(Below, "object_storage_repositories", "object_storage_repository",
  "infrastructure.repositories.ObjectStorage")

-- -------------------------------------------------------------------------- cloud

--- Shows what an Amazon S3 account holds (v4 and later; v4 and v5 ask for the account only).
---
--- Options: `account` (of `client:accounts()`, its id or user name), `region_type` ("Global",
--- "USGovernment" or "China"), `region_id`.
---@param given table
---@return vbo.S3Resources
function Below:s3_resources(given) return objects.named "cloud.s3_resources"(self, given) end

--- Shows what an account of S3-compatible storage holds (v4 and later).  What a version does not
--- ask for (certificates before v8, all but the account before v6) is left out.
---
--- Options: `account`, `service_point`, `custom_region_id`, `trust_server_certificate`,
--- `trusted_server_certificate_thumbprint`.
---@param given table
---@return vbo.S3CompatibleResources
function Below:s3_compatible_resources(given)
  return objects.named "cloud.s3_compatible_resources"(self, given)
end

--- Shows what an account of Azure blob storage holds (v4 and later; v4 and v5 ask for the account
--- only).
---
--- Options: `account`, `region_type` ("Global", "Germany", "China" or "Government").
---@param given table
---@return vbo.AzureResources
function Below:azure_resources(given) return objects.named "cloud.azure_resources"(self, given) end

--- Shows what an Amazon account offers to an archiver appliance (v6 and later).
---
--- Options: `account`, `region_id`.
---@param given table
---@return vbo.EC2Resources
function Below:ec2_resources(given) return objects.named "cloud.ec2_resources"(self, given) end

--- `client:azure_service_accounts()`, with the filters `display_name` and `description`;
--- `client:azure_service_account(name)` by id, display name or description (v6 and later).
declare.children(Below, "azure_service_accounts", "azure_service_account",
  "cloud.azure.ServiceAccount")

-- ------------------------------------------------------------------------ backups

--- `client:restore_points{…}` with `organization`, `job`, `repository`, `is_retrieved`,
--- `is_long_term_copy`; `backup_time` (v6); `from`, `to`, `order_asc`, `is_copy` (v7 and later).
declare.children(Below, "restore_points", "restore_point", "backups.restore_points.RestorePoint")

--- Lists the restore points that changed (v7 alone).
---@param given table  `from` (a token: the `next` of the call before), `limit`
---@return vbo.Changes  of `vbo.RestorePoint`
function Below:restore_point_changes(given)
  return objects.named "backups.restore_points.changed"(self, given)
end

--- `client:protected_users{…}` and so on (v8), with `organization`, `repository`,
--- `restore_point`, `backed_up_organization_id`; one by id or name.
declare.children(Below, "protected_users", "protected_user",
  "backups.restore_points.ProtectedUser")
declare.children(Below, "protected_groups", "protected_group",
  "backups.restore_points.ProtectedGroup")
declare.children(Below, "protected_sites", "protected_site",
  "backups.restore_points.ProtectedSite")
declare.children(Below, "protected_teams", "protected_team",
  "backups.restore_points.ProtectedTeam")

--- `client:data_retrievals{…}` with `organization`, `repository`, `data_state`.
declare.children(Below, "data_retrievals", "data_retrieval", "backups.retrievals.DataRetrieval")

--- `client:data_retrieval_sessions()`.
declare.children(Below, "data_retrieval_sessions", "data_retrieval_session",
  "backups.retrievals.DataRetrievalSession")

-- -------------------------------------------------------------------------- roles

--- `client:rbac_roles()`; `client:rbac_role(name)`; those of an organization below it.
declare.children(Below, "rbac_roles", "rbac_role", "roles.RbacRole")

--- `client:logged_in_user()`: who this login is, and what it may restore.
declare.single(Below, "logged_in_user", "roles.LoggedInUser")

-- --------------------------------------------------------------------- the server

--- Reads how long job sessions are kept (every version).
declare.single(Below, "history_settings", "server.HistorySettings")

--- Reads which folders of mailboxes no job backs up (every version).
declare.single(Below, "exclusion_settings", "server.ExclusionSettings")

--- Reads the settings of the proxy to the internet (v3 and later).
declare.single(Below, "internet_proxy_settings", "server.InternetProxySettings")

--- Reads what retention spares everywhere (v6 and later).
declare.single(Below, "global_retention_exclusion_settings", "server.RetentionExclusion")

--- Reads the settings of the restore portal (v6 and later).
declare.single(Below, "restore_portal_settings", "server.RestorePortalSettings")

--- Reads which company manages the server (v6 and later).
declare.single(Below, "management_mode", "server.ManagementMode")

--- Reads the installation (v6 and later).
declare.single(Below, "service_instance", "server.ServiceInstance")

--- Reads the server's health (v8).
declare.single(Below, "health", "server.Health")

--- Reads how the product updates itself (v8).
declare.single(Below, "configuration_updates", "server.ConfigurationUpdates")

--- `client:license()` (v5 and later).
declare.single(Below, "license", "server.license.License")

--- `client:licensed_users()`, with the filters `organization` and, as later versions have
--- them, `name` and `backed_up_organization_id`; `client:licensed_user(name)` by id or name
--- (v3 and later).
declare.children(Below, "licensed_users", "licensed_user", "server.license.LicensedUser")

--- `client:licensing_platform()`: the kinds of objects that are counted (v7 and later).
declare.single(Below, "licensing_platform", "server.license.LicensingPlatform")

--- Counts how the licence is used now (v7 and later).
---
--- Options: `platform_id`, `organization`, `backed_up_organization_id`.
---@param given table?
---@return vbo.LicensingUsage
function Below:licensing_usage(given) return objects.named "server.license.usage"(self, given) end

--- `client:licensing_report()`: the latest monthly report (v5 and later).
declare.single(Below, "licensing_report", "server.license.LicensingReport")

--- Reads the settings of notifications of backup jobs (every version; a test message from v2 on).
declare.single(Below, "vbo_email_settings", "server.mail.VboEmailSettings")

--- Reads the mail settings of the explorer of Exchange (every version; a test message from v3 on).
declare.single(Below, "vex_email_settings", "server.mail.VexEmailSettings")

--- Reads the mail settings of the explorer of OneDrive (v3 and later).
declare.single(Below, "veod_email_settings", "server.mail.VeodEmailSettings")

--- Reads the mail settings of the explorer of SharePoint (v2 and later; a test message from v3 on).
declare.single(Below, "vesp_email_settings", "server.mail.VespEmailSettings")

--- Reads the mail settings of the explorer of Teams (v5 and later).
declare.single(Below, "vet_email_settings", "server.mail.VetEmailSettings")

--- Reads the settings of notifications of the audit (v5 and later).
declare.single(Below, "audit_email_settings", "server.mail.AuditEmailSettings")

--- Reads one batch of events (v8).
---
--- Options: `from` (the token that the batch before gave, or where to begin), `limit`,
--- `timeout_seconds` (how long the server may wait for an event).
---@param given table
---@return vbo.ServerEvent[] events
---@return string? token  `from` of the next batch
function Below:events(given) return objects.named "server.events.events"(self, given) end

--- Follows the events (v8): waits for the next one, for as long as the loop goes on.  Beside
--- each event comes the token of the batch after it.
---
--- Options: `from`, `limit`, `timeout_seconds`, as one batch takes them.
---@param given table
---@return fun(): vbo.ServerEvent
function Below:follow_events(given)
  return objects.named "server.events.follow_events"(self, given)
end

--- Lists the reports that the server's version makes.
---@return string[] names  for `report`, sorted
function Below:reports() return objects.named "server.reports.names"(self) end

--- Makes a report and saves it (v3 and later).
---
--- Kinds are license_overview, storage_consumption, mailbox_protection (v3 and later),
--- user_protection (v6 and later), onedrive_protection, sharepoint_protection and
--- teams_protection (v8).
---
--- Options: `start_time` and `end_time` (of the first two), `organization` (of the others: an
--- organization, its id or name), `format` (default "pdf", or "csv"; the last three have
--- one format), `timezone` ("UTC+05:00"; v6 and later), and those of every save.  Up to v5
--- times are read in the server's own zone.
---@param kind vbo.ReportKind
---@param given table?
---@return vbo.Saved
function Below:report(kind, given)
  return objects.named "server.reports.report"(self, kind, given)
end

return Below
