--- Makes the steps that write documents into production and records what they changed; `work.lua`
--- carries them out.

local core = require "vbo.core"
local container = require "vbo.sim.production.container"
local mail_settings = require "vbo.sim.sessions.mail_settings"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Ends a step as failed.
---@param message string?
---@return table outcome  of a `vbo.sim.Step`
function M.failed(message) return { how = "failed", error = message } end

--- Ends a step as skipped.
---@param message string?
---@return table outcome
function M.skipped(message) return { how = "skipped", error = message } end

--- Returns the start of a message about a user who has left; "" for others.
---@param user table?
---@return string
function M.unresolved(user)
  if not (user and user.left) then return "" end
  return ("User %s cannot be resolved: "):format(user.display or user.name)
end

--- Records a change that a session made in production.
---@param context vbo.sim.Context
---@param session table
---@param change "restored"|"copied"|"sent"
---@param how string
---@param fields table  further fields of a `vbo.sim.Change`
function M.record(context, session, change, how, fields)
  fields.change, fields.how = change, how
  fields.organization = (fields.organization or session.organization).name
  fields.session = session.id
  context.store.production:record(fields)
end

--- Finds the organization that a request writes to; the session's where it names none.
---@param name string?
---@return table
function M.organization(context, session, name)
  if not name or name == "" then return session.organization end
  return context.store.organizations:named(name) or refusal.not_found("Organization", name)
end

--- Folds a word of an enumeration to lower case; nil for nil.
---@param value string?
---@return string?
function M.word(value) return value and core.fold(value) or nil end

--- Returns a folder of a body as a prefix of paths: "" or without a slash in front and one behind.
---@param folder string?
---@return string
function M.prefix(folder)
  folder = (folder or ""):gsub("^/+", ""):gsub("/+$", "")
  return folder == "" and "" or folder .. "/"
end

-- Carries out `restorePermissions`: returns a function that gives a document back to its creator,
-- sends them a message where `sendSharedLinksNotification` asks for it, and returns a warning where
-- they have left.
local function permissions_of(context, session)
  local body, organization = context.body, session.organization
  if not body.restorePermissions then return nil end
  local known, notified = {}, {}
  local function person(name)
    if known[name] == nil then
      local found = organization.by_email[core.fold(name)] or false
      -- A generated world has too many users to search: the message goes to the owner.
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
    if user and body.sendSharedLinksNotification and not notified[user] then
      notified[user] = true
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

---@class vbo.sim.DocumentOptions
---@field change "restored"|"copied"
---@field workload string
---@field drive table?       the live drive that is written to; nil where production has none
---@field missing string?    the message where there is no drive
---@field skip boolean?      a missing drive skips the step instead of failing it
---@field denied string?     the message where the account may not write to that drive
---@field how table          see `Production:write`
---@field place fun(document: table): string  the path of a document in the drive
---@field type string?       of the steps, default "Document"
---@field prefix string?     of paths, where a site or team has several drives

-- Writes one document and records the change.
local function write(context, session, document, version, how, options, permit)
  if not options.drive then
    return (options.skip and M.skipped or M.failed)(options.missing)
  end
  if options.denied then return M.failed(options.denied) end
  local outcome, written, entry = context.store.production:write(options.drive,
    options.place(document), version, how, how.all and versions_before(document, version))
  local warning
  if entry and permit then
    warning = permit(document)
    entry.permissions = not warning
  end
  local owner, user = document.drive.owner, options.drive.user
  if outcome ~= "unchanged" then
    M.record(context, session, options.change, outcome, {
      workload = options.workload, user = user.name, organization = user.organization,
      path = (options.prefix or "") .. written,
      size = version.size, version = how.all and "all" or version.number,
      permissions = entry.permissions,
      source = owner ~= user.name and owner .. "/" .. document.path or nil,
    })
  end
  return { how = outcome, error = warning }
end

--- Makes steps that write documents.
---@param context vbo.sim.Context
---@param session table
---@param list { document: table, version: vbo.sim.Version, all: boolean? }[]  all: every version of
---  this document or its last alone, instead of what `how` says
---@param options vbo.sim.DocumentOptions
---@return vbo.sim.Step[]
function M.documents(context, session, list, options)
  local steps, permit = {}, permissions_of(context, session)
  for i, each in ipairs(list) do
    local document, version = each.document, each.version
    local how = options.how
    if each.all ~= nil then how = setmetatable({ all = each.all }, { __index = options.how }) end
    steps[i] = {
      id = document.id, name = document.name, type = options.type or "Document",
      size = version.size, path = (options.prefix or "") .. options.place(document),
      run = function()
        return write(context, session, document, version, how, options, permit)
      end,
    }
  end
  return steps
end

--- Creates restored folders in production, empty ones included.
---@param drive table?
---@param list table[]
---@param place fun(folder: table): string
function M.folders(drive, list, place)
  if not drive then return end
  for _, folder in ipairs(list) do container.add_folder(drive, place(folder)) end
end

--- Returns the message that a body describes; refuses a body without `to`.
---@return { to: string, from: string?, subject: string?, text: string? }
function M.letter(context)
  if not context.body.to then refusal.missing { "To" } end
  return context.body
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
    M.record(context, session, "sent", "sent", {
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
