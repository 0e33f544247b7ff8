--- Writes a recording beside its target, under a temporary name, and renames it when it is
--- whole.  An unfinished recording is removed.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local filename = require "vbo.base.filename"
local json = require "vbo.base.json"

local M = {}

---@class vbo.sim.record.Output
---@field folder string  the temporary name
local Output = {}

local function disk(message) errors.raise { kind = "disk", message = message } end

local function checked(good, message)
  if not good then disk(message) end
  return good
end

-- Lists a folder: name -> type; raises where it cannot be read.
local function entries(path)
  local found, err = core.list(path)
  return found or errors.raise(err)
end

local function mkdir(path)
  local ok, err = core.mkdir(path)
  if not ok then errors.raise(err) end
end

-- Removes a folder and what is in it; symbolic links are removed, not followed.
local function remove(path)
  for name, type in pairs(entries(path)) do
    local below = path .. "/" .. name
    if type == "directory" then remove(below) else os.remove(below) end
  end
  os.remove(path)
end

--- Returns random bytes of the system.
---@param count integer
---@return string
function M.random(count)
  local file <close> = checked(io.open("/dev/urandom", "rb"))
  return (checked(file:read(count)))
end

-- Only the owner reads the files.
local private <const> = tonumber("077", 8)

local function restore_umask(self)
  if self.umask then core.umask(self.umask) end
  self.umask = nil
end

local function discard(self)
  restore_umask(self)
  if not self.folder then return end
  local folder = self.folder
  self.folder = nil
  -- The error that ended the recording matters more than one while removing it.
  pcall(remove, folder)
end

--- Raises `exists` where the target is there and is not an empty folder.
---@param target string
function M.check(target)
  if target == "" then errors.usage "the folder to record into must have a name" end
  local found = core.stat(target)
  if found and (found.type ~= "directory" or next(entries(target))) then
    errors.raise {
      kind = "exists", message = ("%s is there already"):format(target),
      hint = "name a folder that does not exist, or an empty one",
    }
  end
end

--- Begins a recording.  Closing it before `finish` removes it.
---@param target string
---@return vbo.sim.record.Output
function M.open(target)
  target = target:gsub("(.)/+$", "%1")
  M.check(target)
  local suffix = M.random(4):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  local self = setmetatable({
    target = target, folder = ("%s.part-%s"):format(target, suffix), names = {}, made = {},
  }, { __index = Output, __close = discard, __gc = discard })
  if core.stat(self.folder) then disk(self.folder .. " is in the way") end
  -- Other users of this machine must not read names, mail and documents of a company.
  self.umask = core.umask(private)
  local made, err = pcall(mkdir, self.folder)
  if not made then
    restore_umask(self)
    error(err, 0)
  end
  return self
end

--- Creates a folder of the recording and those above it.
function Output:make(path)
  local way = self.folder
  for part in path:gmatch "[^/]+" do
    way = way .. "/" .. part
    if not self.made[way] then
      mkdir(way)
      self.made[way] = true
    end
  end
end

---@class vbo.sim.record.Listing
---@field path string   in the recording
---@field left number   how many things it may still take
local Listing = {}
local listing_meta = { __index = Listing, __close = function(self)
  if self.file then self.file:close() end
end }

--- Adds a line and returns its number.
---@param row table
---@return integer
function Listing:add(row)
  checked(self.file:write(json.encode(row), "\n"))
  self.lines = self.lines + 1
  return self.lines
end

--- Counts a document, a mail or the like; returns false when the limit is reached.
---@return boolean
function Listing:take()
  self.left = self.left - 1
  return self.left >= 0
end

--- Closes the listing; raises where it could not be written.
function Listing:close()
  local file = self.file
  self.file = nil
  if file then checked(file:close()) end
end

--- Opens a listing.
---@param place string   folder in the recording, of safe names
---@param name string    its subject, as the server names it
---@param limit integer?
---@return vbo.sim.record.Listing
function Output:listing(place, name, limit)
  self:make(place)
  self.names[place] = self.names[place] or filename.unique()
  local path = ("%s/%s.jsonl"):format(place, self.names[place](filename.safe(name)))
  local file = checked(io.open(self.folder .. "/" .. path, "wb"))
  return setmetatable({ path = path, file = file, lines = 0, left = limit or math.huge },
    listing_meta)
end

--- Removes a file of the recording.
---@param path string  in the recording
function Output:forget(path) checked(os.remove(self.folder .. "/" .. path)) end

--- Saves content; the same bytes are stored once.
---@param save fun(to: string): vbo.Saved
---@return string path, integer size  in the recording
function Output:content(save)
  self:make "contents"
  local incoming = self.folder .. "/contents/incoming"
  local saved = save(incoming)
  local folder = "contents/" .. saved.sha256:sub(1, 2)
  local path = folder .. "/" .. saved.sha256
  self:make(folder)
  if core.stat(self.folder .. "/" .. path) then
    checked(os.remove(incoming))
  else
    checked(os.rename(incoming, self.folder .. "/" .. path))
  end
  return path, saved.size
end

--- Writes a file.
---@param path string  in the recording
---@param text string
function Output:write(path, text)
  local file = checked(io.open(self.folder .. "/" .. path, "wb"))
  checked(file:write(text))
  checked(file:close())
end

--- Finishes the recording: renames it to its target.
function Output:finish()
  -- The rename replaces an empty folder and fails on one that was filled meanwhile.
  local ok, message = os.rename(self.folder, self.target)
  if not ok then disk(message) end
  self.folder = nil
end

return M
