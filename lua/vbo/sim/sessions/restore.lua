--- Steps that write documents and mail into production; `work.lua` carries them out.

local core = require "vbo.core"
local identities = require "vbo.sim.state.identities"
local mail_settings = require "vbo.sim.sessions.mail_settings"
local production = require "vbo.sim.production"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- How a step ended: the words of `work.lua`.
local function failed(message) return { how = "failed", error = message } end
local function skipped(message) return { how = "skipped", error = message } end

--- How a message about somebody who is no longer there begins; "" of others.
---@param user table?
---@return string
function M.unresolved(user)
  if not (user and user.left) then return "" end
  return ("User %s cannot be resolved: "):format(user.display or user.name)
end

--- Records a change that a session made in production.
local function record(context, session, change, how, fields)
  fields.change, fields.how = change, how
  fields.organization = (fields.organization or session.organization).name
  fields.session = session.id
  context.store.production:record(fields)
end

M.record = record

--- The organization that a request names as the one to write to; the session's where it names none.
function M.organization(context, session, name)
  if not name or name == "" then return session.organization end
  return context.store.world:organization(name) or refusal.not_found("Organization", name)
end

--- What `restorePermissions` does: a function that gives documents back to whoever made them, tells
--- them of it where `sendSharedLinksNotification` says so, and gives a warning where they are gone.
local function permissions_of(context, session)
  local body, organization = context.body, session.organization
  if not body.restorePermissions then return nil end
  local known, told = {}, {}
  local function person(name)
    if known[name] == nil then
      local found = organization.by_email[core.fold(name)] or false
      -- Those of a generated world are too many to look through: there the owner is told.
      for _, user in ipairs(organization.everybody and {} or organization.users) do
        if user.display == name then found = user end
      end
      known[name] = found
    end
    return known[name]
  end
  return function(document)
    local name = document.versions[1].by
    local user = name and person(name) or person(document.drive.owner or "")
    if user and user.left then
      return ("User %s cannot be resolved; their permissions were not restored."):format(user.name)
    end
    if user and body.sendSharedLinksNotification and not told[user] then
      told[user] = true
      context.store.production:send {
        from = context.app.mail_from, to = user.name, session = session.id, attachments = {},
        subject = "Shared with you: " .. document.name,
        text = "Access to what was restored has been given back to you.",
      }
    end
  end
end

local function versions_before(document, version)
  local count = 0
  for _, each in ipairs(document.versions) do
    if each.at <= version.at then count = count + 1 end
  end
  return count
end

--- Steps that write documents.
---@param context vbo.sim.Context
---@param session table
---@param list { document: table, version: vbo.sim.Version, all: boolean? }[]  all: of this one
---  every version or the last alone, whatever `how` says
---@param options { change: string, drive: table?, missing: string?, skip: boolean?,
---  how: table, place: (fun(document: table): string), workload: string?, type: string?,
---  prefix: string? }
---  drive: where to, nil where production has none, and then missing says why; skip: that is no
---  failure; place: the path of a document there; workload: "onedrive" unless told; type: of the
---  steps, "Document" unless told; prefix: of paths, where a site has several such drives
---@return vbo.sim.Step[]
function M.documents(context, session, list, options)
  local steps, permit = {}, permissions_of(context, session)
  for i, each in ipairs(list) do
    local document, version = each.document, each.version
    local how = options.how
    if each.all ~= nil then how = setmetatable({ all = each.all }, { __index = options.how }) end
    local path, prefix = options.place(document), options.prefix or ""
    steps[i] = {
      id = document.id, name = document.name, type = options.type or "Document",
      size = version.size, path = prefix .. path,
      run = function()
        if not options.drive then
          return (options.skip and skipped or failed)(options.missing)
        end
        local denied = (options.workload or "onedrive") == "onedrive"
          and identities.denied(context.identity, "Veod", options.drive.user.name)
        if denied then return failed(denied) end
        local side = context.store.production
        local outcome, written, entry = side:write(options.drive, path, version, how,
          how.all and versions_before(document, version))
        local warning
        if entry and permit then
          warning = permit(document)
          entry.permissions = not warning
        end
        if outcome ~= "unchanged" then
          record(context, session, options.change, outcome, {
            workload = options.workload or "onedrive", user = options.drive.user.name,
            organization = options.drive.user.organization,
            path = prefix .. written,
            size = version.size, version = how.all and "all" or version.number,
            permissions = entry.permissions,
            source = document.drive.owner ~= options.drive.user.name
              and document.drive.owner .. "/" .. document.path or nil,
          })
        end
        return { how = outcome, error = warning }
      end,
    }
  end
  return steps
