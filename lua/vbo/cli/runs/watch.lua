--- Follows a live run until it ends: drawn again and again on a terminal, a line for each change
--- of a step elsewhere.

local core = require "vbo.core"
local history = require "vbo.run.history"
local output = require "vbo.cli.common.output"
local step = require "vbo.cli.runs.step"
local text = require "vbo.cli.common.text"
local vbo = require "vbo"

local M = {}

--- How many seconds pass between two looks.
M.pause = 0.5

local open = { intent = true, accepted = true, sealed = true }

local function rows_of(journal, sql, ...)
  return history.checked(journal:rows(("SELECT %s FROM step %s"):format(step.brief, sql), ...))
end

--- Returns a function that lists the steps that are new or stand differently since its last call.
local function changes_of(journal, run)
  local last, states = 0, {}
  return function()
    local found = {}
    for id, state in pairs(states) do
      local row = rows_of(journal, "WHERE id = ?", id)[1]
      if row and row.state ~= state then
        found[#found + 1] = row
        states[id] = open[row.state] and row.state or nil
      end
    end
    table.sort(found, function(a, b) return a.id < b.id end)
    for _, row in ipairs(rows_of(journal, "WHERE id > ? AND +run = ? ORDER BY id", last, run)) do
      found[#found + 1], last = row, row.id
      if open[row.state] then states[row.id] = row.state end
    end
    return found
  end
end

local function summary(run)
  return ("%s, %s; %d done, %d failed, %d unknown, %d left"):format(run.run, run.state, run.done,
    run.failed, run.unknown, run.left)
end

-- Draws the summary and the last steps, as many as the terminal has lines for.
local function draw(journal, run, row)
  local columns, lines = core.screen.size()
  local block = { summary(run) }
  local found = rows_of(journal, "WHERE run = ? ORDER BY id DESC LIMIT ?", row.id, lines - 3)
  for i = #found, 1, -1 do
    for line in step.line(found[i]):gmatch "[^\n]+" do block[#block + 1] = line end
  end
  while #block > lines - 1 do table.remove(block, 2) end
  for i, line in ipairs(block) do block[i] = text.cut(line, columns - 1) .. "\27[K" end
  core.screen.write(table.concat(block, "\r\n") .. "\27[J\r"
    .. (#block > 1 and ("\27[%dA"):format(#block - 1) or ""), true)
end

local function is_screen()
  return core.isatty(1) and core.isatty(2) and os.getenv "TERM" ~= "dumb"
end

--- Follows a run.
---@param journal vbo.JournalHandle
---@param run vbo.RunRecord
---@param row table  of the journal
function M.follow(journal, run, row)
  local drawn, changes = is_screen(), changes_of(journal, row.id)
  repeat
    local is_over = run.state ~= "running"
    if drawn and not is_over then
      draw(journal, run, row)
    else
      core.screen.hide()
      for _, each in ipairs(changes()) do output.write(step.line(each), "\n") end
      io.stdout:flush() -- whoever reads through a pipe follows, too
    end
    if is_over then break end
    vbo.sleep(M.pause)
    run = history.find(journal, row.name)
  until false
  output.write(text.plain(summary(run)), "\n")
end

return M
