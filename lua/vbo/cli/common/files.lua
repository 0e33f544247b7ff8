--- Reads files that a command line names: `-` is standard input.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local secret = require "vbo.base.secret"

local M = {}

-- Far more than a body that the API takes: a larger file is a wrong one.
local largest = 64 * 1024 * 1024

--- Returns the content of a file.
---@param path string
---@return string content  raises `disk` when it cannot be read, `limit` when it is too large
function M.read(path)
  local file, message
  if path == "-" then file = io.stdin else file, message = io.open(path, "rb") end
  if not file then errors.raise { kind = "disk", message = "cannot read " .. message } end
  local content, why = file:read(largest + 1)
  if path ~= "-" then file:close() end
  if why then errors.raise { kind = "disk", message = ("cannot read %s: %s"):format(path, why) } end
  content = content or ""
  if #content > largest then
    errors.raise { kind = "limit", message = path .. " is larger than 64 MiB" }
  end
  return content
end

--- Reads a secret from a file of one line, which only its owner may read.
---@param path string
---@return vbo.Secret
function M.secret(path)
  if path == "-" then
    local read, err = core.secret.stdin()
    return read or errors.raise(err)
  end
  return secret.file(path)
end

--- Encodes a file's content as Base64 (RFC 4648, section 4); Base64 stays as it is.
---@param content string
---@return string
function M.base64(content)
  local text = content:gsub("%s", "")
  if #text % 4 == 0 and #text > 0 and text:match "^[%w+/]+=?=?$" then return text end
  return core.base64(content)
end

return M
