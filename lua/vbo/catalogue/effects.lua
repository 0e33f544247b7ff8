--- Says what each change does to production or the server when it is sent, and when it is sent
--- once more.
---
--- An effect is one of
---   converges  sent twice, it leaves what it leaves when it is sent once;
---   adds       each time adds something: a copy, a post, a new object;
---   sends      each time sends mail;
---   starts     each time begins something, or ends something that runs at that moment;
---   destroys   takes something away.
--- The verb is the same word for all operations of all versions that do the same.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"

local M = {}

---@class vbo.Effect
---@field verb string
---@field effect "converges"|"adds"|"sends"|"starts"|"destroys"

-- A row: verb, effect, operations, and `where` = { property = { value = {verb=, effect=} } }, by
-- which a property of the body changes them ("*": any value but an empty one).
local keeps = { keep = { effect = "adds" } }
local elsewhere = { ["*"] = { verb = "restore_to", effect = "adds" } }

local rows = {
  { verb = "restore", effect = "converges", where = { documentaction = keeps },
    "OneDriveDocument_OperatorRestore", "OneDriveDocument_RestoreDocumentAction",
    "OneDriveDocument_RestoreDocumentActionByVersionId", "OneDriveDocument_RestoreDocumentsAction",
    "OneDriveFolder_RestoreFolderAction", "OneDriveFolder_RestoreFolderActionByVersionId",
    "OneDriveFolder_RestoreFoldersAction", "OneDrive_RestoreOneDriveAction",
    "OneDrive_RestoreOneDrivesAction" },
  { verb = "restore", effect = "converges",
    where = { documentlastversionaction = keeps },
    "SharePointDocument_OperatorRestore", "SharePointDocument_RestoreDocumentAction",
    "SharePointDocument_RestoreDocumentActionByVersionId",
    "SharePointDocument_RestoreDocumentsAction", "SharePointFolder_RestoreFolderAction",
    "SharePointFolder_RestoreFolderActionByVersionId", "SharePointFolder_RestoreFoldersAction",
    "SharePointItem_OperatorRestore", "SharePointItem_RestoreItemAction",
    "SharePointItem_RestoreItemActionByVersionId", "SharePointItem_RestoreItemsAction",
    "SharePointLibrary_RestoreLibraryAction", "SharePointList_RestoreListAction",
    "SharePointSite_RestoreSiteAction" },
  { verb = "restore", effect = "converges",
    "ExchangeFolder_RestoreAction", "ExchangeItem_RestoreItemAction",
    "ExchangeItem_RestoreItemsAction", "ExchangeMailbox_RestoreMailboxAction",
    "ExchangeMailbox_RestoreMailboxesToOriginalLocationAction" },
  -- Operators name a folder to restore into; up to v5 several mailboxes are restored by an action
  -- that takes another mailbox as well.
  { verb = "restore", effect = "converges", where = { folder = elsewhere, mailbox = elsewhere },
    "ExchangeItem_OperatorRestore", "ExchangeMailbox_RestoreMailboxesAction" },
  { verb = "restore", effect = "converges", where = { filelastversionaction = keeps },
    "TeamsChannel_OperatorRestore", "TeamsChannel_Restore", "TeamsFile_OperatorRestore",
    "TeamsFile_Restore", "TeamsFile_RestoreById", "TeamsTab_OperatorRestore",
    "TeamsTab_OperatorRestoreByMultipleChannels", "TeamsTab_Restore", "TeamsTab_RestoreById",
    "TeamsTab_RestoreByMultipleChannels", "TeamsTeam_OperatorRestore", "TeamsTeam_Restore",
    "TeamsTeam_RestoreById" },
  { verb = "restore", effect = "adds", "TeamsPost_OperatorRestore", "TeamsPost_Restore" },
  { verb = "restore_to", effect = "adds",
    "BackupOrganization_RestoreToAction", "ExchangeFolder_RestoreToAction",
    "ExchangeItem_RestoreItemToAction", "ExchangeItem_RestoreItemsToAction",
    "ExchangeMailbox_RestoreMailboxToAction",
    "SharePointDocument_RestoreDocumentActionByVersionIdTo",
    "SharePointDocument_RestoreDocumentActionTo", "SharePointDocument_RestoreDocumentsActionTo",
    "SharePointFolder_RestoreFolderActionByVersionIdTo", "SharePointFolder_RestoreFolderActionTo",
    "SharePointFolder_RestoreFoldersActionTo", "SharePointItem_RestoreItemActionByVersionIdTo",
    "SharePointItem_RestoreItemActionTo", "SharePointItem_RestoreItemsActionTo",
    "SharePointLibrary_RestoreLibraryActionTo", "SharePointList_RestoreListActionTo",
    "SharePointSite_RestoreSiteActionTo" },
  { verb = "copy", effect = "adds",
    "OneDriveDocument_CopyToDocumentAction", "OneDriveDocument_CopyToDocumentActionByVersionId",
    "OneDriveDocument_CopyToDocumentsAction", "OneDriveFolder_CopyToFolderAction",
    "OneDriveFolder_CopyToFolderActionByVersionId", "OneDriveFolder_CopyToFoldersAction",
    "OneDrive_CopyToOneDriveAction" },
  { verb = "send", effect = "sends",
    "ExchangeItem_SendItemToDefaultAddressAction", "ExchangeItem_SendItemToDifferentAddressAction",
    "ExchangeItem_SendItemsToDefaultAddressAction",
    "ExchangeItem_SendItemsToDifferentAddressAction", "OneDriveDocument_SendDocumentAction",
    "OneDriveDocument_SendDocumentActionByVersionId", "OneDriveDocument_SendDocumentsAction",
    "OneDriveFolder_SendFolderAction", "OneDriveFolder_SendFolderActionByVersionId",
    "OneDriveFolder_SendFoldersAction", "OneDrive_SendOneDriveAction",
    "SharePointAttachment_SendAttachmentAction", "SharePointAttachment_SendAttachmentsAction",
    "SharePointDocument_SendDocumentAction", "SharePointDocument_SendDocumentActionByVersionId",
    "SharePointDocument_SendDocumentsAction", "SharePointFolder_SendFolderAction",
    "SharePointFolder_SendFolderActionByVersionId", "SharePointFolder_SendFoldersAction",
    "SharePointLibrary_SendLibraryAction", "TeamsFile_Send", "TeamsFile_SendById",
    "TeamsPost_Send", "TeamsPost_SendById" },
  { verb = "send_test", effect = "sends",
    "AuditEmailSettings_SendTestEmail", "VboEmailSettings_SendTestEmail",
    "VeodEmailSettings_SendTestEmail", "VespEmailSettings_SendTestEmail",
    "VetEmailSettings_SendTestEmail", "VexEmailSettings_SendTestEmail" },
  { verb = "create", effect = "adds",
    "Account_AddAccount", "AmazonS3CompatibleObjectStorage_AddFolder",
    "AmazonS3ObjectStorage_AddFolder", "Application_CreateApplication",
    "AzureObjectStorage_AddFolder", "AzureServiceAccounts_Add", "BackupRepository_Add",
    "CopyJob_Create", "DataRetrieval_Create", "EncryptionKey_AddEncryptionKey", "Job_Add",
    "ObjectStorageRepository_AddObjectStorageRepository", "Organization_Add", "ProxyPool_Add",
    "Proxy_Add", "RbacRole_Add" },
  { verb = "add", effect = "adds",
    "Job_AddExcludedItems", "Job_AddExcludedMailboxes", "Job_AddSelectedItems",
    "Job_AddSelectedMailboxes", "OrganizationAudit_Post",
    "OrganizationBackupApplications_AppendBackupApplications", "ProxyPool_AddProxies",
    "RbacRole_AddExcludedItems", "RbacRole_AddOperators", "RbacRole_AddSelectedItems" },
  { verb = "edit", effect = "converges",
    "Account_UpdateAccount", "AuditEmailSettings_Update", "AzureServiceAccounts_Update",
    "BackupRepository_UpdateRepository", "Configuration_Updates_Update", "CopyJob_Update",
    "DataRetrieval_Update", "ExclusionSettings_Update",
    "GlobalRetentionExclusionSettings_GlobalRetentionPolicyPut", "HistorySettings_Update",
    "InternetProxySettings_Update", "Job_Update", "Job_UpdateExcludedItems",
    "Job_UpdateSelectedItems", "LicenseReport_ApproveReport", "LicenseStatistic_ApproveReport",
    "License_InstallAction", "License_Update", "ManagementMode_Update",
    "ObjectStorageRepository_UpdateObjectStorageRepository",
    "OrganizationBackupAccounts_SetAccountPool",
    "OrganizationBackupApplications_ReplaceBackupApplications",
    "OrganizationRetentionExclusion_OrganizationRetentionPolicyPut",
    "Organization_SetVersionBackupOptionsByID", "Organization_Update", "ProxyPool_Update",
    "Proxy_Update", "RbacRole_Update", "VboEmailSettings_Update", "VeodEmailSettings_Update",
    "VespEmailSettings_Update", "VetEmailSettings_Update", "VexEmailSettings_Update" },
  { verb = "enable", effect = "converges", "CopyJob_Enable", "Job_EnableAction" },
  { verb = "disable", effect = "converges", "CopyJob_Disable", "Job_DisableAction" },
  { verb = "enable_maintenance", effect = "converges", "Proxy_EnableMaintenanceAction" },
  { verb = "disable_maintenance", effect = "converges", "Proxy_DisableMaintenanceAction" },
  { verb = "check", effect = "converges", "Proxy_CheckSshConnectionConfig" },
  { verb = "start", effect = "starts", "CopyJob_Start", "Job_StartAction" },
  { verb = "stop", effect = "starts",
    "CopyJob_Stop", "Job_StopAction", "RepositoryOwnerChangeSessions_StopAction",
    "RepositorySynchronizeSessions_StopSynchronizeAction" },
  { verb = "synchronize", effect = "starts",
    "BackupRepository_StartSynchronizeAction", "OrganizationSync_Start" },
  { verb = "rescan", effect = "starts", "Proxy_Rescan", "Proxy_RescanAction" },
  { verb = "change_owner", effect = "starts", "BackupRepository_ChangeOwner" },
  { verb = "update", effect = "starts", "License_UpdateAction" },
  { verb = "export", effect = "starts",
    "TeamsChannel_OperatorStartExportTask", "TeamsPost_OperatorStartExportTask" },
  { verb = "sign_in", effect = "starts",
    "AuditEmailSettings_CompleteOAuthSignIn", "AuditEmailSettings_PrepareOAuthSignIn",
    "VboEmailSettings_CompleteOAuthSignIn", "VboEmailSettings_PrepareOAuthSignIn",
    "VeodEmailSettings_CompleteOAuthSignIn", "VeodEmailSettings_PrepareOAuthSignIn",
    "VespEmailSettings_CompleteOAuthSignIn", "VespEmailSettings_PrepareOAuthSignIn",
    "VetEmailSettings_CompleteOAuthSignIn", "VetEmailSettings_PrepareOAuthSignIn",
    "VexEmailSettings_CompleteOAuthSignIn", "VexEmailSettings_PrepareOAuthSignIn" },
  { verb = "remove", effect = "destroys",
    "Account_RemoveAccount", "AzureServiceAccounts_Delete", "BackupRepository_Remove",
    "CopyJob_Delete", "DataRetrieval_DeleteDataRetrieval", "EncryptionKey_RemoveEncryptionKey",
    "Job_Remove", "Job_RemoveExcludedItem", "Job_RemoveExcludedItems",
    "Job_RemoveExcludedMailboxes", "Job_RemoveSelectedItem", "Job_RemoveSelectedItems",
    "Job_RemoveSelectedMailboxes", "LicensedUser_Remove",
    "ObjectStorageRepository_RemoveObjectStorageRepository", "OrganizationAudit_ExecuteRemove",
    "OrganizationBackupApplications_DeleteBackupApplications",
    "OrganizationRetentionExclusion_OrganizationRetentionPolicyDelete", "Organization_Remove",
    "ProxyPool_Remove", "ProxyPool_RemoveProxies", "Proxy_Remove", "Proxy_RemoveAction",
    "RbacRole_Delete", "RbacRole_DeleteExcludedItems", "RbacRole_DeleteOperators",
    "RbacRole_DeleteSelectedItems" },
}

