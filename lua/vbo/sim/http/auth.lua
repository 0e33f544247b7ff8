--- Issues tokens at the token route of every version, and checks those of requests.
---
--- OAuth 2.0 password and refresh grants (RFC 6749 sections 4.3 and 6), JWT bearer assertions (RFC
--- 7523) and the grant of restore operators, as a form or as JSON; failures are 400 with
--- { error, error_description }, an unknown or expired token is a 401.
---
--- Tokens are signed with a random key of this process (`jwt.lua`), assertions with another.  Only
--- this server signs assertions: `POST /sim/assertions` returns one for the server's password.

local ascii = require "vbo.base.ascii"
local accounts = require "vbo.sim.http.accounts"
local core = require "vbo.core"
local guesses = require "vbo.sim.http.guesses"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local jwt = require "vbo.sim.http.jwt"
local read = require "vbo.sim.base.request"
local time = require "vbo.base.time"

local M = {}

local Auth = {}
Auth.__index = Auth

-- Refresh tokens outlive access tokens; the reference gives no lifetime.
local refresh_lifetime = 86400

-- The most tokens of either kind that are kept; new ones replace the oldest.
local most = 5000

--- Returns the tokens of a server.
---@param options { user: string, password: string, lifetime: number, clock: (fun(): number),
---  bytes: (fun(count: integer): string), store: (fun(): table), log: fun(text: string) }
---  lifetime: seconds of an access token; store: whose organizations have accounts;
---  log: receives addresses that guess passwords
---@return table
function M.new(options)
  return setmetatable({
    user = options.user, password = options.password, lifetime = options.lifetime,
    clock = options.clock, bytes = options.bytes, store = options.store, access = {}, refresh = {},
    key = options.bytes(32), assertion_key = options.bytes(32),
    -- The clock of the world may be advanced; the rate of guesses needs the machine's own.
    guesses = guesses.new { now = core.now, log = options.log },
    access_order = { first = 1, last = 0 }, refresh_order = { first = 1, last = 0 },
  }, Auth)
end

-- Keeps a token and drops the oldest that are expired, used up, or too many.
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

-- Checks a name and a password against the server's account.
---@return boolean
function Auth:knows(user, password)
  return core.fold(user) == core.fold(self.user) and jwt.same(password, self.password)
end

