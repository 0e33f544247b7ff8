--- Makes the key of a step: what it changes, in words that hold across sessions and machines.
---
--- The key is a SHA-256 over canonical JSON (UTF-8, members in byte order, integers) of the server,
--- the verb, the subject, the destination and the options after defaults.  The authority of a call
--- (its account, application, code and reason) is shown among the parts and not digested; a secret
--- that is content enters as an HMAC under the journal's key.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local effects = require "vbo.catalogue.effects"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local secret = require "vbo.base.secret"
local spelling = require "vbo.base.spelling"
local time = require "vbo.base.time"

local M = {}

--- Numbers the way in which keys are made; a change of it is a new number.
M.algorithm = 1

---@class vbo.Key
---@field digest string      SHA-256, lower-case hex
---@field algorithm integer
---@field parts {name: string, value: any}[]  for people, in order
---@field title string       "restore 3 documents of alice@contoso.com: Documents/…"
---@field items integer      how many things it names
---@field effect string      `vbo.Effect.effect`, or "save"
---@field verb string
---@field backup_id string?  the server's ids of the items, sorted: no part of the digest
---@field targets {verb: string, destination: string, path: string}[]
---@field given string?      the runbook's own key
---@field meaning string     the digest without the runbook's own key
---@field workload string?
---@field affected fun(): string[][]  names of each thing that changes, and of what holds it:
---  "mailbox:alice@contoso.com"

local squash = spelling.squash

-- ------------------------------------------------------------------------ the server

-- After these the server does not tell: the next source is taken.  Any other failure is raised,
-- so that an identity does not depend on a lost answer.
local untold = { not_found = true, refused = true, unsupported = true, auth = true }

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

-- ---------------------------------------------------------------------- canonical values

-- Names of properties, squashed.
local function set(text)
  local found = {}
  for word in text:gmatch "%S+" do found[word] = true end
  return found
end

-- The authority of a call; the second list is one only where a thing goes back to where it was,
-- and says elsewhere where it goes.
local authority = set [[username userpassword officeusername officepassword officeuserpassword
  office365username office365userpassword usercode applicationid applicationcertificate
  applicationcertificatepassword impersonationaccountname onpremisesusername onpremisespassword
  onpremisesuserpassword onpremusername onpremuserpassword domainname]]
local of_tenant = set "officeregion region organizationname officeorganizationname"
local acting = set "restore restore_to copy"

-- Lists what a server assumes where a property is absent.
local implied = {
  documentaction = "overwrite", documentlastversionaction = "overwrite", documentversion = "last",
  fileversion = "last", casserver = "",
}
local switches = set [[excludedrafts excludedeleteditems excludeinplaceholditems
  excludelitigationholditems skipunresolved markrestoredasunread sendsharedlinksnotification
  skipitemchecks restorelistviews restoremasterpages restoresubsites full force]]

local function is_implied(name, value)
  if value == json.null then return true end
  if switches[name] then return value == false end
  return implied[name] ~= nil and type(value) == "string" and ascii.lower(value) == implied[name]
end

local function number_of(value)
  return math.tointeger(value) or ("%.17g"):format(value)
end

local canonical

-- Lists have no order of their own in this API.
local function list_of(value, how)
  local texts, list = {}, json.array {}
  for i, item in ipairs(value) do
    local made = canonical(item, how, true)
    texts[i] = { json.encode { made }, made }
  end
  table.sort(texts, function(a, b) return a[1] < b[1] end)
  for i, each in ipairs(texts) do list[i] = each[2] end
  return list
end

local function object_of(value, how)
  local id = rawget(value, "id")
  local known = id ~= nil and how.ids[tostring(id)]
  if known then return known end
  local made = {}
  for name, item in next, value do
    if type(name) == "string" and name:sub(1, 1) ~= "_" then
      made[ascii.lower(name)] = canonical(item, how, false, name)
    end
  end
  return made
end

-- Returns a value of a body without what a session gave it: ids of the subject become its words.
function canonical(value, how, _, name)
  if secret.is(value) or type(value) == "string" and name and secret.is_named(name) then
    return how.hmac and { hmac = how.hmac(value) } or "secret"
  end
  if type(value) == "table" then
    local list = json.is_array(value) or #value > 0
    return list and list_of(value, how) or object_of(value, how)
  end
  if type(value) == "string" then return how.ids[value] or value end
  if type(value) == "number" then return number_of(value) end
  return value
end

-- ------------------------------------------------------------------------- the subject

-- Returns a thing by what identifies it among its neighbours.
local function identity(item)
  local archive = item.record and item.record.is_archive or nil
  if item.address then
    return { kind = item.kind, address = core.fold(item.address), archive = archive }
  end
  return { kind = item.kind, name = item.name }
