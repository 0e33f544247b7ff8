--- Keeps the records behind the typed resources: collections, made up on first use, and single
--- documents.  All versions share them.

local ascii = require "vbo.base.ascii"
local ids = require "vbo.sim.base.ids"
local refusal = require "vbo.sim.base.refusal"
local resources = require "vbo.sim.typed.resources"
local seeds = require "vbo.sim.typed.seeds"
local values = require "vbo.sim.typed.values"

local M = {}

-- The records of a collection at first.
local plenty = 3

-- The state by the store's production: a reset replaces both.
local states = setmetatable({}, { __mode = "k" })

local function state_of(store)
  local key = store.production
  states[key] = states[key] or { collections = {}, documents = {} }
  return states[key]
end

-- Returns the path of a resource with its ids, in lower case: the key of its state.
---@param key string       "/accounts/{}"
---@param given string[]   the ids
function M.place(key, given)
  local at = 0
  return (key:gsub("{}", function()
    at = at + 1
    return ascii.lower(given[at] or "")
  end))
end

-- Lists the properties that the id of a path may mean for a record of a collection.
local function names_of(key, parameter)
  local schema, word = resources.schema(key), ascii.lower(parameter or "id")
  local found = {}
  local function has(name)
    for each in pairs(schema and schema.properties or {}) do
      if ascii.lower(each) == name then return true end
    end
  end
  for _, name in ipairs { word, "id", word:match "name$" and "name" or nil } do
    if has(name) then found[#found + 1] = name end
  end
  if #found == 0 then
    local order = schema and schema.order or {}
    for _, name in ipairs(order) do
      if #found == 0 and ascii.lower(name):match "id$" then found[1] = ascii.lower(name) end
    end
    -- A record without an id is found by its name, or by its first text.
    if #found == 0 and has "name" then found[1] = "name" end
    for _, name in ipairs(order) do
      if #found == 0 and schema.properties[name].type == "string" then
        found[1] = ascii.lower(name)
      end
    end
    found[1] = found[1] or "id"
  end
  return found
end

local function singular(key) return ascii.lower(resources.title(key)) end

-- Returns the user of a number, modulo the users of the world.  A big world makes users on first
-- use: this makes one.
local function person(world, number)
  local organizations, total = world:organizations(), 0
  for _, each in ipairs(organizations) do total = total + #(each.users or {}) end
  local at = total > 0 and (number - 1) % total + 1 or 0
  for _, each in ipairs(organizations) do
    local count = #(each.users or {})
    if at >= 1 and at <= count then return each.users[at] end
    at = at - count
  end
end

-- Lists what made-up values refer to.
local function env_of(context, key, number, known)
  local world = context.store.world
  local word = singular(key)
  local references = {
    organizationid = world:organizations()[1] and world:organizations()[1].id,
    repositoryid = world.repositories[1] and world.repositories[1].id,
    backuprepositoryid = world.repositories[1] and world.repositories[1].id,
    proxyid = world.proxies[1] and world.proxies[1].id,
    jobid = world.jobs[1] and world.jobs[1].id,
    organizationname = world:organizations()[1] and world:organizations()[1].name,
  }
  local who = person(world, number)
  return {
    base = world.now or 1795248000, word = word, number = number, references = references,
    name = known and known.name or ("%s %d"):format(resources.title(key), number),
    mail = who and who.name or "admin@contoso.com",
  }
end

-- Fills in all properties of a record's newest schema.
local function complete(context, key, record, sparse)
  local schema = resources.schema(key)
  record.env = env_of(context, key, record.number, record.known)
  record.env.sparse = sparse
  for name, value in pairs(record.owner or {}) do record.env.references[name] = value end
  if schema then
    local full = values.fold(values.fill(schema, record.known, record.seed, record.env), schema)
    values.merge(full, record.known)
    record.known = full
  end
  return record
end

-- Returns the ids of a path by the names of their properties: organizationid, …
local function owners(key, given)
  local out, at, way = {}, 0, ""
  for segment in key:gmatch "/([^/]+)" do
    if segment == "{}" then
      at = at + 1
      out[singular(way) .. "id"] = given[at]
    end
    way = way .. "/" .. segment
  end
  if out.backuprepositoryid then out.repositoryid = out.backuprepositoryid end
  return out
end

-- Returns the members that a client created a record with: nothing is made up below such a record.
local function made_with(context, key, given)
  local up = key:match "^(.*)/[^/]*$"
  if not up or not up:match "{}$" then return nil end
  local list = state_of(context.store).collections[M.place(resources.parent(up),
    table.move(given, 1, #given - 1, 1, {}))]
  local owner = list and M.find(list, given[#given])
  if not (owner and owner.made) then return nil end
  local sent, out = owner.known[key:match "[^/]*$"], {}
  for i, each in ipairs(type(sent) == "table" and sent or {}) do
    out[i] = type(each) == "table" and each or { id = tostring(each) }
  end
  return out
end

--- Returns a collection.
---@param context vbo.sim.Context
---@param key string       of the collection
---@param given string[]   the ids of its path
---@return table  { key=, list=, place= }
function M.collection(context, key, given)
  local home, view = resources.home(key)
  local place = view and home or M.place(key, given)
  local state = state_of(context.store)
  local found = state.collections[place]
  if not found then
    found = { key = home, list = {}, place = place, serial = 0,
      owner = view and {} or owners(key, given) }
    state.collections[place] = found
    local described = made_with(context, home, given) or seeds.of(context, home, given)
    for i = 1, described and #described or plenty do
      M.add(context, found, described and described[i] or {},
        { seed = place .. "/" .. i, sparse = false })
    end
  end
  if not view then return found end
  -- The records of one owner; `home` receives new ones.
  local shown = { key = home, list = {}, place = place, home = found, owner = owners(key, given),
    mine = { [view] = given[1] } }
  for _, record in ipairs(found.list) do
    local owner = record.known[view]
    if type(owner) == "string" and ascii.lower(owner) == ascii.lower(given[1]) then
      shown.list[#shown.list + 1] = record
    end
  end
  return shown
end

--- Adds a record.
---@param context vbo.sim.Context
---@param collection table
---@param known table       with lower-case keys
---@param options { seed: string?, sparse: boolean? }?  no seed: a new id
---@return table record
function M.add(context, collection, known, options)
  local seed = options and options.seed
  local home = collection.home or collection
  home.serial = home.serial + 1
  local id = seed and ids.uuid(seed) or context.app.uuid()
  for name, value in pairs(collection.mine or {}) do known[name] = value end
  if known.id == nil or not seed then known.id = id end
  for _, name in ipairs(names_of(home.key, nil)) do
    if name ~= "id" and name ~= "name" and known[name] == nil and not seed then known[name] = id end
  end
  local record = complete(context, home.key, {
    id = id, made = not seed, seed = seed or id, number = home.serial, known = known,
    owner = collection.owner,
  }, not seed or options.sparse)
  home.list[#home.list + 1] = record
  if home ~= collection then collection.list[#collection.list + 1] = record end
  return record
end

--- Finds a record of a collection by an id of a path; nil without one.
---@param collection table
---@param id string
---@param parameter string?  the name of the path's parameter
---@return table? record
---@return integer? index
function M.find(collection, id, parameter)
  local names = names_of(collection.key, parameter)
  for i, record in ipairs(collection.list) do
    for _, name in ipairs(names) do
      local value = record.known[name]
      if value ~= nil and ascii.lower(tostring(value)) == ascii.lower(id) then return record, i end
    end
  end
end

--- Returns what a path names a record by: its id or its name, as the parameter means it.
---@param key string        of the collection
---@param record table
---@param parameter string?
---@return string
function M.id_of(key, record, parameter)
  for _, name in ipairs(names_of(key, parameter)) do
    if record.known[name] ~= nil then return tostring(record.known[name]) end
  end
  return record.id
end

--- Removes a record, also from the home of a view.
function M.remove(collection, record)
  for _, list in ipairs { collection.list, collection.home and collection.home.list or {} } do
    for i = #list, 1, -1 do
      if list[i] == record then table.remove(list, i) end
    end
  end
end

--- Returns a document.
---@param context vbo.sim.Context
---@param key string
---@param given string[]
---@return table record
function M.document(context, key, given)
  local place, state = M.place(key, given), state_of(context.store)
  local found = state.documents[place]
  if not found then
    found = complete(context, key, { seed = place, number = 1, owner = owners(key, given),
      known = seeds.document(context, key, given) or {} })
    state.documents[place] = found
  end
  return found
end

--- Forgets what was set in a document.
function M.reset(context, key, given)
  state_of(context.store).documents[M.place(key, given)] = nil
end

--- Merges what was sent into a record.
function M.update(record, sent)
  sent.id = nil
  values.merge(record.known, sent)
  if math.type(record.known.etag) == "integer" then record.known.etag = record.known.etag + 1 end
end

--- Makes a record for one answer, without keeping it.
---@param context vbo.sim.Context
---@param key string
---@param given string[]
---@param known table
---@return table
function M.answer(context, key, given, known)
  local number = 1
  return {
    seed = M.place(key, given) .. "/answer", number = number, known = known,
    env = env_of(context, key, number, known),
  }
end

--- Refuses with 404, in the words of the other resources.
function M.missing(key, id)
  refusal.not_found(resources.title(key), id)
end

return M
