--- Who may log in beside the server's own account, and with what: the account that an organization
--- was added with, as its tenant; and any of its users, as restore operators.  All of them have the
--- server's password, or an assertion.

local core = require "vbo.core"
local ids = require "vbo.sim.ids"
local json = require "vbo.json"

local M = {}

---@class vbo.sim.Account
---@field user string
---@field kind "administrator"|"tenant"|"operator"
---@field organization table?  of tenants and operators
---@field person table?        of operators: the user of the world

--- The tenant of an organization, by the account that it was added with: the real server lets in no
--- other of its users.
---@param store table
---@param name string
---@return vbo.sim.Account?
function M.tenant(store, name)
  for _, organization in ipairs(store.organizations:list()) do
    if organization.account and core.fold(organization.account) == core.fold(name) then
      return { user = organization.account, kind = "tenant", organization = organization }
    end
  end
end

--- A user of an organization, who may restore what is their own and what their roles cover.
---@param store table
---@param name string
---@return vbo.sim.Account?
function M.operator(store, name)
  for _, organization in ipairs(store.organizations:list()) do
    local person = organization.by_email[core.fold(name)]
    if person and not person.left then
      return { user = person.name, kind = "operator", organization = organization, person = person }
    end
  end
end

--- The claims of a JSON Web Token (RFC 7519).  Nobody here could check its signature.
local function claims(token)
  local payload = token:match "^[%w_-]+%.([%w_-]+)%.[%w_-]*$"
  if not payload then return nil end
  local text = ids.unbase64((payload:gsub("[-_]", { ["-"] = "+", ["_"] = "/" }))
    .. ("="):rep(-#payload % 4))
  local value = text and json.decode(text)
  return type(value) == "table" and value or nil
end

-- The claims that Microsoft's tokens name their user in.
local names <const> = { "upn", "preferred_username", "unique_name", "email" }

--- Whom an assertion names: a token, or the answer of Microsoft's token route, a JSON object with
--- an id_token or access_token in it.
---@param text string
---@param now number
---@return string? user, string? message  why not
function M.asserted(text, now)
  local value = text:find "^%s*{" and json.decode(text)
  local tokens = type(value) == "table" and { value.id_token, value.access_token } or { text }
  for _, token in pairs(tokens) do
    local found = type(token) == "string" and claims(token)
    for _, name in ipairs(found and names or {}) do
      if type(found[name]) == "string" then
        local expires = tonumber(found.exp)
        if expires and expires <= now then return nil, "The assertion has expired." end
        return found[name]
      end
    end
  end
  return nil, "The assertion holds no token that names its user."
end

return M
