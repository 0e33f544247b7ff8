-- Is an answer what its schema says?  A validator of the specs' own: it shares no code with the
-- server, and reads two witnesses: the catalogue's schemas, and the published OpenAPI documents
-- themselves when `VBO_FACTS` names their folder.

local facts = require "spec.support.facts"
local json = require "vbo.base.json"
local newer = require "tools.facts.newer"

local M = {}

-- Lists properties that are allowed beside the schema: links, and those that collectors read.
local beside = { _links = true, _actions = true }
local also = { pointInTime = 5, totalCount = 5 }

local formats = {
  uuid = function(text)
    return text:find "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
  end,
  byte = function(text) return #text % 4 == 0 and text:find "^[%w+/]*=?=?$" end,
}

local iso = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d"
formats["date-time"] = function(text)
  return text:find(iso .. "Z$") or text:find(iso .. "%.%d+Z$")
    or text:find(iso .. "[+-]%d%d:%d%d$") or text:find(iso .. "%.%d+[+-]%d%d:%d%d$")
end

-- v1 to v5 write times with or without a zone, or in the dotted form.
local function loose_time(text)
  return text:find(iso) or text:find "^%d%d%d%d%.%d%d%.%d%d %d%d:%d%d:%d%d$"
end

local kinds = {
  boolean = function(v) return type(v) == "boolean" end,
  integer = function(v) return math.type(v) == "integer" end,
  number = function(v) return type(v) == "number" end,
  string = function(v) return type(v) == "string" and utf8.len(v) ~= nil end,
  array = function(v) return json.is_array(v) end,
  object = function(v) return type(v) == "table" and not json.is_array(v) end,
}

local ranges = { int32 = 0x7fffffff }

--- A schema of the catalogue in the words of this validator.
function M.of_catalogue(schema)
  return {
    type = schema.type or schema.properties and "object", properties = schema.properties,
    items = schema.items, enum = schema.enum, required = schema.required, format = schema.format,
    nullable = schema.nullable, loose = schema.loose, more = schema.additional,
    hidden = schema.write_only,
  }
end

--- A schema of an OpenAPI document in the words of this validator.
function M.of_document(document)
  return function(source)
    local nullable, hidden = false, false
    repeat
      nullable = nullable or source.nullable == true
      hidden = hidden or source.writeOnly == true
      local reference, only = source["$ref"], source.allOf
      if reference then
        source = document.components.schemas[reference:match "[^/]*$"]
      elseif only and #only == 1 then
        source = only[1]
      end
    until not reference and not (only and #only == 1)
    local more = source.additionalProperties
    return {
      type = source.type or source.properties and "object", properties = source.properties,
      items = source.items, enum = source.enum, required = source.required,
      format = source.format, nullable = nullable or source.nullable == true, hidden = hidden,
      more = type(more) == "table" and more or more == true and {} or nil,
    }
  end
end

--- Appends to `out` what a schema forbids of a value.
---@param value any
---@param source table     a schema
---@param view fun(source: table): table
---@param where string
---@param out string[]
---@param number integer   the API version
function M.check(value, source, view, where, out, number)
  local schema = view(source)
  local function complain(text) out[#out + 1] = where .. " " .. text end
  if value == json.null then
    if not schema.nullable and schema.type then complain "is null" end
    return out
  end
  local kind = schema.type
  if kind and not kinds[kind](value) then
    complain("is no " .. kind .. " but " .. tostring(value))
    return out
  end
  if kind == "string" then
    if schema.enum then
      local found = false
      for _, word in ipairs(schema.enum) do found = found or word == value end
      if not found then complain("is the unknown word " .. value) end
    end
    local test = schema.loose and loose_time or formats[schema.format]
    if test and not test(value) then complain("is no " .. schema.format .. ": " .. value) end
  elseif kind == "integer" then
    local most = ranges[schema.format]
    if most and (value > most or value < -most - 1) then complain "is out of range" end
  elseif kind == "array" then
    for i, each in ipairs(value) do
      M.check(each, schema.items or {}, view, ("%s[%d]"):format(where, i), out, number)
    end
  elseif kind == "object" and (schema.properties or schema.more) then
    for _, name in ipairs(schema.required or {}) do
      local inner = (schema.properties or {})[name]
      if value[name] == nil and not (inner and view(inner).hidden) then
        complain("lacks " .. name)
      end
    end
    for name, each in pairs(value) do
      local inner = (schema.properties or {})[name] or schema.more
      if inner then
        M.check(each, inner, view, where .. "." .. name, out, number)
      elseif not beside[name] and not (also[name] and number <= also[name]) then
        complain("has a " .. name)
      end
    end
  end
  return out
end

--- Adds to a published document what the catalogue has beyond it, from the vendor's pages.
---@param document table  decoded
---@param number integer  the API version
---@return table document
function M.add_newer(document, number)
  local schemas = {}
  for name, schema in pairs(document.components.schemas) do
    if schema.properties then schemas[name] = { order = {}, properties = schema.properties } end
  end
  newer.complete({ schemas = schemas }, number)
  return document
end

--- The published schemas of a version's answers, by `facts.key`; nil without VBO_FACTS, and for
--- v1 to v5, which have no OpenAPI document.
---@param version string
---@return table<string, { status: integer, schema: table? }>?
---@return (fun(source: table): table)? view
function M.published(version)
  if not facts.folder then return nil end
  local file <close> = assert(io.open(("%s/%s.json"):format(facts.folder, version), "rb"))
  local document = require("cjson").decode((file:read "a"))
  if not document.openapi then return nil end
  M.add_newer(document, tonumber(version:match "%d+"))
  local found = {}
  for path, item in pairs(document.paths) do
    for method, source in pairs(item) do
      if method ~= "parameters" then
        for status, answer in pairs(source.responses) do
          if status:match "^2" then
            local media = answer.content and (answer.content["application/json"])
            found[facts.key(method:upper(), path)] = {
              status = tonumber(status), schema = media and media.schema,
            }
          end
        end
      end
    end
  end
  return found, M.of_document(document)
end

return M
