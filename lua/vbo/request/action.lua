--- Speaks the action dialect (v1–v5): `POST …/Action` with one key that names the action.
---
--- The catalogue wraps bodies in their action key; what stands here is what the older
--- versions mean differently.

local time = require "vbo.base.time"

local Action = {}
Action.__index = Action

-- Product workload codes of `explore` (v2–v5 write them in lower case).
local codes = { exchange = "vex", onedrive = "veod", sharepoint = "vesp", teams = "vet" }

--- `parentId` of the root folder (v2–v7).
function Action.root() return "null" end

-- The widest zone, in seconds: where the server's own is not known, "newest" is written so that
-- no server reads an earlier moment.  After the last backup comes nothing else.
local widest <const> = 14 * 3600

-- Returns what the clock of the server reads at the instant; a date without a zone is one already.
function Action:reading(intent)
  if intent.newest and self.zone == nil then return intent.at + widest end
  return intent.zoned and time.in_zone(intent.at, self.zone) or intent.at
end

--- Returns the body options of `explore`.  v1 and v2 take a dotted date without a zone and read it
--- in the server's own; v3 and later take ISO 8601 as well.
---@param intent table {workload, at, zoned, deleted, all_versions, repository}
---@return table options, table implied
function Action:explore(intent)
  local at = intent.at
  if at then
    at = self.number <= 2 and time.dotted(self:reading(intent)) or time.iso(at)
  end
  return {
    at = at,
    workload = codes[intent.workload],
    deleted = intent.deleted,
    all_versions = intent.all_versions,
    repository = intent.repository,
  }, { workload = "vex", deleted = false, all_versions = false } -- v1 knows Exchange only
end

--- Seconds by which a zoned date must be moved so that this server reads the right
--- instant; 0 when it did.  v1 tells its zone in the answer's `pointInTime` only; nil where
--- its own default is another (v2).
---@param intent table
---@param session table  the answer's record
---@return number?
function Action:misread(intent, session)
  if self.number > 2 or not intent.zoned or intent.newest then return 0 end
  if type(session.pointInTime) ~= "string" then return self.zone and 0 or nil end
  local understood = time.parse(session.pointInTime)
  return understood and intent.at // 1 - understood // 1 or 0
end

--- Says what a version does by default: one document at a time is the last one's default, and bulk
--- saves are archives.
Action.implied = { zip = true }

return Action
