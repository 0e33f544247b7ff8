-- Sends every operation of a version to the rehearsal server, with ids that exist and bodies made
-- of its schema, and keeps what came back.

local catalogue = require "vbo.catalogue"
local example = require "vbo.catalogue.example"
local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"
local worlds = require "vbo.sim.world"

local M = {}

local Walk = {}
Walk.__index = Walk

-- Maps what lies below an organization in a restore session to its explorer.
local explorers = {
  { "/mailboxes", "Vex" }, { "/onedrives", "Veod" }, { "/sites", "Vesp" }, { "/teams", "Vet" },
  { "/onedrive", "Veod" }, { "searchteams", "Vet" },
}

--- A walk through a version.
---@param version string
---@param renew fun(): table?  gives a client of a server in its first state; default one
---  without sockets
function M.new(version, renew)
  local self = setmetatable({
    version = version, number = tonumber(version:match "%d"), cat = catalogue.load(version),
    renew = renew,
  }, Walk)
  self:fresh()
  return self
end

-- Worlds never change; a new server of the same world is quick.
local world

function Walk:fresh()
  if self.renew then
    self.client = self.renew()
  else
    world = world or worlds.open "demo"
    self.client = sim.new(self.version, { world = world })
    self.client.app.log = function(text) self.trace = text end
  end
  self.known, self.sessions, self.changed = {}, {}, false
end

--- A restore session of the explorer that a path needs.
function Walk:session(path)
  local kind = "Vex"
  for _, each in ipairs(explorers) do
    if path:lower():find("organization" .. each[1], 1, true) or
        path:lower():find("organization/" .. each[1], 1, true) then kind = each[2] end
  end
  if not self.sessions[kind] then
    local ok, _, session = pcall(self.client.explore, self.client, kind, sim.before)
    if not ok then return nil end
    -- Restores by operators need a session that an operator opened; a server in another process
    -- refuses it.
    local app = self.client.app
    if app then app.store:session(session.id).operator = true end
    self.sessions[kind] = session.id
  end
  return self.sessions[kind]
end

local function identity(row, parameter)
  if type(row) ~= "table" then return tostring(row) end
  local fallback
  for name, value in pairs(row) do
    local word = name:lower()
    if word == parameter:lower() then return tostring(value) end
    if word:match "id$" and type(value) == "string" then
      if not fallback or name < fallback.name then fallback = { name = name, value = value } end
    end
  end
  if parameter:lower():match "name$" and row.name then return row.name end
  return row.id and tostring(row.id) or fallback and fallback.value or row.name or row.type
end

