--- Reads a function of the module: the comment above it, its parameters, and
--- what can be read off its text and its upvalues: the operations that it calls, the tables
--- of options that it checks, and the classes that it gives.

local M = {}

local Functions = {}
Functions.__index = Functions

--- A reader of functions of loaded sources.
---@param sources vbo.document.Sources
---@param is_operation fun(name: string): boolean
---@param classes table<table, any>  the classes of resources, as keys
function M.new(sources, is_operation, classes)
  return setmetatable({ sources = sources, is_operation = is_operation, classes = classes,
    known = {} }, Functions)
end

--- Returns the comment that ends just above a line.
---@param chunk string
---@param line integer
---@return string[] text         without its dashes
---@return string[] annotations  "param given table?" …
function Functions:comment(chunk, line)
  local lines = self.sources.lines[chunk]
  local first = line
  while lines and first > 1 and lines[first - 1]:match "^%s*%-%-%-" do first = first - 1 end
  local text, annotations = {}, {}
  for at = first, line - 1 do
    local annotation = lines[at]:match "^%s*%-%-%-@(.*)$"
    if annotation then
      annotations[#annotations + 1] = annotation
    elseif #annotations > 0 and lines[at]:match "^%s*%-%-%-%s%s" then
      annotations[#annotations] = annotations[#annotations] .. " "
        .. lines[at]:match "^%s*%-%-%-%s*(.*)$"
    else
      text[#text + 1] = lines[at]:match "^%s*%-%-%-%s?(.*)$"
    end
  end
  return text, annotations
end

-- The upvalues of a function by name.
local function upvalues_of(run)
  local map, at = {}, 1
  while true do
    local name, value = debug.getupvalue(run, at)
    if not name then return map end
    map[name] = value
    at = at + 1
  end
end

-- `name` or `name.field…` among upvalues.
local function resolve(upvalues, expression)
  local first, rest = expression:match "^([%w_]+)(.*)$"
  local value = upvalues[first]
  for word in rest:gmatch "[%w_]+" do
    if type(value) ~= "table" then return nil end
    value = rawget(value, word)
  end
  return value
end

-- `{ deadline = "number" }` as it stands in the text.
local function literal(text)
  local spec
  for name, types in text:gmatch '([%a_][%w_]*)%s*=%s*"(!?[%a|_]+)"' do
    spec = spec or {}
    spec[name] = types
  end
  return spec
end

local type_words = {
  string = true, number = true, integer = true, boolean = true, table = true, any = true,
  callable = true, userdata = true, ["function"] = true,
}

local function is_spec(value)
  if type(value) ~= "table" or getmetatable(value) then return false end
  for name, types in pairs(value) do
    if type(name) ~= "string" or type(types) ~= "string" or not types:match "^!?[%a|_]+$" then
      return false
    end
    for word in types:gmatch "[%a_]+" do if not type_words[word] then return false end end
  end
  return next(value) ~= nil
end

local function mentions(text, name) return text:find("%f[%w_]" .. name .. "%f[^%w_]") ~= nil end

-- Tables of options: upvalues that the text names (alone, or as a field of a module), and
-- those that stand in it.
local function take_specs(upvalues, text, into)
  local function take(spec)
    if not is_spec(spec) then return end
    for name, types in pairs(spec) do into[name] = into[name] or types end
  end
  local names = {}
  for name in pairs(upvalues) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    if type(upvalues[name]) == "table" and name ~= "_ENV" and mentions(text, name) then
      take(upvalues[name])
    end
  end
  for expression in text:gmatch "[%a_][%w_]*%.own%f[^%w_]" do
    take(resolve(upvalues, expression))
  end
  for inside in text:gmatch "%b{}" do take(literal(inside)) end
end

local function without_comments(lines, first, last)
  local text = {}
  for at = first, last do text[#text + 1] = (lines[at]:gsub("%s%-%-%s.*$", "")) end
  return table.concat(text, "\n")
end

local function add_operation(self, facts, value)
  if type(value) == "string" and not facts.operations[value] and self.is_operation(value) then
    facts.operations[value] = true
    facts.operations[#facts.operations + 1] = value
  end
end

local function add_inner(self, facts, map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do
    local inner = map[name]
    add_operation(self, facts, inner)
    if type(inner) == "table" then add_operation(self, facts, inner.operation) end
  end
end

-- The calls in a function's text that lead to other functions of the module.
local function callees(upvalues, text)
  local found, seen = {}, {}
  for expression in text:gmatch "([%a_][%w_.]*)%s*[%(\"{]" do
    local value = resolve(upvalues, expression)
    if type(value) == "function" and not seen[value] then
      seen[value] = true
      found[#found + 1] = value
    end
  end
  for module, name in text:gmatch 'require%("(vbo[%w_.]*)"%)%.([%w_]+)' do
    found[#found + 1] = { module = module, name = name }
  end
  for module, name in text:gmatch 'objects%.named%s+"([%w_.]+)%.([%w_]+)"' do
    found[#found + 1] = { module = "vbo.objects." .. module, name = name }
  end
  return found
end

---@class vbo.document.Function
---@field chunk string
---@field line integer
---@field text string[]           of the comment
---@field annotations string[]
---@field parameters string[]     without `self`
---@field operations string[]     that it names itself, or that are its upvalues
---@field specs table<string, string>  options that it checks → types
---@field gives {class: table, many: boolean}?  a resource or a collection of that class
---@field checked boolean        its options are those of `specs`, and no others

local function describe(self, run)
  local info = debug.getinfo(run, "S")
  local lines = self.sources.lines[info.source]
  if not lines then return nil end
  local facts = {
    chunk = info.source, line = info.linedefined, parameters = {}, operations = {}, specs = {},
  }
  facts.text, facts.annotations = self:comment(info.source, info.linedefined)
  local at = 1
  while true do
    local name = debug.getlocal(run, at)
    if not name then break end
    if not (at == 1 and name == "self") then facts.parameters[#facts.parameters + 1] = name end
    at = at + 1
  end
  if debug.getinfo(run, "u").isvararg then facts.parameters[#facts.parameters + 1] = "..." end
  local text = without_comments(lines, info.linedefined, info.lastlinedefined)
  for word in text:gmatch '"([%w_]+)"' do add_operation(self, facts, word) end
  local upvalues = upvalues_of(run)
  local names = {}
  for name in pairs(upvalues) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = upvalues[name]
    if mentions(text, name) then
      add_operation(self, facts, value)
      -- The options of a declaration: `how.operator.operation`, `operations.one`.
      if type(value) == "table" and not self.classes[value] and not getmetatable(value)
          and (name == "how" or name == "operator" or name == "elsewhere") then
        add_inner(self, facts, value)
      end
    end
  end
  facts.checked = mentions(text, "given") and text:find("options%.check%(given,") ~= nil
  take_specs(upvalues, text, facts.specs)
  for how, expression in text:gmatch "return%s+([%a_]+%.[%a_]+)%(([%w_.]+)" do
    local class = resolve(upvalues, expression)
    if type(class) == "table" and self.classes[class] then
      local many = how:match "^collection%." ~= nil
      if many or how:match "^resource%." then facts.gives = { class = class, many = many } end
    end
  end
  facts.body, facts.upvalues = text, upvalues
  return facts
end

-- Adds what the functions that it calls check, and, where it names no operation itself,
-- theirs.
local function follow(self, facts, depth, seen)
  if depth == 0 then return end
  for _, callee in ipairs(callees(facts.upvalues, facts.body)) do
    if type(callee) == "table" then
      local module = self.sources.modules[callee.module]
      callee = type(module) == "table" and rawget(module, callee.name)
    end
    if type(callee) == "function" and not seen[callee] then
      seen[callee] = true
      local other = describe(self, callee)
      local name = other and self.sources.names[other.chunk]
      if other and name ~= "vbo.request.pipeline" and name ~= "vbo.base.error" then
        local alone = #facts.operations == 0
        follow(self, other, depth - 1, seen)
        facts.checked = facts.checked or other.checked and name ~= "vbo.model.collection"
        for option, types in pairs(other.specs) do
          facts.specs[option] = facts.specs[option] or types
        end
        if alone then
          for _, operation in ipairs(other.operations) do add_operation(self, facts, operation) end
        end
        if not facts.gives then facts.gives = depth > 2 and other.gives or nil end
      end
    end
  end
end

--- Returns the facts of one function; nil for one that is not of these sources.
---@param run function
---@return vbo.document.Function?
function Functions:of(run)
  local facts = self.known[run]
  if facts == nil then
    facts = describe(self, run) or false
    if facts then follow(self, facts, 4, { [run] = true }) end
    self.known[run] = facts
  end
  return facts or nil
end

return M
