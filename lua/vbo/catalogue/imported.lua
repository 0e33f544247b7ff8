--- Catalogues that users made of their own server's OpenAPI document (`vbolua catalogue
--- import`): where they are, and how they are read and written.

local literal = require "vbo.catalogue.literal"
local lookup = require "vbo.catalogue.lookup"

local M = {}

-- Loaded when something is wrong: the catalogue itself does without the core.
local errors = setmetatable({}, {
  __index = function(_, name) return require "vbo.base.error"[name] end,
})

-- More versions than the API will have, and few enough to look for one by one: Lua cannot
-- list a folder.
local most = 60

--- The folder of imported catalogues: $VBO_CATALOGUES, else vbolua/catalogues in
--- $XDG_DATA_HOME, else in ~/.local/share.
---@return string? path  nil when there is no home
function M.folder()
  local function set(name)
    local value = os.getenv(name)
    return value and value ~= "" and value or nil
  end
  local own, data, home = set "VBO_CATALOGUES", set "XDG_DATA_HOME", set "HOME"
  if own then return (own:gsub("(.)/+$", "%1")) end
  data = data or home and home .. "/.local/share"
  return data and data .. "/vbolua/catalogues"
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- The imported catalogues.
---@return table<string, string> paths  version → file
function M.find()
  local folder, found = M.folder(), {}
  if not folder or not exists(folder) then return found end
  for number = 1, most do
    local path = ("%s/v%d.lua"):format(folder, number)
    if exists(path) then found["v" .. number] = path end
  end
  return found
end

local fields = {
  version = "string", number = "integer", dialect = "string", operations = "string",
  schemas = "string", lines = "table",
}

local function check_fields(module)
  for name, kind in pairs(fields) do
    local value = module[name]
    if (math.type(value) or type(value)) ~= kind then
      error(("it has no %s '%s'"):format(kind, name), 0)
    end
  end
  for name in pairs(module) do
    if not fields[name] then error(("it has '%s', which no catalogue has"):format(name), 0) end
  end
  if module.version ~= "v" .. module.number then error("its version and number differ", 0) end
  if module.dialect ~= "verb" and module.dialect ~= "action" then
    error("it is of no known dialect", 0)
  end
  if type(module.lines.operations) ~= "string" or type(module.lines.schemas) ~= "string" then
    error("it has no lines", 0)
  end
end

-- Checks the lines: they become part of requests and must not change their form.
local function check_lines(module)
  local names, count = {}, 0
  for line in module.lines.operations:gmatch "[^\n]+" do
    local name, path, rest = line:match "^([%w_-]+)\t%u+\t(/%S*)\t(.*)$"
    local _, tabs = (rest or ""):gsub("\t", "")
    if not name or tabs ~= 5 or path:find "[^%w%-._~{}/$!'()*+,;=:@]" then
      error("each line must be an operation, got " .. line:sub(1, 60):gsub("%c", " "), 0)
    end
    names[name] = true
    count = count + 1
  end
  for line in module.operations:gmatch "[^\n]+" do
    local name, origin = line:match "^(%S+) (%S+)"
    if not name or not names[name] or origin ~= module.version then
      error("an operation without its line: " .. line:sub(1, 60), 0)
    end
    count = count - 1
  end
  if count ~= 0 then error("operations are missing or twice in it", 0) end
  if not next(names) then error("it has no operations", 0) end
end

--- Reads the text of a catalogue module.
---@param text string
---@return table? module  what `lookup.new` takes
---@return string? message  with nil: the reason
function M.parse(text)
  local module, message = literal.read(text)
  if not module then return nil, message end
  local ok, problem = pcall(function()
    check_fields(module)
    check_lines(module)
  end)
  if not ok then return nil, tostring(problem) end
  return module
end

local function refuse(path, message)
  errors.usage(("the imported catalogue %s cannot be used: %s"):format(path, message),
    "import it again, or remove it")
end

--- Reads an imported catalogue; raises `usage` when it is broken or of another version.
---@param path string
---@param version string
---@return table module
function M.load(path, version)
  local file, why = io.open(path, "rb")
  if not file then refuse(path, why) end
  local text = file:read "a"
  file:close()
  local module, message = M.parse(text or "")
  if not module then refuse(path, message) end
  if module.version ~= version then
    refuse(path, ("it is of %s, not of %s"):format(module.version, version))
  end
  return module
end

-- Everything in it can be read; what it needs is in it.
local function check_whole(module)
  local known = lookup.new(module)
  for name in module.schemas:gmatch "(%S+) %S+" do known:schema(name) end
  local count = 0
  for operation in known:operations() do
    count = count + 1
    for name in operation.path:gmatch "{([^}]*)}" do
      local found = false
      for _, parameter in ipairs(operation.parameters) do
        found = found or parameter.place == "path" and parameter.name == name
      end
      if not found then error(("%s: nothing says what {%s} is"):format(operation.path, name), 0) end
    end
  end
  return count
end

--- Makes a catalogue module out of an OpenAPI document.
---
--- Operations that an earlier version has, by method and path, keep their names, so that
--- objects and runbooks find them; their own operationIds stay valid beside.
---@param text string  JSON
---@return string? module  Lua source
---@return table|string about  the module as data; with nil: why there is none
function M.make(text)
  local document = require "vbo.catalogue.document"
  local source, why = document.import((text:gsub("^\xEF\xBB\xBF", "")), document.shipped())
  if not source then return nil, why end
  local module, message = M.parse(source)
  if not module then return nil, message end
  local ok, problem = pcall(check_whole, module)
  if not ok then return nil, document.readable(problem) end
  return source, module
end

local function make_folders(path)
  local core = require "vbo.core"
  for at in path:gmatch "()/" do
    if at > 1 then
      local ok, err = core.mkdir(path:sub(1, at - 1))
      if not ok then errors.raise(err) end
    end
  end
  local ok, err = core.mkdir(path)
  if not ok then errors.raise(err) end
end

--- Writes a file whole or not at all: another process may be reading it.  Raises `disk`.
---@param path string
---@param text string
function M.write_whole(path, text)
  local ok, err = require "vbo.core".write(path, text, { overwrite = true })
  if not ok then errors.raise(err) end
end

--- Reads an OpenAPI document and writes its catalogue; raises `usage` when the document is
--- none, `disk` when the catalogue cannot be written.
---@param text string     JSON
---@param folder string?  default `M.folder()`
---@return table module   as `catalogue.add` takes it
---@return string path    of the file
function M.import(text, folder)
  folder = folder or M.folder()
    or errors.usage("there is no folder for catalogues", "set VBO_CATALOGUES")
  local source, module = M.make(text)
  if not source then
    errors.usage("cannot read the OpenAPI document: " .. module)
  end
  if module.number < 6 then
    errors.usage(("%s cannot be imported: its servers give no OpenAPI document")
      :format(module.version))
  elseif module.number > most then
    errors.usage(("%s cannot be imported: the API has no such version"):format(module.version))
  end
  make_folders(folder)
  local path = ("%s/%s.lua"):format(folder, module.version)
  M.write_whole(path, source)
  return module, path
end

return M
