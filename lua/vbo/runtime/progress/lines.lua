--- Writes progress for logs: a line every ten seconds, one for what failed, and one at the end.

local screen = require "vbo.runtime.progress.screen"

local M = {}

local interval <const> = 10
-- So many transfers are named in a line.
local most_named <const> = 5

local Lines = {}
Lines.__index = Lines

--- Makes a writer of lines.
---@param write fun(line: string)
---@return table
function M.new(write)
  return setmetatable({ _write = write, _ended = 0 }, Lines)
end

function Lines:_say(line, now)
  self._last, self._ended = now, 0
  self._write(line)
end

local function what_moves(model)
  local words = {}
  for i = 1, math.min(#model.live, most_named) do words[i] = screen.words(model.live[i]) end
  if #model.live > most_named then
    words[#words + 1] = ("and %d more"):format(#model.live - most_named)
  end
  return table.concat(words, "; ")
end

--- Notes that a transfer moved on.
---@param model vbo.progress.Model
---@param now number
function Lines:moved(model, _, now)
  model:measure(now)
  if self._batch ~= model.began then
    self._batch, self._last = model.began, now -- the silence before it does not count
  end
  if now < self._last then self._last = now end
  if now - self._last < interval then return end
  local moving = what_moves(model)
  self:_say(screen.total(model:totals(), 1000) .. (moving ~= "" and ": " .. moving or ""), now)
end

Lines.started = Lines.moved

--- Ends a transfer: a line of its own when it failed or took long, otherwise it is counted.
---@param model vbo.progress.Model
---@param transfer vbo.progress.Transfer
---@param now number
function Lines:ended(model, transfer, now)
  self._ended = self._ended + 1
  if transfer.state == "failed" or now - transfer.began >= interval then
    local ended = self._ended - 1
    self:_say(screen.final(transfer), now)
    self._ended = ended
  else
    self:moved(model, transfer, now)
  end
end

function Lines.idle() end

--- Ends the lines with the program: its totals, unless the last line said so.
---@param model vbo.progress.Model
---@param now number
function Lines:close(model, now)
  local ever = model.ever
  local count = ever.done + ever.failed
  if count == self._summed or self._ended == 0 and count < 2 then return end
  self._summed = count
  self:_say(screen.total({
    done = ever.done, failed = ever.failed, count = count, received = ever.received,
  }, 1000), now)
end

return M
