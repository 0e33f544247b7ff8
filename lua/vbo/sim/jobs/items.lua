--- Handles the selected and excluded items of backup jobs, and their mailboxes of v1.

local core = require "vbo.core"
local item = require "vbo.sim.jobs.item"
local json = require "vbo.base.json"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"

local H = {}

local function job(context) return context.store.jobs:get(context.params.jobId) end

local function find_item(list, id)
  for i, each in ipairs(list) do
    if each.id == core.fold(id) then return each, i end
  end
  refusal.not_found("JobItem", id)
end

local function list_items(kind)
  local row = render.item(kind)
  return function(context)
    local it = job(context)
    return context:list(it[kind], function(_, each) return row(context, each, it) end)
  end
end

local function get_item(kind)
  local row = render.item(kind)
  return function(context)
    local it = job(context)
    return context:json(row(context, (find_item(it[kind], context.params.itemId)), it))
  end
end

local function add_items(kind, plural)
  return function(context)
    local it = job(context)
    local added = item.of(context, it.organization, context.body)
    if #added == 0 then refusal.missing { plural } end
    for _, each in ipairs(added) do it[kind][#it[kind] + 1] = each end
    if kind == "selected" then it.entire = false end
    return context:empty()
  end
end

local identity <const> = { id = true, type = true, _links = true, _actions = true }

local function update_item(kind)
  return function(context)
    local it = job(context)
    local found = find_item(it[kind], context.params.itemId)
    for key, value in pairs(context.body) do
      if not identity[key] and not item.parts[key] then found[key] = value end
    end
    return context:empty()
  end
end

-- Removes items by their ids; none where one of them is unknown.
local function remove(context, kind, ids)
  local it = job(context)
  for _, id in ipairs(ids) do find_item(it[kind], id) end
  for _, id in ipairs(ids) do
    local _, index = find_item(it[kind], id)
    table.remove(it[kind], index)
  end
  return context:empty()
end

local function remove_item(kind)
  return function(context) return remove(context, kind, { context.params.itemId }) end
end

-- The ids come in the query, separated by commas, or (selected items) in the body.
local function remove_items(kind)
  return function(context)
    local ids = {}
    for id in (context.query.ids or ""):gmatch "[^,%s]+" do ids[#ids + 1] = id end
    for _, id in ipairs(context.body[1] and context.body or json.array {}) do
      ids[#ids + 1] = id
    end
    if #ids == 0 then refusal.missing { "Ids" } end
    return remove(context, kind, ids)
  end
end

H.Job_GetSelectedItems = list_items "selected"
H.Job_GetSelectedItem = get_item "selected"
H.Job_AddSelectedItems = add_items("selected", "SelectedItems")
H.Job_UpdateSelectedItems = update_item "selected"
H.Job_RemoveSelectedItem = remove_item "selected"
H.Job_RemoveSelectedItems = remove_items "selected"

H.Job_GetExcludedItems = list_items "excluded"
H.Job_GetExcludedItem = get_item "excluded"
H.Job_AddExcludedItems = add_items("excluded", "ExcludedItems")
H.Job_UpdateExcludedItems = update_item "excluded"
H.Job_RemoveExcludedItem = remove_item "excluded"
H.Job_RemoveExcludedItems = remove_items "excluded"

-- ---------------------------------------------- mailboxes, which v1 has in place of items

local function list_mailboxes(kind)
  return function(context)
    local found = {}
    for _, each in ipairs(job(context)[kind]) do
      if each.user and each.user.mailbox then found[#found + 1] = each.user.mailbox end
    end
    return context:list(found, render.mailbox)
  end
end

local function find_mailbox(organization, given)
  local found
  for _, mailbox in ipairs(organization.mailboxes) do
    if given.id and mailbox.id == core.fold(given.id)
        or not given.id and given.email and mailbox.email == core.fold(given.email) then
      found = mailbox
    end
  end
  return found or refusal.not_found("Mailbox", tostring(given.id or given.email))
end

local function add_mailboxes(kind)
  return function(context)
    local it, added = job(context), {}
    for i, given in ipairs(context.body) do
      added[i] = { id = context.app.uuid(), type = "User", mailbox = true,
        user = find_mailbox(it.organization, given).user }
    end
    if #added == 0 then refusal.missing { "Mailboxes" } end
    for _, each in ipairs(added) do it[kind][#it[kind] + 1] = each end
    if kind == "selected" then it.entire = false end
    return context:empty()
  end
end

-- The request names no mailbox: it removes all of them.
local function remove_mailboxes(kind)
  return function(context)
    job(context)[kind] = {}
    return context:empty()
  end
end

H.Job_GetSelectedMailboxes = list_mailboxes "selected"
H.Job_AddSelectedMailboxes = add_mailboxes "selected"
H.Job_RemoveSelectedMailboxes = remove_mailboxes "selected"

H.Job_GetExcludedMailboxes = list_mailboxes "excluded"
H.Job_AddExcludedMailboxes = add_mailboxes "excluded"
H.Job_RemoveExcludedMailboxes = remove_mailboxes "excluded"

return H
