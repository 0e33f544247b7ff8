--- Selects the mail of an operation from its path or body.  Each function returns the session, the
--- mailbox (nil: all of an organization), the items, and a name for events.

local explore = require "vbo.sim.sessions.explore"
local scope = require "vbo.sim.exchange.scope"

local M = {}

function M.item(context)
  local session, mailbox, item = scope.item(context)
  return session, mailbox, { item }, "item " .. item.subject
end

function M.items(context)
  local session, mailbox = scope.mailbox(context)
  local list = scope.listed_items(context, session, mailbox)
  return session, mailbox, list, ("%d items"):format(#list)
end

function M.folder(context)
  local session, mailbox, folder = scope.folder(context)
  return session, mailbox, scope.below(session, mailbox, folder), "folder " .. folder.name
end

function M.mailbox(context)
  local session, mailbox = scope.mailbox(context)
  return session, mailbox, session.view:items(mailbox), "mailbox of " .. mailbox.email
end

function M.organization(context)
  local session, items = explore.session(context, "Vex"), {}
  for _, mailbox in ipairs(session.view:mailboxes()) do
    for _, item in ipairs(session.view:items(mailbox)) do items[#items + 1] = item end
  end
  return session, nil, items, "organization " .. session.organization.name
end

return M
