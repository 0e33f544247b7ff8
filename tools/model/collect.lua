--- The classes of resources that the module declares, with their names as types, and every
--- method of theirs, of their collections and of the client.

local ascii = require "vbo.base.ascii"
local functions = require "tools.model.functions"
local isolate = require "tools.model.isolate"
local modules = require "tools.model.modules"

local M = {}

local function sorted_keys(map)
  local list = {}
  for key in pairs(map) do if type(key) == "string" then list[#list + 1] = key end end
  table.sort(list)
  return list
end

-- Where a declaration stands: the first caller outside the declaring module.
local function caller(own)
  local level = 3
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.source ~= own and info.currentline > 0 then
      return { chunk = info.source, line = info.currentline }
    end
    level = level + 1
  end
end

local function watch_classes(module, sites)
  local plain = module.class
  local own = debug.getinfo(plain, "S").source
  module.class = function(class)
    local site = caller(own)
    local made = plain(class)
    sites[made] = site
    return made
  end
end

local function watch_declarations(module, sites)
  local own = debug.getinfo(module.note, "S").source
  for _, name in ipairs(sorted_keys(module)) do
    local plain = module[name]
    if type(plain) == "function" then
      module[name] = function(...)
        local site = caller(own)
        local results = table.pack(plain(...))
        for _, list in pairs(module.registry) do
          for _, declaration in ipairs(list) do
            if not sites[declaration] then sites[declaration] = site end
          end
        end
        return table.unpack(results, 1, results.n)
      end
    end
  end
end

local function pascal(words)
  return (words:gsub("(%a)(%w*)[^%w]*", function(first, rest)
    return ascii.upper(first) .. rest
  end))
end

-- The name in the comment above `local Job = resource.class {`, and the fields it has.
local function written_name(reader, site)
  if not site then return nil, {} end
  local name, fields, line, count = nil, {}, site.line, 0
  local lines = reader.sources.lines[site.chunk]
  local variable = lines[line]:match "^(%w+)%s*="
  -- `local Session` was declared above, for its own methods to see.
  for at = 1, variable and line - 1 or 0 do
    if lines[at] == "local " .. variable then line = at end
  end
  local _, annotations = reader:comment(site.chunk, line)
  for _, annotation in ipairs(annotations) do
    name = name or annotation:match "^class%s+(vbo%.[%w_.]+)"
    local field, rest = annotation:match "^field%s+([%w_]+%??)%s*(.*)$"
    if field then
      count = count + 1
      fields[field:gsub("%?", "")] = { at = count, text = rest }
    end
  end
  return name, fields
end

local function made_up_name(class, taken)
  local operation = class.get or class.list
  local group = type(operation) == "table" and operation[1] or operation
  group = (group or ""):match "^%w+" or ""
  local kind = pascal(class.kind)
  local name = ascii.lower(group):sub(-#kind) == ascii.lower(kind) and group or group .. kind
  local full, count = "vbo." .. name, 1
  while taken[full] do
    count = count + 1
    full = ("vbo.%s%d"):format(name, count)
  end
  return full
end

local function find_upvalue(run, name, seen)
  seen = seen or {}
  if seen[run] then return nil end
  seen[run] = true
  local at = 1
  while true do
    local found, value = debug.getupvalue(run, at)
    if not found then return nil end
    if found == name then return value end
    local index = type(value) == "table" and rawget(value, "__index")
    if type(index) == "function" then
      local inside = find_upvalue(index, name, seen)
      if inside then return inside end
    end
    at = at + 1
  end
end

--- `single`: the declarations of one resource's methods, which its collections have too.
local function methods_of(methods, declared, single, sources)
  local list = {}
  for _, name in ipairs(sorted_keys(methods)) do
    local run = methods[name]
    if type(run) == "function" and name:sub(1, 1) ~= "_" then
      local declaration, each = declared[name], false
      if not declaration and single
          and sources.names[debug.getinfo(run, "S").source] == "vbo.model.declare" then
        declaration = single[name]
        each = declaration ~= nil
      end
      list[#list + 1] = { name = name, run = run, declaration = declaration, each = each }
    end
  end
  return list
end

local function by_name(list)
  local map = {}
  for _, declaration in ipairs(list or {}) do map[declaration.name] = declaration end
  return map
end

---@class vbo.document.Method
---@field name string
---@field run function
---@field declaration vbo.Declaration?
---@field each boolean?  a selection does it to each of its resources

---@class vbo.document.Object
---@field class table
---@field type string            "vbo.Job"
---@field module string          "vbo.objects.jobs": where it is declared
---@field written table<string, {at: integer, text: string}>  fields of the hand-written comment
---@field methods vbo.document.Method[]
---@field bulk vbo.document.Method[]
---@field names table<string, true>  of its methods

---@class vbo.document.Collected
---@field objects vbo.document.Object[]     sorted by type
---@field of table<table, vbo.document.Object>  by class
---@field client vbo.document.Method[]
---@field resource vbo.document.Method[]    what all resources have
---@field collection vbo.document.Method[]  what all collections have
---@field reader table                      of functions
---@field sites table<table, {chunk: string, line: integer}>  of declarations
---@field sources vbo.document.Sources

--- Loads the sources, and notes where they declare what.
---@param root string  the folder that holds `vbo/`
---@param run fun(sources: vbo.document.Sources, sites: table): any
---@return any  what `run` gave
function M.with(root, run)
  local sites = {}
  local names = { "vbo", "vbo.client", "vbo.client.below", "vbo.catalogue" }
  table.move(modules(root, "vbo/objects"), 1, 1000, #names + 1, names)
  return isolate.with(root, names, function(name, module)
    if name == "vbo.model.resource" then watch_classes(module, sites) end
    if name == "vbo.model.declare" then watch_declarations(module, sites) end
  end, function(sources) return run(sources, sites) end)
end

--- Looks at loaded sources.
---@param sources vbo.document.Sources
---@param sites table
---@param is_operation fun(name: string): boolean
---@return vbo.document.Collected
function M.from(sources, sites, is_operation)
  local resource = sources.modules["vbo.model.resource"]
  local declare = sources.modules["vbo.model.declare"]
  local known = {}
  for _, class in ipairs(resource.classes) do known[class] = class end
  local reader = functions.new(sources, is_operation, known)
  local result = { objects = {}, of = {}, reader = reader, sites = sites, sources = sources }
  local taken, nameless = {}, {}
  for _, class in ipairs(resource.classes) do
    local site = sites[class]
    local name, written = written_name(reader, site)
    if name and taken[name] then name = nil end
    local own = by_name(declare.registry[class.methods])
    local object = {
      class = class, type = name, written = written, module = site and sources.names[site.chunk],
      methods = methods_of(class.methods, own),
      bulk = methods_of(class.bulk, by_name(declare.registry[class.bulk]), own, sources),
    }
    result.objects[#result.objects + 1] = object
    result.of[class] = object
    if name then taken[name] = true else nameless[#nameless + 1] = object end
  end
  for _, object in ipairs(nameless) do
    object.type = made_up_name(object.class, taken)
    taken[object.type] = true
  end
  table.sort(result.objects, function(a, b) return a.type < b.type end)
  local client = sources.modules["vbo.client"].methods
  local below = sources.modules["vbo.client.below"]
  local all = {}
  for _, methods in ipairs { client, below } do
    for name, method in pairs(methods) do all[name] = method end
  end
  result.client = methods_of(all, by_name(declare.registry[below]))
  for _, object in ipairs(result.objects) do
    object.names = {}
    for _, list in ipairs { object.methods, object.bulk } do
      for _, method in ipairs(list) do object.names[method.name] = true end
    end
  end
  local any = resource.classes[1]
  result.resource = methods_of(getmetatable(any.methods).__index, {})
  result.collection = methods_of(
    find_upvalue(sources.modules["vbo.model.collection"].new, "Collection"), {})
  return result
end

return M