end

-- Things of the server are known by their ids; those of a backup by what the record says.
local function words_of(item, of_backup)
  if not of_backup then
    local made = { kind = item.kind, id = item.id, name = not item.id and item.name or nil }
    if item.above[1] then
      made.above = json.array {}
      for i, each in ipairs(item.above) do made.above[i] = words_of(each, false) end
    end
    return made
  end
  local made = identity(item)
  made.above = json.array {}
  for i, each in ipairs(item.above) do made.above[i] = identity(each) end
  if next(item.record) then made.record = item.record end
  if not (item.name or item.address or next(item.record)) then made.id = item.id end
  return made
end

local function holder(about)
  return about and { kind = about.kind, id = about.id, name = not about.id and about.name or nil }
end

local function is_backup(subject) return subject.workload ~= nil end

-- Returns what is digested of a subject, and the words of each id that it has.
local function of_subject(subject)
  local backup, ids, texts = is_backup(subject), {}, {}
  for i, item in ipairs(subject.items) do
    local made = words_of(item, backup)
    local text = json.encode(made)
    texts[i] = text
    if item.id and backup then ids[item.id] = core.sha256(text) end
    for _, each in ipairs(backup and item.above or {}) do
      if each.id then ids[each.id] = json.encode(identity(each)) end
    end
  end
  table.sort(texts)
  return {
    kind = subject.kind, items = json.array(texts), whole = subject.whole,
    organization = holder(subject.organization), explored = holder(subject.explored),
    repository = subject.repository, workload = subject.workload, deleted = subject.deleted,
    all_versions = subject.all_versions, at = subject.at, path = subject.path,
  }, ids
end

-- ------------------------------------------------------------- destination and options

-- Takes out of a body the properties that say where something goes.
local function destination_of(verb, body)
  local function take(...)
    for _, wanted in ipairs { ... } do
      for name, value in pairs(body) do
        if type(name) == "string" and squash(name) == wanted and value ~= json.null
            and value ~= "" then
          body[name] = nil
          return value
        end
      end
    end
  end
  local kind, value
  if verb == "copy" then
    kind, value = "onedrive", take "onedrive"
  elseif verb == "restore_to" then
    kind, value = "site", take("siteurl", "url")
    if not value then kind, value = "mailbox", take "mailbox" end
  elseif verb == "send" then
    value = take "to"
    kind = value and "mail"
  end
  if acting[verb] then
    local inside = take("folder", "list")
    if inside then kind, value = kind or "place", { value or "", inside } end
  end
  return kind, value
end

local function address_of(value)
  if type(value) ~= "table" then return core.fold(tostring(value or "")) end
  if value[1] ~= nil then
    local parts = {}
    for i, each in ipairs(value) do parts[i] = address_of(each) end
    return table.concat(parts, "/")
  end
  for _, name in ipairs { "url", "address", "email", "name", "id" } do
    if type(value[name]) == "string" and value[name] ~= "" then return core.fold(value[name]) end
  end
  return ""
end

