--- Names and hashes the files that a run is made of: its script and the modules it loaded.

local core = require "vbo.core"

local M = {}

--- Returns the absolute path of a file.
---@param path string
---@return string
function M.absolute(path)
  if path:sub(1, 1) == "/" then return path end
  return core.system().folder .. "/" .. path
end

--- Returns the SHA-256 of a file, lower-case hex; nil when it cannot be read.
---@param path string
---@return string?
function M.sha256(path)
  local found = core.examine(path)
  return found and found.sha256
end

--- Returns the Lua modules that the runbook loaded from files, by name.  Those of vbolua itself and
--- modules in C are not among them.
---@return table<string, { path: string, sha256: string }>
function M.modules()
  local found = {}
  for name in pairs(package.loaded) do
    if type(name) == "string" and not name:find "^vbo%f[%W]" then
      local path = package.searchpath(name, package.path)
      local sha256 = path and M.sha256(path)
      if sha256 then found[name] = { path = M.absolute(path), sha256 = sha256 } end
    end
  end
  return found
end

--- Returns whether the file of a save is as the journal has it: by size, time and inode, else by
--- its content.
---@param row table  of the step
---@return boolean
function M.is_saved(row)
  local found = row.path and core.stat(row.path)
  if not found or found.type ~= "file" or found.size ~= row.size then return false end
  if found.modified == row.modified and found.inode == row.inode then return true end
  return row.sha256 ~= nil and M.sha256(row.path) == row.sha256
end

return M
