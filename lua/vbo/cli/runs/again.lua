--- Executes the runbook of a run once more: for `vbolua resume` and `vbolua retry`.

local arguments_of = require "vbo.run.arguments"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local history = require "vbo.run.history"
local json = require "vbo.base.json"
local options_of = require "vbo.cli.common.options"
local own = require "vbo.cli.program.own"
local text = require "vbo.cli.common.text"

local M = {}

-- ------------------------------------------------------------------------ the command line

local hows = { ask = true, retry = true, skip = true, fail = true }

local function check_unknown(how)
  if how == nil then return end
  if not hows[how] then
    errors.usage(("--unknown must be ask, retry, skip or fail, got '%s'"):format(how))
  elseif how == "ask" and not core.isatty(0) then
    errors.usage("--unknown=ask needs a terminal", "choose retry, skip or fail")
  end
end

--- Reads a command line; the options of a run are checked, and in `own`.
---@param arguments string[]
---@param spec table
---@param command string
---@return table options, string[] words
function M.read(arguments, spec, command)
  local options, words = options_of.read(arguments, spec)
  if words[2] then errors.usage("unexpected argument: " .. words[2]) end
  options.own = own.take(options)
  if options.own.no_journal then
    errors.usage(command .. " needs the journal of the run", "leave --no-journal out")
  end
  check_unknown(options.unknown)
  return options, words
end

-- ---------------------------------------------------------------------- choosing the run

local function refuse(kind, run, why, hint)
  errors.raise { kind = kind, message = ("run %s %s"):format(run.run, why), hint = hint }
end

local kinds = { repl = "was typed at a prompt", string = "was given with -e",
  stdin = "was read from standard input", command = "is of a command",
  library = "is of another program" }

-- Raises for a run that cannot be executed again.
local function check_state(run)
  if run.state == "running" then
    refuse("busy", run, "is live", "follow it with `vbolua runs show --watch`")
  elseif run.state == "moved" then
    refuse("conflict", run, ("was moved to %s"):format(run.moved_to or "another journal"),
      "resume it there, or import it back")
  elseif run.rehearsal then
    refuse("usage", run, "was a rehearsal, whose server ended with it", "rehearse anew")
  elseif kinds[run.kind] then
    refuse("usage", run, ("cannot be executed again: it %s"):format(kinds[run.kind]),
      "`vbolua runs show` shows what it did; `vbolua reap` stops its sessions")
  end
end

local wanted = {
  resume = function(run)
    if run.state == "ended" then
      refuse("usage", run, "came to its end: nothing is left to resume",
        run.failed > 0 and "`vbolua retry` does again what failed" or nil)
    end
  end,
  retry = function(run)
    if run.failed == 0 then refuse("usage", run, "has no step that failed") end
  end,
}

local unfinished = { died = true, failed = true, stopped = true }

-- The last run of this user that was not finished and had steps.
local function last(journal)
  local here = core.system()
  for _, run in ipairs(history.list(journal)) do
    if unfinished[run.state] and run.steps > 0
      and (run.operator == nil or run.operator == here.user) then
      return history.find(journal, run.run)
    end
  end
  errors.raise { kind = "not_found", hint = "list the runs with `vbolua runs`",
    message = "no run of yours died, failed or was stopped with a change in " .. journal:path() }
end

--- Finds the run to execute again, and raises where it cannot be.
---@param options table
---@param name string?
---@param command "resume"|"retry"
---@return table chosen  run=, row=, command=
function M.choose(options, name, command)
  local program = core.program()
  local named = options.own.journal or program.options.journal
  local journal, path = history.open { journal = named }
  local held <close> = journal or errors.raise { kind = "not_found",
    message = "there is no journal " .. path, hint = "--journal names another" }
  local run, row
  if name then run, row = history.find(held, name) else run, row = last(held) end
  check_state(run)
  wanted[command](run)
  return { run = run, row = row, command = command, path = held:path() }
end

-- ----------------------------------------------------------------------- what it began with

-- Limits that the run began with are those of the policy, which counts on behind a canary.
local kept = { "reason", "overlap", "notify", "libraries" }

-- Options of the command line come before those that the run began with.
local function take_options(chosen, options)
  local program = core.program()
  for name, value in pairs(options.own) do program.options[name] = value end
  local begun = chosen.row.options and json.decode(chosen.row.options) or {}
  for _, name in ipairs(kept) do
    if program.options[name] == nil then program.options[name] = begun[name] end
  end
  program.options.journal, program.options.no_journal = chosen.path, nil
  program.kind, program.script = "script", chosen.row.script
end

-- Asks for an argument that the journal does not have.
local function ask(chosen, shown, position)
  local what = arguments_of.describe(shown, position)
  if not core.isatty(0) then
    errors.usage(("run %s needs %s, which looked secret and is not in the journal")
      :format(chosen.run.run, what), "resume it at a terminal, which asks for it")
  end
  local typed, value = core.secret.typed(("%s: "):format(what:gsub("^a", "A")))
  if not typed then errors.raise(value) end
  return typed, value
end

-- Returns the arguments; the secrets among them are kept from output as long as `held` lives.
local function arguments_for(chosen)
  local shown = chosen.row.arguments and json.decode(chosen.row.arguments) or {}
  local list, held = {}, {}
  for i, value in ipairs(shown) do
    if value == json.null then held[#held + 1], value = ask(chosen, shown, i) end
    list[i] = value
  end
  return list, held
end

local function check_places(chosen)
  local row = chosen.row
  local folder = row.folder and core.stat(row.folder)
  if row.folder and not (folder and folder.type == "directory") then
    refuse("changed", chosen.run, ("ran in the folder %s, which is gone"):format(row.folder),
      "make the folder again")
  elseif not core.stat(row.script) then
    refuse("changed", chosen.run, ("ran %s, which is gone"):format(row.script),
      "put the runbook back where it was")
  end
end

-- ------------------------------------------------------------------------------ running

local function load_libraries(libraries)
  for _, library in ipairs(libraries or {}) do
    local global, module = library:match "^([^=]*)=(.*)$"
    if not global then global, module = library:match "^[^-]*", library end
    _G[global] = require(module)
  end
end

local function announce(chosen)
  local run = chosen.run
  io.stderr:write(text.plain(("vbolua: %s %s (%s, %d done, %d failed, %d unknown, %d left)")
    :format(chosen.command == "retry" and "retrying" or "resuming", run.run, run.state, run.done,
      run.failed, run.unknown, run.left)), "\n")
end

--- Executes the runbook of a run.  Raises what the runbook raises.
---@param chosen table  of `choose`
---@param options table
---@return integer? status
function M.run(chosen, options)
  check_places(chosen)
  local list, held = arguments_for(chosen)
  take_options(chosen, options)
  local program = core.program()
  program.arguments = list
  announce(chosen)
  require "vbo.run.resume".start(chosen.run.run, { unknown = options.unknown,
    changed = options.changed, retry = chosen.command == "retry" or nil })
  if chosen.row.folder then history.checked(core.chdir(chosen.row.folder)) end
  load_libraries(program.options.libraries)
  local before = _G.arg or {}
  _G.arg = { [-1] = before[0] and before[-1] or "vbolua", [0] = chosen.row.script }
  table.move(list, 1, #list, 1, _G.arg)
  local chunk, message = loadfile(chosen.row.script)
  if not chunk then error(message, 0) end
  chunk(table.unpack(list))
  require "vbo.runtime.task".finish()
  for _, secret in ipairs(held) do secret:close() end
end


return M
