--- Describes what production holds, for the admin interface: OneDrives, mailboxes, sites, teams and
--- the messages that were sent.

local core = require "vbo.core"
local drives = require "vbo.sim.production.drives"
local json = require "vbo.base.json"
local mailboxes = require "vbo.sim.production.mailboxes"
local sites = require "vbo.sim.production.sites"
local teams = require "vbo.sim.production.teams"
local time = require "vbo.base.time"

local M = {}

-- Lists the users of an organization; of a generated one only those whose OneDrive or mailbox was
-- opened, since all of them are too many to list.
local function users_of(production, organization)
  if not organization.everybody then return organization.users end
  local found, seen = {}, {}
  for _, places in ipairs { production._drives, production._mailboxes } do
    for _, place in pairs(places) do
      local user = place and place.user
      if user and user.organization == organization and not seen[user.name] then
        seen[user.name] = true
        found[#found + 1] = user
      end
    end
  end
  table.sort(found, function(a, b) return a.name < b.name end)
  return found
end

local function organization_row(production, organization)
  local row = { name = organization.name, drives = json.array {}, mailboxes = json.array {},
    sites = json.array {}, teams = json.array {} }
  local function add_mailbox(user, archive)
    row.mailboxes[#row.mailboxes + 1] =
      mailboxes.row(production:mailbox(organization, user.name, archive), archive)
  end
  for _, user in ipairs(users_of(production, organization)) do
    row.drives[#row.drives + 1] = drives.row(production:drive(organization, user.name))
    add_mailbox(user)
    if user.archive then add_mailbox(user, true) end
  end
  for i, site in ipairs(production:sites(organization)) do row.sites[i] = sites.row(site) end
  for _, team in ipairs(organization.teams or {}) do
    local live = production:team(team)
    if live then row.teams[#row.teams + 1] = teams.row(live) end
  end
  return row
end

--- Describes all of production.
---@param production table
---@return { organizations: table[], outbox: table[] }
function M.all(production)
  local organizations, outbox = json.array {}, json.array {}
  for i, organization in ipairs(production.world:organizations()) do
    organizations[i] = organization_row(production, organization)
  end
  for i, letter in ipairs(production.outbox) do
    local row = {}
    for key, value in pairs(letter) do row[key] = value end
    row.time, row.attachments = time.iso(letter.time), json.array(letter.attachments)
    outbox[i] = row
  end
  return { organizations = organizations, outbox = outbox }
end

-- Finds a document of a site ("Documents/a.txt") or a file of a team ("General/a.txt").
local function shared_document(production, organization, query)
  local above, path = (query.path or ""):match "^([^/]*)/(.*)$"
  if not above then return nil end
  local site = query.site and production:site(organization, query.site)
  local container = site and sites.container(site, above)
  if container then return container.entries[path] end
  for _, team in ipairs(query.team and organization.teams or {}) do
    local live = core.fold(team.name) == core.fold(query.team) and production:team(team)
    for _, channel in pairs(live and live.channels or {}) do
      if core.fold(channel.name) == core.fold(above) then return channel.files.entries[path] end
    end
  end
end

--- Finds a document of production.
---@param production table
---@param query { user: string?, site: string?, team: string?, path: string? }  path: in the user's
---  OneDrive, or with the library, list or channel first
---@return { stream: table }?
function M.document(production, query)
  for _, organization in ipairs(production.world:organizations()) do
    local live = query.user and production:drive(organization, query.user)
    local entry = live and live.entries[query.path or ""]
      or shared_document(production, organization, query)
    if entry then return entry end
  end
end

--- Writes a document of a OneDrive, as its owner does: no restore records it.
---@param production table
---@param query { user: string?, path: string? }
---@param data string
---@return boolean  false: production has no such OneDrive
function M.write(production, query, data)
  for _, organization in ipairs(production.world:organizations()) do
    local live = query.user and production:drive(organization, query.user)
    if live and query.path then
      local before = live.entries[query.path]
      production:write(live, query.path, {
        size = #data, at = production.clock(), by = query.user,
        number = ("%d.0"):format((before and math.tointeger(before.version // 1) or 0) + 1),
        stream = { kind = "bytes", data = data, size = #data },
      }, { exists = "overwrite" })
      production.edits[#production.edits + 1] = {
        organization = organization, workload = "onedrive", user = live.user.name,
      }
      return true
    end
  end
  return false
end

return M
