--- Finds the arguments of a script that look secret: the journal keeps their position alone.
---
--- The tests err on the side of secrecy: an argument taken for a secret is asked for when the run
--- is resumed, and one that is not stays in the journal.  Ids (GUIDs, those of Exchange items),
--- paths, dates and addresses are not secrets.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local json = require "vbo.base.json"

local M = {}

-- The words of a name that stands for a secret.
local words = {
  pass = true, password = true, passwd = true, passphrase = true, pwd = true, pw = true,
  secret = true, secrets = true, token = true, tokens = true, key = true, apikey = true,
  credential = true, credentials = true, cred = true, creds = true, auth = true,
  authorization = true, assertion = true, bearer = true, jwt = true, cookie = true, sas = true,
  sig = true, signature = true, otp = true, totp = true, passcode = true, pat = true,
}

-- Endings of names written in one word: "dbpassword", "accesstoken".
local endings = { "password", "passwd", "passphrase", "secret", "token", "apikey", "credential" }

-- Checks the words of a name: --api-key, apiKey, API_KEY and clientSecret; not --keyboard.
local function names_secret(name)
  local spaced = ascii.lower((name:gsub("(%l)(%u)", "%1 %2")))
  for word in spaced:gmatch "%a+" do
    if words[word] then return true end
    for _, ending in ipairs(endings) do
      if word:sub(-#ending) == ending then return true end
    end
  end
  return false
end

-- Words that begin with p and are options rather than passwords behind a -p (as in -pHunter2).
local plain_options = { "parallel", "path", "page", "period", "person", "policy", "port", "prefix",
  "print", "profile", "progress", "project", "proxy" }

local function is_attached(text)
  local rest = text:match "^%-p(.+)$"
  if not rest then return false end
  local word = ("p" .. rest):match "^%l+"
  for _, option in ipairs(plain_options) do
    if word == option or word == option .. "s" then return false end
  end
  return true
end

local prefixes = { "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xox[abprs]%-", "AKIA", "sk%-",
  "[Bb]earer ", "[Bb]asic ", "%-%-%-%-%-BEGIN" }

local function has_known_form(text)
  for _, prefix in ipairs(prefixes) do
    if text:find("^" .. prefix .. "%S") then return true end
  end
  return text:find "eyJ[%w_-]+%.eyJ[%w_-]+%.[%w_-]*" ~= nil -- a JWT
    or text:find "^%a[%w+.-]*://[^/@%s]*:[^/@%s]+@" ~= nil -- a URL with a password
end

-- A query with a secret parameter: https://host/x?token=…&sig=…
local function has_secret_query(text)
  for name in (text:match "^%a[%w+.-]*://[^?#]*%?(.*)$" or ""):gmatch "([%w_.-]+)=[^&#]+" do
    if names_secret(name) then return true end
  end
  return false
end

local function kind_of(byte)
  if byte >= 48 and byte <= 57 then return 1 end
  if byte >= 65 and byte <= 90 then return 2 end
  if byte >= 97 and byte <= 122 then return 3 end
end

-- Bits a character (Shannon).
local function entropy(text)
  local counts, sum = {}, 0
  for i = 1, #text do
    local byte = text:byte(i)
    counts[byte] = (counts[byte] or 0) + 1
  end
  for _, count in pairs(counts) do sum = sum - count / #text * math.log(count / #text, 2) end
  return sum
end

-- Counts the changes between digits, capitals and small letters, and how many of these are there:
-- random text changes at every second character, words and CamelCase seldom.
local function changes(text)
  local before, count, kinds, seen = nil, 0, 0, {}
  for i = 1, #text do
    local kind = kind_of(text:byte(i))
    if kind and not seen[kind] then seen[kind], kinds = true, kinds + 1 end
    if kind and before and kind ~= before then count = count + 1 end
    before = kind or before
  end
  return count, kinds
end

local function is_id(text)
  return text:find "^{?%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+}?$" ~= nil -- a GUID
    or text:find "^A[AQ][MkQ]" ~= nil and #text > 60 -- of an Exchange item or folder
    or text:find "^sha%d*/" ~= nil -- the fingerprint of a certificate
    or text:find "^[/.~]" ~= nil -- a path
end

local function is_random(text)
  if #text < 20 or is_id(text) then return false end
  if text:find "^%x+$" then
    return #text >= 32 and text:find "%a" ~= nil and text:find "%d" ~= nil
  end
  if not text:find "^[%w+/_-]+=*$" then return false end
  local count, kinds = changes(text)
  return kinds == 3 and count >= #text * 0.35 and entropy(text) >= 3.5
end

-- Checks an argument by itself.
local function looks_secret(text)
  if text:find "^%-%-%-%-%-BEGIN" then return true end
  local name, value = text:match "^%-*([%a][%w_.-]*)[=:](.+)$"
  if name and not text:find "^%a[%w+.-]*://" and (names_secret(name) or is_random(value)
      or has_known_form(value)) then
    return true
  end
  return is_attached(text) or has_known_form(text) or has_secret_query(text) or is_random(text)
    or core.redact(text) ~= text -- a secret of this process
end

-- Checks whether an argument announces a secret: "--token", "-p", and the bare word "password".
local function announces(text)
  local name = text:match "^%-%-?([%a][%w_-]*)$"
  if text == "-p" or name and names_secret(name) then return true end
  return words[ascii.lower(text)] == true
end

--- Replaces the arguments that look secret.
---@param list string[]
---@return any[] shown  the arguments, `json.null` for each that looks secret
---@return integer[] hidden  the positions of those
function M.redact(list)
  local shown, hidden = json.array {}, json.array {}
  for i, text in ipairs(list) do
    local follows = i > 1 and announces(list[i - 1]) and text:sub(1, 2) ~= "--"
    if follows or looks_secret(text) then
      shown[i], hidden[#hidden + 1] = json.null, i
    else
      shown[i] = text
    end
  end
  return shown, hidden
end

--- Returns a name for the argument at a position, to ask for it: the option before it, its number.
---@param shown any[]
---@param position integer
---@return string
function M.describe(shown, position)
  local before = shown[position - 1]
  if type(before) == "string" and announces(before) then
    return ("argument %d (after %s)"):format(position, before)
  end
  return ("argument %d"):format(position)
end

--- Returns whether values have the same arguments but for those that were hidden.
---@param shown any[]
---@param list string[]
---@return boolean
function M.matches(shown, list)
  for i = 1, math.max(#shown, #list) do
    if shown[i] ~= json.null and shown[i] ~= list[i] then return false end
  end
  return #shown == #list
end

return M
