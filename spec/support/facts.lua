-- Describes the published API for specs, independently of the catalogue.
--
-- `VBO_FACTS` names the folder with v1.json … v8.json; they are read whole, each body judged
-- by all that the file says of it.  Without it a digest of them stands in
-- (spec/fixtures/operations.txt: method, path, action, parameters, and the top of each body),
-- made by
--
--     VBO_FACTS=folder build/vbolua spec/support/facts.lua > spec/fixtures/operations.txt
--
-- Both give the same model: `operations`, each { method=, path= ("/v8/Jobs/{jobId}"), action=,
-- places = { {name=} }, query = { {name=, required=} }, body=, types = {[content type] = true},
-- anonymous=, id= }, and :body_problem(operation, value), :text_problem(source, text).

local M = {}

local cjson = require "cjson"
local json = require "vbo.base.json"

M.folder = os.getenv "VBO_FACTS"
M.digest = "spec/fixtures/operations.txt"
M.versions = require("spec.support.versions").all

local function content(path)
  local file <close> = assert(io.open(path, "rb"))
  return (file:read "a")
end

--- One version's fact file.
---@param version string
function M.whole(version)
  local document = cjson.decode(content(("%s/%s.json"):format(M.folder, version)))
  local reader = document.openapi and "facts_openapi" or "facts_words"
  return require("spec.support." .. reader).read(document, json.is_array)
end

--- Returns the key that an operation has in two descriptions: placeholders' names differ.
function M.key(method, path, action)
  return ("%s %s %s"):format(method, path:gsub("{[^}]*}", "{}"):lower(), (action or ""):lower())
end

-- ------------------------------------------------------------------------ the digest
local short = { ["application/json"] = "json", ["application/x-www-form-urlencoded"] = "form" }

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function entries(properties, required, letter_of)
  local parts = {}
  for i, name in ipairs(sorted(properties)) do
    assert(not name:find "[,:!{}\t ]", name)
    parts[i] = name .. (required[name] and "!" or "") .. ":" .. letter_of(properties[name])
  end
  return table.concat(parts, ",")
end

local function same(letter) return letter end

local function digest_line(reader, operation)
  local query, required, types = {}, {}, {}
  for _, parameter in ipairs(operation.query) do
    query[parameter.name] = reader:letter(parameter.source)
    required[parameter.name] = parameter.required
  end
  for kind in pairs(operation.types) do types[assert(short[kind], kind)] = true end
  local body = "-"
  if operation.body ~= nil and operation.body ~= cjson.null then
    local letter, properties, needed = reader:top(operation)
    body = letter .. (properties and "{" .. entries(properties, needed, same) .. "}" or "")
  end
  local asked = entries(query, required, same)
  return table.concat({
    operation.method, operation.path:gsub("^/v%d+", ""), operation.action or "-",
    asked ~= "" and asked or "-", next(types) and table.concat(sorted(types), ",") or "-",
    body, operation.anonymous and "anonymous" or "-",
  }, "\t")
end

--- The digest of all versions: lines that are equal in several versions once.
---@return string
function M.digested()
  local versions, lines = {}, {}
  for _, version in ipairs(M.versions) do
    local reader = M.whole(version)
    for _, operation in ipairs(reader.operations) do
      local line = digest_line(reader, operation)
      if not versions[line] then
        versions[line] = {}
        lines[#lines + 1] = line
      end
      table.insert(versions[line], version)
    end
  end
  table.sort(lines)
  for i, line in ipairs(lines) do
    lines[i] = table.concat(versions[line], ",") .. "\t" .. line
  end
  return table.concat(lines, "\n") .. "\n"
end

local Digest = {}
Digest.__index = Digest

local function fits(letter, value)
  local kind, nullable = letter:sub(1, 1), letter:sub(2) == "?"
  if kind == "*" or value == json.null and nullable then return true end
  if kind == "s" then return type(value) == "string" end
  if kind == "b" then return type(value) == "boolean" end
  if kind == "i" then return math.type(value) == "integer" end
  if kind == "n" then return type(value) == "number" end
  if kind == "a" then return json.is_array(value) end
  return type(value) == "table" and not json.is_array(value)
end

--- As far as the digest knows: the type of the body, its properties' names and types.
function Digest.body_problem(_, operation, value)
  local body = operation.body
  if body == nil then return value ~= json.null and "body" or nil, "is due to be null" end
  if not fits(body.letter, value) then return "body", "is no " .. body.letter end
  if not body.properties or value == json.null then return end
  for name, item in pairs(value) do
    local letter = body.properties[name]
    if not letter then return "body." .. name, "is unknown" end
    if not fits(letter, item) then return "body." .. name, "is no " .. letter end
  end
  for name in pairs(body.required) do
    if value[name] == nil then return "body." .. name, "is missing" end
  end
end

function Digest.text_problem(_, letter, text)
  if letter == "i" and not math.tointeger(tonumber(text)) then return "is no integer" end
  if letter == "n" and not tonumber(text) then return "is no number" end
  if letter == "b" and text ~= "true" and text ~= "false" then return "is no boolean" end
end

local function read_entries(text)
  local list = {}
  for name, mark, letter in text:gmatch "([^,:!{}]+)(!?):([^,{}]+)" do
    list[#list + 1] = { name = name, required = mark == "!", source = letter }
  end
  return list
end

local function read_body(text)
  if text == "-" then return nil end
  local letter, inside = text:match "^([^{]+){(.*)}$"
  if not letter then return { letter = text } end
  local body = { letter = letter, properties = {}, required = {} }
  for _, entry in ipairs(read_entries(inside)) do
    body.properties[entry.name] = entry.source
    body.required[entry.name] = entry.required or nil
  end
  return body
end

--- One version out of the digest.
---@param version string
function M.partial(version)
  local self = setmetatable({ operations = {} }, Digest)
  for line in io.lines(M.digest) do
    local fields = {}
    for field in line:gmatch "[^\t]+" do fields[#fields + 1] = field end
    local versions, method, path, action, query, types, body, mark = table.unpack(fields)
    if ("," .. versions .. ","):find("," .. version .. ",", 1, true) then
      local operation = {
        method = method, path = "/" .. version .. path, places = {}, types = {},
        action = action ~= "-" and action or nil, query = read_entries(query),
        body = read_body(body), anonymous = mark == "anonymous",
      }
      for name in path:gmatch "{([^}]+)}" do table.insert(operation.places, { name = name }) end
      for kind, word in pairs(short) do operation.types[kind] = types:find(word) and true end
      self.operations[#self.operations + 1] = operation
    end
  end
  return self
end

--- One version, out of the fact file when there is one.
function M.load(version) return M.folder and M.whole(version) or M.partial(version) end

-- As a program it writes the digest.
if arg and arg[0] and arg[0]:find "support/facts%.lua$" then
  package.path = "./?.lua;" .. package.path
  io.write(M.digested())
end

return M
