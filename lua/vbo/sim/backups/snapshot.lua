--- Takes what a backup that runs now sees: an organization whose OneDrives, mailboxes, sites and
--- teams are those of production, with what restores have written there since.

local core = require "vbo.core"
local copy = require "vbo.sim.backups.copy"
local drives = require "vbo.sim.onedrive.snapshot"
local mailboxes = require "vbo.sim.exchange.snapshot"
local sites = require "vbo.sim.sharepoint.snapshot"
local teams = require "vbo.sim.teams.snapshot"

local M = {}

-- Collects what was changed: by workload, the folded addresses, URLs or names.
local function touched_of(base, production, covers)
  local touched = {}
  local function note(change)
    if change.user and covers(change.user) then
      touched[change.workload] = touched[change.workload] or {}
      touched[change.workload][core.fold(change.user)] = true
    end
  end
  for _, change in ipairs(production.changes) do
    if change.organization == base.name and change.change ~= "sent" then note(change) end
  end
  for _, edit in ipairs(production.edits) do
    if edit.organization.id == base.id then note(edit) end
  end
  return touched
end

--- Takes an organization as a backup of it sees it now.
---@param base table   the organization as the backup before saw it
---@param production table
---@param at number    when
---@param covers (fun(email: string): boolean)
---@return table organization  `base` itself where nothing was changed
function M.take(base, production, at, covers)
  local touched = touched_of(base, production, covers)
  if not next(touched) then return base end
  local function within(workload)
    return function(name) return (touched[workload] or {})[core.fold(name)] == true end
  end
  local out = copy.shallow(base)
  out.drives = drives.take(base, production, at, within "onedrive")
  out.mailboxes = mailboxes.take(base, production, at, within "exchange")
  out.sites = base.sites and sites.take(base, production, at, within "sharepoint")
  out.teams = base.teams and teams.take(base, production, at, within "teams")
  return out
end

return M