-- Operation → its row.
local known = {}
for _, row in ipairs(rows) do
  for _, name in ipairs(row) do known[name] = row end
end

-- An operation that no version ships with (a catalogue of the user's own) is judged by its method
-- and last word; what is not known to converge adds.
local by_method = {
  DELETE = { verb = "remove", effect = "destroys" }, PUT = { verb = "edit", effect = "converges" },
  PATCH = { verb = "edit", effect = "converges" },
}
local by_word = {
  { "send", "sends" }, { "start", "starts" }, { "stop", "starts" }, { "remove", "destroys" },
  { "delete", "destroys" }, { "enable", "converges" }, { "disable", "converges" },
}

local function guessed(operation)
  local last = operation.action or operation.path:match "([^/{}]+)/*$" or operation.name
  last = ascii.lower(last)
  for _, each in ipairs(by_word) do
    if last:find("^" .. each[1]) then return { verb = last, effect = each[2] } end
  end
  return by_method[operation.method] or { verb = last, effect = "adds" }
end

local function of_property(row, name, value)
  local words = row.where and row.where[ascii.lower(name)]
  if not words or value == nil or value == "" or value == json.null then return nil end
  return words[ascii.lower(tostring(value))] or words["*"]
end

--- Returns whether an operation is classified here.
---@param name string  of the catalogue
---@return boolean
function M.knows(name) return known[name] ~= nil end

--- Returns what a body says: in the action dialect, what is below the action's key.
---@param operation vbo.Operation
---@param body any  the request's
---@return any
function M.said(operation, body)
  local inside = operation.action and type(body) == "table" and rawget(body, operation.action)
  return inside ~= nil and inside or body
end

--- Returns the verb and the effect of a change, as its options make them.
---@param operation vbo.Operation
---@param body any  the request's
---@return vbo.Effect
function M.of(operation, body)
  body = M.said(operation, body)
  local row = known[operation.name] or guessed(operation)
  local found = { verb = row.verb, effect = row.effect }
  if type(body) ~= "table" then return found end
  for name, value in pairs(body) do
    local other = type(name) == "string" and of_property(row, name, value)
    for field, word in pairs(other or {}) do found[field] = word end
  end
  return found
end

local streams = { { "ToPst", "export" }, { "Export", "export" }, { "^Reports_", "report" } }

--- Returns the verb of an operation that answers a stream.
---@param operation vbo.Operation
---@return string
function M.of_stream(operation)
  for _, each in ipairs(streams) do
    if operation.name:find(each[1]) then return each[2] end
  end
  return "save"
end

--- Describes what an operation's effect depends on, for people: "converges; adds where
--- documentAction is keep".
---@param operation vbo.Operation
---@return string
function M.described(operation)
  local row = known[operation.name] or guessed(operation)
  local words, names = { row.effect }, {}
  local properties = operation.body and operation.body.properties or {}
  for name in pairs(properties) do
    if row.where and row.where[ascii.lower(name)] then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    for value, other in pairs(row.where[ascii.lower(name)]) do
      words[#words + 1] = ("%s where %s is %s"):format(other.effect or row.effect, name,
        value == "*" and "given" or value)
    end
  end
  return table.concat(words, "; ")
end

return M
