--- Makes the steps that write documents of a OneDrive into production: to the original location, or
--- into a folder of any OneDrive.

local choice = require "vbo.sim.sessions.choice"
local identities = require "vbo.sim.state.identities"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"

local M = {}

--- Returns the message about a OneDrive that production does not have.
---@param owner string
---@return string
function M.missing_drive(owner)
  return ("OneDrive of %s was not found in production."):format(owner)
end

--- Makes steps that write documents into a OneDrive, as far as the account may.
---@param context vbo.sim.Context
---@param session table
---@param list { document: table, version: vbo.sim.Version, all: boolean? }[]
---@param options table  a `vbo.sim.DocumentOptions` without `workload` and `denied`
---@return vbo.sim.Step[]
function M.documents(context, session, list, options)
  options.workload = "onedrive"
  options.denied = options.drive
    and identities.denied(context.identity, "Veod", options.drive.user.name)
  return restore.documents(context, session, list, options)
end

--- Returns the path that a document or folder has in its OneDrive.
---@param it table
---@return string
function M.original_path(it) return it.path end

--- Lists the folders of a document or folder from the chosen one on; none for loose documents.
---@param selection vbo.sim.Selection
---@param it table
---@return string[]
function M.folders_of(selection, it)
  if selection.loose then return {} end
  return (choice.folders_of(selection.tops, it))
end

--- Plans the restore of a selection to its original location.
---@param context vbo.sim.Context
---@param selection vbo.sim.Selection
---@param skip boolean?  a user who has left skips the step instead of failing it
---@return table  for `session:begin`
function M.to_original(context, selection, skip)
  local session, drive = selection.session, selection.drive
  local live = context.store.production:drive(session.organization, drive.owner)
  restore.folders(live, selection.folders, M.original_path)
  return {
    title = "Restoring " .. selection.what .. " to the original location", target = drive.owner,
    steps = M.documents(context, session, selection.documents, {
      change = "restored", drive = live, skip = skip, place = M.original_path,
      missing = restore.unresolved(drive.user) .. M.missing_drive(drive.owner),
      how = {
        exists = restore.word(context.body.documentAction) or "overwrite",
        all = restore.word(context.body.documentVersion) == "all",
      },
    }),
  }
end

--- Plans the copy of a selection into the OneDrive and folder that the body names.
---@param context vbo.sim.Context
---@param selection vbo.sim.Selection
---@return table  for `session:begin`
function M.to_drive(context, selection)
  local session, body = selection.session, context.body
  local wanted = body.onedrive or body.oneDrive
  if not wanted then refusal.missing { "OneDrive" } end
  local live = context.store.production:find_drive(
    restore.organization(context, session, body.organizationName), wanted)
  if not live then
    local named = wanted.id or wanted.url or wanted.name or ""
    refusal.raise(404, M.missing_drive("'" .. named .. "'"))
  end
  local prefix = restore.prefix(body.folder)
  local function place(it)
    local parts = M.folders_of(selection, it)
    parts[#parts + 1] = it.name
    return prefix .. table.concat(parts, "/")
  end
  restore.folders(live, selection.folders, place)
  return {
    title = "Copying " .. selection.what, target = live.user.name,
    steps = M.documents(context, session, selection.documents, {
      change = "copied", drive = live, place = place, how = {
        exists = restore.word(body.documentLastVersionAction) or "overwrite",
        all = restore.word(body.documentVersion) == "all",
        changed = body.changedItems, missing = body.deletedItems,
      },
    }),
  }
end

return M
