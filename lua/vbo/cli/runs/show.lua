--- Runs `vbolua runs show`: prints a run and its steps.  Rows are printed as they are read: a run
--- of 100,000 steps needs no more memory than one of ten.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local formats = require "vbo.cli.common.formats"
local history = require "vbo.run.history"
local json = require "vbo.base.json"
local output = require "vbo.cli.common.output"
local step = require "vbo.cli.runs.step"
local text = require "vbo.cli.common.text"

local M = {}

-- How many lines are written at once.
local batch <const> = 500

-- Gathers lines and writes them in pieces.
local function writer(ending)
  local lines = {}
  local function flush()
    if lines[1] then output.write(table.concat(lines, ending), ending) end
    lines = {}
  end
  return function(line)
    lines[#lines + 1] = line
    if #lines == batch then flush() end
  end, flush
end

--- Iterates over the steps of a run, each with the rows of its items.
---@param journal vbo.JournalHandle
---@param run integer
---@param columns string
---@param on_step fun(row: table, items: table[])
local function each(journal, run, columns, on_step)
  local next_item, state, _, held = history.items(journal, run)
  local closed <close> = held -- luacheck: ignore closed
  local item = next_item(state)
  local none = {}
  for row in history.steps(journal, run, columns) do
    local items = none
    while item and item.step < row.id do item = next_item(state) end
    while item and item.step == row.id do
      if items == none then items = {} end
      items[#items + 1] = item
      item = next_item(state)
    end
    on_step(row, items)
  end
end

local function words_of(arguments)
  local words = {}
  for i, value in ipairs(arguments or {}) do
    words[i] = value == json.null and "(hidden)" or (tostring(value):find "^[%w@%%+=:,./_-]+$"
      and value or ("'%s'"):format((tostring(value):gsub("'", "'\\''"))))
  end
  return words[1] and table.concat(words, " ") or nil
end

local function counts_of(run)
  local parts = {}
  for _, name in ipairs { "done", "failed", "unknown", "left", "skipped" } do
    if run[name] > 0 then parts[#parts + 1] = ("%d %s"):format(run[name], name) end
  end
  return ("%d step%s%s"):format(run.steps, run.steps == 1 and "" or "s",
    parts[1] and ": " .. table.concat(parts, ", ") or "")
end

local function execution_line(each_of)
  return ("%d: %s to %s, %s, pid %s on %s by %s"):format(each_of.number,
    history.moment(each_of.started) or "?", history.moment(each_of.ended) or "…",
    each_of.state or "?", each_of.pid or "?", each_of.host or "?", each_of.operator or "?")
end

local function session_line(session)
  return ("%s %s on %s, %s, %s"):format(session.workload or "restore",
    session.id or "(no id)", session.server or "?", session.state or "?",
    history.moment(session.opened or session.asked) or "?")
end

--- Writes the facts of a run, a line each.
---@param run vbo.RunRecord
---@param executions table[]
---@param sessions table[]
---@return string[]
function M.facts(run, executions, sessions)
  local lines = {}
  local function add(name, value)
    if value ~= nil then lines[#lines + 1] = ("%-11s %s"):format(name, text.plain(value)) end
  end
  add("run", ("%s, %s"):format(run.run, run.state))
  add("runbook", run.runbook or run.kind)
  add("arguments", words_of(run.arguments))
  add("server", run.server)
  add("reason", run.reason)
  add("limits", run.limits and json.encode(run.limits))
  add("operator", run.operator and ("%s on %s"):format(run.operator, run.host or "?"))
  add("started", run.started)
  add("ended", run.ended and run.status and ("%s, exit status %d"):format(run.ended, run.status)
    or run.ended)
  add("error", run.error)
  add("retry of", run.retry_of)
  add("moved to", run.moved_to)
  add("moved from", run.moved_from)
  for _, each_of in ipairs(executions) do add("execution", execution_line(each_of)) end
  for _, session in ipairs(sessions) do add("session", session_line(session)) end
  add("steps", counts_of(run))
  return lines
end

local function show_text(journal, run, row, parts)
  local width = core.isatty(1) and core.columns() or nil
  local add, flush = writer "\n"
  for _, line in ipairs(M.facts(run, parts.execution, parts.session)) do add(line) end
  each(journal, row.id, step.brief, function(each_row, items)
    add(step.line(each_row, width))
    for _, item in ipairs(items) do
      if step.is_failed(item) then add(step.item_line(item)) end
    end
  end)
  flush()
end

local function show_csv(journal, row)
  local on_screen = core.isatty(1)
  local add, flush = writer "\r\n"
  local function line(cell)
    local cells = {}
    for i, name in ipairs(step.fields) do
      local value = cell(name)
      cells[i] = value == nil and "" or math.type(value) == "integer" and value
        or text.field(value)
    end
    local joined = table.concat(cells, ",")
    add(on_screen and core.visible(joined) or joined)
  end
  line(function(name) return name end)
  each(journal, row.id, step.flat, function(each_row, items)
    local object = step.object(each_row, items)
    line(function(name) return object[name] end)
  end)
  flush()
end

local function encode(value)
  local encoded = json.encode(value)
  return core.isatty(1) and text.harmless(encoded) or encoded
end

local function show_ndjson(journal, row)
  local add, flush = writer "\n"
  each(journal, row.id, step.all, function(each_row, items)
    add(encode(step.detailed(each_row, items)))
  end)
  flush()
end

-- A moment in place of each time of a part, and no number of its run's row.
local function readable(list)
  for _, part in ipairs(list) do
    part.run = nil
    for _, name in ipairs { "started", "ended", "asked", "opened", "stopped" } do
      part[name] = history.moment(part[name])
    end
  end
  return json.array(list)
end

-- One object, whose steps are written as they are read.
local function show_json(journal, whole, row, parts)
  output.write('{"run":', encode(whole))
  for _, name in ipairs { "execution", "session", "module" } do
    output.write((',"%ss":'):format(name), encode(readable(parts[name])))
  end
  output.write ',"steps":[\n'
  local add, flush = writer "\n"
  local pending
  each(journal, row.id, step.all, function(each_row, items)
    if pending then add(pending .. ",") end
    pending = encode(step.detailed(each_row, items))
  end)
  if pending then add(pending) end
  flush()
  output.write "]}\n"
end

--- Shows a run.
---@param runs table  the command
---@param options table
---@param words string[]
---@return integer? status
function M.show(runs, options, words)
  local name = runs.word(words, "runs show")
  local format = formats.chosen(options, runs.formats)
  if options.watch and format then
    errors.usage(("--watch and --%s exclude each other"):format(format))
  end
  local journal <close> = runs.journal(options)
  local run, row = history.find(journal, name, options.rehearsal)
  if options.watch then return require "vbo.cli.runs.watch".follow(journal, run, row) end
  if format == "csv" then return show_csv(journal, row) end
  if format == "ndjson" then return show_ndjson(journal, row) end
  local parts = {}
  for _, what in ipairs { "execution", "session", "module" } do
    parts[what] = history.parts(journal, what, row.id)
  end
  if format == "json" then return show_json(journal, runs.whole(run), row, parts) end
  show_text(journal, run, row, parts)
end

return M
