--- Tells what an API version can do, before anything is done: `client:supports "teams"`,
--- `vbo.connect { needs = { "teams", "versions" } }`.
---
--- A capability is a word of the list below, or the name of an operation.  The catalogue says
--- which versions have it; nothing is asked of the server.

local ascii = require "vbo.base.ascii"
local body = require "vbo.request.body"
local catalogue = require "vbo.catalogue"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"

local M = {}

-- Word → the operations that must all exist; with a colon the option that one must take.
local words = {
  -- workloads
  exchange = { "ExchangeMailbox_Get" },
  onedrive = { "OneDrive_Get" },
  sharepoint = { "SharePointSite_Get" },
  teams = { "TeamsTeam_Get" },
  -- opening a backup
  explore_deleted = { "Organization_Explore:show_deleted" },
  explore_all_versions = { "Organization_Explore:all_versions" },
  explore_repository = { "Organization_Explore:repository" },
  explore_job = { "Job_ExploreAction" },
  -- in a restore session
  versions = { "OneDriveDocument_GetVersions" },
  search = { "ExchangeMailbox_SearchByOptions" },
  events = { "RestoreSessionEvent_Get" },
  restore_several_mailboxes = { "ExchangeMailbox_RestoreMailboxesAction:mailboxes" },
  restore_to_site = { "SharePointDocument_RestoreDocumentActionTo" },
  device_code = { "RestoreSession_DeviceCodeAction" },
  certificate = { "ExchangeItem_RestoreItemAction:application_certificate" },
  size_limit = { "ExchangeMailbox_ExportMailboxToPstAction:size_limit" },
  operators = { "RestoreSession_OperatorExploreAction", "ExchangeItem_OperatorRestore" },
  teams_operators = { "TeamsTeam_OperatorRestore" },
  background_restores = { "RestoreSession_GetRestoreStatistics" },
  -- what is around
  backed_up_data = { "BackupUserData_GetUsersData" },
  restore_points = { "RestorePoint_GetRestorePoints" },
  data_retrieval = { "DataRetrieval_GetDataRetrievals" },
  protected_data = { "ProtectedData_GetProtectedUsers" },
  roles = { "RbacRole_Get" },
  copy_jobs = { "CopyJob_Get" },
  proxy_pools = { "ProxyPool_GetProxyPools" },
  encryption_keys = { "EncryptionKey_GetEncryptionKey" },
  object_storage = { "ObjectStorageRepository_GetObjectRepository" },
  audit = { "OrganizationAudit_Get" },
  licensed_users = { "LicensedUser_Get" },
  server_events = { "Events_Get" },
  health = { "Health_Get" },
}

--- Returns the capabilities in order.
---@return string[]
function M.words()
  local list = {}
  for word in pairs(words) do list[#list + 1] = word end
  table.sort(list)
  return list
end

-- Whether a version has "Operation_Name" or "Operation_Name:option".
local function has(known, requirement)
  local name, option = requirement:match "^([^:]+):?(.*)$"
  local operation = known:operation(name)
  if not operation then return false end
  return option == "" or body.property(operation.body, option) ~= nil
    or body.takes_query(operation, option)
end

-- Returns what a caller's word requires; raises for an unknown word.
local function requirements(word)
  if type(word) ~= "string" then
    errors.usage(("a capability is a word or the name of an operation, not a %s"):format(
      type(word)))
  end
  local known = words[ascii.lower(word)]
  if known then return known end
  if #catalogue.having(word) > 0 then return { word } end
  local best = nearest(word, M.words())
  errors.usage(("there is no capability or operation '%s'"):format(word),
    best and ("did you mean '%s'?"):format(best)
      or "capabilities are: " .. table.concat(M.words(), ", "))
end

--- Returns whether a version has a capability.
---@param known vbo.Catalogue
---@param word string
---@return boolean
function M.has(known, word)
  for _, requirement in ipairs(requirements(word)) do
    if not has(known, requirement) then return false end
  end
  return true
end

--- Returns the versions that have all of some capabilities, oldest first.
---@param list string[]
---@return string[]
function M.having(list)
  local versions = {}
  for _, version in ipairs(catalogue.versions) do
    local all = true
    for _, word in ipairs(list) do all = all and M.has(catalogue.load(version), word) end
    if all then versions[#versions + 1] = version end
  end
  return versions
end

--- Words of a caller, checked: one, or a list of them.
---@param given string|string[]
---@return string[]
function M.list(given)
  if given == nil then errors.usage "a capability is a word or the name of an operation" end
  local list = type(given) == "table" and given or { given }
  for _, word in ipairs(list) do requirements(word) end
  return list
end

--- Returns the error for capabilities that a version lacks; nil when it has all.
---@param known vbo.Catalogue
---@param list string[]
---@return table? err  kind "unsupported", naming the versions that have them
function M.missing(known, list)
  local missing = {}
  for _, word in ipairs(list) do
    if not M.has(known, word) then
      missing[#missing + 1] = ("%s (in %s)"):format(word, table.concat(M.having { word }, ", "))
    end
  end
  if #missing == 0 then return nil end
  local versions = M.having(list)
  return {
    kind = "unsupported",
    message = ("%s has no %s"):format(known.version, table.concat(missing, ", no ")),
    hint = #list > 1 and (versions[1] and "all of it is in " .. table.concat(versions, ", ")
      or "no version has all of it") or nil,
  }
end

return M
