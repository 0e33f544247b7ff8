--- Shows the progress of transfers: bars on a terminal, lines in a log, JSON for programs, events
--- for a function.
---
--- The program's setting (`vbolua --progress=…`, `--quiet`, `configure`) says how it is shown,
--- the option `progress` of a client or a call whether: true shows it, false does not, a function
--- gets the events (`vbo.ProgressEvent`) instead.  Without either nothing is shown by the module;
--- the interpreter shows bars for what takes longer than a second, on a terminal.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local text = require "vbo.runtime.progress.text"

local M = {}

-- nil: not chosen; "default": the interpreter without an option.
local setting = core.screen.setting()
local hub, keeper -- luacheck: ignore keeper (held for its finalizer)

local kinds = { auto = true, bar = true, plain = true, json = true, none = true }

--- "json:FILE" as its two parts.
local function parts_of(choice)
  local kind, file = choice:match "^(%l+):(.+)$"
  if kind == "plain" or kind == "json" then return kind, file end
  return choice, nil
end

local function can_draw() return core.isatty(2) and os.getenv "TERM" ~= "dumb" end

-- Returns a function that writes a line to standard error, or to the end of a file.
local function line_writer(file)
  local handle = io.stderr
  if file then
    local err
    handle, err = io.open(file, "a")
    if not handle then
      errors.raise { kind = "disk", message = ("cannot write progress: %s"):format(err) }
    end
    handle:setvbuf "no"
  end
  return function(line)
    if not handle then return end
    local ok, err = handle:write(core.redact(line), "\n")
    if not ok then
      -- A save goes on without: its reader went away, or the disk is full.
      if file then io.stderr:write("progress is not written any more: ", err, "\n") end
      handle = nil
    end
  end
end

local function make_writer()
  local kind, file = parts_of(setting or "auto")
  if kind == "auto" or kind == "default" then kind = can_draw() and "bar" or "plain" end
  if kind == "bar" then return require "vbo.runtime.progress.bars".new() end
  local writer = kind == "json" and "stream" or "lines"
  return require("vbo.runtime.progress." .. writer).new(line_writer(file))
end

local function the_hub()
  if not hub then
    hub = require "vbo.runtime.progress.hub".new { writer = function()
      local writer = make_writer()
      -- However the program ends, the state is closed; finalizers run in the reverse order of
      -- their making, so a file of the writer's is still open then.
      local made = hub
      keeper = setmetatable({}, { __gc = function() made:close() end })
      return writer
    end }
  end
  return hub
end

--- Writes a size: "12.3 MiB".
---@param bytes number
---@return string
function M.size(bytes) return text.size(bytes) end

--- Writes a duration: "1:02:03" or "2:03".
---@param seconds number
---@return string
function M.duration(seconds) return text.duration(seconds) end

--- Says how progress is shown from now on, as `vbolua --progress=HOW` does.
---
--- "auto" (bars on a terminal, lines elsewhere), "bar", "plain" (a line every ten seconds), "json"
--- (one object a line), "none"; "plain:FILE" and "json:FILE" go to the end of a file instead of
--- standard error.  Raises `usage` for anything else.
---@param how string
function M.configure(how)
  if type(how) ~= "string" or not kinds[(parts_of(how))] then
    errors.usage(("there is no such progress as '%s'"):format(tostring(how)),
      "auto, bar, plain, json, none, plain:FILE or json:FILE")
  end
  M.finish()
  hub, setting = nil, how
end

-- The watcher of a transfer without progress: most programs never load the rest.
local function nothing() end
local silent = setmetatable({ fail = nothing, done = nothing, step = nothing },
  { __close = nothing })

-- Whether a transfer with this option is shown, and from its first moment.
local function shown(option)
  if option == false or setting == "none" then return false, false end
  if not setting then return option == true, true end
  if setting ~= "default" then return true, true end
  if option == true then return true, true end
  return option == nil and can_draw(), false
end

--- Begins to watch a transfer.
---
--- Its `update(progress)` receives how far it is (`transfer:progress()`; with the phase `done`,
--- that it succeeded) and is nil without a reader; `fail(err)` notes that it failed;
--- leaving its `<close>` variable before either counts as a failure.
---@param option boolean|function|nil  the option `progress`
---@param name string
---@return table watcher
function M.watcher(option, name)
  local show, eager = shown(option)
  local call = type(option) == "function" and option or nil
  if not show and not call then return silent end
  return the_hub():watch(core.screen.clean(name), { call = call, show = show, eager = eager })
end

--- Begins work of many parts, whatever each of them transfers: while it lasts the total counts its
--- parts.
---@param count integer  0: unknown, and not counted
---@param option boolean|function|nil  the option `progress`
---@return table plan  `step()` for each part that is over; `<close>`
function M.plan(count, option)
  local show = count > 0 and shown(option)
  if not show then return silent end
  return the_hub():plan(count)
end

--- Removes the bars until they are drawn the next time: for what is printed while transfers run,
--- by other means than print, io.write and file:write of `vbolua`.
function M.hide() core.screen.hide() end

--- Hides the bars while something else than a watched transfer is waited for.
function M.idle()
  if hub and core.screen.stands() then hub:idle() end
end

--- Says what is left to say, as the end of the program does.
function M.finish()
  if hub then hub:close() end
end

return M
