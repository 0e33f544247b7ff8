--- Writes progress for programs: one JSON object a line.
---
--- Keys: `event` (start, preparing, progress, done, failed), `id`, `name`, `time` (ISO 8601, UTC),
--- `phase`, `received`, `expected` (null: not known), `rate` (bytes a second; null), `left`
--- (seconds; null), `elapsed`, `waited` (seconds), `attempts`, and of `failed` `error` with
--- `kind` and `message`.  Between start and end of a transfer at most one line a second, and one
--- when its phase or attempt changes.

local core = require "vbo.core"
local events = require "vbo.runtime.progress.hub"
local json = require "vbo.base.json"

local M = {}

local interval <const> = 1

local Stream = {}
Stream.__index = Stream

--- Makes a writer of JSON lines.
---@param write fun(line: string)
---@return table
function M.new(write)
  return setmetatable({ _write = write, _last = setmetatable({}, { __mode = "k" }) }, Stream)
end

local function error_of(err)
  -- A script's own error value may be anything.
  local ours = type(err) == "table" and type(err.message) == "string"
  return { kind = ours and err.kind or json.null,
    message = core.screen.clean(ours and err.message or tostring(err)) }
end

local function rounded(value, digits)
  if value == nil then return json.null end
  local factor = 10 ^ digits
  local whole = (value * factor + 0.5) // 1
  return digits == 0 and math.tointeger(whole) or whole / factor
end

function Stream:_tell(transfer, kind)
  local event = events.event(transfer, kind)
  local seconds = event.time // 1
  event.time = os.date("!%Y-%m-%dT%H:%M:%S", seconds | 0)
    .. (".%03dZ"):format((event.time - seconds) * 1000 // 1 | 0)
  event.expected = event.expected or json.null
  event.rate, event.left = rounded(event.rate, 0), rounded(event.left, 1)
  event.elapsed, event.waited = rounded(event.elapsed, 3), rounded(event.waited, 3)
  if kind == "failed" then event.error = error_of(event.error) else event.error = nil end
  self._write((json.encode(event)))
end

function Stream:started(_, transfer, now)
  local last = {}
  self._last[transfer] = last
  events.due(last, transfer, now, interval)
  self:_tell(transfer, "start")
end

function Stream:moved(_, transfer, now)
  local last = transfer and self._last[transfer]
  if last and events.due(last, transfer, now, interval) then self:_tell(transfer) end
end

function Stream:ended(_, transfer) self:_tell(transfer, transfer.state) end

function Stream.idle() end

function Stream.close() end

return M
