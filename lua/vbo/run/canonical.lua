--- Writes a call and its subject in one way, whatever the session, spelling, order and account.
---
--- What a session gives out (ids, links) becomes the words of the subject, lists are sorted, and
--- what a server assumes anyway is left out.  The authority of a call is returned beside that.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local destination = require "vbo.run.destination"
local json = require "vbo.base.json"
local secret = require "vbo.base.secret"
local spelling = require "vbo.base.spelling"

local M = {}

local squash = spelling.squash

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
    local made = canonical(item, how)
    texts[i] = { json.encode { made }, made }
  end
  table.sort(texts, function(a, b) return a[1] < b[1] end)
  for i, each in ipairs(texts) do list[i] = each[2] end
  return list
end

local function object_of(value, how, name)
  local id = rawget(value, "id")
  local known = id ~= nil and how.ids[tostring(id)]
  if known then return known end
  -- A record of the server in a property: the rest of it is not the caller's.
  if name and id ~= nil and rawget(value, "_links") ~= nil then return { id = id } end
  local made = {}
  for word, item in next, value do
    if type(word) == "string" and word:sub(1, 1) ~= "_" then
      made[ascii.lower(word)] = canonical(item, how, word)
    end
  end
  return made
end

-- Returns a value of a body without what a session gave it: ids of the subject become its words.
function canonical(value, how, name)
  if secret.is(value) or type(value) == "string" and name and secret.is_named(name) then
    return how.hmac and { hmac = how.hmac(value) } or "secret"
  end
  if type(value) == "table" then
    local list = json.is_array(value) or #value > 0
    return list and list_of(value, how) or object_of(value, how, name)
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

--- Returns whether a subject lies in a backup.
---@param subject vbo.Subject
---@return boolean
function M.is_backup(subject) return subject.workload ~= nil end

-- Shorter ids may be words of an option as well.
local shortest_id <const> = 8

local function note(ids, id, text)
  if id and #id >= shortest_id then ids[id] = text end
end

--- Returns what is digested of a subject, and the words of each id that it has.
---@param subject vbo.Subject
---@return table words
---@return table<string, string> ids
---@return table<string, true> chosen  the ids of the items
function M.subject(subject)
  local backup, ids, chosen, texts = M.is_backup(subject), {}, {}, {}
  for i, item in ipairs(subject.items) do
    local made = words_of(item, backup)
    local text = json.encode(made)
    texts[i] = text
    if backup then note(ids, item.id, core.sha256(text)) end
    if item.id then chosen[item.id] = true end
    for _, each in ipairs(backup and item.above or {}) do
      note(ids, each.id, json.encode(identity(each)))
    end
  end
  table.sort(texts)
  return {
    kind = subject.kind, items = json.array(texts), whole = subject.whole,
    organization = holder(subject.organization), explored = holder(subject.explored),
    repository = subject.repository, workload = subject.workload, deleted = subject.deleted,
    all_versions = subject.all_versions, at = subject.at, path = subject.path,
  }, ids, chosen
end

-- ------------------------------------------------------------- destination and options

-- Returns the id of an element of a selection: a record, an id, or what operators restore, a record
-- in a property beside its version.
local function id_in(value)
  if type(value) ~= "table" then return value end
  local id = rawget(value, "id") or rawget(value, "postId")
  for _, inside in next, value do
    if id == nil and type(inside) == "table" then id = rawget(inside, "id") end
  end
  return id
end

-- Returns whether a list of a body names the subject's items and nothing else.
local function is_selection(value, chosen)
  if type(value) ~= "table" or #value == 0 then return false end
  for _, item in ipairs(value) do
    local id = id_in(item)
    if id == nil or not chosen[tostring(id)] then return false end
  end
  return true
end

--- Returns the name of the property of a body that lists the subject's items.
---@param said any  the body
---@param chosen table<string, true>  ids of the items
---@return string?
function M.selection(said, chosen)
  for name, value in pairs(type(said) == "table" and said or {}) do
    if type(name) == "string" and is_selection(value, chosen) then return name end
  end
end

-- Returns whether a list is of nothing but the items: without a version for each.
local function is_plain(value)
  for _, item in ipairs(value) do
    if type(item) == "table" and rawget(item, "id") == nil and rawget(item, "postId") == nil then
      return false
    end
  end
  return true
end

local function is_named(value, how)
  return is_selection(value, how.chosen) and is_plain(value)
end

-- Returns whether a property names what the subject's items lie in.
local function is_above(word, value, ids) return word == "channelid" and ids[value] ~= nil end

local function shown(value)
  return (secret.is(value)) and "***" or value
end

-- Divides a body into what is digested, what is authority, and where it goes.
local function divide(verb, body, how)
  local rest, who = {}, {}
  for name, value in pairs(type(body) == "table" and not json.is_array(body) and body or {}) do
    local word = type(name) == "string" and squash(name) or ""
    local tenant = verb == "restore" and of_tenant[word]
    if acting[verb] and (authority[word] or tenant) or word == "reason" then
      if value ~= json.null then
        who[#who + 1] = { name = name, value = secret.is_named(name) and "***" or shown(value) }
      end
    elseif not (is_implied(word, value) or is_named(value, how) or is_above(word, value, how.ids)
        or tostring(name):find "^_") then
      rest[name] = value
    end
  end
  table.sort(who, function(a, b) return a.name < b.name end)
  return rest, who
end


--- Returns a query as it is digested; nil for an empty one.
---@param query table?
---@param how {ids: table<string, string>, hmac: function?}
---@return table?
function M.query(query, how)
  return query and next(query) and canonical(query, how) or nil
end

---@class vbo.run.Call
---@field options any          what is digested of the body
---@field authority {name: string, value: any}[]  whose account acts, and why: for people
---@field destination string   "mailbox bob@contoso.com/old", "" where it was
---@field mail string[]?        of the destination, as `vbo.run.Destination`
---@field kind string?
---@field place string[]?

--- Divides a body into what is digested, authority and destination.
---@param verb string
---@param said any  the body
---@param how {ids: table<string, string>, chosen: table<string, true>, hmac: function?}
---@return vbo.run.Call
function M.call(verb, said, how)
  local body, authorities = divide(verb, said, how)
  local where = destination.of(verb, body)
  return {
    authority = authorities, destination = where.address, mail = where.mail, kind = where.kind,
    place = where.place,
    options = canonical(json.is_array(said) and said or body, how),
  }
end

return M
