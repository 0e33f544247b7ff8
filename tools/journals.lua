--- Writes the journal that this version makes, as a fixture for every later version.
---
---     build/vbolua tools/journals.lua build/vbolua spec/fixtures/journals/format-1.db
---
--- A runbook changes and saves in a rehearsal and ends with an error; what is of this machine
--- (host, user, folders) is then replaced.  A format that has a fixture keeps it: the file must not
--- exist.  Needs the program sqlite3.

local vbo = require "vbo"
local core = require "vbo.core"

local program, file = arg[1], arg[2]
assert(program and file, "usage: journals.lua PROGRAM FILE")
assert(not core.stat(file), file .. " exists; a released format keeps its fixture")

local runbook <const> = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization("contoso.onmicrosoft.com"):explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z",
}
local folder = session:onedrive("alice@contoso.com"):folder "Documents/Projects/Aurora"
folder:restore { version = "last", on_conflict = "overwrite" }
folder:save { to = arg[1] .. "/aurora.zip" }
folder:restore { version = "last", on_conflict = "keep" }
error "the last line of the runbook"
]]

local function write(path, text)
  local out <close> = assert(io.open(path, "w"))
  out:write(text)
end

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local folder = os.tmpname()
os.remove(folder)
assert(core.mkdir(folder))
local _ <close> = setmetatable({}, { __close = function()
  os.execute("rm -rf " .. quoted(folder))
end })

--- Replaces what is of this machine, and lets the log be checked into the file at the close.
local function make_plain(path)
  local journal <close> = core.journal()
  assert(journal:open(path))
  for _, sql in ipairs {
    "UPDATE run SET operator = 'alice', host = 'ops1', folder = '/srv'",
    "UPDATE run SET script = '/srv/restore.lua'",
    "UPDATE run SET arguments = '[\"/srv\"]', settings = '{\"VBO_HOST\":\"https://backup:4443\"}'",
    "UPDATE execution SET operator = 'alice', host = 'ops1', boot = NULL, pid = 4711",
    "UPDATE step SET path = '/srv/aurora.zip' WHERE path IS NOT NULL",
    "UPDATE run SET error = replace(error, '" .. folder .. "', '/srv')",
    "UPDATE session SET host = 'https://backup:4443'",
    "UPDATE step SET title = replace(title, '" .. folder .. "', '/srv')",
    "UPDATE step SET parts = replace(parts, '" .. folder .. "', '/srv'),"
      .. " answer = replace(answer, '" .. folder .. "', '/srv')",
    "UPDATE module SET path = '/srv/' || name || '.lua'",
  } do
    assert(journal:write(sql))
  end
end

local server <close> = vbo.sim.start()
write(folder .. "/restore.lua", runbook)
local journal = folder .. "/journal.db"
os.execute(("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s --journal=%s --reason=CHG-1 "
  .. "%s %s"):format(quoted(server.url), quoted(server.user), quoted(server._process.password),
    quoted(server.fingerprint), quoted(program), quoted(journal),
    quoted(folder .. "/restore.lua"), quoted(folder)))
make_plain(journal)
-- Free pages still hold what was replaced.
assert(os.execute(("sqlite3 %s VACUUM"):format(quoted(journal))))
assert(os.execute(("cp %s %s"):format(quoted(journal), quoted(file))))
print(file .. ": " .. core.stat(file).size .. " bytes")
