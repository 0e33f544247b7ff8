--- Handles reading of mailboxes, folders and mail in a restore session.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.exchange.render"
local scope = require "vbo.sim.exchange.scope"

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

-- Finds the folder of a query: `folderId` up to v6, `parentId` later; false for the root, nil for
-- all folders.
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
    return render.folder(context, each, session)
  end)
end

function H.ExchangeFolder_GetByFolderId(context)
  local session, _, folder = scope.folder(context)
  return context:json(render.folder(context, folder, session))
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

return H
