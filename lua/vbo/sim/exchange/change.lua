--- Handles save, restore and send of mail, folders and whole mailboxes.

local explore = require "vbo.sim.sessions.explore"
local json = require "vbo.base.json"
local outcome = require "vbo.sim.sessions.outcome"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.exchange.render"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.exchange.scope"
local select_by = require "vbo.sim.exchange.selection"
local steps_of = require "vbo.sim.exchange.restore"
local streams = require "vbo.sim.formats.streams"

local H = {}

local function restore_original(selector)
  return function(context)
    local session, _, items, what = selector(context)
    return outcome.mail(context, session, steps_of.to_original(context, session, items, what))
  end
end

-- The real server names the first missing flag in this order.
local flags = { "excludeDrafts", "excludeDeletedItems", "excludeInPlaceHoldItems",
  "excludeLitigationHoldItems" }

-- v3 to v5 restore folders and mailboxes elsewhere only with every exclude… flag; single items need
-- none.
local function need_flags(context)
  if context.number < 3 or context.number > 5 then return end
  for _, name in ipairs(flags) do
    if context.body[name] == nil then refusal.missing { name:gsub("^e", "E") .. "" } end
  end
end

local function restore_to(selector, whole)
  return function(context)
    local session, _, items, what = selector(context)
    if whole then need_flags(context) end
    return outcome.mail(context, session,
      steps_of.to_mailbox(context, session, items, what, whole))
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

-- Sends mail; default: to the owner of the mailbox instead of the `to` of the body.
local function send(selector, default)
  return function(context)
    local session, mailbox, items = selector(context)
    local letter = default and { to = mailbox.email, subject = "Restored items" }
      or restore.letter(context)
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

-- Only v2 has it: all mail of an organization.
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

--- Restores several mailboxes to their original locations.  In v2 the body has no list, and all
--- mail goes to one mailbox.
function H.ExchangeMailbox_RestoreMailboxesAction(context)
  if context.number == 2 then return all_to_one(context) end
  local session, body, parts = explore.session(context, "Vex"), context.body, {}
  need_flags(context)
  for i, each in ipairs(body.mailboxes or body.mailBoxes or json.array {}) do
    local id = each.id or refusal.missing { "Mailboxes[].Id" }
    local mailbox = session.view:mailbox(id) or refusal.not_found("Mailbox", id)
    local items = steps_of.recent(session, session.view:items(mailbox),
      body.recentItemRestorePeriod)
    local what = "mailbox of " .. mailbox.email
    parts[i] = {
      options = steps_of.to_original(context, session, items, what, body.skipUnresolved),
      render = function(work)
        return outcome.mailbox_detail(work, render.mailbox(context, mailbox, session))
      end,
    }
  end
  if #parts == 0 then refusal.missing { "Mailboxes" } end
  return outcome.bulk(context, session, parts)
end

--- Restores mail for a restore operator: to its original mailbox, in its folder or the one that the
--- body names.
function H.ExchangeItem_OperatorRestore(context)
  local session, mailbox = scope.mailbox(context)
  local items, body = scope.listed_items(context, session, mailbox), context.body
  local folder = restore.prefix(body.folder):sub(1, -2)
  return explore.begin(context, session, {
    title = ("Restoring %d items as a restore operator"):format(#items), target = mailbox.email,
    steps = steps_of.items(context, session, items, {
      find = function()
        return context.store.production:mailbox(session.organization, mailbox.email,
          mailbox.archive), steps_of.missing_mailbox(mailbox.email)
      end,
      body = body,
      place = function(item) return folder ~= "" and folder or item.folder.path end,
    }),
  })
end

return H
