-- A terminal for specs: what a person would see after what was written.
--
-- Knows what progress bars use (carriage return, line feed, erase to the end of the line and of
-- the screen, cursor up), breaks lines that are too long, scrolls, and wraps anew when it is
-- resized, as most terminals do.  Anything else is an error.

local core = require "vbo.core"

local M = {}

local Terminal = {}
Terminal.__index = Terminal

function M.new(columns, rows)
  return setmetatable({ columns = columns, rows = rows, grid = { {} }, top = 1, row = 1, column = 1,
    writes = 0 }, Terminal)
end

local function feed_line(self)
  self.row, self.grid[self.row + 1] = self.row + 1, self.grid[self.row + 1] or {}
  self.top = math.max(self.top, self.row - self.rows + 1)
end

local function put(self, character)
  local width = core.display_width(character)
  local line = self.grid[self.row]
  if width == 0 then -- joins what is before it
    local at = math.max(self.column - 1, 1)
    line[at] = (line[at] or "") .. character
    return
  end
  if self.column + width - 1 > self.columns then
    line.wraps = true
    feed_line(self)
    self.column, line = 1, self.grid[self.row]
  end
  for i = #line + 1, self.column - 1 do line[i] = " " end
  line[self.column] = character
  if width == 2 then line[self.column + 1] = "" end
  self.column = self.column + width
end

local function erase_line(self)
  local line = self.grid[self.row]
  for i = #line, self.column, -1 do line[i] = nil end
  line.wraps = nil
end

local function control(self, digits, letter)
  if letter == "K" and digits == "" then
    erase_line(self)
  elseif letter == "J" and digits == "" then
    erase_line(self)
    for i = #self.grid, self.row + 1, -1 do self.grid[i] = nil end
  elseif letter == "A" then
    self.row = math.max(self.row - (tonumber(digits) or 1), self.top)
  else
    error(("the terminal does not know ESC [ %s%s"):format(digits, letter), 3)
  end
end

function Terminal:feed(text)
  self.writes = self.writes + 1
  local at = 1
  while at <= #text do
    local digits, letter, after = text:match("^\27%[([%d;?]*)(%a)()", at)
    local character = text:match("^[\32-\126\xC2-\xF4][\x80-\xBF]*", at)
    if digits then
      control(self, digits, letter)
      at = after
    elseif text:sub(at, at) == "\r" then
      self.column, at = 1, at + 1
    elseif text:sub(at, at) == "\n" then
      feed_line(self)
      at = at + 1
    elseif character then
      put(self, character)
      at = at + #character
    else
      error(("the terminal was sent the byte %02X"):format(text:byte(at)), 2)
    end
  end
end

--- The window gets another size.
function Terminal:resize(columns, rows)
  local wrapped, row, column = {}, 1, 1
  local logical, first = {}, true
  local function split(line, cursor)
    while line[#line] == " " do line[#line] = nil end
    local from = 1
    repeat
      local piece = table.move(line, from, math.min(from + columns - 1, #line), 1, {})
      wrapped[#wrapped + 1] = piece
      piece.wraps = from + columns <= #line or nil
      if cursor and cursor >= from and (cursor < from + columns or not piece.wraps) then
        row, column = #wrapped, math.min(cursor - from + 1, columns)
      end
      from = from + columns
    until from > #line
  end
  local cursor
  for i, line in ipairs(self.grid) do
    if first then logical, cursor = {}, nil end
    if i == self.row then cursor = #logical + self.column end
    table.move(line, 1, #line, #logical + 1, logical)
    first = not line.wraps
    if first or i == #self.grid then split(logical, cursor) end
  end
  self.grid, self.row, self.column = wrapped, row, column
  self.columns, self.rows = columns, rows
  self.top = math.max(1, math.min(#wrapped - rows + 1, row))
end

--- All lines, those that scrolled away too, without blanks at their ends.
function Terminal:lines()
  local lines = {}
  for i, line in ipairs(self.grid) do lines[i] = table.concat(line):gsub("%s+$", "") end
  while lines[#lines] == "" do lines[#lines] = nil end
  return lines
end

--- Returns this terminal's `core.screen` for the bars.  `guarded`: what is printed by `print`
--- removes the bars.
function Terminal:screen(guarded)
  local out = {}
  function out.write(text, stands)
    self:feed(text)
    self.stands = stands
  end
  function out.hide()
    if self.stands then self:feed "\r\27[J" end
    self.stands = false
  end
  function out.size() return self.columns, self.rows end
  function out.guarded() return guarded end
  function out.stands() return self.stands end
  return out
end

--- A program's own output.
function Terminal:print(text, guarded)
  if guarded and self.stands then
    self:feed "\r\27[J"
    self.stands = false
  end
  self:feed(text .. "\r\n")
end

return M
