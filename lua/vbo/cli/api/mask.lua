--- Hides passwords, keys and tokens in a request that is printed.

local ascii = require "vbo.base.ascii"
local secret = require "vbo.base.secret"

local M = {}

M.mask = "***"

-- Parts of the names of secret properties, in lower case.
local words = { "password", "secret", "passphrase", "assertion" }
local whole = {
  applicationcertificate = true, token = true, refresh_token = true, access_token = true,
  key = true, sharedkey = true, usercode = true, authcode = true,
}
-- Types whose values are not secret, whatever their name.
local harmless = { ["boolean"] = true, ["integer"] = true, ["number"] = true }

--- Tells whether a property's value must be hidden.
---@param name any
---@param schema vbo.Schema?
---@return boolean
function M.is_secret(name, schema)
  if schema and schema.format == "password" then return true end
  if type(name) ~= "string" or schema and harmless[schema.type] then return false end
  local lower = ascii.lower(name)
  if whole[lower] then return true end
  for _, word in ipairs(words) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

--- Returns a copy of a body without its secrets.
---@param value any
---@param schema vbo.Schema?
---@param name any?  of the property that holds it
---@return any
function M.body(value, schema, name)
  if secret.is(value) then return M.mask end
  if type(value) == "table" then
    local copy = {}
    local properties = schema and schema.properties or {}
    for key, item in pairs(value) do
      local inner = type(key) == "number" and schema and schema.items or properties[key]
      copy[key] = M.body(item, inner, type(key) == "number" and name or key)
    end
    return setmetatable(copy, getmetatable(value))
  end
  if type(value) == "string" and value ~= "" and M.is_secret(name, schema) then return M.mask end
  return value
end

--- Returns a path without the secrets of its query.
---@param path string
---@return string
function M.path(path)
  return (path:gsub("([?&])([^=&]+)=([^&]*)", function(mark, name, value)
    if value == "" or not M.is_secret(name) then return nil end
    return mark .. name .. "=" .. M.mask
  end))
end

return M
