--- Keeps the restore points, one for each run of a job, and opens their views.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local refusal = require "vbo.sim.base.refusal"
local snapshot = require "vbo.sim.backups.snapshot"
local time = require "vbo.base.time"

local M = {}

local Points = {}
Points.__index = Points

---@class vbo.sim.Point
---@field id string
---@field at number
---@field organization table    the world's
---@field seen table            the organization as this backup saw it
---@field repository table?
---@field job table?            the backup job, of a copy too
---@field covers table<string, table<string, true>>|nil  lower-case address -> workloads; nil: all
---@field also table<string, table<string, true>>|nil  sites and teams, where `covers` is given
---@field copy boolean?
---@field retrieval table?

--- Returns the restore points of a store, at first none.
---@param store table
---@return table
function M.new(store)
  return setmetatable({ store = store, list = {}, by_id = {} }, Points)
end

--- Adds a point; its default id is made from its job and its time.
---@param point table  a `vbo.sim.Point`
---@return vbo.sim.Point
function Points:add(point)
  point.id = point.id or ids.uuid(("point/%s/%s"):format(
    (point.job or point.organization).id, time.iso(point.at)))
  point.seen = point.seen or point.organization
  local at = #self.list + 1
  while at > 1 and self.list[at - 1].at > point.at do at = at - 1 end
  table.insert(self.list, at, point)
  self.by_id[point.id] = point
  -- Clients request changes by number (v7).
  self.changes = (self.changes or 0) + 1
  point.change = self.changes
  return point
end

--- Takes a backup of production as it is now.
---@param point table  a `vbo.sim.Point` without `seen`
---@return vbo.sim.Point
function Points:take(point)
  local base = point.organization
  for _, each in ipairs(self.list) do
    if each.organization == point.organization and not each.copy
        and not each.retrieval then
      base = each.seen
    end
  end
  -- A generated organization stays as its seed makes it.
  local seen = base.everybody and base
    or snapshot.take(base, self.store.production, point.at, function(email)
      return point.covers == nil or point.covers[core.fold(email)] ~= nil
        or point.also ~= nil and point.also.names[core.fold(email)] ~= nil
    end)
  local own = {}
  for key, value in pairs(seen) do own[key] = value end
  own.points = table.move(base.points, 1, #base.points, 1, {})
  if own.points[#own.points] ~= point.at then own.points[#own.points + 1] = point.at end
  point.seen = own
  return self:add(point)
end

--- Finds a point by its id, or refuses with 404.
function Points:get(id)
  return self.by_id[core.fold(id)] or refusal.not_found("RestorePoint", id)
end

--- Returns when an organization was backed up first and last; nil: never.
---@return number? first, number? last
function Points:span(organization)
  local first, last
  for _, point in ipairs(self.list) do
    if point.organization == organization and not point.copy and not point.retrieval then
      first, last = first or point.at, point.at
    end
  end
  return first, last
end

--- Removes a point.
---@param point vbo.sim.Point
function Points:remove(point)
  self.by_id[point.id] = nil
  for i, each in ipairs(self.list) do
    if each == point then return table.remove(self.list, i) end
  end
end

--- Lists the points that pass a test, oldest first.
---@param test fun(point: vbo.sim.Point): boolean
function Points:where(test)
  local out = {}
  for _, point in ipairs(self.list) do
    if test(point) then out[#out + 1] = point end
  end
  return out
end

--- Returns the last point at or before a time, nil before the first; without a time the last.
---@param points vbo.sim.Point[]  oldest first
---@param at number?
---@return vbo.sim.Point?
function M.last(points, at)
  local found
  for _, point in ipairs(points) do
    if not at or point.at <= at then found = point end
  end
  return found
end

--- Checks whether a point holds a workload of any user.
---@param point vbo.sim.Point
---@param kind string  "Vex", "Veod", "Vesp" or "Vet"
function M.holds(point, kind)
  if not point.organization.workloads[kind] then return false end
  if not point.covers then return true end
  for _, workloads in pairs(point.covers) do
    if workloads[kind] then return true end
  end
  local also = point.also and point.also[kind]
  return also ~= nil and next(also) ~= nil
end

--- Checks whether a point covers a site or a team.
---@param kind "Vesp"|"Vet"
---@param it table
function M.holds_one(point, kind, it)
  return not point.covers or point.also ~= nil and point.also[kind][it.id] ~= nil
end

--- Opens the view of a point.
---@param organization table
---@param point vbo.sim.Point?  nil: nothing
---@param options { deleted: boolean?, versions: boolean?, only: table<string, any>? }
function Points:view(organization, point, options)
  return self.store.world:view(point and point.seen or organization, {
    at = point and point.at or -math.huge, deleted = options.deleted,
    versions = options.versions, only = options.only,
  })
end

return M
