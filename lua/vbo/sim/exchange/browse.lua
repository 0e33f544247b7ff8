--- Mailboxes in a restore session: browsing, save, restore, send.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local json = require "vbo.base.json"
local outcome = require "vbo.sim.sessions.outcome"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.state.render"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.state.scope"
local select_by = require "vbo.sim.exchange.selection"
local streams = require "vbo.sim.formats.streams"

local H = {}

function H.ExchangeMailbox_Get(context)
  local session = explore.session(context, "Vex")
  return context:list(session.view:mailboxes(), function(_, each)
    return render.mailbox(context, each, session)
  end)
end

function H.ExchangeMailbox_GetById(context)
  local session, mailbox = scope.mailbox(context)
  return context:json(render.mailbox(context, mailbox, session))
end

--- The folder that a query names: `folderId` up to v6, `parentId` later.
local function parent(context, session, mailbox)
  local id = context.query.parentId or context.query.folderId
  if id == nil then return nil end
  if core.fold(id) == "null" or core.fold(id) == "root" then return false end
  return session.view:mail_folder(mailbox, id) or refusal.not_found("MailboxFolder", id)
end

function H.ExchangeFolder_Get(context)
  local session, mailbox = scope.mailbox(context)
  local found = {}
  local name = context.query.name and core.fold(context.query.name)
  for _, folder in ipairs(session.view:mail_folders(mailbox, parent(context, session, mailbox))) do
    if not name or core.fold(folder.name) == name then found[#found + 1] = folder end
  end
  return context:list(found, function(_, each)
    return render.mail_folder(context, each, session)
  end)
end

function H.ExchangeFolder_GetByFolderId(context)
  local session, _, folder = scope.mail_folder(context)
  return context:json(render.mail_folder(context, folder, session))
end

function H.ExchangeItem_Get(context)
  local session, mailbox = scope.mailbox(context)
  local list = session.view:items(mailbox, parent(context, session, mailbox))
  return context:list(list, function(_, each) return render.item(context, each, session) end)
end

function H.ExchangeItem_GetById(context)
  local session, _, item = scope.item(context)
  return context:json(render.item(context, item, session))
end

local function missing_mailbox(email)
  return ("Mailbox %s was not found in production."):format(email)
end

local function to_original(context, session, items, what, skip)
  local organization = session.organization
  return {
    title = "Restoring " .. what .. " to the original location",
    steps = restore.items(context, session, items, {
      find = function(item)
        local box = item.mailbox
        return context.store.production:mailbox(organization, box.email, box.archive),
          restore.unresolved(box.user) .. missing_mailbox(box.archive and box.name or box.email)
      end,
      skip = skip, body = context.body, place = function(item) return item.folder.path end,
    }),
  }
end

local function restore_original(selector)
  return function(context)
    local session, _, items, what = selector(context)
    return outcome.mail(context, session, to_original(context, session, items, what))
  end
end

-- In this order the real server names the first that is missing.
local flags = { "excludeDrafts", "excludeDeletedItems", "excludeInPlaceHoldItems",
  "excludeLitigationHoldItems" }

--- v3 to v5 refuse to restore folders and mailboxes elsewhere unless every exclude… is given;
--- single items are restored without.
local function need_flags(context)
  if context.number < 3 or context.number > 5 then return end
  for _, name in ipairs(flags) do
    if context.body[name] == nil then refusal.missing { name:gsub("^e", "E") .. "" } end
  end
end

local function restore_to(selector, whole)
  return function(context)
    local session, _, items, what = selector(context)
    local body = context.body
    if whole then need_flags(context) end
    if not body.mailbox then refusal.missing { "Mailbox" } end
    local organization = restore.organization(context, session, body.officeOrganizationName)
    local live = context.store.production:mailbox(organization, body.mailbox)
      or refusal.raise(400, missing_mailbox("'" .. body.mailbox .. "'"))
    local folder = (body.folder or ""):gsub("^/+", ""):gsub("/+$", "")
    local function place(item)
      if folder == "" then return item.folder.path end
      return whole and folder .. "/" .. item.folder.path or folder
    end
    return outcome.mail(context, session, {
      title = ("Restoring %s to %s"):format(what, live.user.name), target = live.user.name,
      steps = restore.items(context, session, items, {
        find = function() return live end, body = body, place = place,
      }),
    })
  end
end

local function save(selector, several)
  return function(context)
    local session, _, items, what = selector(context)
    session:event {
      type = "Save", status = "Success", done = true, title = "Saving " .. what,
      message = ("Saved %d item(s)"):format(#items),
    }
    return context:stream(several and streams.messages(items) or streams.message(items[1]))
  end
end

local function send(selector, default)
  return function(context)
    local session, mailbox, items = selector(context)
    local letter = context.body
    if default then
      letter = { to = mailbox.email, subject = "Restored items" }
    end
    if not letter.to then refusal.missing { "To" } end
    local list = {}
    for i, item in ipairs(items) do
      list[i] = {
        name = item.subject .. ".msg", path = item.folder.path .. "/" .. item.subject,
        size = item.size, user = mailbox.email,
      }
    end
    restore.send(context, session, list, letter, "exchange")
    return context:empty()
  end
end

H.ExchangeItem_RestoreItemAction = restore_original(select_by.item)
H.ExchangeItem_RestoreItemsAction = restore_original(select_by.items)
H.ExchangeFolder_RestoreAction = restore_original(select_by.folder)
H.ExchangeMailbox_RestoreMailboxAction = restore_original(select_by.mailbox)

-- v2 alone: all of an organization.
H.ExchangeMailbox_RestoreMailboxesToOriginalLocationAction =
  restore_original(select_by.organization)

H.ExchangeItem_RestoreItemToAction = restore_to(select_by.item)
H.ExchangeItem_RestoreItemsToAction = restore_to(select_by.items)
H.ExchangeFolder_RestoreToAction = restore_to(select_by.folder, true)
H.ExchangeMailbox_RestoreMailboxToAction = restore_to(select_by.mailbox, true)

H.ExchangeItem_SaveItemAction = save(select_by.item)
H.ExchangeItem_SaveItems = save(select_by.items, true)

H.ExchangeItem_SendItemToDefaultAddressAction = send(select_by.item, true)
H.ExchangeItem_SendItemsToDefaultAddressAction = send(select_by.items, true)
H.ExchangeItem_SendItemToDifferentAddressAction = send(select_by.item)
H.ExchangeItem_SendItemsToDifferentAddressAction = send(select_by.items)

local all_to_one = restore_to(select_by.organization, true)

--- Several mailboxes, each to where it came from.  v2 takes no list: all of them go to one.
function H.ExchangeMailbox_RestoreMailboxesAction(context)
  if context.number == 2 then return all_to_one(context) end
  local session, body, parts = explore.session(context, "Vex"), context.body, {}
  need_flags(context)
  for i, each in ipairs(body.mailboxes or body.mailBoxes or json.array {}) do
    local id = each.id or refusal.missing { "Mailboxes[].Id" }
    local mailbox = session.view:mailbox(id) or refusal.not_found("Mailbox", id)
    local items = restore.recent(session, session.view:items(mailbox), body.recentItemRestorePeriod)
    local what = "mailbox of " .. mailbox.email
    parts[i] = {
      options = to_original(context, session, items, what, body.skipUnresolved),
      render = function(work)
        return outcome.mailbox_detail(work, render.mailbox(context, mailbox, session))
      end,
    }
  end
  if #parts == 0 then refusal.missing { "Mailboxes" } end
  return outcome.bulk(context, session, parts)
end

return H