end

--- Sees to it that restored folders are there, even the empty ones.
function M.folders(drive, list, place)
  if not drive then return end
  for _, folder in ipairs(list) do production.add_folder(drive, place(folder)) end
end

-- Which option leaves out the mail of a folder, by its category.  What lies in "Recoverable Items"
-- is there because of a hold: an in-place hold keeps in DiscoveryHolds, a litigation hold in the
-- others.
local exclusions = {
  Drafts = "excludeDrafts", Deleted = "excludeDeletedItems",
  DiscoveryHolds = "excludeInPlaceHoldItems", Purges = "excludeLitigationHoldItems",
  PermanentlyDeletedItems = "excludeLitigationHoldItems", Versions = "excludeLitigationHoldItems",
}

--- Of mail, what came within some days before the restore point.
---@param days integer?  nil or 0: all
function M.recent(session, items, days)
  if not days or days <= 0 then return items end
  local found = {}
  for _, item in ipairs(items) do
    if item.received >= session.view.point - days * 86400 then found[#found + 1] = item end
  end
  return found
end

--- Steps that write mail.
---@param context vbo.sim.Context
---@param session table
---@param items table[]
---@param options { find: (fun(item: table): table?, string?), skip: boolean?, body: table?,
---  place: (fun(item: table): string) }  find: the mailbox in production, or nil and why there is
---  none; skip: that is no failure; body: the flags of the request
---@return vbo.sim.Step[]
function M.items(context, session, items, options)
  local steps, body = {}, options.body or {}
  for _, item in ipairs(items) do
    local excluded = exclusions[item.folder.category]
    if not (excluded and body[excluded]) then
      local folder = options.place(item)
      local path = folder .. "/" .. item.subject
      steps[#steps + 1] = {
        id = item.id, name = item.subject, type = "Item", size = item.size, path = path,
        run = function()
          local mailbox, missing = options.find(item)
          if not mailbox then return (options.skip and skipped or failed)(missing) end
          local denied = identities.denied(context.identity, "Vex", mailbox.user.name)
          if denied then return failed(denied) end
          local how = production.deliver(mailbox, folder, item, {
            missing = body.deletedItems, unread = body.markRestoredAsUnread,
          })
          if how == "created" then
            local source, box = item.mailbox.email, mailbox.mailbox
            record(context, session, "restored", how, {
              workload = "exchange", user = mailbox.user.name, size = item.size,
              organization = mailbox.user.organization,
              path = (box.archive and box.name .. "/" or "") .. path,
              source = source ~= mailbox.user.name and source or nil,
            })
          end
          return { how = how }
        end,
      }
    end
  end
  return steps
end

--- Sends what was chosen as one message with attachments.
---@param context vbo.sim.Context
---@param session table
---@param list { name: string, path: string, size: integer, version: string?, user: string }[]
---@param letter { from: string, to: string, subject: string?, text: string? }
---@param workload string
function M.send(context, session, list, letter, workload)
  local from = mail_settings.check(context, workload)
  local attachments = {}
  for i, each in ipairs(list) do
    attachments[i] = { name = each.name, size = each.size }
    record(context, session, "sent", "sent", {
      workload = workload, user = each.user, path = each.path, size = each.size,
      version = each.version, to = letter.to,
    })
  end
  context.store.production:send {
    from = letter.from or from, to = letter.to, subject = letter.subject, text = letter.text,
    attachments = attachments, session = session.id,
  }
  session:event {
    type = "Send", status = "Success", done = true, target = letter.to,
    title = ("Sending %d item(s)"):format(#list),
    message = ("Sent %d item(s) to %s"):format(#list, letter.to),
  }
end

return M
