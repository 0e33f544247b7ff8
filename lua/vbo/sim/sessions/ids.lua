--- Gives what a restore session shows ids of that session alone, as a server does that numbers what
--- it mounts anew each time: mailboxes, items, drives, folders, documents, sites, lists, teams,
--- channels, posts and tabs.  The ids of organizations, jobs, repositories and sessions stay.
---
--- The exclusive or with a key of the session turns an id of the backup into one of the session,
--- and back.  It needs no table, also where a world has a million documents.

local ascii = require "vbo.base.ascii"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"

local M = {}

-- The forms of ids: UUIDs (a site has two in a row), channels, and the entry ids of Exchange: 46 or
-- 70 bytes in URL-safe base64, the first four of them zero.
local uuid <const> = ("x"):rep(8) .. "-xxxx-xxxx-xxxx-" .. ("x"):rep(12)
local uuid_pattern <const> = uuid:gsub("%-", "%%-"):gsub("x", "%%x")
local channel_pattern <const> = "19:" .. ("%x"):rep(32) .. "@thread%.tacv2"
local entry_pattern <const> = "AAAAA[%w_-]+=*"

-- Properties, of answers and bodies, that hold such ids.
local named <const> = { id = true, channelid = true, itemid = true, mailboxid = true,
  onedriveid = true, onedrivesiteid = true, onedrivewebid = true, parentid = true, postid = true,
  siteid = true, teamid = true }

-- Parameters of paths and queries that hold other ids.
local others <const> = { restoresessionid = true, eventid = true, versionid = true,
  requestexportid = true, setid = true, limit = true, offset = true }

local Ids = {}
Ids.__index = Ids

--- Returns the ids of a session.
---@param session table
function M.new(session)
  return setmetatable({
    seed = session.id, number = ids.hash(session.id) & 0xFFFFF | 1,
    kept = { [session.id] = true, [session.organization.id] = true },
  }, Ids)
end

-- Returns bytes combined with those of the key.
local function mixed(self, raw)
  local key, out = ids.bytes(self.seed, #raw), {}
  for i = 1, #raw do out[i] = string.char(raw:byte(i) ~ key:byte(i)) end
  return table.concat(out)
end

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function to_hex(raw)
  return (raw:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end

-- Swaps an id of 16 bytes.  The digits for version and variant of a UUID stay.
local function swap_uuid(self, text)
  if self.kept[ascii.lower(text)] then return nil end
  local old = ascii.lower((text:gsub("%-", "")))
  local new = to_hex(mixed(self, from_hex(old)))
  new = new:sub(1, 12) .. old:sub(13, 13) .. new:sub(14, 16) .. old:sub(17, 17) .. new:sub(18)
  return ("%s-%s-%s-%s-%s"):format(new:sub(1, 8), new:sub(9, 12), new:sub(13, 16),
    new:sub(17, 20), new:sub(21))
end

local function swap_channel(self, text)
  return "19:" .. to_hex(mixed(self, from_hex(text:sub(4, 35)))) .. "@thread.tacv2"
end

local function swap_entry(self, text)
  local raw = ids.unbase64((text:gsub("[-_]", { ["-"] = "+", ["_"] = "/" })))
  if not raw or #raw ~= 46 and #raw ~= 70 then return nil end
  return ids.base64(raw:sub(1, 4) .. mixed(self, raw:sub(5)), true)
end

--- Swaps all ids in a text.
---@param text string
---@return string
function Ids:text(text)
  text = text:gsub(channel_pattern, function(found) return swap_channel(self, found) end)
  text = text:gsub(uuid_pattern, function(found) return swap_uuid(self, found) end)
  return (text:gsub(entry_pattern, function(found) return swap_entry(self, found) end))
end

--- Swaps one id: a text, or the number of a post.
---@param id any
---@return any
function Ids:swap(id)
  if math.type(id) == "integer" then return id > 0 and id ~ self.number or id end
  if type(id) ~= "string" then return id end
  if id:find "^%d+$" then return ("%d"):format(self:swap(math.tointeger(tonumber(id)))) end
  return self:text(id)
end

-- Swaps the ids of a link behind its session: those of its path, and those of its query.
local function link(self, text)
  local head, path, query = text:match "^(.-/[rR]estore[sS]essions/[^/]+)([^?]*)(.*)$"
  if not head then return text end
  path = path:gsub("(/[pP]osts/)(%d+)", function(before, id) return before .. self:swap(id) end)
  query = query:gsub("([?&]([%w]+)=)([^&]*)", function(before, name, value)
    if others[ascii.lower(name)] then return nil end
    return before .. self:swap(value)
  end)
  return head .. self:text(path) .. query
end

--- Returns an answer or a body with its ids swapped.
---@param value any
---@return any
function Ids:value(value)
  if type(value) ~= "table" or value == json.null then return value end
  local out = setmetatable({}, getmetatable(value))
  for name, each in pairs(value) do
    local known = type(name) == "string" and ascii.lower(name)
    if known == "href" and type(each) == "string" then
      out[name] = link(self, each)
    elseif known and named[known] and type(each) ~= "table" then
      out[name] = self:swap(each)
    else
      out[name] = self:value(each)
    end
  end
  return out
end

--- Swaps the ids in the path and the query of a request, in place.
---@param context vbo.sim.Context
function Ids:request(context)
  for _, parameters in ipairs { context.params, context.query } do
    for name, each in pairs(parameters) do
      local known = ascii.lower(name)
      if known:find "id$" and not others[known] then parameters[name] = self:swap(each) end
    end
  end
end

--- Returns the ids for a request; nil where its answer has none: outside of a session's backup.
---@param app table
---@param path string  of the operation
---@param parameters table<string, string>
---@return table?
function M.of(app, path, parameters)
  if app.ids ~= "session" then return nil end
  path = ascii.lower(path)
  if not path:find "/restoresessions/{[^}]+}/organization/." and not path:find "/statistics$" then
    return nil
  end
  local session = parameters.restoreSessionId and app.store:session(parameters.restoreSessionId)
  return session and M.new(session)
end

return M
