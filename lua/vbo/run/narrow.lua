--- Narrows the retry of a step to the items that failed: what was restored is not restored again.

local effects = require "vbo.catalogue.effects"
local json = require "vbo.base.json"
local replay = require "vbo.run.replay"

local M = {}

-- Whether an item is a member of a selection, or lies in it.
local function belongs(item, member)
  if item.id and member.id then return item.id == member.id end
  local target = item.target
  if not target or not member.path then return false end
  return target == member.path or target:sub(1, #member.path + 1) == member.path .. "/"
end

-- Returns the positions of the members that have failed items; nil where an item belongs to none,
-- or to several.
local function failed_members(members, items)
  local wanted = {}
  for _, item in ipairs(items) do
    local found
    for i, member in ipairs(members) do
      if belongs(item, member) then
        if found then return nil end
        found = i
      end
    end
    if not found then return nil end
    wanted[found] = true
  end
  return next(wanted) and wanted or nil
end

-- Leaves the members in the body that have failed.
local function cut(body, property, wanted)
  local list = json.array {}
  for i, member in ipairs(body[property]) do
    if wanted[i] then list[#list + 1] = member end
  end
  body[property] = list
end

--- Narrows a request to what failed of its step, where the journal knows the items and each of them
--- belongs to one that the request names.
---@param state vbo.RunState
---@param step vbo.Step   with `row` and `key`
---@param request vbo.Request  its body is changed
---@return boolean narrowed  false: only the whole step could be done again
function M.request(state, step, request)
  local members, property = step.key.members, step.key.selection
  if not members or not property then return false end
  local items = state.store:rows(
    "SELECT id, title, target FROM item WHERE step = ? AND status IN ('Failed', 'Cancelled')",
    step.row.id)
  local wanted = items[1] and failed_members(members, items)
  if not wanted then return false end
  local operation = step.client._catalogue:operation(request.operation)
  cut(effects.said(operation, request.body), property, wanted)
  step.earlier = replay.decode(step.row.statistics)
  return true
end

--- Adds up what an earlier attempt restored, and what the narrowed one did with the rest.
---@param earlier vbo.Statistics
---@param now vbo.Statistics
---@return vbo.Statistics
function M.sum(earlier, now)
  local sum = {}
  for name, value in pairs(now) do sum[name] = value end
  sum.restored, sum.skipped = earlier.restored + now.restored, earlier.skipped + now.skipped
  sum.total = earlier.total
  return sum
end

return M
