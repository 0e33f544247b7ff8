--- Records of the API: each with the names of all versions; what a version does not know is left
--- out afterwards by its schema (`context.lua`).

local json = require "vbo.base.json"
local time = require "vbo.base.time"

local M = {}

--- A time as this server writes it.
function M.time(at) return at and time.iso(at) or nil end

--- Documents carry the server's own local time, without a zone, up to v5.
local function local_time(context, at)
  if context.number <= 5 then return (time.iso(at + context.app.zone):gsub("Z$", "")) end
  return time.iso(at)
end

M.local_time = local_time

--- A point in time with the zone of the server, as v1's explore answers it.
local function zoned(context, at)
  local offset = context.app.zone
  local text = time.iso(at + offset):gsub("Z$", "")
  local sign, rest = offset < 0 and "-" or "+", math.abs(offset)
  return ("%s%s%02d:%02d"):format(text, sign, rest // 3600, rest % 3600 // 60)
end

function M.organization(context, it)
  local id = it.id
  local base = "/Organizations/%s"
  local settings = { account = it.account, officeOrganizationName = it.name }
  local exchange, sharepoint = it.exchange_server, it.sharepoint_server
  local first, last = context.store.points:span(it)
  return {
    id = id, name = it.name, officeName = it.name, description = it.description, type = it.type,
    region = it.region, username = it.account, grantImpersonation = true,
    grantAccessToSiteCollections = true, isExchangeOnline = true,
    isSharePointOnline = it.workloads.Veod or it.workloads.Vesp and not sharepoint or false,
    isExchange = it.type ~= "Office365", isSharepoint = sharepoint ~= nil,
    isTeamsOnline = it.workloads.Vet or false, isTeamsChatsOnline = false, msid = it.msid,
    exchangeOnlineSettings = settings,
    sharePointOnlineSettings = it.workloads.Veod and settings or nil,
    exchangeSettings = exchange and {
      serverName = exchange, username = it.account, useSSL = true, skipCAverification = false,
      skipCommonnameverification = false, skipRevocationcheck = false, grantImpersonation = true,
      configureThrottlingpolicy = true,
    } or nil,
    sharepointSettings = sharepoint and {
      serverName = sharepoint, serverPort = 5986, username = it.account, useSSL = true,
      grantAccesstositecollections = true, skipCAverification = false,
      skipCommonnameverification = false, skipRevocationcheck = false,
    } or nil,
    isBackedup = last ~= nil, firstBackuptime = M.time(first),
    lastBackuptime = M.time(last), backedUpOrganizationId = it.msid,
    _links = {
      self = context:href(base, id), jobs = context:href(
        context.number >= 8 and "/Jobs?organizationId=%s" or base .. "/Jobs", id),
      users = context.number >= 2 and context:href(base .. "/Users", id) or nil,
    },
  }
end

function M.user(context, it)
  local organization = it.organization.id
  local base = "/Organizations/%s/Users/%s"
  return {
    id = it.id, name = it.name, displayName = it.display, type = it.type,
    locationType = it.location, office = it.office, isBackedup = true,
    _links = {
      self = context:href(base, organization, it.id),
      organization = context:href("/Organizations/%s", organization),
      oneDrives = it.drive and context:href(base .. "/OneDrives", organization, it.id) or nil,
    },
  }
end

--- A user's OneDrive as the organization shows it.
function M.user_drive(context, it)
  local user = it.user
  local organization = user.organization.id
  local base = "/Organizations/%s/Users/%s"
  return {
    id = it.id, name = it.name, url = it.url,
    _links = {
      self = context:href(base .. "/OneDrives/%s", organization, user.id, it.id),
      user = context:href(base, organization, user.id),
    },
  }
end

function M.session(context, it)
  local base = "/RestoreSessions/%s"
  return {
    id = it.id, type = it.type, name = it.organization.name, organization = it.organization.name,
    creationTime = M.time(it.created), endTime = M.time(it.ended), state = it.state,
    result = it.result, initiatedBy = it.by, scopeName = it.scope or it.organization.name,
    clientHost = "127.0.0.1", reason = it.reason or "",
    details = it.view.point and "Restore point of " .. M.time(it.view.point)
      or "No restore point yet at that time",
    pointInTime = context.number <= 5 and zoned(context, it.at or it.view.point or it.created)
      or nil,
    eTag = 1,
    _links = {
      self = context:href(base, it.id), organization = context:href(base .. "/Organization", it.id),
      events = context.number >= 2 and context:href(base .. "/Events", it.id) or nil,
    },
  }
end

local function duration(event, now)
  local span = math.max(0, (event.ended or now) - event.started)
  local whole = span // 1 | 0
  return ("%02d:%02d:%02d.%07d"):format(whole // 3600, whole % 3600 // 60, whole % 60,
    ((span - whole) * 1e7) // 1 | 0)
end

--- An event; up to v5 no event was ever Cancelled or Skipped.
function M.event(context, it, session)
  local status = it.status
  if context.number < 6 and (status == "Cancelled" or status == "Skipped") then
    status = "Warning"
  end
  local item = it.item
  return {
    id = it.id, type = it.type, status = status, startTime = M.time(it.started),
    endTime = M.time(it.ended), duration = duration(it, context.app.clock()), title = it.title,
    message = it.message, order = it.order, itemName = item and item.name,
    itemType = item and item.type, itemSizeBytes = item and item.size,
    source = session.organization.name, target = it.target,
    _links = { self = context:href("/RestoreSessions/%s/Events/%s", session.id, it.id) },
  }
end

-- What v8 calls the things of each explorer.
local item_types = {
  Vex = "ExchangeMailbox", Veod = "OneDriveItem", Vesp = "SharePointItem", Vet = "TeamsTeam",
  Team = "TeamsTeam", Channel = "TeamsChannel", File = "TeamsFile", Post = "TeamsPost",
  Tab = "TeamsTab",
}

--- The sums of a v8 session.
function M.statistics(_, session)
  local sums = session:statistics()
  local items = json.array {}
  for i, outcome in ipairs(sums.outcomes) do
    local step = outcome.step
    local status = outcome.how == "failed" and "Failed"
      or (outcome.how == "skipped" or outcome.how == "unchanged") and "Skipped" or "Success"
    items[i] = {
      id = step.id, itemRestoreDetailsType = "Item", title = step.name, name = step.name,
      path = step.path, status = status, error = outcome.error,
      itemType = item_types[step.type] or item_types[session.type],
    }
  end
  return {
    totalItemsCount = sums.total, restoredItemsCount = sums.restored,
    failedItemsCount = sums.failed, skippedItemsCount = sums.skipped,
    warnings = json.array(sums.warnings), errors = json.array(sums.errors), items = items,
  }
end

local drives = "/RestoreSessions/%s/Organization/OneDrives/%s"

function M.drive(context, it, session)
  local function here(path) return context:href(drives .. path, session.id, it.id) end
  local root = context.number >= 8 and "root" or "null"
  return {
    id = it.id, name = it.name, url = it.url,
    _links = {
      self = here "", folders = here("/Folders?parentId=" .. root), allfolders = here "/Folders",
      documents = here("/Documents?parentId=" .. root), alldocuments = here "/Documents",
    },
  }
end

local function parent_link(context, session, drive, folder)
  if not folder then return nil end
  return context:href(drives .. "/Folders/%s", session.id, drive.id, folder.id)
end

function M.folder(context, it, session)
  local drive = it.drive
  local base = drives .. "/Folders/%s"
  return {
    id = it.id, name = it.name, version = "1.0", versionId = 512, oneDriveId = drive.id,
    createdBy = it.by, creationTime = local_time(context, it.created or it.at),
    modifiedBy = it.modifier or it.by,
    modificationTime = local_time(context, it.modified or it.created or it.at), isFolder = true,
    _links = {
      self = context:href(base, session.id, drive.id, it.id),
      onedrive = context:href(drives, session.id, drive.id),
      parent = parent_link(context, session, drive, it.parent),
      folders = context:href(drives .. "/Folders?parentId=%s", session.id, drive.id, it.id),
      documents = context:href(drives .. "/Documents?parentId=%s", session.id, drive.id, it.id),
    },
  }
end

--- Who made a document, when, and when a version of it was saved.  A recorded world tells these
--- apart from when they came into the backup.
function M.creator(it) return it.creator or it.versions[1].by end
function M.created(it) return it.created or it.versions[1].dated or it.versions[1].at end
function M.modified(version) return version.dated or version.at end

--- A version of a document.
function M.document(context, it, session, version)
  local drive = it.drive
  version = version or session.view:current(it)
  return {
    id = it.id, name = it.name, size = version.size, sizeBytes = version.size,
    inheritedPermissions = true, version = version.number, versionId = version.id,
    oneDriveId = drive.id, createdBy = M.creator(it),
    creationTime = local_time(context, M.created(it)), modifiedBy = version.by,
    modificationTime = local_time(context, M.modified(version)), isFolder = false,
    _links = {
      self = context:href(drives .. "/Documents/%s", session.id, drive.id, it.id),
      onedrive = context:href(drives, session.id, drive.id),
      parent = parent_link(context, session, drive, it.folder),
    },
  }
end

local mailboxes = "/RestoreSessions/%s/Organization/Mailboxes/%s"

function M.mailbox(context, it, session)
  return {
    id = it.id, name = it.name, email = it.email, isArchive = it.archive or false,
    isPublic = it.user ~= nil and it.user.type == "Public",
    _links = {
      self = context:href(mailboxes, session.id, it.id),
      folders = context:href(mailboxes .. "/Folders", session.id, it.id),
      items = context:href(mailboxes .. "/Items", session.id, it.id),
    },
  }
end

function M.mail_folder(context, it, session)
  local box = it.mailbox
  local base = mailboxes .. "/Folders/%s"
  local items = context.number <= 6 and "/Items?folderId=%s" or "/Items?parentId=%s"
  return {
    id = it.id, name = it.name, type = "None", category = it.category, description = "",
    mailboxId = box.id,
    _links = {
      self = context:href(base, session.id, box.id, it.id),
      mailbox = context:href(mailboxes, session.id, box.id),
      parent = it.parent and context:href(base, session.id, box.id, it.parent.id) or nil,
      -- v1 lists folders all at once.
      folders = context.number >= 2
        and context:href(mailboxes .. "/Folders?parentId=%s", session.id, box.id, it.id) or nil,
      items = context:href(mailboxes .. items, session.id, box.id, it.id),
    },
  }
end

local function person(it)
  return it.name == it.email and it.email or ("%s <%s>"):format(it.name, it.email)
end

local function people(list)
  local out = {}
  for i, each in ipairs(list) do out[i] = person(each) end
  return table.concat(out, "; ")
end

local of_mail = {
  "subject", "from", "to", "cc", "bcc", "sent", "received", "importance", "reminder",
}

function M.item(context, it, session)
  local box = it.mailbox
  local attachments = json.array {}
  for i, each in ipairs(it.attachments) do
    attachments[i] = { name = each.name, sizeBytes = each.size }
  end
  local record = {
    id = it.id, itemClass = it.class, subject = it.subject, from = person(it.from),
    to = people(it.to), cc = people(it.cc), bcc = people(it.bcc), sent = M.time(it.sent),
    received = M.time(it.received), importance = it.importance, reminder = false,
    mailboxId = box.id, attachments = attachments,
    _links = {
      self = context:href(mailboxes .. "/Items/%s", session.id, box.id, it.id),
      mailbox = context:href(mailboxes, session.id, box.id),
      parent = context:href(mailboxes .. "/Folders/%s", session.id, box.id, it.folder.id),
    },
  }
  if it.shown then
    -- As it was recorded: an appointment or a contact is no mail, and not every mail has a sender.
    for _, name in ipairs(of_mail) do record[name] = nil end
    for name, value in pairs(it.shown) do record[name] = value end
  end
  return record
end

return M
