--- Writes the steps of a run: as a line for people, as a row, as an object.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local history = require "vbo.run.history"
local json = require "vbo.base.json"
local text = require "vbo.cli.common.text"

local M = {}

--- The columns of the journal that a line needs.
M.brief = "id, state, kind, effect, title, call, session, asked, ended, mono_asked, mono_ended,"
  .. " items, error, path, attempt"

-- Most names are plain: looking is cheaper than escaping.
local function plain(value)
  if not value:find "[%c\127-\255]" then return value end
  return text.plain(value)
end
M.plain = plain

--- Returns how many seconds a step took; nil while it is under way.  The monotonic clock counts
--- where both times are of one execution: the other may jump.
---@param row table
---@return number?
function M.seconds(row)
  if row.mono_ended and row.mono_asked and row.mono_ended >= row.mono_asked then
    return (row.mono_ended - row.mono_asked) / 1000
  end
  return row.ended and row.asked and math.max(0, row.ended - row.asked) / 1000 or nil
end

--- Returns the message of an error of the journal, which is JSON or text.
---@param encoded string?
---@return string?
function M.message(encoded)
  if not encoded then return nil end
  local err = json.decode(encoded)
  return type(err) == "table" and err.message or encoded
end

--- Checks whether an item failed.
---@param item table  a row
---@return boolean
function M.is_failed(item)
  return item.error ~= nil or item.status ~= nil and ascii.lower(item.status) == "failed"
end

local function took(row)
  local seconds = M.seconds(row)
  if not seconds then return "" end
  return seconds < 100 and ("%.1f s"):format(seconds) or ("%d s"):format(math.floor(seconds))
end

--- Writes a step in one line, and its error in another.
---@param row table       with the columns of `brief`
---@param width integer?  of the terminal
---@return string
function M.line(row, width)
  local line = ("%6d  %-8s  %-9s  %s  %8s  %s"):format(row.id, row.state,
    row.effect or row.kind or "", row.asked and history.moment(row.asked) or (" "):rep(20),
    took(row), plain(row.title or row.call or ""))
  if row.items and row.items > 1 then line = ("%s; %d items"):format(line, row.items) end
  if row.session and row.kind ~= "save" then
    line = ("%s; session %s"):format(line, plain(row.session))
  end
  if row.path then line = ("%s; %s"):format(line, plain(row.path)) end
  if row.attempt and row.attempt > 1 then line = ("%s; attempt %d"):format(line, row.attempt) end
  if width and core.display_width(line) > width then line = text.cut(line, width) end
  if not row.error then return line end
  return ("%s\n        %s"):format(line, plain(M.message(row.error)))
end

--- Writes an item that failed as a line below its step.
---@param item table  a row
---@return string
function M.item_line(item)
  local message = M.message(item.error)
  return ("        %s  %s%s"):format(plain(item.status or "failed"),
    plain(item.title or item.id or ""), message and ": " .. plain(message) or "")
end

--- The fields of a step in their order, as `--csv`, `--json` and `--ndjson` name them.
M.fields = { "step", "state", "kind", "effect", "call", "title", "server", "session", "accepted",
  "asked", "ended", "seconds", "execution", "attempt", "status", "items", "items_failed", "error",
  "path", "size", "sha256" }

--- The columns of the journal that `object` needs, and those of `detailed`.
M.flat = "id, state, kind, effect, call, title, server, session, accepted, asked, ended,"
  .. " mono_asked, mono_ended, execution, attempt, status, items, error, path, size, sha256"
M.all = M.flat .. ", operation, api, statistics, key, parts, backup, date, bytes"

local function decoded(encoded) return encoded and (json.decode(encoded)) or nil end

local function item_object(item)
  return { number = item.number, id = item.id, title = item.title, target = item.target,
    status = item.status, error = M.message(item.error) }
end

--- Makes a step's fields.
---@param row table     with the columns of `flat`
---@param items table[] its rows
---@return table
function M.object(row, items)
  local failed = 0
  for _, item in ipairs(items) do failed = failed + (M.is_failed(item) and 1 or 0) end
  return {
    step = row.id, state = row.state, kind = row.kind, effect = row.effect, call = row.call,
    title = row.title, server = row.server, session = row.session, accepted = row.accepted,
    asked = history.moment(row.asked), ended = history.moment(row.ended), seconds = M.seconds(row),
    execution = row.execution, attempt = row.attempt, status = row.status, items = row.items,
    items_failed = items[1] and failed or nil, error = M.message(row.error), path = row.path,
    size = row.size, sha256 = row.sha256,
  }
end

--- Makes an object with all that the journal knows of a step.
---@param row table     with the columns of `all`
---@param items table[] its rows
---@return table
function M.detailed(row, items)
  local object = M.object(row, items)
  object.operation, object.api, object.key = row.operation, row.api, row.key
  object.parts, object.statistics = decoded(row.parts), decoded(row.statistics)
  object.backup, object.date, object.bytes = row.backup, row.date, row.bytes
  object.error_details = decoded(row.error)
  object.results = items[1] and json.array {} or nil
  for i, item in ipairs(items) do object.results[i] = item_object(item) end
  return object
end

return M
