-- Running `vbolua sim record` against a rehearsal server.

local program = require "spec.support.program"

local quoted = program.quoted

local M = {}

--- The shell's words of a recording.
function M.command(rehearsal, version, arguments)
  local sim = rehearsal.sim
  return ("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s VBO_VERSION=%s %s sim record %s")
    :format(sim.listening:match "//(.*)$", quoted(sim.user), quoted(sim.password),
      sim.fingerprint, version, program.vbolua, arguments)
end

--- Lists the names in a folder, one a line.
function M.names_in(folder)
  return (program.run(("ls -A %s | sort"):format(quoted(folder))))
end

return M
