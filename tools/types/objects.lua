--- Writes the objects as LuaCATS: their records, their methods and their collections.
---
--- Methods live in tables of their own (`Job.methods`), where a language server does not see
--- them as the object's; here they are declared on its type, with the comments of the source.

local luacats = require "tools.types.luacats"
local words = require "tools.model.words"

local M = {}

local function comment_lines(text, out)
  for _, line in ipairs(text) do out[#out + 1] = (("--- " .. line):gsub("%s+$", "")) end
end

local function parameter_lines(signature, out)
  local names = {}
  for i, parameter in ipairs(signature.parameters) do
    names[i] = parameter.name
    local mark = parameter.optional and parameter.name ~= "..." and "?" or ""
    out[#out + 1] = ("---@param %s%s %s"):format(parameter.name, mark, parameter.type)
  end
  if signature.returns then out[#out + 1] = "---@return " .. signature.returns end
  return table.concat(names, ", ")
end

--- One method.
---@param owner string  the local's name
---@param signature vbo.document.Signature
---@param names string[]
---@param versions table<integer, true>
---@param plain boolean?  a function, not a method
---@return string
function M.method(owner, signature, names, versions, plain)
  local out = {}
  local options = signature.options
  local before = ""
  if options then
    before = luacats.class({ name = options.name, fields = options.fields, versions = versions,
      closed = options.closed }, names)
  end
  comment_lines(signature.text, out)
  local list = parameter_lines(signature, out)
  out[#out + 1] = ("function %s%s%s(%s) end"):format(owner, plain and "." or ":", signature.name,
    list)
  return before .. table.concat(out, "\n") .. "\n\n"
end

local function scalar(text)
  return not (text:find("vbo%.answer%.") or text:find("%[%]") or text:find("table", 1, true)
    or text == "any")
end

-- Writes the conditions of `where`: a value, a glob or a predicate for every plain field.
local function conditions(object, fields, names)
  local list, sized = {}, false
  for _, field in ipairs(fields) do
    if scalar(field.type) then
      local base = field.type:gsub("vbo%.Timestamp", "string")
      if base:find '"' and not base:find("|string", 1, true) then base = base .. "|string" end
      list[#list + 1] = { name = field.name, optional = true, versions = field.versions,
        type = ("%s|%s[]|fun(value: any): boolean"):format(base,
          base:find("|", 1, true) and "(" .. base .. ")" or base) }
      if field.type:find "vbo%.Timestamp" then
        for _, how in ipairs { "after", "before" } do
          list[#list + 1] = { name = field.name .. "_" .. how, type = "vbo.Date",
            optional = true, versions = field.versions }
        end
      end
      sized = sized or field.name == "size"
    end
  end
  if sized then
    for _, name in ipairs { "larger", "smaller" } do
      list[#list + 1] = { name = name, type = "integer|string", optional = true,
        comment = 'bytes, or "10 MiB"' }
    end
  end
  return luacats.class({ name = object.type .. ".Conditions", fields = list,
    versions = object.versions }, names)
end

-- Returns the result of a collection's method in terms of its elements.
local function of_elements(signature, annotation, object)
  local kind = annotation and annotation:match "^return%s+(.*)$" or ""
  local element, own = object.type, object.type .. "Collection"
  if kind:match "^table collection" or kind:match "^vbo%.Collection" then return own end
  if signature.name == "select" then return nil end
  if kind:match "^fun%(%)%s*:%s*table" then return ("fun(): %s?"):format(element) end
  if kind:match "^table%[%]" then return element .. "[]" end
  if kind:match "^table%?" then return element .. "?" end
  if kind:match "^table" then return element end
end

local function collection(object, common, fields, names)
  local type_name = object.type .. "Collection"
  local own = type_name:match "[^.]+$"
  local out = { conditions(object, fields, names),
    ("---@class %s: vbo.Collection\nlocal %s = {}\n\n"):format(type_name, own) }
  for _, entry in ipairs(common) do
    local gives = of_elements(entry.signature, entry.annotation, object)
    if gives then
      local copy = {}
      for key, value in pairs(entry.signature) do copy[key] = value end
      copy.returns, copy.parameters = gives, {}
      for i, parameter in ipairs(entry.signature.parameters) do
        local text = parameter.type
        if parameter.name == "conditions" then
          text = ("%s.Conditions|fun(item: %s): boolean"):format(object.type, object.type)
        end
        copy.parameters[i] = { name = parameter.name, type = text, optional = parameter.optional }
      end
      copy.text = { entry.signature.text[1] }
      out[#out + 1] = M.method(own, copy, names, object.versions)
    end
  end
  for _, signature in ipairs(object.bulk_signatures) do
    out[#out + 1] = M.method(own, signature, names, object.versions)
  end
  return table.concat(out)
end

--- One object and its collection.
---@param object vbo.document.Object  with `record` (a class), `versions` and its signatures
---@param common table[]  what all collections have: {signature, annotation}
---@param renamed table<string, string[]>
---@param names string[]
---@return string
function M.object(object, common, renamed, names)
  local fields = {}
  local all = object.record and words.record(object.record, renamed) or {}
  for _, field in ipairs(all) do
    if not object.written[field.name] then fields[#fields + 1] = field end
  end
  local own = object.type:match "[^.]+$"
  local out = {
    (luacats.class({ name = object.type, parent = "vbo.Resource", fields = fields,
      versions = object.versions }, names):gsub("\n\n$", "\n")),
    ("local %s = {}\n\n"):format(own),
  }
  for _, signature in ipairs(object.signatures) do
    out[#out + 1] = M.method(own, signature, names, object.versions)
  end
  out[#out + 1] = collection(object, common, all, names)
  return table.concat(out)
end

return M