local function escape(text)
  return (text:gsub("[^%w%-_.~=]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- The query of an operation's required parameters.
function Walk:query(operation)
  local parts = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" and parameter.required then
      local value = example.value(parameter.schema, { name = parameter.name })
      if type(value) == "table" then value = value[1] end
      value = self:reference(parameter.name:lower()) or value
      parts[#parts + 1] = parameter.name .. "=" .. escape(tostring(value))
    end
  end
  return #parts > 0 and "?" .. table.concat(parts, "&") or ""
end

local lists = {
  organizationid = "/Organizations", repositoryid = "/BackupRepositories",
  backuprepositoryid = "/BackupRepositories", jobid = "/Jobs", backupjobid = "/Jobs",
  proxyid = "/Proxies", accountid = "/Accounts",
}

--- The id of something that exists, for a property of that name.
function Walk:reference(name)
  local list = lists[name]
  if not list then return nil end
  if self.known[list] == nil then
    local value, answer = self.client:call("GET", list)
    local rows = answer.status == 200 and (value.results or value) or {}
    self.known[list] = rows[1] and identity(rows[1], "id") or false
  end
  return self.known[list] or nil
end

--- The first row of the list at a path; nil when nothing lists it.
function Walk:first(path)
  local key = path
  if self.known[key] == nil then
    local found = self.cat:match("GET", path)
    local row = false
    if found and found.answer and found.answer.kind == "json" then
      local value, answer = self.client:call("GET", path .. self:query(found))
      if answer.status == 200 and type(value) == "table" then
        local rows = value.results or value
        row = rows[1] or false
      end
    end
    self.known[key] = row
  end
  return self.known[key] or nil
end

-- Names the operation that must start something before a list has entries.
local started = {
  ["/RepositorySynchronizeSessions"] = "BackupRepository_StartSynchronizeAction",
  ["/RepositoryOwnerChangeSessions"] = "BackupRepository_ChangeOwner",
  ["/RbacRoles"] = "RbacRole_Add",
  ["/CopyJobs"] = "CopyJob_Create", ["/DataRetrievals"] = "DataRetrieval_Create",
  ["/DataRetrievalSessions"] = "DataRetrieval_Create",
}

--- Makes one more in a list; nil when nothing does.
function Walk:made(path)
  local create = self.cat:match("POST", path)
  if not create or not create.answer or create.answer.kind ~= "json" or not create.body then
    return nil
  end
  local body = self:body(create, path)
  self.serial = (self.serial or 0) + 1
  if body.name then body.name = "Made " .. self.serial end
  body.runNow = nil
  local value, answer = self.client:call("POST", path, body)
  return answer.status < 300 and type(value) == "table" and value.id and value or nil
end

--- The path of an operation with ids in it.
function Walk:path(operation)
  local path = ""
  for segment in operation.path:gmatch "/[^/]+" do
    local parameter = segment:match "^/{(.*)}$"
    if not parameter then
      path = path .. segment
    elseif parameter == "jobId" and operation.path:find "/SelectedItems" then
      -- The first job backs up everything, so it lists nothing.
      path = path .. "/" .. self.client:rows("/Jobs")[2].id
    elseif parameter == "restoreSessionId" then
      path = path .. "/" .. (self:session(operation.path) or "none")
    else
      local row = self:first(path)
      local last = operation.path:find(segment, 1, true) + #segment > #operation.path
      if operation.method == "DELETE" and last or operation.name == "Proxy_RemoveAction" then
        -- Others may need what is there: a new one can go.
        row = self:made(path) or row
      end
      local start = not row and started[path:gsub("^/v%d+", "")]
      if start and self.cat:has(start) then
        local operation_of = self.cat:operation(start)
        local at = self:path(operation_of)
        self.client:call("POST", at .. self:query(operation_of), self:body(operation_of, at))
        self.known[path] = nil
        row = self:first(path)
      end
      if parameter == "fileId" and not row then
        -- v8 lists a team's files without their channel and shows them in it.
        local team = path:match "^(.*/teams/[^/]+)/channels/"
        row = team and self:first(team .. "/files")
        if row then path = team .. "/channels/" .. escape(row.channelId) .. "/files" end
      end
      local id = row and identity(row, parameter) or "61954db6-7278-4d26-86f7-888bda5a4ec4"
      path = path .. "/" .. escape(id)
    end
  end
  return path
end

--- Puts ids that exist into a body.
function Walk:known_ids(value)
  if type(value) ~= "table" then return end
  for name, each in pairs(value) do
    local id = type(name) == "string" and type(each) == "string" and self:reference(name:lower())
    if id then value[name] = id else self:known_ids(each) end
  end
end

-- Names items that exist in every demo world, by the property that names each.
local names = { mailbox = "alice@contoso.com", organizationname = sim.contoso }

-- By these a body names a row; all else that an example has would be made up.
local identities = { id = true, channelId = true, postId = true }

--- Names what exists: rows of the list that the operation is about, mailboxes, users, sites.
function Walk:rows_of_list(value, path, operation)
  local list = path:gsub("/[Aa]ction$", "")
  local row = self:first(list) or self:first((list:gsub("/[^/]*$", ""))) or {}
  local below = path:match "^(.*/[Oo]rganization)/" or path
  local drive = operation.path:lower():find "/onedrives" and self:first(below .. "/OneDrives")
  local site = operation.path:lower():find "/sites" and self:first(below .. "/Sites")
  local team = path:match("^(.*/[Tt]eams/[^/]+)/")
  local channel = team and self:first(team .. "/channels")
  local function walk(each, key)
    if type(each) ~= "table" then return end
    local session = operation.path:find("/RestoreSessions/", 1, true)
    local own = identity(row, "id") or row.postId
    local named = math.type(key) == "integer" or key == "document" or key == "item"
    if own and session and named and (each.id or each.postId) then
      for name in pairs(each) do
        each[name] = identities[name] and row[name] or nil
      end
      if next(each) == nil then each.id = tostring(own) end
      return
    end
    for name, inner in pairs(each) do
      local word = type(name) == "string" and name:lower() or ""
      if type(inner) == "string" and names[word] then each[name] = names[word] end
      if word == "onedrive" and drive then
        each[name] = type(inner) == "table" and { id = drive.id } or drive.id
      elseif word == "user" and type(inner) == "table" then
        each[name] = { name = "alice@contoso.com" }
      elseif word == "siteurl" and site then
        each[name] = site.url
      elseif word == "channelid" and (row.channelId or channel) then
        each[name] = row.channelId or identity(channel, "channelId")
      else
        walk(inner, name)
      end
    end
  end
  walk(value, "body")
end

-- Lists the properties, folded, that name the restoring account; one of these ways is enough.
local accounts <const> = { username = true, officeusername = true, office365username = true }
local others <const> = { applicationid = true, applicationcertificate = true, usercode = true,
  applicationcertificatepassword = true, impersonationaccountname = true,
  onpremisesusername = true, onpremisesuserpassword = true, onpremisespassword = true,
  onpremusername = true, onpremuserpassword = true }

local function authorize(value)
  for name in pairs(value) do
    local word = type(name) == "string" and name:lower() or ""
    if accounts[word] then
      value[name] = "backup@" .. sim.contoso
    elseif others[word] then
      value[name] = nil
    end
  end
end

-- Adds what bodies of single operations need beside their schema.
local needs = {
  -- A copy goes into another repository than the backup.
  CopyJob_Create = function(self, value)
    local made = self:made("/" .. self.version .. "/BackupRepositories")
    if made then value.repositoryId = made.id end
  end,
  -- It takes mailboxes or OneDrives, and of those that are there.
  DataRetrieval_Create = function(self, value)
    local repository = self:reference "repositoryid"
    local row = self:first(("/%s/BackupRepositories/%s/OneDriveData"):format(self.version,
      repository))
    value.mailboxes, value.sites, value.teams, value.pointInTime = nil, nil, nil, nil
    value.oneDrives = json.array { { id = row and row.id } }
  end,
}
needs.CopyJob_Update = needs.CopyJob_Create

-- Operators and items of roles are people of the organization.
local function person(self)
  local row = self:first(("/%s/Organizations/%s/Users"):format(self.version,
    self:reference "organizationid"))
  return { type = "User", user = row and { id = row.id, name = row.name, type = row.type,
    displayName = row.displayName } }
end

for _, name in ipairs { "RbacRole_AddOperators", "RbacRole_AddSelectedItems",
  "RbacRole_AddExcludedItems" } do
  needs[name] = function(self, value) value[1] = person(self) end
end

function needs.RbacRole_Add(self, value)
  for _, name in ipairs { "operators", "selectedItems", "excludedItems" } do
    value[name] = json.array { person(self) }
  end
end

needs.RbacRole_Update = needs.RbacRole_Add

function Walk:body(operation, path)
  if operation.method == "GET" then return nil end
  local value
  if operation.body then
    value = example.value(operation.body, { array = json.array, name = "body" })
    self:known_ids(value)
    self:rows_of_list(value, path, operation)
    if operation.path:find("/RestoreSessions/", 1, true) then authorize(value) end
    if needs[operation.name] then needs[operation.name](self, value) end
    -- Bodies and queries of removals name what is there.
    local row = self:first((path:gsub("/[Rr]emove$", "")))
    local id = row and identity(row, "id")
    if id and type(value) == "table" and type(value[1]) == "string" then value[1] = id end
    if id and type(value) == "table" and value.itemIds then value.itemIds = json.array { id } end
    if id and operation.method == "DELETE" and type(value[1]) == "table" and value[1].id then
      value[1] = { id = id }
    end
  end
  if operation.action then return { [operation.action] = value == nil and json.null or value } end
  return value
end

function Walk:try(operation)
  self.trace = nil
  local path = self:path(operation)
  local target = path .. self:query(operation)
  if operation.method == "DELETE" and not operation.body then
    for _, parameter in ipairs(operation.parameters) do
      if parameter.place == "query" and parameter.name:lower():match "ids?$" then
        local row = self:first(path)
        if row then
          target = path .. "?" .. parameter.name .. "=" .. escape(identity(row, "id"))
        end
      end
    end
  end
  local value, answer = self.client:call(operation.method, target, self:body(operation, path))
  return value, answer, target
end

--- Sends an operation; gives the decoded value, the answer, and the path.  What is refused after
--- others changed the server is tried with a new one.
function Walk:send(operation)
  local value, answer, target = self:try(operation)
  if self.changed and answer.status >= 400 then
    self:fresh()
    value, answer, target = self:try(operation)
  end
  if operation.method == "DELETE" or operation.name:find "Remove" or operation.name:find "Delete"
      or operation.name:find "Stop" then
    -- The items that other operations refer to are gone.
    self:fresh()
  elseif operation.method ~= "GET" then
    self.changed = true
  end
  return value, answer, target
end

return M
