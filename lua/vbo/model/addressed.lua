--- Finds the resources that the path and the body of an operation name: of a call by the
--- operation's own name.
---
--- A class knows the operation that answers one of it, and the one that lists it; their paths say
--- what each id in another operation's path is.

local ascii = require "vbo.base.ascii"
local classes = require "vbo.model.class"
local fields = require "vbo.model.fields"
local objects = require "vbo.model.objects"
local spelling = require "vbo.base.spelling"
local subjects = require "vbo.model.subject"
local time = require "vbo.base.time"

local M = {}

-- One class of each module that declares some: the others come with it.
local modules = {
  "backups.OrganizationData", "backups.restore_points.RestorePoint",
  "backups.retrievals.DataRetrieval", "cloud.S3Bucket", "cloud.azure.ServiceAccount",
  "exchange.Mailbox", "infrastructure.Account", "infrastructure.proxies.Proxy",
  "infrastructure.repositories.Repository", "jobs.Job", "jobs.copy.CopyJob",
  "jobs.items.SelectedItem", "jobs.sessions.JobSession", "onedrive.OneDrive",
  "organization.Organization", "organization.accounts.Application", "organization.members.User",
  "roles.RbacRole", "server.HistorySettings", "server.license.License",
  "server.mail.VboEmailSettings", "session.Session", "session.organization.BackupOrganization",
  "sharepoint.Site", "teams.Team",
}

-- Catalogue → { one = path → class, many = path → class }.
local indices = setmetatable({}, { __mode = "k" })

-- "/restoresessions/{}/organization/onedrives" of a path.
local function plain(path)
  return (ascii.lower(path):gsub("^/v%d+", ""):gsub("{[^}]*}", "{}"):gsub("/+$", ""))
end

local function index_of(catalogue)
  local index = indices[catalogue]
  if index then return index end
  for _, name in ipairs(modules) do objects.named(name) end
  index = { one = {}, many = {} }
  for _, class in ipairs(classes.all) do
    local get = class.get and catalogue:operation(class.get)
    local list = class.list and catalogue:operation(class.list)
    if get then index.one[plain(get.path)] = index.one[plain(get.path)] or class end
    if list then
      local path = plain(list.path)
      index.many[path] = index.many[path] or class
      if class.parameter and not get then
        index.one[path .. "/{}"] = index.one[path .. "/{}"] or class
      end
    end
  end
  indices[catalogue] = index
  return index
end

-- Returns the client's own session of an id, which knows what it was opened with.
local function session_of(client, class, id)
  local known = client._sessions[id]
  if known then return known end
  local others = rawget(client, "_other_sessions")
  if not others then
    others = {}
    rawset(client, "_other_sessions", others)
  end
  others[id] = others[id] or classes.from_id(class, client, id)
  return others[id]
end

-- Files and posts of a team lie in a channel that the query or the body names.
local function channel_of(team, intent)
  for _, set in ipairs { intent.query or {}, type(intent.body) == "table" and intent.body or {} } do
    for name, value in pairs(set) do
      if type(name) == "string" and spelling.squash(name) == "channelid"
          and type(value) == "string" then
        return classes.from_id(objects.named "teams.Channel", team, value)
      end
    end
  end
  return team
end

-- Returns the last resource of a path, and the ids in it that mean none.
local function along(client, operation, intent, index)
  local at, owner, strange, prefix = nil, client, {}, ""
  for segment in operation.path:gmatch "[^/]+" do
    prefix = prefix .. "/" .. segment
    local name = segment:match "^{(.*)}$"
    local value = name and intent.path and intent.path[name]
    local class = name and index.one[plain(prefix)]
    if class and value ~= nil then
      if class.rooted then owner = client end
      if class.kind == "restore session" then
        at = session_of(client, class, tostring(value))
      else
        if class.kind == "file" or class.kind == "post" then owner = channel_of(owner, intent) end
        at = classes.from_id(class, owner, tostring(value))
      end
      owner = at
    elseif name and value ~= nil then
      strange[name] = tostring(value)
    end
  end
  -- A resource of which there is one has no id.
  local path = plain(operation.path)
  local class = index.one[path] or index.one[(path:gsub("/[^/{}]+$", ""))]
  if class and not class.parameter then at = classes.from_id(class, owner, nil) end
  return at, strange