local function http_date(at) return os.date("!%a, %d %b %Y %H:%M:%S GMT", at // 1 | 0) end

-- Makes a signed token of an account.
---@param use "access"|"refresh"
local function sign(self, account, use, expires)
  return jwt.sign(self.key, {
    sub = account.user, role = account.kind, use = use, exp = expires,
    jti = ids.base64(self.bytes(24), true),
  })
end

-- Finds a token of either kind that was signed here and has not expired.
---@return table? found, string? message
local function held(self, tokens, use, token)
  local claims, why = jwt.verify(self.key, token, self.clock())
  if not claims then return nil, why end
  if claims.use ~= use then return nil, ("is not %s token"):format(use == "access" and "an access"
    or "a refresh") end
  local found = tokens[token]
  if not found then return nil, "is unknown" end
  if found.expires <= self.clock() then
    tokens[token] = nil
    return nil, "has expired"
  end
  return found
end

-- Issues tokens for an account and makes the answer with them.
local function issue(self, account, number, cookieless)
  local now = self.clock()
  local access = sign(self, account, "access", now + self.lifetime)
  local refresh = sign(self, account, "refresh", now + refresh_lifetime)
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

-- Reads the parameters of a token request, by lower-case name.
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

-- Reads the antiforgery cookie of a request.
local function cookie(request)
  return (";" .. (request.headers.cookie or "")):match ";%s*vbo%-antiforgery=([^;%s]+)"
end

local wrong = "The user name or password is incorrect."

local function slow_down(retry)
  local answer = failure("slow_down", "Too many wrong passwords from this address.")
  answer.status, answer.headers["retry-after"] = 429, tostring(retry)
  return answer
end

-- Examines a password, limited to the rate that an address may try them.
---@param address string
---@param examine fun(): any
---@return any found  of `examine`
---@return number? delay  seconds until the answer may leave; nil: nothing was examined
---@return integer? retry  seconds until the next try then
local function slowed(self, address, examine)
  local delay, retry = self.guesses:try(address)
  if not delay then return nil, nil, retry end
  local found = examine()
  if found then self.guesses:succeeded(address) else self.guesses:failed(address) end
  return found, delay
end

-- Finds the account of a user name and a password; nil and the refusal.
local function by_password(self, given, who)
  if not given.username or not given.password then
    return nil, failure("invalid_request", "Both username and password are needed.")
  end
  local account, delay, retry = slowed(self, given.address, function()
    local found = who(given.username)
    return jwt.same(given.password, self.password) and found or nil
  end)
  if not delay then return nil, slow_down(retry) end
  given.delay = delay
  if account then return account end
  return nil, failure("invalid_grant", wrong)
end

-- Finds the account of an assertion; nil and the refusal.
local function by_assertion(self, given, who)
  if not given.client_id or given.client_id == "" then
    return nil, failure("invalid_request", "A client_id is needed: the id of the application.")
  end
  if not given.assertion or given.assertion == "" then
    return nil, failure("invalid_request", "An assertion is needed.")
  end
  local claims, message = accounts.asserted(given.assertion, self.assertion_key, self.clock())
  if not claims then return nil, failure("invalid_grant", message) end
  local account = who(claims.upn)
  if not account then
    return nil, failure("invalid_grant",
      ("No account of this server is called '%s'."):format(claims.upn))
  end
  local application = accounts.application(account.organization, given.client_id)
  if not application then
    return nil, failure("invalid_client", ("The organization %s has no application '%s'."):format(
      account.organization.name, given.client_id))
  elseif claims.aud ~= application.id then
    return nil, failure("invalid_grant",
      ("The assertion was not made for the application '%s'."):format(given.client_id))
  end
  return account
end

local grants = {}

-- Grants tokens to the server's own account, or to an organization's as its tenant.
function grants.password(self, given)
  return by_password(self, given, function(name)
    if core.fold(name) == core.fold(self.user) then
      return { user = self.user, kind = "administrator" }
    end
    return accounts.tenant(self.store(), name)
  end)
end

-- Grants tokens to the tenant of an organization whose sign-in needs more than a password.
grants["urn:ietf:params:oauth:grant-type:jwt-bearer"] = function(self, given)
  return by_assertion(self, given, function(name) return accounts.tenant(self.store(), name) end)
end

-- Grants tokens to a restore operator, by password or by an assertion.
function grants.operator(self, given)
  local function who(name) return accounts.operator(self.store(), name) end
  if given.assertion then return by_assertion(self, given, who) end
  return by_password(self, given, who)
end

-- Refuses a grant whose issuer does not exist here.
function grants.integration(_, given)
  if not given.integration_token then
    return nil, failure("invalid_request", "An integration_token is needed.")
  end
  return nil, failure("invalid_grant", "The integration token is unknown.")
end

-- Lists the grants of a version in its catalogue.
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
  if not given then return failure("invalid_request", "The body must be a JSON object.") end
  given.address, given.delay = guesses.address(request.peer), nil
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
    local old, why = held(self, self.refresh, "refresh", key)
    if not old or old.antiforgery and old.antiforgery ~= cookie(request) then
      return failure("invalid_grant", ("The refresh token %s."):format(
        why or "came without its antiforgery cookie"))
    end
    -- A refresh token is used once: its successor replaces it, and its access token ends.
    self.refresh[key], self.access[old.access] = nil, nil
    return issue(self, old.account, number, cookieless or old.cookieless)
  end
  local account, refused = grants[grant](self, given)
  local answer = refused or issue(self, account, number, cookieless)
  answer.delay = given.delay
  return answer
end

--- Finds the account of a request's bearer token.
---@param request table
---@return vbo.sim.Account? account, string? message
function Auth:bearer(request)
  local kind, key = (request.headers.authorization or ""):match "^(%S+)%s+(%S+)%s*$"
  if not kind or ascii.lower(kind) ~= "bearer" then return nil, "A bearer token is needed." end
  local found, why = held(self, self.access, "access", key)
  if not found then return nil, ("The access token %s."):format(why) end
  if found.antiforgery and found.antiforgery ~= cookie(request) then
    return nil, "The antiforgery cookie is missing: keep cookies, or ask for the token with "
      .. "disable_antiforgery_token=true."
  end
  return found.account, nil
end

--- Finds the user of HTTP Basic (RFC 7617), which the admin interface takes besides tokens.
---@return string? user
---@return number? delay   seconds until the answer may leave; nil: nothing was examined
---@return integer? retry  seconds until the next try then
function Auth:basic(request)
  local kind, text = (request.headers.authorization or ""):match "^(%S+)%s+(%S+)%s*$"
  if not kind or ascii.lower(kind) ~= "basic" then return nil end
  local user, password = (ids.unbase64(text) or ""):match "^([^:]*):(.*)$"
  return slowed(self, guesses.address(request.peer), function()
    return user and self:knows(user, password) and self.user or nil
  end)
end

--- Signs an assertion like the identity provider of an organization.
---@param name string         a tenant's account, or a user
---@param application string? id of the organization's application (its backup application)
---@return string? assertion, string? message
function Auth:assertion(name, application)
  local account = accounts.tenant(self.store(), name) or accounts.operator(self.store(), name)
  if not account then return nil, ("No account of this server is called '%s'."):format(name) end
  local found = accounts.application(account.organization, application)
  if not found then
    return nil, ("The organization %s has no application '%s'."):format(account.organization.name,
      application or "")
  end
  local now = self.clock()
  return jwt.sign(self.assertion_key, {
    upn = account.user, aud = found.id, iss = account.organization.id, iat = now // 1 | 0,
    exp = now // 1 + 3600 | 0,
  })
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
