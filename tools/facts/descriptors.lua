--- Reads the loose type words of the v1–v5 fact files into schemas.
---
--- The files say "integer (default 9193)", "array of JobItem", "Daily|Monthly", "write only",
--- or describe a value in prose.  What they do not say does not constrain.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"

local M = {}

local words = {
  string = { type = "string" }, integer = { type = "integer" }, boolean = { type = "boolean" },
  array = { type = "array", items = {} },
  ["date-time"] = { type = "string", format = "date-time", loose = true },
  ["http-date"] = { type = "string" }, bearer = { type = "string" },
  UTC = { type = "string", format = "date-time", loose = true },
  base64 = { type = "string", format = "byte" },
}

local function copy(schema)
  local result = {}
  for key, value in pairs(schema) do result[key] = value end
  return result
end

-- "A|B|C"; "A|B|..." is not complete, nor is "Monday..Sunday" (a range of a named enum).
local function enum_of(word, document)
  if not word:match "^[%w_.]+|[%w_.|]+$" then return nil end
  local values, open = {}, false
  for value in word:gmatch "[^|]+" do
    if value == "..." then open = true
    elseif value:find("..", 1, true) then
      for _, name in ipairs(json.keys(document.enums)) do
        local list = document.enums[name]
        if list[1] == values[1] and list[2] == values[2] then
          local result = {}
          for i, item in ipairs(list) do result[i] = item end
          return { type = "string", enum = result }
        end
      end
      open = true
    else
      values[#values + 1] = value
    end
  end
  return open and { type = "string", known = values } or { type = "string", enum = values }
end

--- The schema of a type word.
---@param word string
---@param document table  the fact file
---@return table
local function from_word(word, document)
  if words[word] then return copy(words[word]) end
  local bare = word:gsub("%s*%b()$", "")
  if json.keys(document.resources[bare]) then return { ref = bare } end
  local item = word:match "array of (.+)$"
  if item then
    local count, inner = item:match "^(%d+) (%l+)s$"
    local schema = { type = "array", items = from_word(inner or item, document) }
    schema.minItems, schema.maxItems = tonumber(count), tonumber(count)
    return schema
  end
  if word == "write only" then return { type = "string", write_only = true } end
  if word == "{id}" then
    -- Whole objects of the server are welcome where only the id is needed.
    return { type = "object", order = { "id" }, properties = { id = { type = "string" } },
      required = { "id" }, additional = {} }
  end
  local first = word:match "^(%a[%w-]*)"
  if first == "string" or first == "integer" or first == "boolean" or first == "date-time" then
    return copy(words[first])
  end
  local enum = enum_of(word, document)
  if enum then return enum end
  -- Said in prose ("folder id | null", "HH:mm:ss"): a string, or nothing known of a resource.
  if word:match "^%u%a+$" and not word:match "^HH" then return {} end
  return { type = "string" }
end

local formats = {
  { "^yyyy%.MM%.dd [hH][hH]:mm:ss$", { format = "dotted" } },
  { "^yyyy%-MM%-dd .*|", { format = "date-time", loose = true } },
  { "^base64", { format = "byte" } },
}

--- The schema of any descriptor: a type word, a table of properties, or {type=, enum=, …}.
---@param source any
---@param document table
---@return table
function M.schema(source, document)
  if type(source) == "string" then return from_word(source, document) end
  if not json.keys(source) then return {} end
  if type(source.type) == "string" and (source.enum or source.items or source.format
    or source["for"] or source.inferred or #json.keys(source) == 1) then
    if source.enum then
      local enum = {}
      for i, value in ipairs(source.enum) do enum[i] = value end
      return { type = "string", enum = enum }
    end
    if source.type == "array" then
      return { type = "array", items = source.items and M.schema(source.items, document) or {} }
    end
    local schema = from_word(source.type, document)
    for _, rule in ipairs(formats) do
      if type(source.format) == "string" and source.format:match(rule[1]) then
        for key, value in pairs(rule[2]) do schema[key] = value end
        break
      end
    end
    return schema
  end
  return M.object(source, document)
end

--- The schema of a table of properties.
---@param source table
---@param document table
---@return table
function M.object(source, document)
  local schema = { type = "object", properties = {}, order = {}, required = {} }
  for name, value in json.each(source) do
    schema.order[#schema.order + 1] = name
    schema.properties[name] = M.schema(value, document)
  end
  return schema
end

--- One object that accepts the properties of several (a body said in variants, or what an
--- update takes: the resource's properties and those of its creation).
---@param schemas table[]
---@param document table
---@return table
function M.merge(schemas)
  local merged = { type = "object", properties = {}, order = {}, required = {} }
  for _, schema in ipairs(schemas) do
    for _, name in ipairs(schema.order or {}) do
      local property, known = schema.properties[name], merged.properties[name]
      if not known then
        merged.order[#merged.order + 1] = name
        merged.properties[name] = property
      elseif known.enum and property.enum then
        known = copy(known)
        known.enum = table.move(known.enum, 1, #known.enum, 1, {})
        for _, value in ipairs(property.enum) do
          local seen = false
          for _, other in ipairs(known.enum) do
            seen = seen or ascii.lower(other) == ascii.lower(value)
          end
          if not seen then known.enum[#known.enum + 1] = value end
        end
        merged.properties[name] = known
      end
    end
  end
  return merged
end

--- A body said in variants: `type` and `grant_type` carry the constants that tell them apart.
---@param variants table
---@param document table
---@return table
function M.variants(variants, document)
  local schemas = {}
  for i, variant in ipairs(variants) do
    local schema = M.object(variant, document)
    for _, name in ipairs { "type", "grant_type" } do
      local constant = variant[name]
      if type(constant) == "string" and not words[constant] then
        schema.properties[name] = { type = "string", enum = { constant } }
        if name == "grant_type" then schema.required = { name } end
      end
    end
    schemas[i] = schema
  end
  local merged = M.merge(schemas)
  merged.required = schemas[1].required
  return merged
end

return M
