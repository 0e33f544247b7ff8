--- Signs and checks JSON Web Tokens (RFC 7519) with HMAC-SHA-256 (`HS256`, RFC 7515 and 7518).
---
--- The header of a token never chooses the algorithm: a token with `"alg": "none"`, or one that
--- names a key, is refused.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"

local M = {}

--- Encodes bytes in base64 for URLs, without padding (RFC 7515 section 2).
local function encode(bytes) return (ids.base64(bytes, true):gsub("=", "")) end

local function decode(text)
  if text:find "[^%w_-]" then return nil end
  return ids.unbase64((text:gsub("[-_]", { ["-"] = "+", ["_"] = "/" })) .. ("="):rep(-#text % 4))
end

-- Compares two strings in a time that depends only on their lengths.
---@param a string
---@param b string
---@return boolean
function M.same(a, b)
  local difference = #a ~ #b
  for i = 1, #b do difference = difference | ((a:byte(i) or 0) ~ b:byte(i)) end
  return difference == 0
end

local header = encode '{"alg":"HS256","typ":"JWT"}'

local function signature(key, text) return encode(assert(core.hmac(key, text))) end

--- Signs claims.
---@param key string
---@param claims table
---@return string token
function M.sign(key, claims)
  local text = header .. "." .. encode(json.encode(claims))
  return text .. "." .. signature(key, text)
end

local function object(text)
  local bytes = decode(text)
  local good, value = pcall(json.decode, bytes or "")
  return bytes and good and type(value) == "table" and not json.is_array(value) and value or nil
end

--- Returns the claims of a token whose algorithm, signature and times are right.
---@param key string
---@param token string
---@param now number  seconds since 1970
---@return table? claims, string? message  the end of a sentence
function M.verify(key, token, now)
  local head, payload, given = token:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]*)$"
  local about, claims = object(head or ""), object(payload or "")
  if not about or not claims then return nil, "is not a JSON web token" end
  if about.alg ~= "HS256" then
    return nil, ("is signed with '%s', not with HS256"):format(tostring(about.alg))
  end
  if not M.same(given, signature(key, head .. "." .. payload)) then
    return nil, "has a signature that is not this server's"
  end
  local expires = tonumber(claims.exp)
  if not expires or expires <= now then return nil, "has expired" end
  return claims
end

return M
