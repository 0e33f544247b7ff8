--- Expands the described files and folders of a OneDrive, a library, a list or a channel:
--- containers { id=, name=, owner=, author=, folders={}, documents={}, by_id={} }.

local content = require "vbo.sim.world.content"
local ids = require "vbo.sim.base.ids"
local time = require "vbo.base.time"

local M = {}

--- Converts a described time to seconds; the default without one.
---@param text string?
---@param default number?
---@return number?
function M.moment(text, default)
  if text == nil then return default end
  return (assert(time.parse(text), "no point in time: " .. tostring(text)))
end

local moment = M.moment

--- Converts described times to seconds.
---@param list string[]
---@return number[]
function M.moments(list)
  local out = {}
  for i, each in ipairs(list) do out[i] = moment(each) end
  return out
end

---@class vbo.sim.Version
---@field number string      "2.0"
---@field id integer         SharePoint's: 512 a major version
---@field at number          when it was saved
---@field by string
---@field size integer
---@field stream table
---@field dated number?      the date that it shows, where it differs from `at`

local function add_version(document, at, by, made, seed, told)
  local stream, size = made(seed)
  local n = #document.versions + 1
  document.versions[n] = {
    number = told and told.number or n .. ".0", id = told and told.id or 512 * n, at = at, by = by,
    stream = stream, size = size,
  }
  return document.versions[n]
end

-- Expands versions; latest: when a world was recorded.  A later date did not keep a version out.
local function came(at, defaults) return math.min(at, defaults.latest or at) end

local function new_document(drive, folder, name, spec)
  local path = folder and folder.path .. "/" .. name or name
  local seed = drive.id .. "/" .. path
  -- A real drive may have two documents of one path.
  if spec and spec.row and drive.by_id[ids.uuid(seed)] then seed = seed .. "#" .. spec.row end
  local document = {
    id = ids.uuid(seed), drive = drive, folder = folder, name = name, path = path, versions = {},
    title = spec and spec.title,
  }
  assert(not drive.by_id[document.id], "two documents of one path: " .. path)
  drive.documents[#drive.documents + 1] = document
  drive.by_id[document.id] = document
  return document, seed
end

-- Expands the attachments of a list's item; the item is a document of its fields.
local function add_attachments(document, seed, list)
  document.attachments = {}
  for i, each in ipairs(list or {}) do
    local stream, size = content.stream(each, seed .. "/attachment/" .. i)
    document.attachments[i] = {
      id = ids.uuid(seed .. "/attachment/" .. each.name), name = each.name, stream = stream,
      size = size, item = document,
    }
  end
end

-- The seconds that the attack took to reach all files.
local raging <const> = 5400

-- Adds a file and what the attack left: "renamed" NAME.locked in its place, "encrypted" a newer
-- version of the same name.
local function add_file(drive, folder, spec, defaults)
  local document, seed = new_document(drive, folder, spec.file, spec)
  for i, version in ipairs(spec[1] and spec or { spec }) do
    local at = moment(version.at, defaults.created)
    add_version(document, came(at, defaults), version.by or drive.author,
      function(s) return content.stream(version, s .. i) end, seed, version).dated = at
  end
  document.created, document.creator = moment(spec.created), spec.creator
  add_attachments(document, seed, spec.attachments)
  document.deleted = moment(spec.deleted)
  if not spec.hit then return end
  local last = document.versions[#document.versions]
  local function noise(s) return content.noise(last.size, s) end
  local at = defaults.hit + ids.hash(seed) % raging
  if spec.hit == "encrypted" then
    add_version(document, at, drive.author, noise, seed)
  else
    document.deleted = at
    local locked, locked_seed = new_document(drive, folder, spec.file .. ".locked")
    add_version(locked, at, drive.author, noise, locked_seed)
  end
end

local function add_series(drive, folder, spec, defaults)
  for i = 1, spec.files do
    local file = {}
    for key, value in pairs(spec) do file[key] = value end
    file.file = spec.name:format(i)
    file.at = time.iso(moment(spec.first, defaults.created) + (i - 1) * (spec.step or 3600))
    if spec.sizes then file.generated = spec.sizes[(i - 1) % #spec.sizes + 1] end
    add_file(drive, folder, file, defaults)
  end
end

--- Adds what a description lists to a container.
---@param drive table    the container
---@param folder table?  of the container; nil: its root
---@param list table[]
---@param defaults { created: number, hit: number?, note: { name: string, text: string }? }
---  note: the file that the attack left in every folder with a hit
local function add_children(drive, folder, list, defaults)
  local hit = false
  for _, spec in ipairs(list) do
    hit = hit or spec.hit ~= nil
    if spec.file then
      add_file(drive, folder, spec, defaults)
    elseif spec.files then
      add_series(drive, folder, spec, defaults)
    else
      local path = folder and folder.path .. "/" .. spec.folder or spec.folder
      local child = {
        id = ids.uuid(drive.id .. "//" .. path), drive = drive, name = spec.folder, path = path,
        parent = folder, at = came(moment(spec.created, defaults.created), defaults),
        by = spec.by or drive.author, created = moment(spec.created),
        modified = moment(spec.modified), modifier = spec.modifier,
      }
      if spec.row and drive.by_id[child.id] then child.id = ids.uuid(child.id .. spec.row) end
      drive.folders[#drive.folders + 1] = child
      drive.by_id[child.id] = child
      add_children(drive, child, spec, defaults)
    end
  end
  if hit and defaults.note then
    add_file(drive, folder, { file = defaults.note.name, text = defaults.note.text,
      at = time.iso(defaults.hit + raging // 2) }, defaults)
  end
end

M.add = add_children

return M
