-- Runs runbooks against a rehearsal server that outlives them, each with a journal of its own.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local M = {}
local quoted = program.quoted

-- The beginning of most runbooks.
local preamble = [[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization("contoso.onmicrosoft.com"):explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
-- Restores the first document of the drive of that number, beside the one that is there.
local function restore(number)
  local drive = session:onedrives():all()[number or 1]
  return drive:documents():first():restore { on_conflict = "keep" }
end
]]

--- Starts a server, with a folder for runbooks; `<close>` stops and removes both.
function M.start()
  local folder, remove = program.folder()
  local server = rehearsal.start()
  local self = { folder = folder, server = server, count = 0 }

  function self.path(name) return folder .. "/" .. name end

  function self.write(name, text)
    assert(os.execute("mkdir -p " .. quoted(folder .. "/" .. name):gsub("/[^/]*'$", "'")))
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
  end

  --- Returns the command line of a runbook.  `run.environment` are words in front, `run.options`
  --- those before the script.
  function self.command(run)
    self.write("runbook.lua", (run.plain and "" or preamble) .. run.code)
    local sim = server.sim
    return ("cd %s; VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s VBO_VERSION=%s "
      .. "XDG_CONFIG_HOME=%s/config %s %s %s %s %s"):format(quoted(folder),
      quoted(sim.listening), quoted(sim.user), quoted(sim.password), quoted(sim.fingerprint),
      run.version or "v8", quoted(folder), run.environment or "", quoted(program.vbolua),
      run.journal == false and "" or ("--journal=%s.db"):format(run.journal or "journal"),
      run.options or "", run.words or "runbook.lua")
  end

  --- Runs a runbook to its end: what it wrote, and its exit status.
  function self.run(run) return program.run(self.command(run)) end

  --- Returns the rows of a journal.
  function self.rows(sql, name)
    local journal <close> = require("vbo.core").journal()
    assert(journal:open(folder .. "/" .. (name or "journal") .. ".db", { readonly = true }))
    return assert(journal:rows(sql))
  end

  --- Forgets what was changed, and the journals.
  function self.reset()
    server.reset()
    os.execute("rm -rf " .. quoted(folder) .. "/*")
  end

  function self.stop()
    server.stop()
    remove()
  end

  return self
end

return M
