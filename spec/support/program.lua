-- Programs in the background of a spec: started, asked for their ready lines, ended by id.

local M = {}

--- The interpreter under test; `make test` names it.
M.vbolua = os.getenv "VBOLUA" or (os.getenv "PWD" .. "/build/vbolua")

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end
M.quoted = quoted

--- Starts `command` (a shell word list) and reads `name: value` lines until `last` came.
--- Returns a table of them with `pid`, and `stop()`; `<close>` stops it.
function M.start(command, last)
  -- The shell prints its own id and becomes the program: that id is the one to end.
  local pipe = assert(io.popen("echo pid: $$; exec " .. command, "r"))
  local started = { lines = {} }
  for line in pipe:lines() do
    started.lines[#started.lines + 1] = line
    local name, value = line:match "^([%w_]+): (.*)$"
    if name then started[name] = value end
    if name == last then break end
  end
  --- Waits for its end: what it still wrote, and its exit status.
  function started.wait()
    local output = pipe:read "a"
    started.stopped = true
    local _, how, status = pipe:close()
    return output, how == "signal" and 128 + status or status
  end
  function started.stop()
    if not started.stopped then
      started.stopped = true
      os.execute("kill -TERM " .. started.pid .. " 2>/dev/null")
      pipe:close()
    end
  end
  if not started[last] then
    started.stop()
    error("did not start: " .. command .. "\n" .. table.concat(started.lines, "\n"), 2)
  end
  return setmetatable(started, { __close = started.stop, __gc = started.stop })
end

--- Runs a command to its end: what it wrote (stdout and stderr), and its exit status.
function M.run(command)
  local pipe = assert(io.popen("exec 2>&1; " .. command, "r"))
  local output = pipe:read "a"
  local _, how, status = pipe:close()
  return output, how == "signal" and 128 + status or status
end

--- A new empty folder, removed by `remove`.
function M.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(os.execute("mkdir -p " .. quoted(path)))
  return path, function() os.execute("rm -rf " .. quoted(path)) end
end

--- A rehearsal server: url, user, password, fingerprint, stop().  Jobs run when they are started
--- only: what a spec sees must not depend on the time of the day.
function M.sim(options)
  return M.start(M.vbolua .. " sim --listen 127.0.0.1:0 --no-schedules " .. (options or ""),
    "fingerprint")
end

--- Connect options for a rehearsal server.
function M.settings(sim, version)
  return {
    url = sim.listening, user = sim.user, password = sim.password, pin = sim.fingerprint,
    version = version,
  }
end

return M
