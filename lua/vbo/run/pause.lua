--- Holds a run before its next change while SIGUSR1 asks for it.
---
--- Saves and reads go on: a pause is for a look at production.  SIGUSR2 lets the run go on,
--- SIGQUIT stops it, Ctrl-C ends it.

local core = require "vbo.core"
local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local latch = require "vbo.run.latch"
local loop = require "vbo.runtime.loop"

local M = {}

-- How often a paused task looks whether it may go on, in seconds.
local interval <const> = 0.1

local announced = false

-- Says once for each pause that the run waits.
local function announce()
  if announced then return end
  announced = true
  io.stderr:write("vbolua: paused before the next change; SIGUSR2 goes on, SIGQUIT stops\n")
end

--- Returns what the signals ask for: nil, "pause" or "stop".
---@return string?
function M.state() return core.pause_state and core.pause_state() or nil end

--- Raises the stop of SIGQUIT where it came; returns otherwise.
function M.check()
  if M.state() ~= "stop" then return end
  latch.raise { kind = "stopped", code = "signal",
    message = "SIGQUIT stopped the run; what was under way has ended",
    hint = "continue with: vbolua resume" }
end

--- Waits before a change while the run is paused; other tasks go on.  Raises `cancelled` after
--- Ctrl-C, and the stop after SIGQUIT.
function M.before_change()
  M.check()
  while M.state() == "pause" do
    announce()
    local ok, err = loop.sleep(engines.get(), interval)
    if not ok then errors.raise(err) end
    M.check()
  end
  if announced then
    announced = false
    io.stderr:write("vbolua: goes on\n")
  end
end

return M
