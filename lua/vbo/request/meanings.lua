--- Maps the options of a runbook to their names in the bodies and queries of the API.
---
--- An option is matched to a property without regard to case and underscores, so most
--- need no row here (`skip_unresolved` is `skipUnresolved`).  These are the options whose
--- word differs from the API's, or whose property was renamed between versions; the
--- first name that the version's operation has is used.

---@type table<string, string[]>
return {
  -- documents and folders
  version = { "documentVersion", "fileVersion" },
  on_conflict = { "documentAction", "documentLastVersionAction" },
  zip = { "asZip" },
  onedrive = { "oneDrive" },
  permissions = { "restorePermissions" },
  notify = { "sendSharedLinksNotification" },
  -- sites
  list_views = { "restoreListViews" },
  master_pages = { "restoreMasterPages" },
  subsites = { "restoreSubsites" },
  -- teams
  channel = { "channelId" },
  members = { "restoreMembers" },
  settings = { "restoreSettings" },
  posted_after = { "from" },
  posted_before = { "to" },
  -- mail
  keyword = { "contentKeyword", "contentKeywords" },
  size_limit = { "pstSizeLimitBytes" },
  changed = { "changedItems", "restoreChangedItems", "restoreChangedTabs" },
  deleted = {
    "deletedItems", "restoreDeletedItems", "restoreMissingItems", "restoreMissingTabs",
    "showDeleted",
  },
  unread = { "markRestoredAsUnread" },
  -- credentials of the account that writes into production
  user = { "userName", "officeUsername", "office365UserName" },
  password = { "userPassword", "officePassword", "officeUserpassword", "office365UserPassword" },
  on_premises_user = { "onPremisesUsername", "onPremisesUserName", "onpremuserName" },
  on_premises_password = {
    "onPremisesPassword", "onpremisesUserpassword", "onPremisesUserPassword", "onpremuserPassword",
  },
  region = { "officeRegion" },
  organization_name = { "organizationName", "officeOrganizationName" },
  -- explore
  at = { "dateTime", "datetime", "pointInTime" },
  workload = { "type" },
  all_versions = { "showAllVersions" },
  show_deleted = { "showDeleted" },
  -- listings
  parent = { "parentId", "folderId" },
  folder_id = { "folderId", "parentId" },
  page_size = { "limit" },
  -- jobs
  repository = { "repositoryId" },
  organization = { "organizationId" },
  proxy = { "proxyId" },
  pool = { "poolId", "proxyPoolId" },
  account = { "accountId" },
  encryption_key = { "encryptionKeyId" },
  -- archiver appliances
  instance_type = { "instanceType", "instanceTypeName" },
  virtual_machine_size = { "virtualMachineSize", "virtualMachineSizeName" },
  job = { "jobId" },
  backup_job = { "backupJobId" },
  restore_point = { "restorePointId" },
  data_retrieval = { "dataRetrievalId" },
  schedule = { "schedulePolicy" },
  items = { "items", "selectedItems" },
  run_now = { "runNow", "isRun" },
}
