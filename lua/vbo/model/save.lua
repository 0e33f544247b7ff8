--- Saves a stream of the server as a file that is whole or absent.

local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local filename = require "vbo.base.filename"
local known = require "vbo.model.save_options"
local manifest = require "vbo.model.manifest"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local subjects = require "vbo.model.subject"
local scratch = require "vbo.base.scratch"
local time = require "vbo.base.time"

local M = {}

--- Maps the options of every call that saves to their types.  The rest are the operation's own.
---@type table<string, string>
M.own = {}

-- Those that the core takes as they are.
local of_core = {}

for _, option in ipairs(known) do
  if not option.property then M.own[option.name] = option.type end
  if option.reader == "core" then of_core[#of_core + 1] = option.name end
end

---@class vbo.Saved
---@field path string    where the file is
---@field size integer   bytes
---@field sha256 string?  of its content, lower-case hex; nil with `sha256 = false`
---@field checked string?    "zip", "pst", "msg", "html", "pdf" or "csv": it is whole, and what it
---  claims to be; "size": a document that has the size that the server lists
---@field unchecked string?  what could not be checked of what was asked for
---@field modified string?   ISO 8601: when the document was modified; the file's time, too, unless
---  `preserve_time = false`
---@field original_name string?       the server's name, where the file's had to be another
---@field original_folders string[]?  the server's names of the folders between that of the set and
---  the file, where one of them had to be another

--- Describes a thing that is saved, by what the server says of it.
---@class vbo.SaveAbout
---@field name string?       its name
---@field extension string?  what the file's name has behind it
---@field folders string[]?  names of the folders that it lies in, below that of a set
---@field in_set boolean?    its file's name was chosen here, although `to` is a path
---@field size integer?      bytes, of a document
---@field modified string?   ISO 8601, of a document
---@field unknown string?    why its record is not known

--- Splits a save's options into those of the save and those of the API.
---@return table own, table rest
function M.split(given, call)
  return options.split(given, M.own, call)
end

-- Maps what the API says that it sends to the format that the file must have.  Exports beyond a
-- size come as archives of parts, so the first bytes decide between the two.
local checks = {
  [".zip"] = "zip", [".pst"] = "pst|zip", [".msg"] = "msg", [".html"] = "html|zip",
  [".pdf"] = "pdf", [".csv"] = "csv",
}

--- Returns the check for a stream that comes with an extension; nil for those without.
---@param extension string?  ".zip"
---@return string? check  for the sink
function M.check_of(extension) return checks[extension] end

-- Saves need their hashes where a manifest is made of them.
local function check_manifest(own)
  if own.manifest and own.sha256 == false then
    errors.usage "a manifest is made of SHA-256: manifest and sha256 = false exclude each other"
  end
  if type(own.manifest) == "table" and not manifest.is(own.manifest) then
    errors.usage "option 'manifest' takes true, or what vbo.manifest gives"
  end
end

--- Makes the manifest of a set of saves; a `<close>` variable, so that it names what was saved
--- before an error, too.
---@param own table      `M.own`
---@param folder string  where the set goes
---@return vbo.Manifest|false
function M.manifest(own, folder)
  check_manifest(own)
  if own.manifest == true then return manifest.new(folder) end
  return false -- the caller writes a manifest of its own
end

-- Calls of single operations, by how their names begin or end.
local by_operation = {
  { "ToPst", "pst|zip" }, { "^TeamsPost_Export", "html|zip" }, { "ExportedPosts$", "html|zip" },
  { "^ExchangeItem_SaveItemAction$", "msg" }, { "^TeamsPost_SaveById$", "msg" },
  { "^ExchangeItem_SaveItems$", "zip|msg" }, { "^TeamsPost_Save$", "zip|msg" },
  { "SaveDocumentAction", "document" }, { "SaveAttachmentAction$", "document" },
  { "^TeamsFile_SaveById$", "document" }, { "Save", "zip" },
}

--- Returns the check for what an operation streams.
---@param name string  of the operation
---@param body any     the request's
---@return string? check
function M.check_for_operation(name, body)
  if name:find "^Reports_" then
    local format = type(body) == "table" and (body.format or body.Format)
    return type(format) == "string" and checks["." .. ascii.lower(format)] or "pdf|csv"
  end
  for _, each in ipairs(by_operation) do
    if name:find(each[1]) then return each[2] end
  end
end

--- Returns what the server lists of a document; a record that is not here yet is asked for.
---@param document table  a resource
---@param own table       `M.own`: where nothing is made of it, it is not asked for
---@return vbo.SaveAbout
function M.about(document, own)
  local about = {}
  if own.check == false and own.preserve_time == false then return about end
  local ok, err = pcall(function()
    about.name, about.size, about.modified = document.name, document.size, document.modified
  end)
  if not ok then
    if not errors.is(err) or err.kind == "cancelled" or err.kind == "closed" then error(err, 0) end
    about.unknown = err.message
  end
  return about
end

-- The first and the last date of .NET mean an absent one.
local earliest <const>, latest <const> = -11644473600, 253370764799

local function seconds_of(text)
  local seconds = type(text) == "string" and time.parse(text)
  if not seconds or seconds < earliest or seconds > latest then return nil end
  return seconds // 1 | 0
end

--- Returns what the core gets of a save's options.
---@param file string
---@param own table             `M.own`
---@param check string?         what the stream should be
---@param about vbo.SaveAbout?
---@return table sink           of `vbo.Request`
function M.sink(file, own, check, about)
  if type(own.check) == "string" then check = own.check end
  if own.check == false then check = nil end
  about = about or {}
  local size = math.tointeger(about.size)
  local sink = {
    file = file, check = check, listed_name = about.name and tostring(about.name),
    listed_size = size and size >= 0 and size or nil,
    modified = own.preserve_time ~= false and seconds_of(about.modified) or nil,
  }
  for _, name in ipairs(of_core) do sink[name] = own[name] end
  return sink
end

local function split_path(path)
  local folder, name = path:match "^(.*)/([^/]*)$"
  if not folder then return ".", path end
  return folder:match "^(.*[^/])/*$" or "/", name
end

-- Tells in the result what the file itself does not.
local function describe(saved, own, about)
  local _, last = split_path(saved.path)
  local ours = about.in_set or saved.path ~= own.to
  local name = about.name and tostring(about.name) or ""
  if ours and name ~= "" and last ~= name .. (about.extension or "") then
    saved.original_name = name
  end
  saved.original_folders = about.folders
  local seconds = seconds_of(about.modified)
  saved.modified = seconds and time.iso(seconds)
  if about.unknown and saved.unchecked then
    saved.unchecked = ("%s (its record could not be read: %s)"):format(saved.unchecked,
      about.unknown)
  end
end

--- Returns a function that names files in a folder of saves: each name once, and not one that a
--- manifest there needs.
---@return fun(name: string): string
function M.names() return filename.unique { manifest.sums, manifest.details } end

-- Whether the manifest of this save is written into the folder.
local function has_manifest(own, folder)
  return own.manifest == true or own.manifest and own.manifest.folder == folder
end

-- The path of the file: `to`, or a name in the folder `to`; the folders on the way are made.
local function path_of(own, name)
  local named = filename.safe(name)
  local wanted = filename.target(own.to, named)
  local path = scratch.file(wanted, own.overwrite)
  local folder, last = split_path(path)
  if has_manifest(own, folder) and manifest.is_reserved(last) then
    if wanted == own.to then
      errors.usage(("option 'to' cannot be %s: the manifest is written there"):format(wanted),
        "choose another name, or save without 'manifest'")
    end
    path = scratch.file(filename.target(own.to, M.names()(named)), own.overwrite)
  end
  scratch.folder(folder)
  return path
end

---@class vbo.SaveTask
---@field own table      `M.own`
---@field name string    the file's name when `to` is a folder or nil; made safe here
---@field check string?  what the stream should be (`M.check_of`), unless the options say otherwise
---@field about vbo.SaveAbout?

--- Saves one stream.
---@param target table  a resource or a collection's owner: what has a client and a path
---@param intent table  as `pipeline.call`
---@param task vbo.SaveTask
---@return vbo.Saved
function M.stream(target, intent, task)
  local own, about, client = task.own, task.about or {}, target._client
  check_manifest(own)
  local file = path_of(own, task.name)
  intent.sink = M.sink(file, own, task.check, about)
  intent.deadline, intent.key = own.deadline, own.key
  intent.subject = intent.subject or subjects.of(target)
  intent.path = intent.path or target:_path()
  local watch <close> = client:_watch(own.progress, file)
  intent.watch = watch.update
  local saved = pipeline.call(client, intent).saved
  watch.done() -- a gate may have answered, and nothing been sent
  if saved and saved.path then describe(saved, own, about) end
  local list = saved and saved.sha256 and own.manifest -- a gate's answer need be no file
  if list == true then
    manifest.at((split_path(file))):add(saved):write()
  elseif list then
    list:add(saved)
  end
  return saved
end

--- Makes a folder for several files: `to`, which must be or become one.
---@param own table
---@param name string  of the folder, when `to` is nil
---@return string path
function M.folder(own, name)
  return scratch.folder(own.to or filename.safe(name))
end

return M
