--- One version's catalogue: operations by name, in order, and by method and path.
---
--- Holds the index as text and reads an operation's line, and the schemas that it names,
--- at their first use: a run uses a few of some five hundred operations.

local ascii = require "vbo.base.ascii"
local check = require "vbo.catalogue.check"
local common = require "vbo.catalogue.common"
local match = require "vbo.catalogue.match"
local notation = require "vbo.catalogue.notation"

local M = {}

---@class vbo.Schema
---@field type string?            string, boolean, integer, number, array, object; nil: anything
---@field properties table<string, vbo.Schema>?  nil: any object
---@field order string[]?         the names of the properties in the order of the document
---@field required string[]?
---@field additional vbo.Schema?  of further properties; nil: there are none
---@field items vbo.Schema?
---@field enum string[]?          all values
---@field known string[]?         some values; others exist
---@field format string?          int32, int64, double, date-time, dotted, uuid, byte, password
---@field loose boolean?          a date-time that may lack its zone or have an older form
---@field nullable boolean?
---@field read_only boolean?
---@field write_only boolean?
---@field name string?            of a named schema
---@field page boolean?           of a page envelope: the rows are in `results`

---@class vbo.Operation.Parameter
---@field name string
---@field place "path"|"query"
---@field required boolean
---@field schema vbo.Schema

---@class vbo.Operation.Answer
---@field kind "stream"|"json"|"empty"
---@field status integer         of success
---@field schema vbo.Schema?     nil: not known
---@field item vbo.Schema?       of one row of an array or a page
---@field page boolean|"either"  rows in an envelope; "either": or a bare array
---@field array boolean          a bare array
---@field changes boolean        rows in an envelope with a change token

---@class vbo.Operation
---@field name string       canonical
---@field method string
---@field path string       "/v8/Jobs/{jobId}"
---@field action string?    the key of the body, in the action dialect
---@field parameters vbo.Operation.Parameter[]
---@field body vbo.Schema?
---@field body_required boolean
---@field null_body boolean  the action may be sent with null although it has properties
---@field content_type string?
---@field answer vbo.Operation.Answer
---@field class "read"|"housekeeping"|"change"
---@field change boolean    its class is "change": it alters production or the server
---@field opens boolean     housekeeping after which the server holds something for us: a session
---@field ends boolean      housekeeping that ends what the server holds, and may be repeated
---@field anonymous boolean
---@field inferred boolean  the vendor's reference was not seen to have it in this version

---@class vbo.Catalogue
---@field version string
---@field number integer
---@field dialect "verb"|"action"
local Catalogue = {}
Catalogue.__index = Catalogue

local function aliases() return require "vbo.catalogue.facts.aliases" end

-- The text that holds the lines of one kind that a version brought.
local function text_of(self, kind, origin)
  local inside = self._facts.lines
  if inside then return inside[kind] end
  return require(("vbo.catalogue.facts.%s_%s"):format(kind, origin))
end

