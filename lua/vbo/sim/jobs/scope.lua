--- Finds the users, sites and teams that a backup job backs up, and how much data they have.

local core = require "vbo.core"

local M = {}

local function flags(item, kind)
  local out = { Vex = item.mailbox, Veod = item.oneDrive, Vesp = item.personalSite }
  -- An item without workloads means all of them.
  if next(out) == nil and item.archiveMailbox == nil then
    out = { Vex = true, Veod = true, Vesp = true }
  end
  if kind == "excluded" then return out end
  return { Vex = out.Vex or nil, Veod = out.Veod or nil, Vesp = out.Vesp or nil }
end

--- Lists the users of a job and their workloads: lower-case address -> { Vex = true, … }; also of a
--- job of the entire organization.
---@param job table
---@return table<string, table<string, true>>
function M.users(job)
  local out = {}
  local function add(user, workloads)
    local there = out[core.fold(user.name)] or {}
    for kind, wanted in pairs(workloads) do
      if wanted and job.organization.workloads[kind] then there[kind] = true end
    end
    out[core.fold(user.name)] = there
  end
  for _, user in ipairs(job.organization.users) do
    if job.entire and not user.left then add(user, { Vex = true, Veod = true, Vesp = true }) end
  end
  for _, item in ipairs(job.entire and {} or job.selected) do
    if item.user and item.user.organization then add(item.user, flags(item, "selected")) end
  end
  for _, item in ipairs(job.excluded) do
    local there = item.user and item.user.organization and out[core.fold(item.user.name)]
    for kind, excluded in pairs(there and flags(item, "excluded") or {}) do
      if excluded then there[kind] = nil end
    end
  end
  for email, workloads in pairs(out) do
    if next(workloads) == nil then out[email] = nil end
  end
  return out
end

local lists = { Site = { "sites", "Vesp" }, Team = { "teams", "Vet" }, Group = { "teams", "Vet" } }

--- Lists the sites and teams that a job of selected items backs up: workload -> { [id] = true },
--- and in `names` their URLs and names in lower case, as in the changes of production.
---@param job table
---@return table<string, table<string, true>>
function M.others(job)
  local out = { Vesp = {}, Vet = {}, names = {} }
  for _, item in ipairs(job.selected) do
    local list = lists[item.type]
    local given = item.site or item.team or item.group
    for _, it in ipairs(list and given and job.organization[list[1]] or {}) do
      if given.id and core.fold(it.id) == core.fold(tostring(given.id)) then
        out[list[2]][it.id] = true
        out.names[core.fold(it.libraries and it.url or it.name)] = true
      end
    end
  end
  return out
end

--- Lists the objects of a run: users first, then groups, sites and teams.
---@return table[]  { type=, id=, name=, user=, workloads= }
function M.objects(job)
  -- A generated world has too many users to list.
  if job.entire and job.organization.everybody then return { job.organization.everybody } end
  local out, users = {}, M.users(job)
  for _, user in ipairs(job.organization.users) do
    local workloads = users[core.fold(user.name)]
    if workloads then
      out[#out + 1] =
        { type = "User", id = user.id, name = user.name, user = user, workloads = workloads }
    end
  end
  for _, item in ipairs(job.entire and {} or job.selected) do
    local it = item.group or item.site or item.team
    if it then
      local name = it.displayName or it.title or it.name or it.url or it.id
      out[#out + 1] = { type = item.type, id = it.id or item.id, name = tostring(name) }
    end
  end
  return out
end

--- Counts the items and bytes of a user that arrived between two times, in the world and by
--- restores into production.
---@param store table
---@param object table   of `objects`
---@param from number
---@param to number
---@return integer items, integer bytes
function M.changed(store, object, from, to)
  local items, bytes = 0, 0
  local function add(at, size)
    if at > from and at <= to then items, bytes = items + 1, bytes + (size or 0) end
  end
  local user, workloads = object.user, object.workloads
  for _, document in ipairs(workloads.Veod and user.drive and user.drive.documents or {}) do
    for _, version in ipairs(document.versions) do add(version.at, version.size) end
  end
  for _, item in ipairs(workloads.Vex and user.mailbox and user.mailbox.items or {}) do
    add(item.received, item.size)
  end
  local kinds = { onedrive = "Veod", exchange = "Vex" }
  for _, change in ipairs(store.production.changes) do
    if change.user == user.name and change.change ~= "sent" and workloads[kinds[change.workload]]
    then
      add(change.time, change.size)
    end
  end
  return items, bytes
end

return M
