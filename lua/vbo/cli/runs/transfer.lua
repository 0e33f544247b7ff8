--- Runs `vbolua runs export` and `vbolua runs import`: hand a run over from one journal to another.
---
--- A run moves: where it came from it is marked and cannot be resumed, so that two people never do
--- the same step.  Each export is numbered; a file that is older than what a journal knows of the
--- run is refused.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.cli.common.files"
local history = require "vbo.run.history"
local json = require "vbo.base.json"
local output = require "vbo.cli.common.output"
local text = require "vbo.cli.common.text"

local M = {}

--- Numbers the form of the file.
M.format = 1

local checked = history.checked

-- The tables of a run, how the rows of each are found, and the columns that are moved.
local parts = {
  { "execution", "run = ?1", "run number started ended pid boot host operator state status" },
  { "module", "run = ?1", "run name path sha256" },
  { "session", "run = ?1",
    "run id server account host workload asked opened date stopped state" },
  { "point", "run = ?1", "run server owner options sent point source execution" },
  { "step", "run = ?1 ORDER BY id", [[run key occurrence algorithm kind effect call operation api
    server title parts backup state attempt execution session baseline accepted status statistics
    answer error items asked ended mono_asked mono_ended date bytes path size sha256 inode device
    modified raised]] },
  { "item", "step IN (SELECT id FROM step WHERE run = ?1)",
    "step number id title target status error" },
  { "target", "step IN (SELECT id FROM step WHERE run = ?1)",
    "step server verb destination path" },
}
local run_columns = [[name kind script script_sha256 folder arguments hidden settings options reason
  operator host version started ended state status error execution rehearsal moved_from retry_of]]

local function moves_of(journal, name)
  local rows = checked(journal:rows("SELECT value FROM meta WHERE name = ?", "moves:" .. name))
  return rows[1] and math.tointeger(tonumber(rows[1].value)) or 0
end

local function set_moves(journal, name, count)
  checked(journal:write("INSERT OR REPLACE INTO meta(name, value) VALUES(?, ?)", "moves:" .. name,
    count))
end

-- Changes the journal in one piece.
local function transact(journal, fn)
  checked(journal:begin())
  local ok, err = pcall(fn)
  if not ok then
    journal:rollback()
    error(err, 0)
  end
  checked(journal:commit())
end

local function conflict(message, hint)
  errors.raise { kind = "conflict", message = message, hint = hint }
end

-- ------------------------------------------------------------------------- export

-- A key that holds an HMAC is this journal's own: another one would not know the step again, and
-- send it once more.
local function check_keys(journal, run, row)
  local found = checked(journal:rows([[SELECT count(*) AS count FROM step
    WHERE run = ? AND parts LIKE '%{"hmac":%']], row.id))[1].count
  if found > 0 then
    conflict(("the run %s cannot be moved: %d of its steps are known by a secret of this journal")
      :format(run.run, found), "resume it here")
  end
end

local function sender()
  local here = core.system and core.system() or {}
  return { operator = here.user or os.getenv "USER", host = here.host }
end

local function body_of(journal, run, row, moves)
  local run_row = {}
  for name in run_columns:gmatch "%S+" do run_row[name] = row[name] end
  local body = { moves = moves, journal = journal:id(), version = core.version,
    exported = math.floor(core.time() * 1000), by = sender(), run = run_row }
  if run.state == "moved" then body.run.state = row.moved_to:match "%(was (%l+)%)$" end
  for _, part in ipairs(parts) do
    body[part[1]] = json.array(checked(journal:rows(("SELECT * FROM %s WHERE %s"):format(part[1],
      part[2]), row.id)))
  end
  return json.encode(body)
end

local function write_file(options, whole)
  if not options.output then return output.write(whole) end
  local ok, err = core.write(options.output, whole)
  if not ok then errors.raise(err) end
end

