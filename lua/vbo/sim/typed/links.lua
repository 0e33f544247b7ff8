--- Links typed records to themselves, to resources below them and to those that they belong to, as
--- far as this version answers a GET there.

local ascii = require "vbo.base.ascii"
local records = require "vbo.sim.typed.records"
local resources = require "vbo.sim.typed.resources"

local M = {}

-- Properties that are ids of other resources: the name of the link and its target.
local references = {
  organizationid = { "organization", "/organizations/{}" },
  repositoryid = { "repository", "/backuprepositories/{}" },
  proxyid = { "proxy", "/proxies/{}" },
  jobid = { "job", "/jobs/{}" },
}

local function escape(text)
  return (tostring(text):gsub("[^%w%-_.~=]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- Makes a link; nil where the operation needs a query that this request does not have.
local function href(context, op, given)
  local query = {}
  for _, parameter in ipairs(op.parameters) do
    if parameter.place == "query" and parameter.required then
      local value = context.query[parameter.name]
      if value == nil or type(value) == "table" then return nil end
      query[#query + 1] = parameter.name .. "=" .. escape(value)
    end
  end
  local path = op.path:gsub("^/v%d+", ""):gsub("{[^}]*}", "%%s")
  local escaped = {}
  for i, id in ipairs(given) do escaped[i] = escape(id) end
  local link = context:href(path, table.unpack(escaped))
  if query[1] then link.href = link.href .. "?" .. table.concat(query, "&") end
  return link
end

local below = {}

-- Finds the GET operations one step below a resource: name -> operation.
local function children(cat, key)
  below[cat] = below[cat] or {}
  local found = below[cat][key]
  if not found then
    found = {}
    for each, methods in pairs(resources.table(cat)) do
      local rest = each:sub(1, #key + 1) == key .. "/" and each:sub(#key + 2)
      if rest and methods.GET and not rest:find "[/{]" then
        local op = cat:operation(methods.GET)
        if op.answer.kind == "json" then
          local word = op.path:match "([^/]*)$"
          found[word:gsub("^%u+", ascii.lower, 1)] = op
        end
      end
    end
    below[cat][key] = found
  end
  return found
end

--- Makes the links of a record.
---@param context vbo.sim.Context
---@param key string      "/accounts/{}", or of a document
---@param above string[]  the ids of its collection, or of the document
---@param record table
---@return table
function M.of(context, key, above, record)
  local cat, out, known = context.cat, {}, record.known
  local own = resources.operation(cat, key, "GET")
  -- Operations name the record by its id or by its name.
  local function link(op)
    local given = { table.unpack(above) }
    if key:match "{}$" then
      local parameters = {}
      for name in op.path:gmatch "{([^}]*)}" do parameters[#parameters + 1] = name end
      given[#above + 1] = records.id_of(resources.parent(key), record, parameters[#above + 1])
    end
    return href(context, op, given)
  end
  if own then out.self = link(own) end
  for name, op in pairs(children(cat, key)) do out[name] = link(op) end
  for property, each in pairs(references) do
    local id, op = known[property], resources.operation(cat, each[2], "GET")
    if type(id) == "string" and op and each[2] ~= key then
      -- Up to v5 the link has the kind of the repository.
      local name = context.number <= 5 and each[1] == "repository" and "backupRepository" or each[1]
      out[name] = href(context, op, { id })
    end
  end
  return out
end

return M
