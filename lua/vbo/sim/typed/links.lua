--- Links of typed records: to themselves, to what lies below them, and to what they belong to.
--- Only such as this version answers with GET.

local resources = require "vbo.sim.typed.resources"

local M = {}

-- Properties that are ids of other resources: the link's name and where it leads.
local references = {
  organizationid = { "organization", "/organizations/{}" },
  repositoryid = { "repository", "/backuprepositories/{}" },
  proxyid = { "proxy", "/proxies/{}" },
  jobid = { "job", "/jobs/{}" },
}

local function href(context, op, given)
  local path = op.path:gsub("^/v%d+", ""):gsub("{[^}]*}", "%%s")
  local escaped = {}
  for i, id in ipairs(given) do
    escaped[i] = id:gsub("[^%w%-_.~=]", function(c) return ("%%%02X"):format(c:byte()) end)
  end
  return context:href(path, table.unpack(escaped))
end

local function needs_query(op)
  for _, parameter in ipairs(op.parameters) do
    if parameter.place == "query" and parameter.required then return true end
  end
  return false
end

local below = {}

-- The GET operations one step below a resource: name -> operation.
local function children(cat, key)
  below[cat] = below[cat] or {}
  local found = below[cat][key]
  if not found then
    found = {}
    for each, methods in pairs(resources.table(cat)) do
      local rest = each:sub(1, #key + 1) == key .. "/" and each:sub(#key + 2)
      if rest and methods.GET and not rest:find "[/{]" then
        local op = cat:operation(methods.GET)
        if not needs_query(op) and op.answer.kind == "json" then
          local word = op.path:match "([^/]*)$"
          found[word:gsub("^%u+", string.lower, 1)] = op
        end
      end
    end
    below[cat][key] = found
  end
  return found
end

--- The links of a record.
---@param context vbo.sim.Context
---@param key string      "/accounts/{}"
---@param given string[]  the ids of it, its own last
---@param known table
---@return table
function M.of(context, key, given, known)
  local cat, out = context.cat, {}
  local own = resources.operation(cat, key, "GET")
  if own then out.self = href(context, own, given) end
  for name, op in pairs(children(cat, key)) do out[name] = href(context, op, given) end
  for property, each in pairs(references) do
    local id, op = known[property], resources.operation(cat, each[2], "GET")
    if type(id) == "string" and op and each[2] ~= key then
      out[each[1]] = href(context, op, { id })
    end
  end
  return out
end

return M
