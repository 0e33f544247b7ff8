--- Makes the steps that write what was chosen of a site into production: to the original location,
--- into another list of that site, or into another site.

local live = require "vbo.sim.production.sites"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"

local M = {}

--- Returns the path of a document or item in its site, the library or list first.
---@param document table
---@return string
function M.path(document) return document.drive.name .. "/" .. document.path end

local function how_of(body)
  return {
    exists = restore.word(body.documentLastVersionAction) or "overwrite",
    all = restore.word(body.documentVersion) == "all", changed = body.changedItems,
    missing = body.deletedItems,
  }
end

local function missing_site(url) return ("Site %s was not found in production."):format(url) end

local function created(context, session, url, path)
  restore.record(context, session, "restored", "created", {
    workload = "sharepoint", user = url, path = path,
  })
end

-- Finds the library or list of a live site that receives the content of `container`.  One that is
-- gone from production is created; a name of the body that receives single things must exist.
---@return table? receiver, string? missing
local function receiver_of(context, session, site, container, name, whole)
  local found = live.container(site, name or container.name)
  if found then return found end
  if name and not whole then
    return nil, ("List '%s' was not found in site %s."):format(name, site.url)
  end
  name = name or container.name
  created(context, session, site.url, name)
  return live.add_container(site, container.kind, name, container)
end

-- Makes the steps that write a selection into one live site.
---@param site table?      nil: production has none
---@param missing string?  the message then
local function steps_into(context, chosen, site, missing)
  local session, body, steps = chosen.session, context.body, {}
  local whole = {}
  for _, container in ipairs(chosen.containers) do whole[container] = true end
  local groups, order = {}, {}
  local function group_of(container)
    if not groups[container] then
      groups[container] = { documents = {}, folders = {} }
      order[#order + 1] = container
    end
    return groups[container]
  end
  for _, container in ipairs(chosen.containers) do group_of(container) end
  for _, each in ipairs(chosen.documents) do
    table.insert(group_of(each.document.drive).documents, each)
  end
  for _, folder in ipairs(chosen.folders) do
    table.insert(group_of(folder.drive).folders, folder)
  end
  for _, container in ipairs(order) do
    local group, receiver, why = groups[container], nil, missing
    if site then
      receiver, why = receiver_of(context, session, site, container, body.list, whole[container])
    end
    if receiver and whole[container] and container.kind == "list" and body.restoreListViews then
      restore.record(context, session, "restored", "overwritten", {
        workload = "sharepoint", user = site.url, path = receiver.name .. "/(list views)",
      })
    end
    local function place(it) return it.path end
    restore.folders(receiver, group.folders, place)
    local more = restore.documents(context, session, group.documents, {
      change = "restored", workload = "sharepoint",
      type = container.kind == "list" and "Item" or "Document", drive = receiver, missing = why,
      prefix = (receiver and receiver.name or container.name) .. "/", place = place,
      how = how_of(body),
    })
    table.move(more, 1, #more, #steps + 1, steps)
  end
  return steps
end

-- Chooses a whole subsite.
local function whole_site(chosen, site)
  local session = chosen.session
  local part = { session = session, site = site, containers = session.view:containers(site),
    documents = {}, folders = {}, tops = {} }
  for _, container in ipairs(part.containers) do
    for _, document in ipairs(session.view:documents(container)) do
      local version = session.view:current(document)
      table.insert(part.documents, { document = document, version = version })
    end
    for _, folder in ipairs(session.view:folders(container)) do
      table.insert(part.folders, folder)
    end
  end
  return part
end

-- Makes the steps that write a whole site to `url`, which is created where it is missing, and its
-- subsites where the body asks for them.
---@return vbo.sim.Step[] steps, { webs: integer, lists: integer } counts
local function site_steps(context, chosen, organization, url)
  local session, production, steps = chosen.session, context.store.production, {}
  local counts = { webs = 0, lists = 0 }
  local function one(part, at)
    local site = production:site(organization, at)
    if not site then
      site = production:make_site(organization, at, part.site.name)
      created(context, session, site.url, "/")
    end
    if context.body.restoreMasterPages then
      restore.record(context, session, "restored", "overwritten", {
        workload = "sharepoint", user = site.url, path = "(master pages)",
      })
    end
    local more = steps_into(context, part, site)
    table.move(more, 1, #more, #steps + 1, steps)
    counts.webs, counts.lists = counts.webs + 1, counts.lists + #part.containers
    if not context.body.restoreSubsites then return end
    for _, child in ipairs(session.view:sites(part.site)) do
      one(whole_site(chosen, child), at .. child.url:sub(#part.site.url + 1))
    end
  end
  one(chosen, url)
  return steps, counts
end

local function is_site(context) return context.op.name:find "^SharePointSite_" ~= nil end

--- Plans the restore of a selection to its own site.
---@param context vbo.sim.Context
---@param chosen vbo.sim.SiteSelection
---@return table  for `session:begin`; of a whole site with the `counts` of `outcome.sites`
function M.in_place(context, chosen)
  local organization, url = chosen.session.organization, chosen.site.url
  local alias = context.body.alias
  if alias and alias ~= "" then url = url:gsub("[^/]*$", function() return alias end) end
  local steps, counts
  if is_site(context) then
    steps, counts = site_steps(context, chosen, organization, url)
  else
    steps = steps_into(context, chosen, context.store.production:site(organization, url),
      missing_site(url))
  end
  return { title = "Restoring " .. chosen.what, target = url, steps = steps, counts = counts }
end

--- Plans the restore of a selection to the site of `siteURL` (v6 and later).
---@param context vbo.sim.Context
---@param chosen vbo.sim.SiteSelection
---@return table  for `session:begin`
function M.to_site(context, chosen)
  local body = context.body
  local url = (body.siteURL or refusal.missing { "SiteURL" }):gsub("/+$", "")
  local organization = chosen.session.organization
  if body.organizationName then
    organization = context.store.organizations:named(body.organizationName)
      or refusal.not_found("Organization", body.organizationName)
  end
  local steps, counts
  if is_site(context) then
    steps, counts = site_steps(context, chosen, organization, url)
  else
    local site = context.store.production:site(organization, url)
    if not site then refusal.raise(404, missing_site(url)) end
    steps = steps_into(context, chosen, site)
  end
  return { title = ("Restoring %s to another site"):format(chosen.what), target = url,
    steps = steps, counts = counts }
end

return M