-- Returns "a@x;b@x" for addresses in any order.
local function mail_addresses(text)
  local list = {}
  for part in core.fold(text):gmatch "[^;,]+" do
    list[#list + 1] = part:match "<([^<>]*)>" or part:match "^%s*(.-)%s*$"
  end
  table.sort(list)
  return table.concat(list, ";")
end

-- Returns whether a list of a body is the subject's items and nothing else.
local function is_selection(value, ids)
  if type(value) ~= "table" or #value == 0 then return false end
  for _, item in ipairs(value) do
    local id = type(item) == "table" and item.id or item
    if type(item) == "table" and rawget(item, "postId") then id = item.postId end
    if id == nil or not ids[tostring(id)] then return false end
  end
  return true
end

-- Returns whether a property names what the subject's items lie in.
local function is_above(word, value, ids) return word == "channelid" and ids[value] ~= nil end

local function shown(value)
  return (secret.is(value)) and "***" or value
end

-- Divides a body into what is digested, what is authority, and where it goes.
local function divide(found, body, ids)
  local rest, who = {}, {}
  for name, value in pairs(type(body) == "table" and not json.is_array(body) and body or {}) do
    local word = type(name) == "string" and squash(name) or ""
    local tenant = found.verb == "restore" and of_tenant[word]
    if acting[found.verb] and (authority[word] or tenant) or word == "reason" then
      if value ~= json.null then
        who[#who + 1] = { name = name, value = secret.is_named(name) and "***" or shown(value) }
      end
    elseif not (is_implied(word, value) or is_selection(value, ids) or is_above(word, value, ids)
        or tostring(name):find "^_") then
      rest[name] = value
    end
  end
  table.sort(who, function(a, b) return a.name < b.name end)
  return rest, who
end

-- ------------------------------------------------------------------------ for people

local function label(item) return item.name or item.address or item.id or item.kind end

local function path_text(item)
  local words = {}
  for i, each in ipairs(item.above) do
    if i > 1 or item.above[2] == nil and not each.address then words[#words + 1] = label(each) end
  end
  words[#words + 1] = label(item)
  return table.concat(words, "/")
end

local function plural(word)
  if word:find "s$" or word:find "%s" and word:find "'s" then return word end
  return (word:gsub("y$", "ie"):gsub("(x)$", "%1e")) .. "s"
end

local function owner_text(subject)
  local item = subject.items[1]
  local top = item and (item.above[1] or item)
  if not top then return nil end
  return top.address and (top.kind == "mailbox" and top.address or top.name) or label(top)
end

--- Returns one line about a step: "restore 3 documents of Alice: Documents/a.txt, …".
local function title_of(verb, subject)
  local n, words = #subject.items, { (verb:gsub("_", " ")) }
  local first = subject.items[1]
  if subject.whole then
    words[#words + 1] = ("all %s of %s"):format(subject.whole, first and label(first) or "it")
  elseif n == 1 then
    words[#words + 1] = subject.kind
    local owner = first.above[1] and owner_text(subject)
    words[#words + 1] = owner and is_backup(subject)
      and ("of %s: %s"):format(owner, path_text(first)) or path_text(first)
  elseif n > 1 then
    words[#words + 1] = ("%d %s"):format(n, plural(subject.kind))
    local owner = first.above[1] and owner_text(subject)
    words[#words + 1] = ("%s%s, …"):format(owner and ("of %s: "):format(owner) or "",
      path_text(first))
  else
    words[#words + 1] = subject.kind ~= "server" and subject.kind or nil
  end
  return (table.concat(words, " "):gsub("%c", " "))
end

local most_shown <const> = 20

local function parts_of(key, request, subject, more)
  local parts = {}
  local function add(name, value)
    if value ~= nil and value ~= "" then parts[#parts + 1] = { name = name, value = value } end
  end
  local function named(about) return about and (about.name or about.id) end
  add("server", more.server)
  add("verb", key.verb)
  add("operation", request.operation)
  add("organization", named(subject.organization))
  add("organization_id", subject.organization and subject.organization.id)
  if subject.explored then add(subject.explored.kind, named(subject.explored)) end
  add("repository", subject.repository)
  add("workload", subject.workload)
  add("point", subject.at and time.iso(subject.at))
  add("deleted", subject.deleted)
  add("all_versions", subject.all_versions)
  local names = json.array {}
  for i, item in ipairs(subject.items) do
    if i > most_shown then break end
    names[i] = path_text(item)
  end
  add(subject.whole and "all_" .. subject.whole or subject.kind, names)
  add("items", key.items)
  add("record", #subject.items == 1 and next(subject.items[1].record) and subject.items[1].record
    or nil)
  add("destination", more.destination)
  add("options", next(more.options) and more.options or nil)
  for _, each in ipairs(more.authority) do add(each.name, each.value) end
  add("file", more.file)
  add("key", key.given)
  return parts
end

-- --------------------------------------------------------------------------- overlap

local unit <const> = "\x1f"

local function step_of(text) return (core.fold(tostring(text)):gsub("\x1f", " ")) end

-- Lists the fields that tell one thing from another of its name in production.
local apart = { item = { "item_class", "sent", "received", "start_time", "created" } }

local function leaf_of(item)
  if item.kind == "post" then return "post " .. tostring(item.id) end
  local words = { step_of(item.address or item.name or item.id or item.kind) }
  for _, name in ipairs(apart[item.kind] or {}) do
    if item.record[name] ~= nil then words[#words + 1] = tostring(item.record[name]) end
  end
  return table.concat(words, "\x1e")
end

local function path_of(subject, item)
  local path = {}
  if is_backup(subject) then
    local of = subject.organization or {}
    path[1] = step_of(of.id or of.name or "")
    path[2] = subject.workload
    for _, each in ipairs(item.above) do path[#path + 1] = step_of(each.address or each.name
      or each.id or each.kind) end
    -- A version is restored to where its document is.
    if item.kind ~= "version" then path[#path + 1] = leaf_of(item) end
  else
    for _, each in ipairs(item.above) do
      path[#path + 1] = each.kind
      path[#path + 1] = step_of(each.id or each.name or "")
    end
    path[#path + 1] = item.kind
    path[#path + 1] = step_of(item.id or item.name or "")
  end
  return path
end

local function targets_of(verb, subject, destination, created)
  local rows, seen = {}, {}
  local items = subject.items[1] and subject.items
    or { { kind = subject.kind, above = {}, record = {}, name = "" } }
  for _, item in ipairs(items) do
    local path = path_of(subject, item)
    if subject.whole and not is_backup(subject) then path[#path + 1] = subject.whole end
    if created then path[#path + 1] = step_of(created) end
    local text = table.concat(path, unit) .. unit
    if not seen[text] then
      seen[text] = true
      rows[#rows + 1] = { verb = verb, destination = destination, path = text }
    end
  end
  return rows
end

-- ------------------------------------------------------------------------- its names

local function add_names(names, kind, ...)
  for _, name in ipairs { ... } do
    if name ~= "" then names[#names + 1] = ascii.lower(kind) .. ":" .. name end
  end
end

local elsewhere = { onedrive = "onedrive", site = "site", mailbox = "mailbox", mail = "mailbox" }

-- Returns the names of what a step changes, once each: of the destination where it is another
-- thing than the subject, else of each item and what holds it.
local function affected_by(subject, kind, value)
  local lists, seen = {}, {}
  local function add(names)
    local text = table.concat(names, unit)
    if names[1] and not seen[text] then lists[#lists + 1] = names end
    seen[text] = true
  end
  local function within()
    local of, names = subject.organization or {}, {}
    add_names(names, "organization", of.name or "", of.id or "")
    return names
  end
  -- A folder alone lies in the subject.
  if type(value) == "table" and value[1] ~= nil then value = value[1] end
  local address = elsewhere[kind] and address_of(value) or ""
  if address ~= "" then
    for one in (kind == "mail" and mail_addresses(value) or address):gmatch "[^;]+" do
      local names = kind == "mail" and {} or within()
      add_names(names, elsewhere[kind], one)
      add(names)
    end
    return lists
  end
  for _, item in ipairs(subject.items) do
    local names = within()
    for _, each in ipairs(item.above) do add_names(names, each.kind, each.name or "",
      each.address or "") end
    add_names(names, item.kind, item.name or "", item.address or "")
    add(names)
  end
  return lists
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
  if not is_backup(subject) then return nil end
  local ids = {}
  for _, item in ipairs(subject.items) do ids[#ids + 1] = item.id end
  table.sort(ids)
  return ids[1] and table.concat(ids, " ")
end

local function tidy(path)
  return (path:gsub("/+", "/"):gsub("^%./", ""):gsub("/%./", "/"))
end

local no_subject = { kind = "server", items = {} }

--- Returns the key of a request.
---@param client vbo.Client
---@param request vbo.Request
---@param subject vbo.Subject?  default that of the request
---@param hmac (fun(value: string|vbo.Secret): string)?  under the journal's key
---@return vbo.Key
function M.of(client, request, subject, hmac)
  subject = subject or request.subject and request.subject() or no_subject
  local operation = client._catalogue:operation(request.operation)
  local said = effects.said(operation, request.body)
  local is_save = request.sink ~= nil
  local found = is_save and { verb = effects.of_stream(operation), effect = "save" }
    or effects.of(operation, said)
  local about, ids = of_subject(subject)
  local body, who = divide(found, said, ids)
  local kind, value = destination_of(found.verb, body)
  local destination = kind and ("%s %s"):format(kind, kind == "mail" and mail_addresses(value)
    or address_of(value)) or ""
  local how = { ids = ids, hmac = hmac }
  local options = canonical(json.is_array(said) and said or body, how)
  local server = M.server(client)
  local digested = {
    algorithm = M.algorithm, server = server, verb = found.verb, subject = about,
    operation = not is_backup(subject) and operation.name:gsub("Action$", "") or nil,
    destination = destination, options = options, file = is_save and tidy(request.sink.file) or nil,
    query = request.query and next(request.query) and canonical(request.query, how) or nil,
  }
  local key = {
    algorithm = M.algorithm, verb = found.verb, effect = found.effect, given = request.key,
    items = #subject.items, title = title_of(found.verb, subject), backup_id = backup_id(subject),
    meaning = core.sha256((json.encode(digested))), workload = subject.workload,
    affected = function() return affected_by(subject, kind, value) end,
  }
  if key.given then note_given(server, key.given, key.meaning, key.title) end
  digested.key = key.given
  key.digest = key.given and core.sha256((json.encode(digested))) or key.meaning
  key.parts = parts_of(key, request, subject, {
    server = server, destination = destination, options = options, authority = who,
    file = digested.file,
  })
  local created = (found.verb == "create" or found.verb == "add") and type(said) == "table"
    and (said.name or said.description or said.userName) or nil
  key.targets = targets_of(found.verb, subject, destination,
    type(created) == "string" and created or nil)
  return key
end

return M
