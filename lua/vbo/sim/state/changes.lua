--- What a run changed in a rehearsal server's production, for people: `vbolua sim changes` and
--- `vbolua sim diff`.

local errors = require "vbo.base.error"
local pipeline = require "vbo.request.pipeline"
local progress = require "vbo.runtime.progress"

local M = {}

--- A request to the server's own interface; its answer, which must be a table.
local function ask(client, method, path, body)
  local answer = pipeline.run(client, {
    operation = "sim", method = method, path = path, body = body, change = method ~= "GET",
  }, 1)
  if method == "GET" and type(answer.data) ~= "table" then
    errors.raise { kind = "protocol", message = "this is no rehearsal server" }
  end
  return answer.data
end

--- Keeps a rehearsal server's production as it is under a name.
---@param client vbo.Client
---@param name string
function M.snapshot(client, name)
  if not name:find "^[%w._-]+$" then
    errors.usage(("'%s' is no name of a snapshot"):format(name), "use letters, digits, . _ and -")
  end
  ask(client, "POST", "/sim/snapshots/" .. name)
end

--- Lets time pass on a rehearsal server.
---@param client vbo.Client
---@param time string|integer  seconds, or as "90m", "4h", "7d"
---@return string  the time it is there then
function M.advance(client, time)
  return ask(client, "POST", "/sim/time", { advance = time }).time
end

--- Signs an assertion that an account logs in with.
---@param client vbo.Client
---@param user string           a tenant's account, or a user
---@param application string?   id; the organization's first unless told
---@return string
function M.assertion(client, user, application)
  local body = { user = user, application = application }
  return ask(client, "POST", "/sim/assertions", body).assertion
end

--- What differs between two snapshots, "start" and "production" among them.
---@param client vbo.Client
---@param from string
---@param to string
---@return vbo.sim.Difference[]
function M.diff(client, from, to)
  local function quoted(name)
    return (name:gsub("[^%w._-]", function(c) return ("%%%02X"):format(c:byte()) end))
  end
  return ask(client, "GET", ("/sim/diff?from=%s&to=%s"):format(quoted(from), quoted(to)))
end

-- A name is data: its control characters must not reach the terminal.
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

--- Whose things a row is about.
local function place(row)
  if row.workload == "mail" then return "sent by mail to " .. clean(row.user or "?") end
  return ("%s: %s"):format(row.workload, clean(row.user))
end

local function parts_of(path)
  local parts = {}
  for part in path:gmatch "[^/]+/?" do parts[#parts + 1] = part end
  return parts
end

--- Differences as a tree of people, folders and what lies in them:
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
    -- A subject may hold any slash; only what lies in folders has a path.
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

--- "2 gained, 1 replaced"; "nothing changed" where nothing did.
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

--- Asks a rehearsal server what changed since its start (or its last reset).
---@param client vbo.Client
---@return vbo.sim.Change[]
function M.list(client)
  return ask(client, "GET", "/sim/changes")
end

--- Asks a rehearsal server what changed in itself: jobs, settings, accounts, organizations.
---@param client vbo.Client
---@return { sequence: integer, time: string, operation: string, what: string, subject: string? }[]
function M.configuration(client) return ask(client, "GET", "/sim/configuration") end

--- Changes of the server itself as lines; none when there are none.
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

--- Changes as lines: one a person and place, what happened below it.
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
