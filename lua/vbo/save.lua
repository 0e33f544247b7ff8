--- Saving: a stream of the server becomes a file that is whole or absent.

local errors = require "vbo.error"
local filename = require "vbo.filename"
local options = require "vbo.options"
local pipeline = require "vbo.pipeline"

local M = {}

--- Options of every call that saves; the rest are the operation's own.  `at_once`: how many of
--- several files at a time (16 unless told; the server may take fewer).
M.own = {
  to = "string", overwrite = "boolean", fsync = "boolean", progress = "function|boolean",
  deadline = "number", at_once = "integer",
}

---@class vbo.Saved
---@field path string    where the file is
---@field size integer   bytes
---@field sha256 string  of its content, lower-case hex

--- Splits a save's options into where it goes and what the API is told.
---@return table own, table rest
function M.split(given, call)
  return options.split(given, M.own, call)
end

--- Saves one stream.
---@param target table  a resource or a collection's owner: what has a client and a path
---@param intent table  as `pipeline.call`
---@param own table     `M.own`
---@param name string   the file's name when `to` is a folder or nil; made safe here
---@return vbo.Saved
function M.stream(target, intent, own, name)
  local client = target._client
  local file = filename.target(own.to, filename.safe(name))
  intent.sink = { file = file, overwrite = own.overwrite, fsync = own.fsync }
  intent.deadline = own.deadline
  intent.path = intent.path or target:_path()
  local watch <close> = client:_watch(own.progress, file)
  intent.watch = watch.update
  local saved = pipeline.call(client, intent).saved
  watch.done() -- a gate may have answered, and nothing been sent
  return saved
end

--- A folder for several files: `to`, which must be or become one.
---@param own table
---@param name string  of the folder, when `to` is nil
---@return string path
function M.folder(own, name)
  local core = require "vbo.core"
  local path = own.to or filename.safe(name)
  local found = core.stat(path)
  if found and found.type ~= "directory" then
    errors.raise { kind = "exists", message = ("%s is a file, not a folder"):format(path) }
  end
  if not found then
    local ok, err = core.mkdir(path)
    if not ok then errors.raise(err) end
  end
  return (path:gsub("/+$", ""))
end

return M