end

-- "/…/documents" of "/…/documents/restore" and "/…/documents/action".
local function listed(operation, index)
  local path = plain(operation.path)
  return index.many[path] or index.many[(path:gsub("/[^/{}]+$", ""))]
end

-- Returns the things in a list of a body; nil where it holds something else.
local function chosen(class, owner, list)
  if type(list) ~= "table" or #list == 0 then return nil end
  local found = {}
  for i, item in ipairs(list) do
    if classes.is(item, class) then
      found[i] = item
    elseif type(item) == "table" then
      local id = fields.key(class, item)
      if id == nil then return nil end
      found[i] = classes.from_id(class, owner, tostring(id))
    else
      return nil
    end
  end
  return found
end

-- Operators restore things with a version each: { document = {…}, documentVersion = … }.
local function configured(list, word)
  local found = {}
  for i, each in ipairs(type(list) == "table" and list or {}) do
    if type(each) ~= "table" then return nil end
    for name, value in pairs(each) do
      if type(name) == "string" and spelling.squash(name) .. "s" == word then found[i] = value end
    end
  end
  return found
end

local function items_of(class, owner, body)
  if not class.selection or type(body) ~= "table" then return nil end
  for name, value in pairs(body) do
    local word = type(name) == "string" and spelling.squash(name)
    if word == class.selection then return chosen(class, owner, value) end
    if word and word == class.selection .. "restoreconfigs" then
      return chosen(class, owner, configured(value, class.selection))
    end
  end
end

--- Returns a function that describes what a call by an operation's name acts on.
---@param client vbo.Client
---@param operation vbo.Operation
---@param intent table  as `pipeline.call`: path=, query=, body=
---@return fun(): vbo.Subject
function M.of(client, operation, intent)
  return function()
    local index = index_of(client._catalogue)
    local at, strange = along(client, operation, intent, index)
    local class = listed(operation, index)
    local owner = at and at._class.kind == "team" and class and channel_of(at, intent) or at
    local things = class and items_of(class, owner or client, intent.body)
    if things then return subjects.of_things(things, { kind = class.kind, path = strange }) end
    local whole = class and class.plural or class and class.kind .. "s"
    return subjects.of_things({ owner }, {
      kind = class and class.kind or at and at._class.kind, whole = whole, path = strange,
    })
  end
end

local codes = { vex = "exchange", veod = "onedrive", vesp = "sharepoint", vet = "teams" }

--- Keeps what a call by an operation's name opened a session with.
---@param client vbo.Client
---@param operation vbo.Operation  that opens a session
---@param intent table
---@param data any  the answer
function M.opened(client, operation, intent, data)
  if type(data) ~= "table" or type(data.id) ~= "string" then return end
  local owner = along(client, operation, intent, index_of(client._catalogue))
  local body = type(intent.body) == "table" and intent.body or {}
  local function said(...)
    for _, word in ipairs { ... } do
      local value = fields.read(body, word)
      if value ~= nil then return value end
    end
  end
  local at = said("date_time", "point_in_time")
  local query = intent.query or {}
  subjects.explored(session_of(client, objects.named "session.Session", data.id), {
    owner = owner, organization = query.organizationId,
    workload = codes[ascii.lower(tostring(said "type" or data.type or ""))],
    at = type(at) == "string" and time.parse(at) or nil, deleted = said "show_deleted",
    all_versions = said "show_all_versions",
    repository = said "repository_id" or (intent.path or {}).repositoryId,
  })
end

return M
