--- Tokens: the token route of every version, and the check of what requests carry.
---
--- OAuth 2.0 password and refresh grants (RFC 6749 sections 4.3 and 6), JWT bearer assertions (RFC
--- 7523) and the grant of restore operators, as a form or as JSON; failures are 400 with
--- { error, error_description }, an unknown or expired token is a 401.

local ascii = require "vbo.ascii"
local core = require "vbo.core"
local accounts = require "vbo.sim.accounts"
local ids = require "vbo.sim.ids"
local json = require "vbo.json"
local read = require "vbo.sim.request"
local time = require "vbo.time"

local M = {}

local Auth = {}
Auth.__index = Auth

--- Refresh tokens outlive access tokens; the reference names no time, a day is plenty here.
local refresh_lifetime = 86400

-- How many tokens are kept of either kind; the oldest go when more are asked for.
local most = 5000

--- Tokens of one server.
---@param options { user: string, password: string, lifetime: number, clock: (fun(): number),
---  bytes: (fun(count: integer): string), store: (fun(): table) }
---  lifetime: seconds of an access token; store: whose organizations have accounts of their own
---@return table
function M.new(options)
  return setmetatable({
    user = options.user, password = options.password, lifetime = options.lifetime,
    clock = options.clock, bytes = options.bytes, store = options.store, access = {}, refresh = {},
    access_order = { first = 1, last = 0 }, refresh_order = { first = 1, last = 0 },
  }, Auth)
end

--- Keeps a token, and drops the oldest that have expired, were used up, or are too many.
local function keep(tokens, order, key, token, now)
  tokens[key] = token
  order.last = order.last + 1
  order[order.last] = key
  while order.first <= order.last do
    local oldest = tokens[order[order.first]]
    if oldest and oldest.expires > now and order.last - order.first < most then return end
    tokens[order[order.first]], order[order.first] = nil, nil
    order.first = order.first + 1
  end
end

local function failure(code, text)
  return {
    status = 400, headers = { ["cache-control"] = "no-store" },
    json = { error = code, error_description = text },
  }
end

--- Compares without telling by its time how much was right.
local function same(a, b)
  local difference = #a ~ #b
  for i = 1, #b do difference = difference | ((a:byte(i) or 0) ~ b:byte(i)) end
  return difference == 0
end

--- Whether a name and a password are the account's.
---@return boolean
function Auth:knows(user, password)
  return core.fold(user) == core.fold(self.user) and same(password, self.password)
end

