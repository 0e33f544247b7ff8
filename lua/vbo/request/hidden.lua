--- Passwords that a runbook gave as plain strings, on their way into a request.
---
--- They are sent through the core as secrets are, so that no text shows them when a server repeats
--- them.  The strings themselves stay in Lua's memory.

local ascii = require "vbo.base.ascii"
local secret = require "vbo.base.secret"

local M = {}

-- Parts of the names of the API's properties, and whole names.
local words = { "password", "secret", "passphrase", "assertion" }
local whole = { usercode = true, authcode = true, sharedkey = true, applicationcertificate = true }

local function is_secret(name)
  if type(name) ~= "string" then return false end
  local lower = ascii.lower(name)
  if whole[lower] then return true end
  for _, word in ipairs(words) do
    if lower:find(word, 1, true) then return true end
  end
  return false
end

--- Puts secrets in the places of passwords of a body; returns the same table where it has no
--- password.
---@param value any
---@param name any?  of the property that holds it
---@return any
function M.body(value, name)
  if type(value) == "string" then
    return is_secret(name) and value ~= "" and utf8.len(value) and secret.of(value) or value
  end
  if type(value) ~= "table" then return value end
  local copy
  for key, item in next, value do
    local inner = M.body(item, type(key) == "number" and name or key)
    if not rawequal(inner, item) then
      if not copy then
        copy = {}
        for each, old in next, value do copy[each] = old end
        setmetatable(copy, getmetatable(value))
      end
      copy[key] = inner
    end
  end
  return copy or value
end

return M
