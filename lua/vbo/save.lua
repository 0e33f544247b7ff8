--- Saving: a stream of the server becomes a file that is whole or absent.

local errors = require "vbo.error"
local filename = require "vbo.filename"
local folders = require "vbo.folder"
local manifest = require "vbo.manifest"
local options = require "vbo.options"
local pipeline = require "vbo.pipeline"

local M = {}

--- Options of every call that saves; the rest are the operation's own.  `at_once`: how many of
--- several files at a time (16 unless told; the server may take fewer).
M.own = {
  to = "string", overwrite = "boolean", fsync = "boolean", progress = "function|boolean",
  deadline = "number", at_once = "integer", sha256 = "boolean", check = "string|boolean",
  manifest = "boolean|table",
}

---@class vbo.Saved
---@field path string    where the file is
---@field size integer   bytes
---@field sha256 string?  of its content, lower-case hex; nil with `sha256 = false`
---@field checked string?    "zip", "pst", "msg" or "html": it is whole, and what it claims to be
---@field unchecked string?  why that could not be told, where it was asked for

--- Splits a save's options into where it goes and what the API is told.
---@return table own, table rest
function M.split(given, call)
  return options.split(given, M.own, call)
end

-- What a file must be, by what the API says that it sends.  Exports beyond a size come as
-- archives of parts, so the first bytes decide between the two.
local checks = { [".zip"] = "zip", [".pst"] = "pst|zip", [".msg"] = "msg", [".html"] = "html|zip" }

--- The check for a stream that comes with an extension; nil for those without.
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

--- The manifest of a set of saves; a `<close>` variable, so that it names what was saved before
--- an error, too.
---@param own table      `M.own`
---@param folder string  where the set goes
---@return vbo.Manifest|false
function M.manifest(own, folder)
  check_manifest(own)
  if own.manifest == true then return manifest.new(folder) end
  return false -- one that was given is written by who made it
end

--- What a sink is told of a save's options.
---@param file string
---@param own table      `M.own`
---@param check string?  what the stream should be
---@return table sink    of `vbo.Request`
function M.sink(file, own, check)
  if type(own.check) == "string" then check = own.check end
  if own.check == false then check = nil end
  return {
    file = file, overwrite = own.overwrite, fsync = own.fsync, sha256 = own.sha256, check = check,
  }
end

--- Names of files in a folder that saves go to: each used once, and none that a manifest there
--- needs.
---@return fun(name: string): string
function M.names() return filename.unique { manifest.sums, manifest.details } end

local function split_path(path)
  local folder, name = path:match "^(.*)/([^/]*)$"
  if not folder then return ".", path end
  return folder:match "^(.*[^/])/*$" or "/", name
end

-- Whether the manifest of this save is written into the folder.
local function has_manifest(own, folder)
  return own.manifest == true or own.manifest and own.manifest.folder == folder
end

-- The path of the file: `to`, or a name in the folder `to`; the folders on the way are made.
local function path_of(own, name)
  local named = filename.safe(name)
  local path = filename.target(own.to, named)
  local folder, last = split_path(path)
  if has_manifest(own, folder) and manifest.is_reserved(last) then
    if path == own.to then
      errors.usage(("option 'to' cannot be %s: the manifest is written there"):format(path),
        "choose another name, or save without 'manifest'")
    end
    path = filename.target(own.to, M.names()(named))
  end
  folders.make(folder)
  return path
end

--- Saves one stream.
---@param target table  a resource or a collection's owner: what has a client and a path
---@param intent table  as `pipeline.call`
---@param own table     `M.own`
---@param name string   the file's name when `to` is a folder or nil; made safe here
---@param check string?  what the stream should be (`M.check_of`), unless the options say otherwise
---@return vbo.Saved
function M.stream(target, intent, own, name, check)
  check_manifest(own)
  local client = target._client
  local file = path_of(own, name)
  intent.sink = M.sink(file, own, check)
  intent.deadline = own.deadline
  intent.path = intent.path or target:_path()
  local watch <close> = client:_watch(own.progress, file)
  intent.watch = watch.update
  local saved = pipeline.call(client, intent).saved
  watch.done() -- a gate may have answered, and nothing been sent
  local list = saved and saved.sha256 and own.manifest -- a gate's answer need be no file
  if list == true then
    manifest.new((split_path(file))):add(saved):write()
  elseif list then
    list:add(saved)
  end
  return saved
end

--- A folder for several files: `to`, which must be or become one.
---@param own table
---@param name string  of the folder, when `to` is nil
---@return string path
function M.folder(own, name)
  return folders.make(own.to or filename.safe(name))
end

return M
