--- One request in a process of its own, which may be stopped or have a broken system under it:
--- `vbolua child.lua URL PIN FOLDER LOG KIND PATH IDLE RETRIES`.
---
--- Prints `moving:` when the server is at it (and stops itself, when STOP is in the environment),
--- and at its end `error:` and `outcome:`.

local faults = require "spec.support.faults.peer"

local url, pin, folder, log_file, kind, path, idle, retries = table.unpack(arg)
local peer = setmetatable({ url = url, fingerprint = pin, folder = folder, log = log_file },
  faults.class)

local function say(name, value)
  print(name .. ": " .. value)
  io.stdout:flush()
end

local client, log, err = peer:connect {
  idle_timeout = tonumber(idle), retries = tonumber(retries),
}
local moving = false
local outcome = faults.outcome(peer, client, log, err, kind, path, {
  file = os.getenv "TARGET",
  watch = function(progress)
    local at_it = progress.phase == "receiving"
      or kind == "change" and progress.phase == "preparing"
    if at_it and not moving then
      moving = true
      say("moving", "yes")
      if os.getenv "STOP" then os.execute "kill -STOP $PPID" end
    end
  end,
})
if client then client:close() end
say("error", faults.told and tostring(faults.told) or "none")
say("outcome", outcome)
