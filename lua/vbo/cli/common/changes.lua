--- Writes what changed in a rehearsal server as lines for a terminal.

local progress = require "vbo.runtime.progress"

local M = {}

-- Replaces control characters: a name is data and must not control the terminal.
local function clean(text) return (tostring(text):gsub("%c", "?")) end

local signs = { gained = "+", lost = "-", replaced = "~", rewritten = "=", sent = ">" }

local function detail(row)
  local before, after = row.before, row.after
  local size = (after or before or {}).size
  local text = size and progress.size(size) or ""
  if row.change == "replaced" and before.size and size ~= before.size then
    text = ("%s -> %s"):format(progress.size(before.size), text)
  elseif row.change == "rewritten" then
    text = text .. ", the same content"
  end
  return text
end

-- Returns the owner of a row: a workload and user, or the receiver of a message.
local function place(row)
  if row.workload == "mail" then return "sent by mail to " .. clean(row.user or "?") end
  return ("%s: %s"):format(row.workload, clean(row.user))
end

local function parts_of(path)
  local parts = {}
  for part in path:gmatch "[^/]+/?" do parts[#parts + 1] = part end
  return parts
end

--- Writes differences as a tree of users, folders and their content:
--- `+` gained, `-` lost, `~` replaced, `=` written again with the same content, `>` sent.
---@param rows vbo.sim.Difference[]  in their order
---@return string[]
function M.tree(rows)
  local lines, organization, owner, open = {}, nil, nil, {}
  for _, row in ipairs(rows) do
    if row.organization and row.organization ~= organization then
      organization, owner = row.organization, nil
      lines[#lines + 1] = clean(organization)
    end
    if place(row) ~= owner then
      owner, open = place(row), {}
      lines[#lines + 1] = "  " .. owner
    end
    -- A subject may contain slashes that separate no folders.
    local parts = row.workload == "mail" and { row.path } or parts_of(row.path)
    for depth = 1, #parts - 1 do
      if open[depth] ~= parts[depth] then
        lines[#lines + 1] = ("  "):rep(depth + 1) .. clean(parts[depth])
        open[depth] = parts[depth]
        for below = depth + 1, #open do open[below] = nil end
      end
    end
    for below = math.max(#parts, 1), #open do open[below] = nil end
    local text = detail(row)
    lines[#lines + 1] = ("%s%s %s%s"):format(("  "):rep(math.max(#parts, 1) + 1),
      signs[row.change] or "?", clean(parts[#parts] or row.path), text ~= "" and "  " .. text or "")
  end
  return lines
end

--- Counts differences: "2 gained, 1 replaced", or "nothing changed".
---@param rows vbo.sim.Difference[]
---@return string
function M.summary(rows)
  local counts, out = {}, {}
  for _, row in ipairs(rows) do counts[row.change] = (counts[row.change] or 0) + 1 end
  for _, name in ipairs { "gained", "lost", "replaced", "rewritten", "sent" } do
    if counts[name] then out[#out + 1] = ("%d %s"):format(counts[name], name) end
  end
  return out[1] and table.concat(out, ", ") or "nothing changed"
end

--- Writes changes of the server itself, one a line.
---@param rows table[]  of `configuration`
---@return string[]
function M.configuration_lines(rows)
  local lines = {}
  for i, row in ipairs(rows) do
    lines[i] = ("  %s%s"):format(clean(row.what),
      row.subject and (" '%s'"):format(clean(row.subject)) or "")
  end
  return lines
end

--- Writes changes, grouped by workload and user, with their number in the last line.
---@param changes vbo.sim.Change[]
---@return string[]
function M.lines(changes)
  local lines, groups, order = {}, {}, {}
  for _, change in ipairs(changes) do
    local where = ("%s: %s"):format(change.workload, change.user)
    if not groups[where] then
      groups[where] = {}
      order[#order + 1] = where
    end
    table.insert(groups[where], change)
  end
  for _, where in ipairs(order) do
    lines[#lines + 1] = clean(where)
    for _, change in ipairs(groups[where]) do
      lines[#lines + 1] = ("  %-8s %-11s %s%s%s%s"):format(change.change, change.how or "",
        clean(change.path), change.to and " to " .. clean(change.to) or "",
        change.version and (" (version %s)"):format(change.version) or "",
        change.size and ", " .. progress.size(change.size) or "")
    end
  end
  lines[#lines + 1] = ("%d change%s in production"):format(#changes, #changes == 1 and "" or "s")
  return lines
end

return M
