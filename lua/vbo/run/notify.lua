--- Runs the command of `--notify` when a run has ended or was stopped.
---
--- The command gets what became of the run in its environment and, as JSON, on its standard input;
--- no password.  It runs once, for a limited time, and its own failure is a warning only: what it
--- reports on is done.

local core = require "vbo.core"
local json = require "vbo.base.json"

local M = {}

-- Seconds until the command is ended.
M.timeout = 30

-- Bytes of an error's message: the summary fits into a pipe that is not read.
local most_message <const> = 1000

---@class vbo.RunSummary
---@field run string      its id
---@field state string    "ended", "failed" or "stopped"
---@field status integer  exit status
---@field steps integer
---@field done integer
---@field failed integer
---@field unknown integer
---@field error string?   what ended or stopped it
---@field script string?

-- Never in the command's environment.
local secrets = { "VBO_PASSWORD" }

local function environment(summary)
  local list = { table.unpack(secrets) }
  for name, value in pairs { ["VBO_RUN"] = summary.run, ["VBO_RUN_STATE"] = summary.state,
      ["VBO_RUN_STATUS"] = summary.status, ["VBO_RUN_DONE"] = summary.done,
      ["VBO_RUN_FAILED"] = summary.failed, ["VBO_RUN_UNKNOWN"] = summary.unknown } do
    list[#list + 1] = ("%s=%s"):format(name, value)
  end
  return list
end

-- Returns the beginning of a text, cut between characters.
local function beginning(text)
  if not text or #text <= most_message then return text end
  return text:sub(1, most_message):gsub("[\xC0-\xFF]?[\x80-\xBF]*$", "") .. "…"
end

local function warn_of(problem)
  io.stderr:write("vbolua: warning: --notify: ", core.visible(core.redact(problem)), "\n")
end

--- Runs a command with the summary of a run, and waits for it.
---@param command string  for `sh -c`
---@param summary vbo.RunSummary
function M.run(command, summary)
  local told = {}
  for name, value in pairs(summary) do told[name] = value end
  told.error = beginning(told.error)
  io.stdout:flush()
  local status, err = core.command {
    command = command, environment = environment(summary), input = json.encode(told) .. "\n",
    timeout = M.timeout,
  }
  if not status then
    warn_of(err.message)
  elseif status ~= 0 then
    warn_of(("the command ended with status %d"):format(status))
  end
end

return M
