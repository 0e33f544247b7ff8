--- Passwords that a runbook gave as plain strings, on their way into a request.
---
--- They are sent through the core as secrets are, so that no text shows them when a server repeats
--- them.  The strings themselves stay in Lua's memory.

local secret = require "vbo.base.secret"

local M = {}

--- Puts secrets in the places of passwords of a body; returns the same table where it has no
--- password.
---@param value any
---@param name any?  of the property that holds it
---@return any
function M.body(value, name)
  if type(value) == "string" then
    return secret.is_named(name) and value ~= "" and utf8.len(value) and secret.of(value) or value
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
