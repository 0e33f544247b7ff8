--- Progress of a transfer: a bar on a terminal, a line now and then elsewhere.

local core = require "vbo.core"

local M = {}

--- "12.3 MiB".
---@param bytes integer
---@return string
function M.size(bytes)
  local units, value = { "B", "KiB", "MiB", "GiB", "TiB" }, bytes
  local unit = 1
  while value >= 1024 and unit < #units do value, unit = value / 1024, unit + 1 end
  return unit == 1 and ("%d B"):format(bytes) or ("%.1f %s"):format(value, units[unit])
end

--- "1:02:03" or "2:03".
---@param seconds number
---@return string
function M.duration(seconds)
  local s = seconds // 1 | 0
  if s >= 3600 then return ("%d:%02d:%02d"):format(s // 3600, s % 3600 // 60, s % 60) end
  return ("%d:%02d"):format(s // 60, s % 60)
end

--- One line that says how far a transfer is.
---@param name string
---@param progress table  as `transfer:progress()`
---@param width integer?  columns; a bar is drawn when there is room
---@return string
function M.line(name, progress, width)
  if progress.phase == "queued" or progress.phase == "sending" then
    return name .. "  connecting"
  elseif progress.phase == "preparing" then
    return ("%s  preparing on the server, %s"):format(name, M.duration(progress.waited))
  end
  local moving = math.max(progress.elapsed - progress.waited, 0.001)
  local rate = progress.received / moving
  local text = ("%s, %s/s"):format(M.size(progress.received), M.size(rate // 1 | 0))
  if progress.phase == "done" then
    return ("%s  %s, %s"):format(name, text, M.duration(progress.elapsed))
  end
  local expected = progress.expected
  if expected and expected > 0 then
    local part = math.min(progress.received / expected, 1)
    if rate > 0 then
      text = text .. ", " .. M.duration((expected - progress.received) / rate) .. " left"
    end
    local room = width and width - #name - #text - 14 or 0
    local bar = ""
    if room >= 10 then
      room = math.min(room, 40)
      local full = (part * room) // 1 | 0
      bar = " [" .. ("#"):rep(full) .. (" "):rep(room - full) .. "]"
    end
    text = ("%3d %%%s %s"):format((part * 100) // 1 | 0, bar, text)
  end
  return name .. "  " .. text
end

--- A watcher for one transfer that writes to stderr: a bar redrawn at most ten times a
--- second on a terminal; elsewhere a line every ten seconds and one at the end.
---@param name string
---@return table watcher  update(progress), and `<close>`
function M.bar(name)
  local terminal = core.isatty(2)
  local last, drawn, over = core.now(), false, false
  local watcher = {}
  function watcher.update(progress)
    if over then return end
    local now = core.now()
    over = progress.phase == "done"
    if terminal then
      if not over and drawn and now - last < 0.1 then return end
      io.stderr:write("\r\27[K", M.line(name, progress, core.columns()), over and "\n" or "")
      drawn, last = not over, now
    elseif over or now - last >= 10 then
      io.stderr:write(M.line(name, progress), "\n")
      last = now
    end
  end
  return setmetatable(watcher, {
    __close = function()
      -- A transfer that failed leaves its bar; the error goes on a line of its own.
      if drawn and not over then io.stderr:write "\n" end
    end,
  })
end

local silent = setmetatable({}, { __close = function() end })

--- The watcher for an option `progress`: true (a bar), a function(progress, name), or
--- nil/false (none).
---@param option boolean|function|nil
---@param name string
---@return table watcher
function M.watcher(option, name)
  if option == true then return M.bar(name) end
  if type(option) == "function" then
    return setmetatable({ update = function(progress) option(progress, name) end },
      getmetatable(silent))
  end
  return silent
end

return M
