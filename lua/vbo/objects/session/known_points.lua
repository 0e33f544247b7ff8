--- Finds the restore point that an exploration shows: the newest known one at or before a moment.
---
--- v6 and later list restore points, by organization, job and repository; before, an
--- organization's record tells its first and last backup.  Where neither can be read (a role may
--- not, a job up to v5) nothing is known.

local ascii = require "vbo.base.ascii"
local body = require "vbo.request.body"
local collection = require "vbo.model.collection"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local objects = require "vbo.model.objects"
local time = require "vbo.base.time"

local M = {}

--- Describes what a session explores, and so where its restore points are searched.
---@class vbo.Explored
---@field client vbo.Client
---@field workload string
---@field organization vbo.Organization?  nil: that of the account itself
---@field job vbo.Job?
---@field repository string?  an id
---@field operator boolean?   the account is a restore operator's

-- Bounds how far ahead of the clock a point in time may lie: no time zone is further ahead.
local day <const> = 86400

local holds = {
  exchange = "isExchange", onedrive = "isOneDrive", sharepoint = "isSharePoint", teams = "isTeams",
}

-- After these the next source is asked: what the account may not read, or the version does not
-- have, does not keep it from exploring.
local passed = {
  auth = true, refused = true, not_found = true, unsupported = true,
  server = true, conflict = true,
}

local function attempt(client, fn, ...)
  local good, result = pcall(fn, ...)
  if good then return result end
  if not (errors.is(result) and passed[result.kind]) then error(result, 0) end
  if client._log then
    client._log("explore: restore points cannot be read: " .. tostring(result))
  end
end

local function seconds_of(client, text)
  local seconds, offset = time.parse(type(text) == "string" and text or "")
  if not seconds or seconds <= time.first or seconds // 1 >= time.last then return nil end
  return offset and seconds or time.from_zone(seconds, client._dialect.zone)
end

local function flag(record, name)
  return ascii.lower(tostring(fields.read(record, name))) == "true"
end

-- Archived and fetched points are explored through their retrieval, copies through their
-- repository.
local function is_usable(what, record)
  local workload = fields.read(record, holds[what.workload])
  if workload ~= nil and ascii.lower(tostring(workload)) == "false" then return false end
  return not flag(record, "isRetrieved") and not flag(record, "isLongTermCopy")
    and not flag(record, "isDeleted") and (what.repository ~= nil or not flag(record, "isCopy"))
end

local function listing_of(what)
  local class, client = objects.named "backups.restore_points.RestorePoint", what.client
  if what.operator then
    return class, client, { list = "OrganizationRbac_GetLoggedInUserRestorePoints" }
  end
  return class, client, { query = {
    organization = what.organization and what.organization.id, job = what.job and what.job.id,
    repository = what.repository,
  } }
end

-- The newest listed point at or before a moment, or the oldest of all.
local function listed(what, oldest, moment)
  local class, owner, how = listing_of(what)
  local operation = what.client._catalogue:operation(how.list or class.list)
  local query = how.query or {}
  if body.takes_query(operation, "order_asc") then
    query.order_asc = oldest
    if moment then query.to = time.iso(moment + 1) end
  end
  if body.takes_query(operation, "page_size") then query.page_size = 100 end
  how.query = query
  local best
  for point in collection.new(class, owner, how):each() do
    local record = point._record
    local at = is_usable(what, record) and seconds_of(what.client,
      fields.read(record, "backupTime"))
    if at and (not moment or at <= moment) then
      -- A point behind the best shows that the list has the order that was asked for.
      if best and query.order_asc ~= nil and best ~= at and (at > best) == oldest then break end
      if not best or (at > best) ~= oldest then best = at end
    end
  end
  return best
end

local function is_listed(what)
  local known = what.client._catalogue
  if what.operator then
    return known:operation "OrganizationRbac_GetLoggedInUserRestorePoints" ~= nil
  end
  return known:operation "RestorePoint_GetRestorePoints" ~= nil
    and (what.organization or what.job or what.repository) ~= nil
end

-- The first and the last backup that an organization's record tells.
local function span_of(what, fresh)
  local organization = what.organization
  if not organization then return {} end
  local record
  if fresh and not what.is_fresh or rawget(organization, "_made") then
    record = organization:refresh():record()
  else
    record = organization:record()
  end
  return {
    first = seconds_of(what.client, fields.read(record, "firstBackuptime")),
    last = seconds_of(what.client, fields.read(record, "lastBackuptime")),
  }
end

local function organization_of_account(client)
  if client._catalogue:operation "Organization_GetCurrentOrganization" then
    return client:current_organization()
  end
  return client:organizations():one()
end

local function not_there(what, at, first)
  errors.raise {
    kind = "not_found",
    message = ("explore: there is no restore point of %s at or before %s"):format(what.workload,
      time.iso(at)),
    hint = ("the first known is of %s"):format(time.iso(math.ceil(first))),
  }
end

-- A moment after everything is known to be a mistake only when it is far ahead of this machine's
-- clock, too: a server's may be slow.
local function not_ahead(at, newest)
  if at <= math.max(os.time(), newest or 0) + day then return end
  errors.usage(("explore: 'at' lies in the future: %s"):format(time.iso(at)),
    newest and ("leave it out for the newest restore point, of %s"):format(
      time.iso(math.ceil(newest))) or "leave it out for the newest restore point")
end

--- Finds the restore point that exploring shows.
---
--- Raises `not_found` for a moment before the first known point, naming that, and `usage` for a
--- moment more than a day ahead of this machine's clock and of the newest known point.
---@param what vbo.Explored
---@param at number?  seconds since 1970; nil: the newest
---@return number? point  when it was made, as far as the server tells; seconds since 1970
function M.find(what, at)
  local client = what.client
  if not (what.organization or what.job or what.repository or what.operator) then
    what.organization = attempt(client, organization_of_account, client)
    what.is_fresh = true
  end
  if is_listed(what) then
    local point = attempt(client, listed, what, false, at)
    if point then
      if at then not_ahead(at, point) end
      return point
    end
    local first = at and attempt(client, listed, what, true)
    if first then not_there(what, at, first) end
  end
  local span = attempt(client, span_of, what, at == nil) or {}
  if at == nil then return span.last end
  if span.first and at < span.first then not_there(what, at, span.first) end
  not_ahead(at, span.last)
  return nil
end

return M
