--- Finds the mailboxes, folders and mail that a path or a body names; refuses what the session does
--- not show.

local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Finds the mailbox of a path.
---@return table session, table mailbox
function M.mailbox(context)
  local session, id = explore.session(context, "Vex"), context.params.mailboxId
  return session, session.view:mailbox(id) or refusal.not_found("Mailbox", id)
end

--- Finds the folder of a path.
---@return table session, table mailbox, table folder
function M.folder(context)
  local session, mailbox = M.mailbox(context)
  local id = context.params.folderId
  return session, mailbox,
    session.view:mail_folder(mailbox, id) or refusal.not_found("MailboxFolder", id)
end

--- Finds the item of a path.
---@return table session, table mailbox, table item
function M.item(context)
  local session, mailbox = M.mailbox(context)
  local id = context.params.itemId
  return session, mailbox, session.view:item(mailbox, id) or refusal.not_found("Item", id)
end

--- Finds the items that a body lists.
---@return table[]
function M.listed_items(context, session, mailbox)
  return choice.listed(context.body.items, "Items", function(_, id)
    return session.view:item(mailbox, id) or refusal.not_found("Item", id)
  end)
end

--- Collects the mail in a folder and below it.
---@return table[]
function M.below(session, mailbox, top)
  local found = {}
  for _, item in ipairs(session.view:items(mailbox)) do
    local folder = item.folder
    while folder and folder ~= top do folder = folder.parent end
    if folder == top then found[#found + 1] = item end
  end
  return found
end

return M
