--- Makes the steps that write mail into production.

local identities = require "vbo.sim.state.identities"
local mailboxes = require "vbo.sim.production.mailboxes"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"

local M = {}

-- The option that leaves out the mail of a folder, by the folder's category.  Holds keep mail in
-- "Recoverable Items": an in-place hold in DiscoveryHolds, a litigation hold in the others.
local exclusions = {
  Drafts = "excludeDrafts", Deleted = "excludeDeletedItems",
  DiscoveryHolds = "excludeInPlaceHoldItems", Purges = "excludeLitigationHoldItems",
  PermanentlyDeletedItems = "excludeLitigationHoldItems", Versions = "excludeLitigationHoldItems",
}

--- Returns the message about a mailbox that production does not have.
---@param email string
---@return string
function M.missing_mailbox(email)
  return ("Mailbox %s was not found in production."):format(email)
end

--- Selects the mail that arrived within some days before the restore point.
---@param session table
---@param items table[]
---@param days integer?  nil or 0: all
---@return table[]
function M.recent(session, items, days)
  if not days or days <= 0 then return items end
  local found = {}
  for _, item in ipairs(items) do
    if item.received >= session.view.point - days * 86400 then found[#found + 1] = item end
  end
  return found
end

-- Writes one item and records the change.
local function write(context, session, item, folder, options)
  local mailbox, missing = options.find(item)
  if not mailbox then return (options.skip and restore.skipped or restore.failed)(missing) end
  local denied = identities.denied(context.identity, "Vex", mailbox.user.name)
  if denied then return restore.failed(denied) end
  local body = options.body or {}
  local how = mailboxes.deliver(mailbox, folder, item, {
    missing = body.deletedItems, unread = body.markRestoredAsUnread,
  })
  if how == "created" then
    local source, box = item.mailbox.email, mailbox.mailbox
    restore.record(context, session, "restored", how, {
      workload = "exchange", user = mailbox.user.name, size = item.size,
      organization = mailbox.user.organization,
      path = (box.archive and box.name .. "/" or "") .. folder .. "/" .. item.subject,
      source = source ~= mailbox.user.name and source or nil,
    })
  end
  return { how = how }
end

--- Makes steps that write mail.
---@param context vbo.sim.Context
---@param session table
---@param items table[]
---@param options { find: (fun(item: table): table?, string?), skip: boolean?, body: table?,
---  place: (fun(item: table): string) }  find: returns the live mailbox, or nil and the message for
---  the step; skip: a missing mailbox skips the step instead of failing it; body: the flags of the
---  request
---@return vbo.sim.Step[]
function M.items(context, session, items, options)
  local steps, body = {}, options.body or {}
  for _, item in ipairs(items) do
    local excluded = exclusions[item.folder.category]
    if not (excluded and body[excluded]) then
      local folder = options.place(item)
      steps[#steps + 1] = {
        id = item.id, name = item.subject, type = "Item", size = item.size,
        path = folder .. "/" .. item.subject,
        run = function() return write(context, session, item, folder, options) end,
      }
    end
  end
  return steps
end

--- Plans the restore of mail to its original location.
---@param context vbo.sim.Context
---@param session table
---@param items table[]
---@param what string   for events
---@param skip boolean?
---@return table  for `session:begin`
function M.to_original(context, session, items, what, skip)
  local organization = session.organization
  return {
    title = "Restoring " .. what .. " to the original location",
    steps = M.items(context, session, items, {
      find = function(item)
        local box = item.mailbox
        return context.store.production:mailbox(organization, box.email, box.archive),
          restore.unresolved(box.user) .. M.missing_mailbox(box.archive and box.name or box.email)
      end,
      skip = skip, body = context.body, place = function(item) return item.folder.path end,
    }),
  }
end

--- Plans the restore of mail into the mailbox and folder that the body names.
---@param context vbo.sim.Context
---@param session table
---@param items table[]
---@param what string     for events
---@param whole boolean?  keeps the folders of the mail below that folder
---@return table  for `session:begin`
function M.to_mailbox(context, session, items, what, whole)
  local body = context.body
  if not body.mailbox then refusal.missing { "Mailbox" } end
  local organization = restore.organization(context, session, body.officeOrganizationName)
  local live = context.store.production:mailbox(organization, body.mailbox)
    or refusal.raise(400, M.missing_mailbox("'" .. body.mailbox .. "'"))
  local prefix = restore.prefix(body.folder)
  local function place(item)
    if prefix == "" then return item.folder.path end
    return whole and prefix .. item.folder.path or prefix:sub(1, -2)
  end
  return {
    title = ("Restoring %s to %s"):format(what, live.user.name), target = live.user.name,
    steps = M.items(context, session, items, {
      find = function() return live end, body = body, place = place,
    }),
  }
end

return M