--- Exports a run and marks it as moved.
---@param runs table  the command
---@param options table
---@param words string[]
function M.export(runs, options, words)
  local name = runs.word(words, "runs export")
  if options.output == "-" then options.output = nil end
  local journal <close> = runs.journal(options, { writable = true })
  local run, row = history.find(journal, name, options.rehearsal)
  if run.state == "running" or not checked(journal:lock(row.id)) then
    conflict(("the run %s is live"):format(run.run), "wait for its end, or stop it")
  end
  check_keys(journal, run, row)
  -- A run that moved already may be written again: its file may have been lost.
  local again = run.state == "moved"
  local moves = moves_of(journal, run.run) + (again and 0 or 1)
  local body = body_of(journal, run, row, moves)
  local whole = ('{"format":%d,"digest":"%s","body":%s}\n'):format(M.format,
    core.sha256(body), body)
  local where = ("%s at %s (was %s)"):format(options.output or "standard output",
    history.moment(math.floor(core.time() * 1000)), row.state)
  -- Marked first: a crash in between leaves a run that can be exported again, not two that can be
  -- resumed.
  if not again then
    transact(journal, function()
      set_moves(journal, run.run, moves)
      checked(journal:write("UPDATE run SET state = 'moved', moved_to = ? WHERE id = ?", where,
        row.id))
    end)
  end
  local ok, err = pcall(write_file, options, whole)
  if ok then
    io.stderr:write(text.plain(("vbolua runs: %s moves; `vbolua runs import %s` takes it over")
      :format(run.run, options.output or "FILE")), "\n")
    return
  end
  if not again then
    checked(journal:write("UPDATE run SET state = ?, moved_to = NULL WHERE id = ?", row.state,
      row.id))
  end
  error(err, 0)
end

-- ------------------------------------------------------------------------- import

local function refuse(path, why, kind, hint)
  errors.raise { kind = kind or "usage", message = ("%s %s"):format(path, why), hint = hint }
end

local function read_body(path)
  local content = files.read(path)
  local format, digest, body = content:match '^%s*{"format":(%d+),"digest":"(%x*)","body":(.*)}%s*$'
  if not format then refuse(path, "is not a run that `vbolua runs export` wrote") end
  if tonumber(format) > M.format then
    refuse(path, ("has format %s, and this vbolua reads up to %d"):format(format, M.format),
      "unsupported", "import it with a newer vbolua")
  end
  if core.sha256(body) ~= digest then
    refuse(path, "was changed: its digest differs", "integrity", "export the run again")
  end
  local decoded = json.decode(body)
  if type(decoded) ~= "table" or type(decoded.run) ~= "table"
    or type(decoded.run.name) ~= "string" then
    refuse(path, "holds no run", "integrity")
  end
  return decoded
end

-- Returns a function that inserts rows of a table, and returns the new row's id.
local function inserter(journal, name, wanted)
  local columns, marks = {}, {}
  for column in wanted:gmatch "%S+" do columns[#columns + 1], marks[#marks + 1] = column, "?" end
  local sql = ("INSERT INTO %s(%s) VALUES(%s)"):format(name, table.concat(columns, ", "),
    table.concat(marks, ", "))
  return function(row)
    local values = {}
    for i, column in ipairs(columns) do
      local value = row[column]
      if type(value) == "table" or value == json.null then value = nil end
      values[i] = value
    end
    return (checked(journal:write(sql, table.unpack(values, 1, #columns))))
  end
end

local function insert_all(journal, body, moved_from)
  body.run.moved_from = moved_from
  local run = inserter(journal, "run", run_columns)(body.run)
  local steps = {}
  for _, part in ipairs(parts) do
    local name = part[1]
    local insert = inserter(journal, name, part[3])
    for _, row in ipairs(body[name] or {}) do
      if name == "item" or name == "target" then row.step = steps[row.step] else row.run = run end
      local id = insert(row)
      if name == "step" then steps[row.id] = id end
    end
  end
end

-- A run that went to a colleague may come back, as a later move.
local function check_known(journal, body, path)
  local name = body.run.name
  local known = checked(journal:rows("SELECT id, state FROM run WHERE name = ?", name))[1]
  local moves = moves_of(journal, name)
  if not known and body.moves > moves then return nil end
  if known and known.state == "moved" and body.moves > moves then return known.id end
  if known and known.state ~= "moved" then
    conflict(("the run %s is in this journal already"):format(name), "look at `vbolua runs show`")
  end
  conflict(("the run %s was imported before: %s is older than what this journal knows of it")
    :format(name, path), "import the newest export")
end

--- Takes over a run.
---@param runs table  the command
---@param options table
---@param words string[]
function M.import(runs, options, words)
  local path = words[1] or errors.usage("runs import needs a file", "name one of `runs export`")
  if words[2] then errors.usage("unexpected argument: " .. words[2]) end
  local body = read_body(path)
  local journal <close> = runs.open(options, { writable = true, create = true })
  local by = body.by or {}
  local from = ("%s on %s, journal %s, exported %s"):format(by.operator or "?", by.host or "?",
    body.journal, history.moment(body.exported))
  transact(journal, function()
    local old = check_known(journal, body, path)
    if old then checked(journal:write("DELETE FROM run WHERE id = ?", old)) end
    insert_all(journal, body, from)
    set_moves(journal, body.run.name, body.moves)
  end)
  output.write(text.plain(("took over %s from %s"):format(body.run.name, from)), "\n")
end

return M
