-- Journals with runs in them, as those who look at runs find them.

local core = require "vbo.core"

local M = {}

local function insert(journal, name, row)
  local columns, marks, values = {}, {}, {}
  for column, value in pairs(row) do
    columns[#columns + 1], marks[#marks + 1], values[#values + 1] = column, "?", value
  end
  return (assert(journal:write(("INSERT INTO %s(%s) VALUES(%s)"):format(name,
    table.concat(columns, ", "), table.concat(marks, ", ")), table.unpack(values))))
end

-- 2026-11-30T18:21:52Z, in milliseconds.
M.began = 1796062912000

--- Opens a journal for writing, which makes it.
---@param path string
function M.open(path)
  local journal = core.journal()
  assert(journal:open(path))
  return journal
end

--- Adds a run; `steps` are states, or rows.
---@return integer id, integer[] steps
function M.run(journal, row, steps)
  local whole = { name = "20261130-182152-3f9c7a", kind = "script", script = "/srv/restore.lua",
    folder = "/srv", arguments = "[]", settings = '{"VBO_HOST":"https://vb.contoso.com:4443"}',
    operator = "alice", host = "ops1", version = "0.2.0", started = M.began, state = "ended",
    execution = 1 }
  for name, value in pairs(row) do whole[name] = value or nil end
  assert(journal:begin())
  local id, ids = insert(journal, "run", whole), {}
  for i, step in ipairs(steps or {}) do
    if type(step) == "string" then step = { state = step } end
    ids[i] = insert(journal, "step", M.step(id, i, step))
  end
  assert(journal:commit())
  return id, ids
end

--- Returns the row of a step.
function M.step(run, number, row)
  local whole = { run = run, key = ("key %d"):format(number), occurrence = 1, algorithm = 1,
    kind = "change", effect = "converges", call = "restore", api = "v8",
    server = "installation 1", title = ("restore document %d of alice@contoso.com"):format(number),
    session = "session-1", attempt = 1, execution = 1, items = 1,
    asked = M.began + number * 1000, ended = M.began + number * 1000 + 1500,
    mono_asked = number * 1000, mono_ended = number * 1000 + 1500 }
  for name, value in pairs(row) do whole[name] = value or nil end
  return whole
end

--- Adds a row of another table.
M.insert = insert

return M
