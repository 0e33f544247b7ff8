--- Makes plausible values of a schema, the same every time: ids, names, dates, words of an enum.
---
--- `fill` renders the known values of a record in a schema and makes up the others.  Known values
--- have lower-case keys, so that versions that spell a property differently share them.

local ascii = require "vbo.base.ascii"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local time = require "vbo.base.time"

local M = {}

-- Below this depth only required properties are made up.
local depth_limit = 5

-- The names of one property in other versions.
local synonyms = {
  { "size", "sizebytes" }, { "capacity", "capacitybytes" }, { "freespace", "freespacebytes" },
  { "usespaceonarchive", "usedspace" }, { "user", "username" }, { "port", "portnumber" },
  { "periodicallyevery", "periodicinterval" },
}
local other_name = {}
for _, pair in ipairs(synonyms) do
  other_name[pair[1]], other_name[pair[2]] = pair[2], pair[1]
end

-- Checks whether a property is a secret: accepted, never returned.
---@param name string
---@param schema vbo.Schema?
function M.is_secret(name, schema)
  local word = ascii.lower(name)
  return schema ~= nil and (schema.write_only or schema.format == "password") and true
    or word:find("password", 1, true) and (not schema or schema.type == "string")
    or word:find("secret", 1, true) and (not schema or schema.type == "string")
    or word == "privatekey" or word == "passphrase" or word == "applicationcertificate" or false
end

local good_words = {
  "Success", "Healthy", "Online", "Available", "Valid", "Active", "Connected", "Working", "Daily",
  "ItemLevel", "Info", "NotStarted", "Stopped",
}

