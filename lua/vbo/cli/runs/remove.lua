--- Runs `vbolua runs forget` and `vbolua runs prune`: delete runs from the journal.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local history = require "vbo.run.history"
local output = require "vbo.cli.common.output"
local text = require "vbo.cli.common.text"

local M = {}

-- Asks on the terminal; raises `usage` without one.
local function confirmed(run)
  if not core.isatty(0) or not core.isatty(2) then
    errors.usage("forget needs --yes where it cannot ask", "add --yes")
  end
  io.stderr:write(text.plain(("Forget run %s (%s, %s)? [y/N] "):format(run.run, run.state,
    run.runbook or run.kind)))
  local answer = io.read "l" or ""
  return ascii.lower(answer):match "^%s*y" ~= nil
end

-- Deletes a run under its lock, so that none begins to resume it meanwhile.
local function delete(journal, row, name)
  if not history.checked(journal:lock(row.id)) then
    errors.raise { kind = "conflict", message = ("the run %s is live"):format(name),
      hint = "wait for its end, or stop it" }
  end
  history.checked(journal:write("DELETE FROM run WHERE id = ?", row.id))
end

--- Deletes a run, with its steps.
---@param runs table  the command
---@param options table
---@param words string[]
---@return integer? status
function M.forget(runs, options, words)
  local name = runs.word(words, "runs forget")
  local journal <close> = runs.journal(options, { writable = true })
  local run, row = history.find(journal, name, options.rehearsal)
  if run.state == "running" then
    errors.raise { kind = "conflict", message = ("the run %s is live"):format(run.run),
      hint = "wait for its end, or stop it" }
  elseif run.unknown > 0 and not options.force then
    errors.raise { kind = "conflict",
      message = ("the run %s has %d step%s whose outcome is unknown"):format(run.run, run.unknown,
        run.unknown == 1 and "" or "s"),
      hint = "find out with `vbolua runs show`, or add --force: nothing else remembers them" }
  end
  if not options.yes and not confirmed(run) then return 1 end
  delete(journal, row, run.run)
  output.write("forgot ", run.run, "\n")
end

local function reason_to_keep(run)
  if run.state ~= "ended" then return run.state end
  if run.unknown > 0 then return run.unknown .. " unknown" end
end

--- Deletes the runs that ended well before a time, and names the older ones that it keeps.
---@param runs table  the command
---@param options table
---@param words string[]
function M.prune(runs, options, words)
  if words[1] then errors.usage("unexpected argument: " .. words[1]) end
  if not options.older then
    errors.usage("runs prune needs --older", "add --older 90d")
  end
  local before = (math.floor(core.time()) - history.age(options.older, "--older")) * 1000
  local journal <close> = runs.journal(options, { writable = true })
  local found = history.checked(journal:rows(
    "SELECT id, name FROM run WHERE coalesce(ended, started) < ? AND rehearsal = ? ORDER BY id",
    before, options.rehearsal or false))
  local gone, kept = 0, 0
  for _, row in ipairs(found) do
    local run = history.find(journal, row.name)
    local why = reason_to_keep(run)
    if why then
      kept = kept + 1
      output.write("kept    ", run.run, "  ", why, "\n")
    else
      delete(journal, row, run.run)
      gone = gone + 1
      output.write("forgot  ", run.run, "\n")
    end
  end
  output.write(("%d forgotten, %d kept\n"):format(gone, kept))
end

return M
