-- The body that every restore, copy, send, save and export sends with its required arguments alone:
-- all that the operation's schema of that version requires, and nothing that it does not know.
-- Tests also vbo.request.action, vbo.request.body, vbo.request.dialect and vbo.request.verb.

local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local example = require "vbo.catalogue.example"
local onedrive = require "vbo.objects.onedrive"
local rehearsal = require "spec.support.rehearsal"
local resource = require "vbo.model.resource"

-- Loaded for their declarations.
for _, name in ipairs { "session", "exchange", "onedrive", "sharepoint", "teams" } do
  require("vbo.objects." .. name)
end

local versions = require("spec.support.versions").all
local verbs = {
  restore = true, restore_to = true, copy = true, send = true, save = true, export = true,
}

-- An id that every path and body of these operations takes.
local id = "00000000-0000-4000-8000-000000000001"

local link = { self = { href = "/x" } }

-- A record as the server of the version gives it.
local function record_of(client, class)
  local known = client._catalogue
  local operation = class.get and known:operation(class.get)
    or class.list and known:operation(class.list)
  local answer = operation and operation.answer or {}
  local record = answer.item and example.value(answer.item)
    or answer.schema and example.value(answer.schema) or {}
  record.id, record.name, record._links = id, record.name or "report", link
  return record
end

-- The least that the documentation asks for.
local function least(entry, client, operation, folder)
  local verb = entry.verb
  if verb == "copy" then
    local drive = resource.from_record(onedrive.OneDrive, client,
      record_of(client, onedrive.OneDrive))
    return { to = drive }
  elseif verb == "restore_to" then
    local sites = operation.name:find "^SharePoint"
    return sites and { to = "https://contoso.sharepoint.com/sites/sales" }
      or { mailbox = "bob@contoso.com" }
  elseif verb == "save" or verb == "export" then
    return { to = folder .. "/out" }
  elseif verb == "send" then
    return { to = "bob@contoso.com", from = "alice@contoso.com", subject = "s", text = "t" }
  end
  return {}
end

-- The classes that declare a verb, with the operation and whether it is for several.
local function declared()
  local list = {}
  for _, class in ipairs(resource.classes) do
    for several, methods in pairs { [false] = class.methods, [true] = class.bulk or {} } do
      for _, item in ipairs(declare.registry[methods] or {}) do
        local of = item.operations or { item.operation }
        local below = item.operation and table.concat(of, " ")
        if verbs[item.name] and below and below:find "^%u%l+%a*_" then
          list[#list + 1] = { class = class, several = several, verb = item.name, names = of }
        end
      end
    end
  end
  return list
end

-- A stand-in for whatever a resource is below: its path has all parameters.
local function owner(client, operation)
  local session
  local class = {
    kind = "owner", methods = {
      _path = function()
        local path = {}
        for _, parameter in ipairs(operation.parameters) do
          if parameter.place == "path" then path[parameter.name] = id end
        end
        return path
      end,
      _session = function() return session end,
    },
  }
  local made = resource.from_record(resource.class(class), client, { id = id, name = "owner" })
  table.remove(resource.classes)
  session = client:session(id)
  return made
end

local captured = setmetatable({}, { __tostring = function() return "captured" end })

-- The request that a call would send: nothing is.
local function request_of(client, fn)
  local found
  local function gate(request)
    if request.change or request.sink then
      found = request
      error(captured, 0)
    end
    local operation = client._catalogue:operation(request.operation)
    if operation.answer.page or operation.answer.array then
      return { status = 200, data = { results = {}, offset = 0, limit = 30 } }
    end
    local answer = operation.answer.schema and example.value(operation.answer.schema) or {}
    answer._links = link
    return { status = 200, data = answer }
  end
  table.insert(client.gates, 1, gate)
  local ok, err = pcall(fn)
  table.remove(client.gates, 1)
  return found, not ok and err ~= captured and err or nil
end

-- Returns the properties of a body, below its action.
local function keys(operation, value)
  return operation.action and value[operation.action] or value
end

local exclusions = {
  "excludeDrafts", "excludeDeletedItems", "excludeInPlaceHoldItems", "excludeLitigationHoldItems",
}

describe("restores that say no more than they must", function()
  local server, folder, clients

  setup(function()
    server = rehearsal.start()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir " .. folder))
    clients = {}
    for _, version in ipairs(versions) do clients[version] = server.connect(version) end
  end)
  teardown(function()
    for _, client in pairs(clients) do client:close() end
    os.execute("rm -rf " .. folder)
    server.stop()
  end)

  local function request(entry, version, operation, given)
    local client = clients[version]
    local one = resource.from_record(entry.class, owner(client, operation),
      record_of(client, entry.class))
    local target = one
    if entry.several then
      target = collection.new(entry.class, one._owner, { fixed = { one, one } })
    end
    return request_of(client, function() return target[entry.verb](target, given) end)
  end

  -- Calls `receive` with each verb, version, operation and the request that is sent.
  local function each(receive)
    local count = 0
    for _, entry in ipairs(declared()) do
      for _, version in ipairs(versions) do
        local known, operation = clients[version]._catalogue
        for _, name in ipairs(entry.names) do operation = operation or known:operation(name) end
        if operation and operation.path:lower():find("restoresessions/", 1, true) then
          local given = least(entry, clients[version], operation, folder)
          local sent, err = request(entry, version, operation, given)
          local what = ("%s %s%s %s"):format(version, entry.class.kind,
            entry.several and "s" or "", entry.verb)
          local used = sent and known:operation(sent.operation) or operation
          if receive(what, sent, err, used, entry) ~= false then
            count = count + 1
          end
        end
      end
    end
    return count
  end

  it("send what their version requires, or name the option that the runbook lacks", function()
    local failures = {}
    local count = each(function(what, sent, err)
      if not sent then
        local text = tostring(err)
        local kind = type(err) == "table" and err.kind
        -- Accepts `unsupported` for verbs that a version lacks, for several objects or at all.
        if kind == "unsupported" then return false end
        if kind == "usage" and not text:find "body%." then return false end
        failures[#failures + 1] = what .. ": " .. text
      end
    end)
    assert.same({}, failures)
    assert.is_true(count > 250)
  end)

  it("say of mail what is to be left out (v3 to v5 refuse a restore that does not)", function()
    local seen = 0
    each(function(what, sent, _, operation, entry)
      local properties = operation.body and operation.body.properties
      if not sent or not properties or not properties.excludeDrafts then return end
      if entry.class.kind == "item" and not entry.several then return end
      local body = keys(operation, sent.body)
      for _, name in ipairs(exclusions) do assert.is_false(body[name], what .. ": " .. name) end
      seen = seen + 1
    end)
    assert.is_true(seen >= 20)
  end)

  it("name selected things by objects with an id", function()
    local seen = 0
    each(function(what, sent, _, operation, entry)
      if not sent or not entry.several or not operation.body then return end
      local body = keys(operation, sent.body)
      for name, property in pairs(operation.body.properties) do
        local value = body[name]
        if property.type == "array" and type(value) == "table" and value[1]
            and type(value[1]) == "table" then
          local inner = value[1].id or value[1].postId or value[1].fileId
          assert.is_truthy(inner, what .. ": " .. name)
          seen = seen + 1
        end
      end
    end)
    assert.is_true(seen > 50)
  end)
end)
