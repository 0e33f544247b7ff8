--- Finds what a command line calls: an operation by its name, or by method and path.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local titles = require "vbo.catalogue.titles"

local M = {}

local methods = { GET = true, POST = true, PUT = true, DELETE = true, PATCH = true, HEAD = true }

local function decode(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

---@class vbo.cli.Target
---@field name string?     of an operation
---@field method string?   else a method and a path without its version
---@field path string?
---@field query string?
---@field version string?  of the path

-- Returns the name of an operation that the word calls by its title in the vendor's reference.
local function named(word)
  local name = word:gsub("%.", "_", 1)
  if not word:find("%s") then return name end
  local found = titles.find(word)
  if #found == 1 then return found[1] end
  local near = titles.near(word)
  errors.usage(("'%s' %s"):format(word, found[2] and "is the title of several operations"
      or "is not the title of an operation"),
    found[2] and "name one: " .. table.concat(found, ", ")
      or near and ("did you mean '%s'?"):format(near) or "vbolua api --list WORD finds operations")
end

--- Takes the target from the front of the words.
---@param words string[]
---@return vbo.cli.Target
---@return string[] rest
function M.split(words)
  local first = words[1]
  if not first then
    errors.usage("api needs an operation", "give a name (Job_Get) or a method and path (GET /Jobs)")
  end
  local used, method, address = 1, ascii.upper(first), nil
  if methods[method] then
    address, used = words[2], 2
    if not address or address:sub(1, 1) ~= "/" then
      errors.usage(("api: %s needs a path"):format(method), "write it as GET /Jobs")
    end
  elseif first:sub(1, 1) == "/" then
    method, address = "GET", first
  end
  local rest = table.move(words, used + 1, #words, 1, {})
  if not address then return { name = named(first) }, rest end
  local path, query = address:match "^([^?]*)%??(.*)$"
  local version, after = path:match "^/([vV]%d+)(/.*)$"
  return { method = method, path = after or path, query = query,
    version = version and ascii.lower(version) }, rest
end

-- Returns the nearest path of the version, compared with the given words in place of parameters.
local function similar(known, path)
  local given = {}
  for segment in path:gmatch "[^/]+" do given[#given + 1] = segment end
  local shapes, templates = {}, {}
  for _, template in known:resources() do
    local segments, shape = {}, {}
    for segment in template:gsub("^/v%d+", ""):gmatch "[^/]+" do
      segments[#segments + 1] = segment
    end
    if #segments == #given then
      for i, segment in ipairs(segments) do
        shape[i] = segment:match "^{" and given[i] or segment
      end
      local text = "/" .. table.concat(shape, "/")
      shapes[#shapes + 1] = text
      templates[text] = "/" .. table.concat(segments, "/")
    end
  end
  local near = nearest(path, shapes)
  return near and templates[near]
end

local function no_such_path(known, target, allowed)
  local request = target.method .. " " .. target.path
  if allowed then
    errors.usage(("%s: this path is not for %s"):format(request, target.method),
      ("it takes %s"):format(table.concat(allowed, ", ")))
  end
  local versions = {}
  for _, version in ipairs(catalogue.versions) do
    local ok, other = pcall(catalogue.load, version)
    if ok and other:match(target.method, "/" .. version .. target.path) then
      versions[#versions + 1] = version
    end
  end
  if versions[1] then
    errors.raise {
      kind = "unsupported", message = ("%s has no %s"):format(known.version, request),
      hint = table.concat(versions, ", ") .. (versions[2] and " have it" or " has it"),
    }
  end
  local near = similar(known, target.path)
  errors.usage(("there is no path %s in any version"):format(target.path),
    near and ("did you mean %s?"):format(near) or "vbolua api --list WORD finds paths")
end

--- Raises what `find` would raise in every version, without a server.
---@param target vbo.cli.Target
function M.exists(target)
  local last
  for _, version in ipairs(catalogue.versions) do
    local ok, known = pcall(catalogue.load, version)
    if ok then
      last = known
      if target.name and known:has(target.name) then return end
      if target.path and known:match(target.method, "/" .. version .. target.path) then return end
    end
  end
  if target.name then errors.raise(catalogue.missing(last, target.name)) end
  no_such_path(last, target, (select(3, last:match(target.method,
    "/" .. last.version .. target.path))))
end

-- Reads the text of a query by the operation's parameters, so that it is checked as any other.
local function read_query(operation, query, arguments)
  for part in (query or ""):gmatch "[^&]+" do
    local name, value = part:match "^([^=]*)=?(.*)$"
    name, value = decode(name), decode(value)
    local place, found = name, nil
    for _, parameter in ipairs(operation.parameters) do
      if ascii.lower(parameter.name) == ascii.lower(name) then
        place, found = parameter.name, parameter
      end
    end
    if arguments[place] == nil then
      arguments[place] = value
    elseif found and found.schema.type == "array" then
      local list = arguments[place]
      if type(list) ~= "table" then list = { list } end
      list[#list + 1] = value
      arguments[place] = list
    else
      errors.usage(("'%s' is given twice"):format(name))
    end
  end
end

-- Picks the action that a word, or the one member of the body, names.
local function pick_action(found, target, entries, body)
  local chosen, rest = nil, {}
  for _, entry in ipairs(entries) do
    local first = type(entry) == "string" and entry or entry.steps[1]
    local key = type(first) == "string" and found.actions[ascii.lower(first)] and ascii.lower(first)
    if key and (chosen == nil or chosen == key) then
      chosen = key
      if type(entry) ~= "string" then
        local steps = table.move(entry.steps, 2, #entry.steps, 1, {})
        if steps[1] then
          rest[#rest + 1] = { key = entry.key, steps = steps, raw = entry.raw, text = entry.text }
        elseif entry.text ~= "" and entry.text ~= "null" then
          rest[#rest + 1] = { key = entry.key, steps = { "body" }, raw = true, text = entry.text }
        end
      end
    else
      rest[#rest + 1] = entry
    end
  end
  if not chosen and type(body) == "table" then
    local key, value = next(body)
    if type(key) == "string" and found.actions[ascii.lower(key)] and next(body, key) == nil then
      chosen, body = ascii.lower(key), value
    end
  end
  if not chosen then
    local names = {}
    for _, operation in pairs(found.actions) do names[#names + 1] = operation.action end
    table.sort(names)
    errors.usage(("%s %s needs an action"):format(target.method, target.path),
      ("add one of %s, such as %s= or %s.property=value"):format(
        table.concat(names, ", "), names[1], names[1]))
  end
  return found.actions[chosen], rest, body
end

--- Finds the operation.
---
--- Raises `usage` for an operation that no version has (with the nearest) and `unsupported` for one
--- that this version lacks (with the versions that have it).
---@param known vbo.Catalogue
---@param target vbo.cli.Target
---@param entries (vbo.cli.Entry|string)[]
---@param body any  the decoded --body
---@return vbo.Operation operation
---@return table arguments  of the path
---@return vbo.cli.Entry[] entries  without the action's name
---@return any body
function M.find(known, target, entries, body)
  if target.name then
    local operation = known:operation(target.name)
      or errors.raise(catalogue.missing(known, target.name))
    return operation, {}, entries, body
  end
  local found, values, allowed = known:match(target.method, "/" .. known.version .. target.path)
  if not found then no_such_path(known, target, allowed) end
  local arguments = {}
  for name, value in pairs(values) do
    -- An argument fills in a placeholder of the path.
    if not value:match "^{.*}$" then arguments[name] = value end
  end
  if found.actions then
    found, entries, body = pick_action(found, target, entries, body)
  end
  read_query(found, target.query, arguments)
  return found, arguments, entries, body
end

return M
