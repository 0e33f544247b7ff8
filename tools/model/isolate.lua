--- Loads the module's own sources beside the ones in use, to look at what they declare.
---
--- The sources are read from a folder, never from the interpreter's inside, because the
--- comments at functions are read too; what is written in C is stood in for, so that types
--- and pages can be made before anything is built.

local M = {}

-- Anything that a file does with the C modules while it loads.
local stub = setmetatable({}, {
  __call = function(self) return self end,
  __concat = function(a, b)
    return (type(a) == "string" and a or "") .. (type(b) == "string" and b or "")
  end,
  __len = function() return 0 end,
  __pairs = function() return next, {}, nil end,
})
getmetatable(stub).__index = function() return stub end

local function is_own(name) return name == "vbo" or name:sub(1, 4) == "vbo." end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

local function path_of(root, name)
  local plain = root .. "/" .. name:gsub("%.", "/")
  for _, path in ipairs { plain .. ".lua", plain .. "/init.lua" } do
    local text = read(path)
    if text then return path, text end
  end
end

---@class vbo.document.Sources
---@field modules table<string, any>        by name
---@field lines table<string, string[]>     of each file that was read, by chunk name
---@field names table<string, string>       chunk name → module name

--- Loads modules and those that they require, and runs a function among them: what it
--- requires is of the same sources.
---@param root string    the folder that holds `vbo/`
---@param names string[]
---@param loaded fun(name: string, module: any)  called as each module is there
---@param run fun(sources: vbo.document.Sources): any
---@return any  what `run` gave
function M.with(root, names, loaded, run)
  local sources = { modules = {}, lines = {}, names = {} }
  local function search(name)
    if name == "vbo.core" or name == "vbo.server" or not is_own(name) then
      return function() return stub end
    end
    local path, text = path_of(root, name)
    if not path then return ("no file of %s below %s"):format(name, root) end
    local chunk = "@" .. path
    local lines = {}
    for line in (text .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
    sources.lines[chunk], sources.names[chunk] = lines, name
    local chunk_of = assert(load(text, chunk))
    return function(...)
      local module = chunk_of(...)
      loaded(name, module)
      sources.modules[name] = module
      return module
    end
  end
  local kept, preload, searchers = {}, package.preload, package.searchers
  for name, module in pairs(package.loaded) do
    if is_own(name) or name:match "^cjson" then kept[name] = module end
  end
  for name in pairs(kept) do package.loaded[name] = nil end
  package.preload, package.searchers = {}, { search }
  local ok, result = pcall(function()
    for _, name in ipairs(names) do require(name) end
    return run(sources)
  end)
  package.preload, package.searchers = preload, searchers
  local strange = {}
  for name in pairs(package.loaded) do
    if is_own(name) or name:match "^cjson" then strange[#strange + 1] = name end
  end
  for _, name in ipairs(strange) do package.loaded[name] = nil end
  for name, module in pairs(kept) do package.loaded[name] = module end
  if not ok then error(result, 0) end
  return result
end

return M
