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

-- Returns what the signals ask for: "run", "paused" or "finish"; nil in stock Lua.
local function state() return core.pause_state and core.pause_state() end

-- Raises the stop of SIGQUIT where it came.
local function check()
  if state() ~= "finish" then return end
  latch.raise { kind = "stopped", code = "signal",
    message = "SIGQUIT stopped the run before its next step",
    hint = "continue with: vbolua resume" }
end

--- Stops the run before a save where SIGQUIT came.
function M.before_save() check() end

--- Waits before a change while the run is paused; other tasks go on.  Raises `cancelled` after
--- Ctrl-C, and the stop after SIGQUIT.
function M.before_change()
  check()
  while state() == "paused" do
    local ok, err = loop.sleep(engines.get(), interval)
    if not ok then errors.raise(err) end
    check()
  end
end

return M