local function word_of(words, seed)
  for _, good in ipairs(good_words) do
    for _, word in ipairs(words) do
      if ascii.lower(word) == ascii.lower(good) then return word end
    end
  end
  return words[ids.random(seed)(#words)]
end

local true_flags = {
  isenabled = true, isavailable = true, isbackedup = true, isvalid = true, isonline = true,
  isinstalled = true, supportenabled = true, isexchange = true, issharepoint = true,
  isexchangeonline = true, issharepointonline = true, mailbox = true, onedrive = true,
}

-- Numbers by a pattern of the property's name; the first match applies.
local numbers = {
  { "port", function() return 443 end },
  { "capacity", function() return 1 << 40 end },
  { "freespace", function() return 1 << 39 end },
  { "percent", function(n) return n % 101 end },
  { "threads", function() return 64 end },
  { "etag", function() return 1 end },
  { "bytes", function(n) return n % (1 << 32) end },
  { "size", function(n) return n % (1 << 30) end },
  { "days", function(n) return n % 30 + 1 end },
  { "offset", function() return 0 end },
}

local function number_of(schema, name, seed)
  local n, value = ids.random(seed)(1 << 40), nil
  for _, each in ipairs(numbers) do
    if name:find(each[1], 1, true) then
      value = each[2](n)
      break
    end
  end
  value = value or n % 20 + 1
  if schema.format == "int32" and value > 0x7fffffff then value = 0x7fffffff end
  if schema.minimum and value < schema.minimum then value = schema.minimum end
  if schema.maximum and value > schema.maximum then value = schema.maximum end
  return schema.type == "number" and value + 0.0 or math.tointeger(value) or 1
end

-- Texts by a pattern of the property's name; the first match applies.
local texts = {
  { "email", function(env) return env.mail end },
  { "mail$", function(env) return env.mail end },
  { "smtp", function() return "smtp.contoso.com" end },
  { "hostname", function(env) return env.word .. "-" .. env.number .. ".rehearsal.local" end },
  { "server", function() return "server.rehearsal.local" end },
  { "username", function(env) return env.mail end },
  { "account$", function(env) return env.mail end },
  { "version", function() return "8.0.0.0" end },
  { "url", function(env) return "https://contoso.sharepoint.com/" .. env.word end },
  { "uri", function() return "https://login.microsoftonline.com/device" end },
  { "path", function() return "D:\\Backups" end },
  { "description", function(env) return "Made up by the rehearsal server: " .. env.name end },
  { "time$", function() return "22:00:00" end },
  { "region", function() return "Worldwide" end },
  { "subject", function() return "Backup report" end },
  { "language", function() return "en" end },
  { "name", function(env) return env.name end },
  { "title", function(env) return env.name end },
  { "details", function(env) return env.name end },
  { "message", function() return "All is well." end },
  { "token", function(_, seed) return ids.base64(ids.bytes(seed, 24)) end },
  { "id$", function(_, seed) return ids.uuid(seed) end },
  { "ids$", function(_, seed) return ids.uuid(seed) end },
}

local function text_of(schema, name, seed, env)
  local reference = env.references[name]
  if reference then return reference end
  local format = schema.format
  if format == "uuid" then return ids.uuid(seed) end
  if format == "byte" then return ids.base64(ids.bytes(seed, 24)) end
  if format == "date-time" or format == "dotted" then
    local at = env.base - ids.random(seed)(14 * 24) * 3600
    return format == "dotted" and os.date("!%Y.%m.%d %H:%M:%S", at) or time.iso(at)
  end
  local value
  for _, each in ipairs(texts) do
    if name:find(each[1]) then
      value = each[2](env, seed)
      break
    end
  end
  value = value or env.word
  local least, most = schema.minLength or 0, schema.maxLength
  if #value < least then value = value .. ("x"):rep(least - #value) end
  return most and #value > most and value:sub(1, most) or value
end

local fill

local function object_of(schema, known, seed, env, depth, open)
  local out, required = {}, {}
  for _, name in ipairs(schema.required or {}) do required[name] = true end
  open[schema] = true
  for _, name in ipairs(schema.order or {}) do
    local inner, key = schema.properties[name], ascii.lower(name)
    local value = known and known[key]
    if value == nil and known and other_name[key] then value = known[other_name[key]] end
    local links = name == "_links" or name == "_actions"
    -- A record of a client has what the client sent and what only the server knows.
    local wanted = value ~= nil or required[name] or not env.sparse
      or inner.type == "boolean" or inner.type == "integer" or inner.enum
      or inner.format == "date-time" or key == "id" or depth == 0 and inner.type == "array"
    if links then
      if required[name] then out[name] = {} end
    elseif wanted and (required[name] or not M.is_secret(name, inner)) then
      out[name] = fill(inner, value, key, seed .. "/" .. key, env, depth + 1, open,
        required[name])
    end
  end
  open[schema] = nil
  if schema.additional and known then
    for key, value in pairs(known) do
      local declared = false
      for name in pairs(schema.properties or {}) do
        declared = declared or ascii.lower(name) == key
      end
      if not declared then
        out[key] = fill(schema.additional, value, tostring(key), seed .. "/" .. tostring(key),
          env, depth + 1, open)
      end
    end
  end
  return out
end

local function array_of(schema, known, name, seed, env, depth, open)
  local out = json.array {}
  if known then
    for i, each in ipairs(known) do
      out[i] = fill(schema.items or {}, each, name, seed .. "/" .. i, env, depth + 1, open, true)
    end
    return out
  end
  local count = math.max(schema.minItems or 0, depth < 3 and not env.sparse and 1 or 0)
  for i = 1, count do
    out[i] = fill(schema.items or {}, nil, name, seed .. "/" .. i, env, depth + 1, open,
      schema.minItems ~= nil)
  end
  return out
end

-- Converts a known value to the schema; nil where it does not fit.
local function scalar(schema, value)
  local kind = schema.type
  if type(value) == "table" and value.words then
    -- Versions and resources name one thing differently: take the first known name.
    local fallback = not schema.enum and value.words[1] or nil
    for _, word in ipairs(value.words) do
      for _, each in ipairs(schema.enum or {}) do
        if ascii.lower(each) == ascii.lower(word) then return each end
      end
    end
    return kind == "string" and fallback or nil
  end
  if kind == "string" then
    if type(value) == "table" or type(value) == "userdata" then return nil end
    value = math.type(value) == "float" and ("%.14g"):format(value) or tostring(value)
    if schema.enum then
      for _, word in ipairs(schema.enum) do
        if ascii.lower(word) == ascii.lower(value) then return word end
      end
      return nil
    end
    local is_uuid = #value == 36 and value:match "^%x+%-%x+%-%x+%-%x+%-%x+$"
    if schema.format == "uuid" and not is_uuid then return nil end
    if schema.format == "date-time" and not schema.loose and not time.parse(value) then
      return nil
    end
    return value
  elseif kind == "boolean" then
    if type(value) == "boolean" then return value end
    return nil
  end
  local number = type(value) ~= "boolean" and tonumber(value)
  if kind == "integer" then
    number = math.tointeger(number)
    if number and schema.format == "int32" and (number > 0x7fffffff or number < -0x80000000) then
      return nil
    end
  end
  return number or nil
end

-- Makes a value of a schema.
---@param schema vbo.Schema
---@param known any       its known value: objects with lower-case keys
---@param name string     lower-case name of the property
---@param seed string
---@param env table       { base=, name=, word=, number=, mail=, references=, sparse= }
---@param depth integer
---@param open table      the schemas being filled, to stop endless ones
---@param needed boolean? it must not be nil
---@return any
function fill(schema, known, name, seed, env, depth, open, needed)
  if known == json.null then known = nil end
  local kind = schema.type or schema.properties and "object"
  -- `false` stands for an absent value, such as the pool of a proxy outside pools.
  if known == false and kind ~= "boolean" then
    if not needed then return nil end
    known = nil
  end
  if kind == nil then return known ~= nil and known or needed and env.name or nil end
  if kind == "object" then
    if type(known) ~= "table" then known = nil end
    if not known and not needed and (open[schema] or depth > depth_limit or env.sparse) then
      return nil
    end
    if not schema.properties then return known or {} end
    return object_of(schema, known, seed, env, depth, open)
  elseif kind == "array" then
    if type(known) ~= "table" or known[1] == nil and next(known) ~= nil then known = nil end
    return array_of(schema, known, name, seed, env, depth, open)
  end
  if known ~= nil then
    local value = scalar(schema, known)
    if value ~= nil then return value end
  end
  if kind == "boolean" then return true_flags[name] or false end
  if kind ~= "string" then return number_of(schema, name, seed) end
  local words = schema.enum or schema.known
  if words then return word_of(words, seed) end
  return text_of(schema, name, seed, env)
end

--- Renders known values in a schema and makes up the others.
---@param schema vbo.Schema
---@param known table?
---@param seed string
---@param env table
---@return any
function M.fill(schema, known, seed, env)
  return fill(schema, known, "", seed, env, 0, {}, true)
end

--- Converts the keys of a value to lower case where its schema has properties; leaves out secrets.
---@param value any
---@param schema vbo.Schema?
---@return any
function M.fold(value, schema)
  if type(value) ~= "table" or value == json.null then return value end
  if json.is_array(value) or value[1] ~= nil then
    local out = json.array {}
    for i, each in ipairs(value) do out[i] = M.fold(each, schema and schema.items) end
    return out
  end
  local out = {}
  for key, each in pairs(value) do
    local inner = schema and schema.properties and schema.properties[key]
    local secret = M.is_secret(tostring(key), inner)
    if key ~= "_links" and key ~= "_actions" and not secret then
      out[ascii.lower(tostring(key))] = M.fold(each, inner)
    end
  end
  return out
end

--- Puts what was sent over what is known; objects are merged, lists replaced.
---@param known table
---@param sent table   both folded
function M.merge(known, sent)
  for key, value in pairs(sent) do
    local old = known[key]
    if type(value) == "table" and type(old) == "table" and not json.is_array(value)
        and not json.is_array(old) and value[1] == nil and old[1] == nil then
      M.merge(old, value)
    else
      known[key] = value
    end
  end
end

return M
