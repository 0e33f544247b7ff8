--- Makes the key of a step: what it changes, in words that hold across sessions and machines.
---
--- The key is a SHA-256 over canonical JSON (UTF-8, members in byte order, integers) of the server,
--- the verb, the subject, the destination and the options after defaults.  The authority of a call
--- (its account, application, code and reason) is shown among the parts and not digested; a secret
--- that is content enters as an HMAC under the journal's key.

local affected = require "vbo.run.affected"
local ascii = require "vbo.base.ascii"
local canonical = require "vbo.run.canonical"
local core = require "vbo.core"
local effects = require "vbo.catalogue.effects"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local shown = require "vbo.run.shown"
local targets = require "vbo.run.targets"

local M = {}

--- Numbers the way in which keys are made; a change of it is a new number.
M.algorithm = 1

---@class vbo.Key
---@field digest string      SHA-256, lower-case hex
---@field algorithm integer
---@field parts {name: string, value: any}[]  for people, in order
---@field title string "restore 3 documents of alice@contoso.com: Documents/…"
---@field items integer      how many things it names
---@field effect string      `vbo.Effect.effect`, or "save"
---@field verb string
---@field backup_id string?  the server's ids of the items, sorted: no part of the digest
---@field workload string?
---@field affected fun(): string[][]  names of each thing that changes, and of what holds it:
---  "mailbox:alice@contoso.com"
---@field exists (fun(id: string): boolean)?  of a call on one thing in a backup: whether its
---  session has one of that id in the same place
---@field selection string?  the property of the body (in the action dialect: of what is below the
---  action's key) that lists the items of a call on several
---@field members {id: string?, name: string?, path: string}[]?  those items, in its order
---@field targets vbo.Target[]
---@field given string?      the runbook's own key
---@field meaning string     the digest without the runbook's own key

-- ------------------------------------------------------------------------ the server

-- After these the server does not tell: the next source is taken.  Any other failure is raised,
-- so that an identity does not depend on a lost answer.
local untold = { not_found = true, refused = true, unsupported = true, auth = true,
  protocol = true }

local function installation(client)
  local known = client._catalogue
  if not known:operation "ServiceInstance_Get" then return nil end
  local ok, answer = pcall(client._call, client, { operation = "ServiceInstance_Get" })
  if not ok then
    if errors.is(answer) and untold[answer.kind] then return nil end
    error(answer, 0)
  end
  local id = type(answer.data) == "table" and answer.data.installationId
  return type(id) == "string" and id ~= "" and id or nil
end

--- Returns the identity of a client's server: of its installation where the server tells it (v6 and
--- later), else its certificate and address.  Read once for each client.
---@param client vbo.Client
---@return string
function M.server(client)
  local known = rawget(client, "_identity")
  if known then return known end
  local id = installation(client)
  known = id and "installation " .. ascii.lower(id)
    or ("%s %s"):format(client._core:fingerprint() or "", client._core:origin())
  rawset(client, "_identity", known)
  return known
end

-- ----------------------------------------------------------------------------- the key

-- Server → the runbook's own key → what it means.
local meanings = {}

--- Forgets the runbook's own keys: a run begins.
function M.forget() meanings = {} end

local function note_given(server, given, meaning, title)
  meanings[server] = meanings[server] or {}
  local known = meanings[server][given]
  if known and known.meaning ~= meaning then
    errors.usage(("key %q must name one step, got \"%s\" and \"%s\""):format(given, known.title,
      title), "give each step a key of its own")
  end
  meanings[server][given] = { meaning = meaning, title = title }
end

local function backup_id(subject)
  if not canonical.is_backup(subject) then return nil end
  local ids = {}
  for _, item in ipairs(subject.items) do ids[#ids + 1] = item.id end
  table.sort(ids)
  return ids[1] and table.concat(ids, " ")
end

local function tidy(path)
  return (path:gsub("/+", "/"):gsub("^%./", ""):gsub("/%./", "/"))
end

local no_subject = { kind = "server", items = {} }

-- Returns the catalogue's operation, or what a request without one says of itself.
local function operation_of(client, request)
  return client._catalogue:operation(request.operation) or {
    name = request.operation, method = request.method, path = request.path:match "^[^?]*",
  }
end

-- Returns the name of what a call creates.
local function created(verb, said)
  if verb ~= "create" and verb ~= "add" or type(said) ~= "table" then return nil end
  local name = said.name or said.description or said.userName
  return type(name) == "string" and name or nil
end

-- Digests a key: what it means, and with the runbook's own key.
local function digest(key, digested)
  key.meaning = core.sha256((json.encode(digested)))
  if not key.given then
    key.digest = key.meaning
    return
  end
  note_given(digested.server, key.given, key.meaning, key.title)
  digested.key = key.given
  key.digest = core.sha256((json.encode(digested)))
end

-- Makes fields on first use: a step that a resumed run finds in the journal needs its digest alone.
local function lazily(key, makers)
  return setmetatable(key, { __index = function(self, name)
    local make = makers[name]
    if not make then return nil end
    local made = make()
    rawset(self, name, made)
    return made
  end })
end

--- Returns the key of a request.
---@param client vbo.Client
---@param request vbo.Request
---@param subject vbo.Subject?  default that of the request
---@param hmac (fun(value: string|vbo.Secret): string)?  under the journal's key
---@return vbo.Key
function M.of(client, request, subject, hmac)
  subject = subject or request.subject and request.subject() or no_subject
  local operation, save = operation_of(client, request), request.sink
  local said = effects.said(operation, request.body)
  local found = save and { verb = effects.of_stream(operation), effect = "save" }
    or effects.of(operation, said)
  local words, ids, chosen = canonical.subject(subject)
  local how = { ids = ids, chosen = chosen, hmac = hmac }
  local call = canonical.call(found.verb, said, how)
  local server, file = M.server(client), save and tidy(save.file) or nil
  local key = {
    algorithm = M.algorithm, verb = found.verb, effect = found.effect, given = request.key,
    items = #subject.items, backup_id = backup_id(subject), workload = subject.workload,
    exists = subject.exists,
    selection = canonical.selection(said, chosen),
    affected = function() return affected.of(subject, call) end,
  }
  key.members = key.selection and targets.members(subject) or nil
  lazily(key, {
    title = function() return shown.title(found.verb, subject) end,
    parts = function()
      return shown.parts(key, request, subject, { server = server, call = call, file = file })
    end,
    targets = function()
      return save and {} or targets.of(found.verb, subject, call, created(found.verb, said))
    end,
  })
  digest(key, {
    algorithm = M.algorithm, server = server, verb = found.verb, subject = words,
    operation = not canonical.is_backup(subject) and operation.name:gsub("Action$", "") or nil,
    destination = call.destination, options = call.options, file = file,
    query = canonical.query(request.query, how),
  })
  return key
end

return M
