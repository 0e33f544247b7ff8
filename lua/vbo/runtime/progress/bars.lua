--- Draws bars at the bottom of a terminal, at most ten times a second.
---
--- `core.screen` (csrc/lua/lscreen.c) keeps what else is printed clear of them.

local core = require "vbo.core"
local screen = require "vbo.runtime.progress.screen"

local M = {}

local interval <const> = 0.1
-- Seconds before a transfer is shown that was not asked for: most are over by then.
local patience <const> = 1

local Bars = {}
Bars.__index = Bars

--- Makes a writer of bars.
---@param output table?  `core.screen`, or something like it
---@return table
function M.new(output)
  return setmetatable({ _out = output or core.screen, _finished = {} }, Bars)
end

-- Each line of bars ends where the cursor may stay; the last thing is to go back to the first.
local function sequence(finished, lines)
  local parts = { "\r" }
  for _, line in ipairs(finished) do parts[#parts + 1] = line .. "\27[K\r\n" end
  for i, line in ipairs(lines) do
    parts[#parts + 1] = (i > 1 and "\r\n" or "") .. line .. "\27[K"
  end
  parts[#parts + 1] = "\27[J\r"
  if #lines > 1 then parts[#parts + 1] = ("\27[%dA"):format(#lines - 1) end
  return table.concat(parts)
end

function Bars:_draw(model, now, visible)
  local columns, rows = self._out.size()
  local finished, lines = {}, {}
  model:measure(now)
  for i, transfer in ipairs(self._finished) do
    finished[i] = screen.final(transfer, columns - 1)
  end
  self._finished, self._drawn, self._with_live = {}, now, #model.live > 0
  -- Between two transfers the total stays, where what is printed meanwhile removes it.
  if visible and (#model.live > 0 or self._out.guarded() and screen.has_total(model)) then
    lines = screen.lines(model, columns, rows)
  end
  if #finished == 0 and #lines == 0 then return self._out.hide() end
  self._out.write(sequence(finished, lines), #lines > 0)
end

local function is_visible(model, now)
  for _, transfer in ipairs(model.live) do
    if transfer.eager then return true end
  end
  return model.began ~= nil and now - model.began >= patience
end

function Bars:_due(now)
  local passed = self._drawn and now - self._drawn
  return not passed or passed < 0 or passed >= interval
end

--- Shows a transfer that began or moved on.
---@param model vbo.progress.Model
---@param now number
function Bars:moved(model, _, now)
  if not self:_due(now) or not is_visible(model, now) then return end
  -- A transfer that ends at once gets no bar: it would flicker.
  local oldest = model.live[1]
  if not oldest or now - oldest.began >= interval or now < oldest.began then
    self:_draw(model, now, true)
  end
end

Bars.started = Bars.moved

--- Ends a transfer.  A line of it stays when it was asked for or took long.
---@param model vbo.progress.Model
---@param transfer vbo.progress.Transfer
---@param now number
function Bars:ended(model, transfer, now)
  if transfer.eager or now - transfer.began >= patience then
    self._finished[#self._finished + 1] = transfer
  end
  if #model.live > 0 then return self:moved(model, transfer, now) end
  -- Nothing may move for a while: what is there now has to be right.
  local visible = is_visible(model, now) or transfer.eager
  if self._finished[1] or self._with_live or self:_due(now) and visible then
    self:_draw(model, now, visible)
  end
end

--- Hides the bars while something else is waited for.
---@param model vbo.progress.Model
---@param now number
function Bars:idle(model, now)
  if #model.live == 0 and not model.plan then self:_draw(model, now, false) end
end

--- Ends the bars with the program.
---@param model vbo.progress.Model
---@param now number
function Bars:close(model, now) self:_draw(model, now, false) end

return M
