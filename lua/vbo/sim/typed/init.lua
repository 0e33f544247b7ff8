--- Answers every operation without a handler by its facts in the catalogue: typed records that are
--- created, read, changed and deleted, shared by all versions.

local ascii = require "vbo.base.ascii"
local contexts = require "vbo.sim.base.context"
local documents = require "vbo.sim.typed.documents"
local json = require "vbo.base.json"
local links = require "vbo.sim.typed.links"
local records = require "vbo.sim.typed.records"
local refusal = require "vbo.sim.base.refusal"
local resources = require "vbo.sim.typed.resources"
local rules = require "vbo.sim.typed.rules"
local values = require "vbo.sim.typed.values"
local verbs = require "vbo.sim.typed.verbs"

local M = {}

-- Lists the ids of a request in the order of its path, and the names of their parameters.
local function ids_of(context)
  local given, names = {}, {}
  for name in context.op.path:gmatch "{([^}]+)}" do
    given[#given + 1], names[#names + 1] = context.params[name], name
  end
  return given, names
end

local function count(key) return select(2, key:gsub("{}", "")) end

local function first(list, n) return table.move(list, 1, n, 1, {}) end

-- Refuses a request below a record that does not exist: asks the handler of each record on the
-- path, or the typed records.
local function check_way(context, key, given, names, handlers)
  local at, way = 0, ""
  for segment in key:gmatch "/[^/]+" do
    way = way .. segment
    if segment == "/{}" and way ~= key then
      at = at + 1
      local op = resources.operation(context.cat, way, "GET")
      local handler = op and handlers[op.name]
      if handler then
        local params, n = {}, 0
        for name in op.path:gmatch "{([^}]+)}" do
          n = n + 1
          params[name] = given[n]
        end
        handler(contexts.new {
          app = context.app, store = context.store, number = context.number, cat = context.cat,
          user = context.user, op = op, params = params, query = {}, body = {},
        })
      elseif resources.kind(way) == "record" then
        local up = records.collection(context, resources.parent(way), first(given, at - 1))
        if not records.find(up, given[at], names[at]) then
          records.missing(resources.parent(way), given[at])
        end
      end
    end
  end
end

-- Renders a record in the shape of a schema of this version.
---@param context vbo.sim.Context
---@param schema vbo.Schema?
---@param key string       of the record, "/accounts/{}", or the document
---@param given string[]   the ids of the collection
---@param record table
local function render(context, schema, key, given, record)
  schema = schema or {}
  if not schema.type and not schema.properties then
    schema = resources.schema(key:match "{}$" and resources.parent(key) or key) or schema
  end
  local value = values.fill(schema, record.known, record.seed, record.env)
  if type(value) == "table" and schema.properties and schema.properties._links then
    value._links = links.of(context, key, given, record)
  end
  return value
end

local paging = { offset = true, limit = true, setid = true, orderby = true, orderasc = true }

-- Checks a row against a query: the properties of its names must have its values.
local function wanted(context, row)
  local by_name = {}
  for name, value in pairs(type(row) == "table" and row or {}) do
    by_name[ascii.lower(name)] = value
  end
  -- A required parameter, such as accountId, says where to look, not what to find.
  local where = {}
  for _, parameter in ipairs(context.op.parameters) do
    where[parameter.name] = parameter.required
  end
  local schema = context.op.answer.item
  for name, value in pairs(context.query) do
    local word = ascii.lower(name)
    local own = by_name[word]
    if own == nil and not paging[word] and not where[name] and schema and schema.properties
        and schema.properties[name] then
      return false
    end
    if own ~= nil and not paging[word] and not where[name] and type(own) ~= "table" then
      local list = type(value) == "table" and value or { value }
      local hit = false
      for _, each in ipairs(list) do
        local a, b = ascii.lower(tostring(own)), ascii.lower(tostring(each))
        hit = hit or a == b or word:match "name$" and a:find(b, 1, true) ~= nil
      end
      if not hit then return false end
    end
  end
  return true
end

local function sorted(context, rows)
  local by = context.query.orderBy
  if not by then return rows end
  local ascending = context.query.orderAsc ~= false
  local function key(row)
    for name, value in pairs(row) do
      if ascii.lower(name) == ascii.lower(by) and type(value) ~= "table" then return value end
    end
  end
  local keyed = {}
  for i, row in ipairs(rows) do keyed[i] = { row = row, key = key(row), at = i } end
  table.sort(keyed, function(a, b)
    if type(a.key) ~= type(b.key) or a.key == b.key or type(a.key) == "boolean"
        or a.key == nil then
      return a.at < b.at
    end
    if ascending then return a.key < b.key end
    return a.key > b.key
  end)
  for i, each in ipairs(keyed) do rows[i] = each.row end
  return rows
end

local function answer_rows(context, rows)
  if context.op.answer.changes then
    local list = json.array(rows)
    local value = {
      nextChangeToken = tostring(math.floor(context.app.clock())), results = list,
      limit = context.query.limit or 30, setId = context.app.uuid(),
    }
    return { status = context.op.answer.status, headers = {}, json = value }
  end
  local answer = context:list(rows, function(_, row) return row end)
  return answer
end

-- Renders the rows of a collection in this version.
local function rows_of(context, key, given)
  local collection = records.collection(context, key, given)
  local rows, one = {}, resources.home(key) .. "/{}"
  local ids = key == resources.home(key) and given or {}
  for _, record in ipairs(collection.list) do
    local row = render(context, context.op.answer.item, one, ids, record)
    if wanted(context, row) then rows[#rows + 1] = row end
  end
  return sorted(context, rows)
end

-- Answers one record, in the envelope of the operation; or without a body.
local function answer_record(context, key, given, record)
  local answer = context.op.answer
  if answer.kind ~= "json" then return context:empty() end
  if answer.page or answer.array or answer.changes then
    return answer_rows(context, { render(context, answer.item, key, given, record) })
  end
  local schema = answer.schema
  local value = render(context, schema, key, given, record)
  return { status = answer.status, headers = {}, json = value }
end

local function sent_of(context, each) return values.fold(each, context.op.body) end

local function is_object(value) return type(value) == "table" and not json.is_array(value) end

-- Reads the ids of a query or a body: "a,b", ["a","b"], [{"id": "a"}], {"itemIds": […]}.
local function listed(context)
  local ids = {}
  local function take(value)
    if type(value) == "string" then
      for id in value:gmatch "[^,%s]+" do ids[#ids + 1] = id end
    elseif type(value) == "table" then
      if value[1] ~= nil then
        for _, each in ipairs(value) do take(each) end
      else
        for name, each in pairs(value) do
          local word = ascii.lower(name)
          if word:match "ids?$" or word == "items" then take(each) end
        end
      end
    end
  end
  take(context.body)
  for name, value in pairs(context.query) do
    if ascii.lower(name):match "ids?$" then take(value) end
  end
  return ids
end

local function create(context, key, given)
  if rules.members(context, key, given, listed(context), true) then return context:empty() end
  local collection = records.collection(context, key, given)
  local body = context.body
  local list = json.is_array(body) and body or { body }
  local last
  for _, each in ipairs(list) do
    local sent = is_object(each) and values.fold(each, context.op.body
      and (context.op.body.items or context.op.body)) or { id = tostring(each) }
    rules.before_creation(collection, sent)
    last = records.add(context, collection, sent)
    rules.after_creation(context, collection, last)
  end
  if not last then
    if context.op.answer.kind == "empty" then return context:empty() end
    refusal.raise(400, "The body must not be empty.")
  end
  return answer_record(context, resources.home(key) .. "/{}",
    key == resources.home(key) and given or {}, last)
end

local function remove_listed(context, key, given)
  if rules.members(context, key, given, listed(context), false) then return context:empty() end
  local collection, found = records.collection(context, key, given), {}
  for i, id in ipairs(listed(context)) do
    found[i] = records.find(collection, id) or records.missing(key, id)
  end
  if #found == 0 then refusal.missing { "Ids" } end
  for _, record in ipairs(found) do rules.before_removal(context, collection, record) end
  for _, record in ipairs(found) do records.remove(collection, record) end
  return context:empty()
end

local function replace(context, key, given)
  local collection = records.collection(context, key, given)
  for _, record in ipairs({ table.unpack(collection.list) }) do
    records.remove(collection, record)
  end
  local answer = create(context, key, given)
  return answer
end

-- Finds the record or document of a resource, or refuses with 404.
local function one_of(context, key, given, names)
  if resources.kind(key) == "document" then return records.document(context, key, given) end
  local up = resources.parent(key)
  local collection = records.collection(context, up, first(given, #given - 1))
  local record = records.find(collection, given[#given], names[#names])
  return record or records.missing(up, given[#given]), collection
end

-- Carries out an action: changes the nearest resource above it; the rest of the path is the verb.
local function act(context, key, given, names, handlers)
  local target, verb = key, context.op.action
  if not verb then
    repeat
      target = resources.parent(target)
    until target == "" or resources.kind(target)
    verb = key:sub(#target + 2)
  end
  local record
  local kind = target ~= "" and resources.kind(target)
  local get = kind and resources.operation(context.cat, target, "GET")
  if kind == "collection" then
    local wants_ids = ascii.lower(verb):match "remove$" or ascii.lower(verb):match "delete$"
    if wants_ids then return remove_listed(context, target, first(given, count(target))) end
    if ascii.lower(verb):match "search" and context.op.answer.kind == "json"
        and (context.op.answer.page or context.op.answer.array) then
      return answer_rows(context, rows_of(context, target, first(given, count(target))))
    end
  elseif kind == "record" and get and handlers[get.name] then
    -- A handler owns the record: `check_way` has refused an unknown one.
    check_way(context, target .. "/.", given, names, handlers)
  elseif kind then
    local collection
    record, collection = one_of(context, target, first(given, count(target)), names)
    if ascii.lower(verb) == "remove" and collection then
      rules.before_removal(context, collection, record)
      records.remove(collection, record)
    else
      verbs.apply(context, record, ascii.lower(verb))
      if is_object(context.body) and kind == "document" then
        records.update(record, sent_of(context, context.body))
      end
    end
  end
  local answer = context.op.answer
  if answer.kind ~= "json" then return context:empty() end
  local seen = context.op.answer.schema
  local own = resources.schema(kind == "record" and resources.parent(target) or target)
  if record and own and seen and seen.name and own.name == seen.name then
    return answer_record(context, target, given, record)
  end
  -- Keep a record of another collection there, so that it can be read.
  local holder = resources.holding(context.cat, seen and seen.name)
  local list = holder and resources.operation(context.cat, holder, "GET")
  if holder and not handlers[list.name] then
    local collection = records.collection(context, holder, {})
    local made = records.add(context, collection, verbs.started(context, target, given))
    return answer_record(context, holder .. "/{}", {}, made)
  end
  return answer_record(context, key, given, records.answer(context, key, given,
    is_object(context.body) and sent_of(context, context.body) or {}))
end

--- Answers a request.
---@param context vbo.sim.Context  with `cat`
---@param handlers table<string, function>  by operation
---@return table answer
function M.handle(context, handlers)
  local op, method = context.op, context.op.method
  local key = resources.of(op)
  local given, names = ids_of(context)
  check_way(context, key, given, names, handlers)
  if op.answer.kind == "stream" then return context:stream(documents.stream(context)) end
  local kind = resources.kind(key)
  if op.action or method == "POST" and kind ~= "collection" then
    return act(context, key, given, names, handlers)
  elseif method == "POST" then
    return create(context, key, given)
  elseif kind == "collection" then
    if method == "GET" then return answer_rows(context, rows_of(context, key, given)) end
    if method == "PUT" then return replace(context, key, given) end
    return remove_listed(context, key, given)
  end
  if not kind then
    -- Keep what was sent, though no version reads it back.
    local record = records.document(context, key, given)
    if is_object(context.body) then records.update(record, sent_of(context, context.body)) end
    return answer_record(context, key, given, record)
  end
  if method == "DELETE" and kind == "document" then
    records.reset(context, key, given)
    return context:empty()
  end
  local record, collection = one_of(context, key, given, names)
  if method == "DELETE" then
    rules.before_removal(context, collection, record)
    records.remove(collection, record)
    return answer_record(context, key, first(given, #given - 1), record)
  elseif method == "PUT" and is_object(context.body) then
    records.update(record, sent_of(context, context.body))
  end
  local above = kind == "record" and first(given, #given - 1) or given
  return answer_record(context, key, above, record)
end

return M
