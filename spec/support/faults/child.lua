--- One request in a process of its own, which may be stopped or have a broken system under it:
--- `vbolua child.lua URL PIN FOLDER LOG KIND PATH IDLE RETRIES`.
---
--- Prints `ready:` when it is connected, `moving:` when the server is at it (with CONNECT, a
--- timeout, in the environment: when it connects), and at its end `error:` and `outcome:`.
--- STOP=1: stops itself when it is moving; 2: when it is ready, too.

local faults = require "spec.support.faults.peer"

local url, pin, folder, log_file, kind, path, idle, retries = table.unpack(arg)
local peer = setmetatable({ url = url, fingerprint = pin, folder = folder, log = log_file },
  faults.class)

local function say(name, value)
  print(name .. ": " .. value)
  io.stdout:flush()
end

local stops = tonumber(os.getenv "STOP" or 0)

local function stop()
  stops = stops - 1
  os.execute "kill -STOP $PPID"
  say("woken", "yes")
end

local client, log, err = peer:connect {
  idle_timeout = tonumber(idle), retries = tonumber(retries),
  connect_timeout = tonumber(os.getenv "CONNECT"),
}
say("ready", "yes")
if stops == 2 then stop() end
local connecting = os.getenv "CONNECT" ~= nil
local moving = false
local outcome = faults.outcome(peer, client, log, err, kind, path, {
  file = os.getenv "TARGET",
  watch = function(progress)
    local at_it = progress.phase == "receiving"
      or progress.phase == (kind == "change" and "preparing" or nil)
      or progress.phase == (connecting and "sending" or nil)
    if at_it and not moving then
      moving = true
      say("moving", "yes")
      if stops == 1 then stop() end
    end
  end,
})
if client then client:close() end
say("error", faults.told and tostring(faults.told) or "none")
say("outcome", outcome)
