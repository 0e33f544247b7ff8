--- Backup jobs, their selected and excluded items, and their sessions.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local job_scope = require "vbo.sim.jobs.scope"
local json = require "vbo.base.json"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local repositories = require "vbo.sim.backups.repositories"
local schedule = require "vbo.sim.jobs.schedule"

local H = {}

local function job(context) return context.store.jobs:get(context.params.jobId) end

--- The jobs that a query or a path asks for.
local function jobs_of(context)
  local organization = context.params.organizationId or context.query.organizationId
  local found = {}
  for _, each in ipairs(context.store.jobs.list) do
    local repository = context.query.repositoryId
    if (not organization or each.organization.id == core.fold(organization))
        and (not repository or each.repository and each.repository.id == repository) then
      found[#found + 1] = each
    end
  end
  return found
end

function H.Job_Get(context) return context:list(jobs_of(context), render.job) end

function H.Job_GetByOrganizationId(context)
  local id = context.params.organizationId
  if not context.store:organization(id) then refusal.not_found("Organization", id) end
  return context:list(jobs_of(context), render.job)
end

function H.Job_GetById(context)
  local it = job(context)
  context.store.jobs:look(it.running)
  return context:json(render.job(context, it))
end

--- What every type of item needs.
local needs = { User = "user", Group = "group", Site = "site", Team = "team" }

-- What of an item names what it is about.
local parts = {}
for _, name in pairs(needs) do parts[name] = true end

--- Checks an item and finds the user that it names.  Parts that its type does not use are dropped.
local function item_of(context, organization, given)
  local item = {}
  for key, value in pairs(given) do
    if key ~= "_links" and key ~= "_actions" then item[key] = value end
  end
  if not item.type then refusal.missing { "Type" } end
  local kind = ascii.upper(item.type:sub(1, 1)) .. item.type:sub(2)
  item.type = kind
  local name = needs[kind]
  for part in pairs(parts) do
    if part ~= name then item[part] = nil end
  end
  if name and not item[name] then refusal.missing { (name:gsub("^%l", ascii.upper)) } end
  if kind == "User" then
    local wanted = item.user
    item.user = nil
    for _, user in ipairs(organization.users) do
      local id = wanted.id
      if id and core.fold(user.id) == core.fold(id)
          or not id and wanted.name and core.fold(user.name) == core.fold(wanted.name) then
        item.user = user
      end
    end
    if not item.user then refusal.not_found("User", tostring(wanted.id or wanted.name)) end
  end
  item.id = context.app.uuid()
  return item
end

local function items_of(context, organization, list)
  local out = {}
  for i, each in ipairs(list or {}) do out[i] = item_of(context, organization, each) end
  return out
end

local function is_entire(kind) return core.fold(kind) == "entireorganization" end

function H.Job_Add(context)
  local body = context.body
  local id = context.params.organizationId or body.organizationId
    or refusal.missing { "OrganizationId" }
  local organization = context.store:organization(id) or refusal.not_found("Organization", id)
  if not body.name or body.name == "" then refusal.missing { "Name" } end
  local entire = body.backupType == nil and not body.selectedItems
    or body.backupType ~= nil and is_entire(body.backupType)
  if not entire and #(body.selectedItems or {}) == 0 then refusal.missing { "SelectedItems" } end
  local made = context.store.jobs:add {
    name = body.name, description = body.description or "", organization = organization,
    repository = repositories.get(context, body.repositoryId),
    schedule = schedule.normal(body.schedulePolicy),
    enabled = body.isEnabled ~= false, entire = entire,
    selected = entire and {} or items_of(context, organization, body.selectedItems),
    excluded = items_of(context, organization, body.excludedItems),
  }
  if body.runNow and made.enabled then context.store.jobs:start(made) end
  return context:json(render.job(context, made))
end

--- Properties that are left out keep their values.
function H.Job_Update(context)
  local it, body = job(context), context.body
  local changes = {
    name = body.name, description = body.description, enabled = body.isEnabled,
    repository = body.repositoryId and repositories.get(context, body.repositoryId),
    selected = body.selectedItems and items_of(context, it.organization, body.selectedItems),
    excluded = body.excludedItems and items_of(context, it.organization, body.excludedItems),
  }
  if body.backupType then changes.entire = is_entire(body.backupType) end
  for key, value in pairs(changes) do it[key] = value end
  if body.schedulePolicy then
    it.schedule = it.schedule or {}
    for key, value in pairs(schedule.normal(body.schedulePolicy)) do it.schedule[key] = value end
  end
  if body.runNow and it.enabled then context.store.jobs:start(it) end
  if context.op.answer.kind == "empty" then return context:empty() end
  return context:json(render.job(context, it))
end

function H.Job_Remove(context)
  context.store.jobs:remove(context.params.jobId)
  return context:empty()
end

function H.Job_EnableAction(context)
  job(context).enabled = true
  return context:empty()
end

function H.Job_DisableAction(context)
  local it = job(context)
  it.enabled, it.retry = false, nil
  return context:empty()
end

function H.Job_StartAction(context)
  local session = context.store.jobs:start(job(context), context.body.full)
  if context.op.answer.kind == "empty" then return context:empty() end
  return context:json(render.session(context, session))
end

function H.Job_StopAction(context)
  context.store.jobs:stop(job(context))
  return context:empty()
end

--- Shows the sites and teams alone that a job of selected items backs up.
local function narrow(it)
  if it.entire then return nil end
  return function(view)
    local also = job_scope.others(it)
    -- A view of some users alone shows no sites: these come from the same without that.
    local all = setmetatable({}, { __index = function(_, key)
      if key ~= "only" then return view[key] end
    end })
    local methods = getmetatable(view).__index
    for name, kind in pairs { sites = "Vesp", teams = "Vet" } do
      view[name] = function(_, parent)
        local found = {}
        for _, each in ipairs(methods[name](all, parent)) do
          if also[kind][each.id] then found[#found + 1] = each end
        end
        return found
      end
    end
  end
end

--- Explores the backups that a job made: the users that it backs up, no others.
function H.Job_ExploreAction(context)
  local it = job(context)
  local only
  if not it.entire then
    only = {}
    for _, item in ipairs(it.selected) do
      if item.user then only[core.fold(item.user.name)] = true end
    end
  end
  return explore.open(context, it.organization, {
    only = only, from = "job " .. it.name, narrow = narrow(it),
    test = function(point) return point.job == it and not point.copy and not point.retrieval end,
  })
end

local function find_item(list, id)
  for i, each in ipairs(list) do
    if each.id == core.fold(id) then return each, i end
  end
  refusal.not_found("JobItem", id)
end

--- The handlers of one of a job's lists of items.
local function items(kind, plural, singular)
  local row = render.item(kind)

  H["Job_Get" .. plural] = function(context)
    local it = job(context)
    return context:list(it[kind], function(_, each) return row(context, each, it) end)
  end

  H["Job_Get" .. singular] = function(context)
    local it = job(context)
    return context:json(row(context, (find_item(it[kind], context.params.itemId)), it))
  end

  H["Job_Add" .. plural] = function(context)
    local it = job(context)
    local added = items_of(context, it.organization, context.body)
    if #added == 0 then refusal.missing { plural } end
    for _, each in ipairs(added) do it[kind][#it[kind] + 1] = each end
    if kind == "selected" then it.entire = false end
    return context:empty()
  end

  H["Job_Update" .. plural] = function(context)
    local it = job(context)
    local item = find_item(it[kind], context.params.itemId)
    local identity = { id = true, type = true, _links = true, _actions = true }
    for key, value in pairs(context.body) do
      if not identity[key] and not parts[key] then item[key] = value end
    end
    return context:empty()
  end

  local function remove(context, ids)
    local it = job(context)
    for _, id in ipairs(ids) do find_item(it[kind], id) end
    for _, id in ipairs(ids) do
      local _, index = find_item(it[kind], id)
      table.remove(it[kind], index)
    end
    return context:empty()
  end

  H["Job_Remove" .. singular] = function(context)
    return remove(context, { context.params.itemId })
  end

  -- Several at once: in the query, commas between, or (selected items) in the body.
  H["Job_Remove" .. plural] = function(context)
    local ids = {}
    for id in (context.query.ids or ""):gmatch "[^,%s]+" do ids[#ids + 1] = id end
    for _, id in ipairs(context.body[1] and context.body or json.array {}) do
      ids[#ids + 1] = id
    end
    if #ids == 0 then refusal.missing { "Ids" } end
    return remove(context, ids)
  end
end

items("selected", "SelectedItems", "SelectedItem")
items("excluded", "ExcludedItems", "ExcludedItem")

--- v1 knows mailboxes in place of items.
local function mailboxes(kind, plural)
  local function listed(context)
    local it, out = job(context), {}
    for _, item in ipairs(it[kind]) do
      if item.user and item.user.mailbox then out[#out + 1] = item.user.mailbox end
    end
    return out, it
  end

  H["Job_Get" .. plural] = function(context)
    return context:list((listed(context)), render.mailbox)
  end

  H["Job_Add" .. plural] = function(context)
    local it, added = job(context), {}
    for _, given in ipairs(context.body) do
      local found
      for _, mailbox in ipairs(it.organization.mailboxes) do
        if given.id and mailbox.id == core.fold(given.id)
            or not given.id and given.email and mailbox.email == core.fold(given.email) then
          found = mailbox
        end
      end
      if not found then refusal.not_found("Mailbox", tostring(given.id or given.email)) end
      added[#added + 1] =
        { id = context.app.uuid(), type = "User", user = found.user, mailbox = true }
    end
    if #added == 0 then refusal.missing { "Mailboxes" } end
    for _, item in ipairs(added) do it[kind][#it[kind] + 1] = item end
    if kind == "selected" then it.entire = false end
    return context:empty()
  end

  -- The call names none: it takes all of them out.
  H["Job_Remove" .. plural] = function(context)
    local it = job(context)
    it[kind] = {}
    return context:empty()
  end
end

mailboxes("selected", "SelectedMailboxes")
mailboxes("excluded", "ExcludedMailboxes")

return H
