--- Finds the accounts that may log in besides the server's own: the account that an organization
--- was added with, as its tenant, and any of its users, as restore operators.  They log in with the
--- server's password or an assertion that this server signed.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local json = require "vbo.base.json"
local jwt = require "vbo.sim.http.jwt"
local identities = require "vbo.sim.state.identities"

local M = {}

---@class vbo.sim.Account
---@field user string
---@field kind "administrator"|"tenant"|"operator"
---@field organization table?  of tenants and operators
---@field person table?        of operators: the user of the world

--- Finds the tenant of an organization by the account that it was added with; the real server
--- admits no other of its users.
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

--- Finds a user of an organization, who may restore what is their own and what their roles cover.
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

--- Finds an application of an organization by its id; default its backup application.
---@param organization table
---@param id string?
---@return table?
function M.application(organization, id)
  local known = identities.of(organization)
  if not id then return known.applications[1] end
  return known.application[ascii.lower(id)]
end

-- Lists the tokens of an assertion: the assertion, or those of Microsoft's answer, a JSON object
-- with an id_token or access_token.
local function tokens_of(text)
  if not text:find "^%s*{" then return { text } end
  local good, value = pcall(json.decode, text)
  if not good or type(value) ~= "table" then return {} end
  local out = {}
  for _, token in ipairs { value.id_token or false, value.access_token or false } do
    if type(token) == "string" then out[#out + 1] = token end
  end
  return out
end

--- Checks an assertion.
---@param text string
---@param key string  the key that assertions are signed with
---@param now number
---@return table? claims, string? message
function M.asserted(text, key, now)
  local message = "The assertion holds no token that names its user."
  for _, token in ipairs(tokens_of(text)) do
    local claims, why = jwt.verify(key, token, now)
    if claims and type(claims.upn) == "string" then return claims end
    if why then
      message = ("The assertion %s; `vbolua sim assertion USER` gives one that is."):format(why)
    end
  end
  return nil, message
end

return M
