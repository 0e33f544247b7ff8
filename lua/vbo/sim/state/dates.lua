--- Formats dates as each API version writes them, and finds the dates that a record shows.

local time = require "vbo.base.time"

local M = {}

--- Formats a time as ISO 8601 in UTC; nil for nil.
---@param at number?
---@return string?
function M.time(at) return at and time.iso(at) or nil end

--- Formats the time of a document: up to v5 the server's local time without a zone, later UTC.
---@param context vbo.sim.Context
---@param at number
---@return string
function M.local_time(context, at)
  if context.number <= 5 then return (time.iso(at + context.app.zone):gsub("Z$", "")) end
  return time.iso(at)
end

--- Formats a point in time with the zone of the server, as explore of v1 answers it.
---@param context vbo.sim.Context
---@param at number
---@return string
function M.zoned(context, at)
  local offset = context.app.zone
  local text = time.iso(at + offset):gsub("Z$", "")
  local sign, rest = offset < 0 and "-" or "+", math.abs(offset)
  return ("%s%s%02d:%02d"):format(text, sign, rest // 3600, rest % 3600 // 60)
end

-- A recorded world tells when a document was made and when it came into the backup apart.

--- Returns the name of who made a document.
function M.creator(it) return it.creator or it.versions[1].by end

--- Returns when a document was made.
function M.created(it) return it.created or it.versions[1].dated or it.versions[1].at end

--- Returns when a version was saved.
function M.modified(version) return version.dated or version.at end

return M
