--- Leads rehearsed files into a folder of their own, in which every path that a runbook names has
--- its place.  Under its own name the real run would find a file there already, and a reader
--- might take it for evidence.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

local active, root = false, nil

--- Begins to lead saved files into a scratch folder, which is made for the first one.
function M.begin() active, root = true, nil end

--- Ends it.
---@return string? root  the folder, nil when nothing was saved
function M.finish()
  local made = root
  active, root = false, nil
  -- Removes it only where it is empty: then every save failed.
  return made and not os.remove(made) and made or nil
end

local function hexadecimal(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function make(path)
  local ok, err = core.mkdir(path)
  if not ok and not core.stat(path) then errors.raise(err) end
end

local function make_root()
  local above = os.getenv "TMPDIR"
  above = above and above ~= "" and above:gsub("(.)/+$", "%1") or "/tmp"
  -- Random: another process may wait for a name that can be foreseen.
  local path = ("%s/vbolua-rehearsal-%s"):format(above, hexadecimal(assert(core.random(8))))
  local ok, err = core.mkdir(path)
  if not ok then errors.raise(err) end
  return path
end

--- Splits a path, with ".." as folders called "up": nothing leaves the scratch folder.
local function parts_of(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then part = "up" end
    if part ~= "." then parts[#parts + 1] = part end
  end
  return parts
end

--- Returns where a path lies in a rehearsal; the path itself where there is none, and where it lies
--- in the scratch folder already.  The folders above it are made.
---@param path string
---@return string
function M.path(path)
  if not active then return path end
  if root and (path == root or path:sub(1, #root + 1) == root .. "/") then return path end
  root = root or make_root()
  local parts, here = parts_of(path), root
  for i = 1, #parts - 1 do
    here = here .. "/" .. parts[i]
    if not core.stat(here) then make(here) end
  end
  return #parts > 0 and here .. "/" .. parts[#parts] or here
end

--- Returns the path of a file to save; raises `exists` where the real run would, because there is
--- such a file in truth.
---@param path string
---@param overwrite boolean?
---@return string
function M.file(path, overwrite)
  local mapped = M.path(path)
  if mapped ~= path and not overwrite and core.stat(path) then
    errors.raise { kind = "exists", message = ("%s exists already"):format(path),
      hint = "give overwrite = true, or another name" }
  end
  return mapped
end

--- Returns where something that was saved is to be found.
---@param path string
---@return string
function M.found(path)
  if not root or core.stat(path) then return path end
  local mapped = M.path(path)
  return core.stat(mapped) and mapped or path
end

--- Makes a folder that files go to, and those that it lies in, where they are missing.
---@param path string
---@return string path  without "/" at its end, unless it is the root
function M.folder(path)
  path = path:gsub("(.)/+$", "%1")
  local found = core.stat(path)
  if found and found.type ~= "directory" then
    errors.raise { kind = "exists", message = ("%s is a file, not a folder"):format(path) }
  end
  local mapped = M.path(path)
  if mapped ~= path then path, found = mapped, core.stat(mapped) end
  if not found then
    local above = path:match "^(.*[^/])/+[^/]+$"
    if above then M.folder(above) end
    local ok, err = core.mkdir(path)
    if not ok then errors.raise(err) end
  end
  return path
end

return M