local function http_date(at) return os.date("!%a, %d %b %Y %H:%M:%S GMT", at // 1 | 0) end

--- Tokens for an account, and the answer that brings them.
local function issue(self, account, number, cookieless)
  local now = self.clock()
  local access, refresh = ids.base64(self.bytes(48), true), ids.base64(self.bytes(48), true)
  local antiforgery = number >= 8 and not cookieless and ids.base64(self.bytes(24), true) or nil
  keep(self.access, self.access_order, access, {
    user = account.user, account = account, expires = now + self.lifetime,
    antiforgery = antiforgery,
  }, now)
  keep(self.refresh, self.refresh_order, refresh, {
    account = account, expires = now + refresh_lifetime, access = access,
    antiforgery = antiforgery, cookieless = cookieless,
  }, now)
  local stamp = number >= 6 and time.iso or http_date
  local headers = { ["cache-control"] = "no-store" }
  if antiforgery then
    headers["set-cookie"] = "vbo-antiforgery=" .. antiforgery .. "; Path=/; Secure; HttpOnly"
  end
  return {
    status = 200, headers = headers,
    json = {
      access_token = access, token_type = "bearer", refresh_token = refresh,
      expires_in = math.tointeger(self.lifetime) or self.lifetime,
      userName = number >= 6 and account.user or nil,
      [".issued"] = stamp(now), [".expires"] = stamp(now + self.lifetime),
    },
  }
end

--- The parameters of a token request, lower-case names.
local function parameters(request)
  local kind = ascii.lower(request.headers["content-type"] or "")
  if not kind:find("json", 1, true) then return (read.fields(request.body)) end
  local value = read.json(request.body)
  if type(value) ~= "table" then return nil end
  local out = {}
  for name, each in pairs(value) do
    if each ~= json.null then
      local text = type(each) == "table" and json.encode(each) or tostring(each)
      out[ascii.lower(tostring(name))] = text
    end
  end
  return out
end

--- The value of the antiforgery cookie that a request brings.
local function cookie(request)
  return (";" .. (request.headers.cookie or "")):match ";%s*vbo%-antiforgery=([^;%s]+)"
end

local wrong = "The user name or password is incorrect."

--- The account that a user name and a password are of; nil and the refusal.
local function by_password(self, given, who)
  if not given.username or not given.password then
    return nil, failure("invalid_request", "Both username and password are needed.")
  end
  local account = who(given.username)
  if not account or not same(given.password, self.password) then
    return nil, failure("invalid_grant", wrong)
  end
  return account
end

--- The account that an assertion names; nil and the refusal.
local function by_assertion(self, given, who)
  if not given.assertion or given.assertion == "" then
    return nil, failure("invalid_request", "An assertion is needed.")
  end
  local name, message = accounts.asserted(given.assertion, self.clock())
  if not name then return nil, failure("invalid_grant", message) end
  local account = who(name)
  if account then return account end
  return nil, failure("invalid_grant", ("No account of this server is called '%s'."):format(name))
end

local grants = {}

--- The server's own account, or an organization's, which becomes its tenant.
function grants.password(self, given)
  return by_password(self, given, function(name)
    if core.fold(name) == core.fold(self.user) then
      return { user = self.user, kind = "administrator" }
    end
    return accounts.tenant(self.store(), name)
  end)
end

--- The tenant of an organization whose sign-in needs more than a password.
grants["urn:ietf:params:oauth:grant-type:jwt-bearer"] = function(self, given)
  if not given.client_id or given.client_id == "" then
    return nil, failure("invalid_request", "A client_id is needed: the id of the application.")
  end
  return by_assertion(self, given, function(name) return accounts.tenant(self.store(), name) end)
end

--- A restore operator, by password or by an assertion.
function grants.operator(self, given)
  local function who(name) return accounts.operator(self.store(), name) end
  if given.assertion then return by_assertion(self, given, who) end
  return by_password(self, given, who)
end

--- What issues these tokens is not here.
function grants.integration(_, given)
  if not given.integration_token then
    return nil, failure("invalid_request", "An integration_token is needed.")
  end
  return nil, failure("invalid_grant", "The integration token is unknown.")
end

--- The grants of a version, as its catalogue lists them.
local function grants_of(cat)
  local schema = cat:operation "token".body.properties.grant_type
  return schema.enum
end

--- Answers the token route.
---@param request table  of `app:handle`
---@param cat table      the catalogue of the API version
---@return table answer
function Auth:token(request, cat)
  local given, number = parameters(request), cat.number
  if not given then return failure("invalid_request", "The body is no JSON object.") end
  local cookieless = ascii.lower(given.disable_antiforgery_token or "") == "true"
  local grant = ascii.lower(given.grant_type or "")
  if grant == "" then return failure("invalid_request", "grant_type is missing.") end
  local names, known = grants_of(cat), false
  for _, name in ipairs(names) do known = known or name == grant end
  if not known then
    return failure("unsupported_grant_type", ("There is no grant_type '%s' here; there is %s.")
      :format(given.grant_type, table.concat(names, ", ")))
  end
  if grant == "refresh_token" then
    local key = given.refresh_token or ""
    local old = self.refresh[key]
    if not old or old.expires <= self.clock()
        or old.antiforgery and old.antiforgery ~= cookie(request) then
      return failure("invalid_grant", "The refresh token is unknown or has expired.")
    end
    -- Used once: its successor takes its place, and the access token it came with ends.
    self.refresh[key], self.access[old.access] = nil, nil
    return issue(self, old.account, number, cookieless or old.cookieless)
  end
  local account, refused = grants[grant](self, given)
  if not account then return refused end
  return issue(self, account, number, cookieless)
end

--- The account of a request's bearer token.
---@param request table
---@return vbo.sim.Account? account, string? message  why not
function Auth:bearer(request)
  local kind, key = (request.headers.authorization or ""):match "^(%S+)%s+(%S+)%s*$"
  if not kind or ascii.lower(kind) ~= "bearer" then return nil, "A bearer token is needed." end
  local found = self.access[key]
  if not found then return nil, "The access token is unknown." end
  if found.expires <= self.clock() then
    self.access[key] = nil
    return nil, "The access token has expired."
  end
  if found.antiforgery and found.antiforgery ~= cookie(request) then
    return nil, "The antiforgery cookie is missing: keep cookies, or ask for the token with "
      .. "disable_antiforgery_token=true."
  end
  return found.account, nil
end

--- The user of HTTP Basic (RFC 7617), which the admin interface takes beside tokens.
---@return string?
function Auth:basic(request)
  local kind, text = (request.headers.authorization or ""):match "^(%S+)%s+(%S+)%s*$"
  if not kind or ascii.lower(kind) ~= "basic" then return nil end
  local user, password = (ids.unbase64(text) or ""):match "^([^:]*):(.*)$"
  return user and self:knows(user, password) and self.user or nil
end

--- Ends the token of a request: the logout of v7 and v8.
function Auth:logout(request)
  local key = (request.headers.authorization or ""):match "^%S+%s+(%S+)%s*$"
  if key then
    self.access[key] = nil
    for name, each in pairs(self.refresh) do
      if each.access == key then self.refresh[name] = nil end
    end
  end
end

--- Forgets all tokens, as a restart of the service does.
function Auth:forget()
  self.access, self.refresh = {}, {}
  self.access_order, self.refresh_order = { first = 1, last = 0 }, { first = 1, last = 0 }
end

return M
