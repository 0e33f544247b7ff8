--- What is told of a transfer: to a function of the caller's, and as a line of JSON.

local core = require "vbo.core"
local models = require "vbo.runtime.progress.model"

local M = {}

---@class vbo.ProgressEvent
---@field event "start"|"preparing"|"progress"|"done"|"failed"  `preparing`: the server has the
---  request and has not answered
---@field id integer        of the transfer, in this program
---@field name string       what is saved, safe to print
---@field time number       seconds since 1970
---@field phase "queued"|"sending"|"preparing"|"receiving"|"done"
---@field received integer  bytes; falls back to 0 when it is asked for again
---@field expected integer? nil when the server does not say
---@field rate number?      bytes a second, smoothed; of `done` and `failed` the mean
---@field left number?      seconds until it is done at this rate
---@field elapsed number    seconds since it began
---@field waited number     seconds from the request to the answer's first byte, so far
---@field attempts integer  1 for the first
---@field error any         of `failed`

--- The event of a transfer as it stands.
---@param transfer vbo.progress.Transfer
---@param kind string?  nil: what its phase says
---@return vbo.ProgressEvent
function M.of(transfer, kind)
  return {
    event = kind or (transfer.phase == "preparing" and "preparing" or "progress"),
    id = transfer.id, name = transfer.name, time = core.time(), phase = transfer.phase,
    received = transfer.received, expected = transfer.expected, rate = transfer.rate,
    left = models.left(transfer), elapsed = transfer.elapsed, waited = transfer.waited,
    attempts = transfer.attempts, error = transfer.error,
  }
end

--- Whether it is time for the next event: the phase or the attempt is another one, or so many
--- seconds have passed.  Remembers that it was, in `told`.
---@param told table
---@param transfer vbo.progress.Transfer
---@param now number
---@param interval number
---@return boolean
function M.due(told, transfer, now, interval)
  local passed = told.at and now - told.at
  if told.phase == transfer.phase and told.attempts == transfer.attempts
      and passed and passed >= 0 and passed < interval then
    return false
  end
  told.at, told.phase, told.attempts = now, transfer.phase, transfer.attempts
  return true
end

return M