local function line_of(self, kind, name, origin)
  local text = text_of(self, kind, origin)
  local from
  if text:sub(1, #name + 1) == name .. "\t" then
    from = 1
  else
    from = (text:find("\n" .. name .. "\t", 1, true) or error("no facts of " .. name)) + 1
  end
  return text:match("[^\n]*", from)
end

-- Iterates over one kind of the version: name, origin, aliases.  A module of a user's own server
-- has a list of its own, the shipped versions share one.
local function listed(facts, kind)
  if facts[kind] then return facts[kind]:gmatch "(%S+) (%S+)([^\n]*)" end
  return common.each(require("vbo.catalogue.facts.index")[kind], facts.number)
end

--- The catalogue of an index module.
---@param facts table
---@return vbo.Catalogue
function M.new(facts)
  return setmetatable({
    version = facts.version, number = facts.number, dialect = facts.dialect,
    _facts = facts, _origin = { operations = {}, schemas = {} }, _read = {}, _shells = {},
  }, Catalogue)
end

-- Reads the list of all operations: for who goes through them, or names one otherwise than the
-- list does.  A runbook that calls some by their names does without.
local function list(self)
  if self._names then return end
  self._names, self._lower, self._ids = {}, {}, {}
  for name, origin, more in listed(self._facts, "operations") do
    self._names[#self._names + 1] = name
    self._origin.operations[name] = origin
    self._lower[ascii.lower(name)] = name
    if more ~= "" then
      self._ids[name] = more:match "%S+"
      for alias in more:gmatch "%S+" do
        self._lower[ascii.lower(alias)] = self._lower[ascii.lower(alias)] or name
      end
    end
  end
end

-- Returns the version that brought the facts of a name in the list's spelling; nil when the
-- version has none.
local function origin_of(self, kind, name)
  local known = self._origin[kind]
  local origin = known[name]
  if origin == nil then
    if self._facts[kind] then
      -- A list of its own.
      for other, from in listed(self._facts, kind) do known[other] = from end
      origin = known[name]
    else
      origin = common.origin(require("vbo.catalogue.facts.index")[kind], self.number, name)
    end
    known[name] = origin or false
  end
  return origin or nil
end

local function canonical(self, name)
  if type(name) ~= "string" then return nil end
  if origin_of(self, "operations", name) then return name end
  list(self)
  local word = ascii.lower(name)
  local found = self._lower[word]
  if found then return found end
  local other = aliases()[word]
  return other and self._lower[ascii.lower(other)]
end

-- Named schemas are shells first, so that cyclic ones can be built; a marked reference
-- (`@X?`) is a copy, filled in when all shells of the round are.
local function named(self, name, marks)
  local shell = self._shells[name]
  if not shell then
    local origin = origin_of(self, "schemas", name) or error("no schema " .. name)
    shell = { name = name }
    self._shells[name] = shell
    local line = line_of(self, "schemas", name, origin)
    local text, flag = line:match "^[^\t]*\t([^\t]*)\t(.)"
    local schema = notation.read(text, self._named)
    for key, value in pairs(schema) do
      if key ~= "name" then shell[key] = value end
    end
    shell.page = flag == "p" or nil
    shell.changes = flag == "c" or nil
  end
  if not marks then return shell end
  local copy = marks
  self._late[#self._late + 1] = function()
    for key, value in pairs(shell) do
      if copy[key] == nil then copy[key] = value end
    end
  end
  return copy
end

local function read_schema(self, text)
  local outermost = self._late == nil
  self._late = self._late or {}
  self._named = self._named or function(name, marks) return named(self, name, marks) end
  local schema = notation.read(text, self._named)
  if outermost then
    for _, fill in ipairs(self._late) do fill() end
    self._late = nil
  end
  return schema
end

local function read_parameters(self, text)
  local result = {}
  if text == "-" then return result end
  for place, name, mark, schema in text:gmatch "(%l):([^:!]+)(!?):(%S+)" do
    result[#result + 1] = {
      name = name, place = place == "p" and "path" or "query",
      required = place == "p" or mark == "!", schema = read_schema(self, schema),
    }
  end
  return result
end

local function read_answer(self, text)
  local status, kind, rest = text:match "^(%d+) (%l+) ?(.*)$"
  local answer = {
    status = math.tointeger(tonumber(status)), kind = kind,
    page = false, array = false, changes = false,
  }
  for word in rest:gmatch "%S+" do
    if word == "page" then answer.page = true
    elseif word == "either" then answer.page = "either"
    elseif word == "array" then answer.array = true
    elseif word == "changes" then answer.changes = true
    else answer.schema = read_schema(self, word) end
  end
  local schema = answer.schema
  if schema and answer.array then
    answer.item = schema.items
  elseif schema and (answer.page or answer.changes) then
    local results = schema.properties and schema.properties.results
    answer.item = results and results.items
  end
  return answer
end

local function read_operation(self, name)
  local line = line_of(self, "operations", name, origin_of(self, "operations", name))
  local fields = {}
  for field in line:gmatch "[^\t]+" do fields[#fields + 1] = field end
  local _, method, path, action, parameters, body, content, answer, flags = table.unpack(fields)
  local change = flags:find("c", 1, true) ~= nil
  return {
    name = name, method = method, path = "/" .. self.version .. path,
    action = action ~= "-" and action or nil,
    parameters = read_parameters(self, parameters),
    body = body ~= "-" and read_schema(self, body) or nil,
    body_required = flags:find("r", 1, true) ~= nil,
    null_body = flags:find("n", 1, true) ~= nil,
    content_type = content ~= "-" and content or nil,
    answer = read_answer(self, answer),
    class = change and "change" or flags:find("h", 1, true) and "housekeeping" or "read",
    change = change,
    opens = flags:find("o", 1, true) ~= nil,
    ends = flags:find("e", 1, true) ~= nil,
    anonymous = flags:find("a", 1, true) ~= nil,
    inferred = flags:find("i", 1, true) ~= nil,
  }
end

--- The names of all operations in the order of the version's document.
---@return string[]  not to be changed
function Catalogue:names()
  list(self)
  return self._names
end

--- Returns the name of an operation in the version's own document.
---@param name string  canonical
---@return string id   the same name where it has no other; of v1 to v5, which have no such
---  document, always that
function Catalogue:own_id(name)
  list(self)
  return self.dialect == "verb" and self._ids[name] or name
end

--- Whether this version has an operation.
---@param name string  canonical name, or an id of v6 or v7, in any case
---@return boolean
function Catalogue:has(name) return canonical(self, name) ~= nil end

--- One operation.
---@param name string  canonical name, or an id of v6 or v7, in any case
---@return vbo.Operation?  nil when this version lacks it; see `catalogue.missing`
function Catalogue:operation(name)
  local known = canonical(self, name)
  if not known then return nil end
  local operation = self._read[known]
  if not operation then
    operation = read_operation(self, known)
    self._read[known] = operation
  end
  return operation
end

--- All operations in the order of the version's document; an action is one operation.
---@return fun(): vbo.Operation?
function Catalogue:operations()
  list(self)
  local at = 0
  return function()
    at = at + 1
    local name = self._names[at]
    return name and self:operation(name)
  end
end

--- Method, path (without the version) and action key of a name, without reading the rest.
---@param name string  canonical
---@return string method
---@return string path
---@return string? action
function Catalogue:route(name)
  local line = line_of(self, "operations", name, origin_of(self, "operations", name))
  local method, path, action = line:match "^[^\t]*\t([^\t]*)\t([^\t]*)\t([^\t]*)"
  return method, path, action ~= "-" and action or nil
end

--- The lines of an overview: one a method and path, so an `Action` resource is one line.
---@return fun(): string?, string, string[]  method, path, names of its operations
function Catalogue:resources()
  list(self)
  local at = 0
  return function()
    at = at + 1
    local first = self._names[at]
    if not first then return nil end
    local method, path, action = self:route(first)
    local names = { first }
    while action and self._names[at + 1] do
      local _, other, key = self:route(self._names[at + 1])
      if not key or other ~= path then break end
      at = at + 1
      names[#names + 1] = self._names[at]
    end
    return method, "/" .. self.version .. path, names
  end
end

--- The schema of a name.
---@param name string  "RESTJob"
---@return vbo.Schema?
function Catalogue:schema(name)
  return type(name) == "string" and origin_of(self, "schemas", name)
    and read_schema(self, "@" .. name) or nil
end

--- The names of all schemas in the order of the version's document.
---@return string[]
function Catalogue:schema_names()
  local names = {}
  for name in listed(self._facts, "schemas") do names[#names + 1] = name end
  return names
end

--- The operation that a request means.
---@param method string
---@param path string  as in the request line; a query and a slash at the end are ignored
---@return vbo.Operation|{actions: table<string, vbo.Operation>, method: string, path: string}|nil
---@return table<string, string>? parameters  of the path, decoded
---@return string[]? allowed  with nil: the methods that this path has
function Catalogue:match(method, path)
  self._routes = self._routes or match.new(self)
  return self._routes:find(method, path)
end

--- Checks arguments and makes the request of them; see `check.request`.
---@param operation vbo.Operation|string
---@param arguments table?
---@param options {strict: boolean?}?
---@return {method: string, path: string, body: any}?
---@return table? err
function Catalogue:check(operation, arguments, options)
  if type(operation) == "string" then
    operation = self:operation(operation)
      or error(("%s has no operation of that name"):format(self.version), 2)
  end
  return check.request(operation, arguments or {}, options or {})
end

return M
