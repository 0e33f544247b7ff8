--- Writes the titles that the vendor's reference gives to operations and groups of them.

local M = {}

-- Group of the reference → the word before `_` in the names of its operations, where the words of
-- one are not those of the other.
local prefixes = {
  ["Accounts"] = "Account",
  ["Amazon Archiver Appliance"] = "EC2Resources",
  ["Amazon S3 Object Storage Buckets and Folders"] = "AmazonS3ObjectStorage",
  ["Applications"] = "Application",
  ["Audit"] = "OrganizationAudit",
  ["Audit Email Notification Settings"] = "AuditEmailSettings",
  ["Azure Blob Object Storage Containers and Folders"] = "AzureObjectStorage",
  ["Backup Accounts"] = "OrganizationBackupAccounts",
  ["Backup Applications"] = "OrganizationBackupApplications",
  ["Backup Copy Jobs"] = "CopyJob",
  ["Backup Jobs"] = "Job",
  ["Backup Proxy Pools"] = "ProxyPool",
  ["Backup Proxy Servers"] = "Proxy",
  ["Backup Repositories"] = "BackupRepository",
  ["Backup Repository Change Owner Sessions"] = "RepositoryOwnerChangeSession",
  ["Backup Repository Synchronization"] = "RepositorySynchronizeSessions",
  ["Backup and Backup Copy Job Session Operations"] = "JobSessionLog",
  ["Backup and Backup Copy Job Sessions"] = "JobSession",
  ["Data Protection Reports"] = "Reports",
  ["Data Retrieval Jobs"] = "DataRetrieval",
  ["Data Retrieval Session Operations"] = "DataRetrievalSessionLog",
  ["Data Retrieval Sessions"] = "DataRetrievalSession",
  ["Encryption Passwords"] = "EncryptionKey",
  ["Excluded Mailbox Folders"] = "ExclusionSettings",
  ["Global Exclusions from Retention Policy"] = "GlobalRetentionExclusionSettings",
  ["Group Data Backups"] = "BackupGroupData",
  ["Internet Proxy Server Settings"] = "InternetProxySettings",
  ["Job Session History Settings"] = "HistorySettings",
  ["License Usage Report"] = "LicenseStatistic",
  ["Licensed Users"] = "LicensedUser",
  ["Mailbox Data Backups"] = "BackupMailboxData",
  ["Mailbox Folders Restore"] = "ExchangeFolder",
  ["Mailbox Items Restore"] = "ExchangeItem",
  ["Mailboxes Restore"] = "ExchangeMailbox",
  ["OneDrive Data Backups"] = "BackupOneDriveData",
  ["OneDrive Documents Restore"] = "OneDriveDocument",
  ["OneDrive Folders Restore"] = "OneDriveFolder",
  ["OneDrives Restore"] = "OneDrive",
  ["OneDrives of Organization User"] = "OrganizationUserOneDrive",
  ["Organization Data Backups"] = "BackupOrganizationData",
  ["Organization Data Restore"] = "BackupOrganization",
  ["Organization Exclusions from Retention Policy"] = "OrganizationRetentionExclusion",
  ["Organization Group Members"] = "OrganizationGroupMember",
  ["Organization Groups"] = "OrganizationGroup",
  ["Organization Licensing"] = "OrganizationLicensingInformation",
  ["Organization Sites"] = "OrganizationSite",
  ["Organization Teams"] = "OrganizationTeam",
  ["Organization Users"] = "OrganizationUser",
  ["Organizations"] = "Organization",
  ["Processed Objects"] = "JobSessionObjects",
  ["Restore Operator Roles"] = "RbacRole",
  ["Restore Points"] = "RestorePoint",
  ["Restore Session Events"] = "RestoreSessionEvent",
  ["Restore Sessions"] = "RestoreSession",
  ["S3 Compatible Object Storage Buckets and Folders"] = "AmazonS3CompatibleObjectStorage",
  ["SharePoint Attachments Restore"] = "SharePointAttachment",
  ["SharePoint Data Backups"] = "BackupSiteData",
  ["SharePoint Documents Restore"] = "SharePointDocument",
  ["SharePoint Folders Restore"] = "SharePointFolder",
  ["SharePoint Items Restore"] = "SharePointItem",
  ["SharePoint Libraries Restore"] = "SharePointLibrary",
  ["SharePoint Lists Restore"] = "SharePointList",
  ["SharePoint Sites Restore"] = "SharePointSite",
  ["Synchronization of Organization Objects"] = "OrganizationSync",
  ["Team Data Backups"] = "BackupTeamData",
  ["Teams Channels Restore"] = "TeamsChannel",
  ["Teams Files Restore"] = "TeamsFile",
  ["Teams Posts Restore"] = "TeamsPost",
  ["Teams Restore"] = "TeamsTeam",
  ["Teams Tabs Restore"] = "TeamsTab",
  ["User Data Backups"] = "BackupUserData",
  ["Users Logged In to Restore Portal"] = "OrganizationRbac",
  ["Veeam Backup for Microsoft 365 Email Notification Settings"] = "VboEmailSettings",
  ["Veeam Explorer for Microsoft Exchange Email Settings"] = "VexEmailSettings",
  ["Veeam Explorer for Microsoft OneDrive for Business Email Settings"] = "VeodEmailSettings",
  ["Veeam Explorer for Microsoft SharePoint Email Settings"] = "VespEmailSettings",
  ["Veeam Explorer for Microsoft Teams Email Settings"] = "VetEmailSettings",
  ["Version and Installation ID"] = "ServiceInstance",
}

-- The names of a group's operations in the document's order, which is that of the titles.
local function names_of(model, prefix)
  local found = {}
  for _, operation in ipairs(model.operations) do
    if operation.name:match "^(%w+)_" == prefix then found[#found + 1] = operation end
  end
  return found
end

--- Returns the lines of `facts/titles.lua`.
---@param contents table  the vendor's contents: groups= {group=, operations= {method=, title=}}
---@param model table     of v8, with canonical names
---@return string
function M.lines(contents, model)
  local lines = {}
  for _, source in ipairs(contents.groups) do
    local group, titles = source.group, source.operations
    local prefix = prefixes[group] or group:gsub("%s", "")
    local operations = names_of(model, prefix)
    if operations[1] then
      lines[#lines + 1] = ("# %s\t%s"):format(group, prefix)
      if titles[1] and #titles ~= #operations then
        error(("%s: %d titles for %d operations"):format(group, #titles, #operations), 0)
      end
      for i, entry in ipairs(titles) do
        if entry.method ~= operations[i].method then
          error(("%s: '%s' stands where %s is"):format(group, entry.title, operations[i].name), 0)
        end
        lines[#lines + 1] = ("%s\t%s"):format(operations[i].name, entry.title)
      end
    end
  end
  return table.concat(lines, "\n")
end

return M
