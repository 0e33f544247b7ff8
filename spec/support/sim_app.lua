-- Drives the rehearsal server's app without sockets, in any version and both dialects.

local apps = require "vbo.sim.http.app"
local json = require "vbo.base.json"
local server_ok, server = pcall(require, "vbo.server")
local worlds = require "vbo.sim.world"
local serve = server_ok and require "vbo.sim.http.serve"

local M = {}

M.password = "correct horse"
M.contoso = "contoso.onmicrosoft.com"
M.before = "2026-11-18T22:00:00Z"

-- Keys of the action dialect and verbs of the later one.
local words = {
  explore = { "explore", "explore" }, stop_session = { "stop", "Stop" },
  restore = { "restoretoOriginallocation", "restore" }, restore_to = { "restoreTo", "restoreTo" },
  copy = { "copyTo", "copyTo" }, send = { "sendTo", "send" }, save = { "save", "save" },
  save_msg = { "savetoMsg", "save" }, export = { "exporttoPst", "exportToPst" },
  send_default = { "sendtoDefaultaddress", "sendToDefaultAddress" },
  send_different = { "sendtoDifferentaddress", "sendToDifferentAddress" },
  start = { "start", "start" }, stop = { "stop", "stop" }, enable = { "enable", "enable" },
  disable = { "disable", "disable" },
}

-- Worlds never change: all apps of a spec hold the same.
local demo

local Client = {}
Client.__index = Client

--- A client of a new app, logged in, speaking `version`.
function M.new(version, options)
  local settings = { user = "admin", password = M.password }
  for key, value in pairs(options or {}) do settings[key] = value end
  if not settings.world then
    demo = demo or worlds.open "demo"
    settings.world = demo
  end
  local self = setmetatable({
    now = 1795248000, -- 2026-11-21T08:00:00Z
    requests = {},
  }, Client)
  settings.clock = settings.clock or function() return self.now end
  self.app = apps.new(settings)
  self:speak(version or "v8")
  self:login()
  return self
end

function Client:speak(version)
  self.version, self.number = version, tonumber(version:match "%d+")
  return self
end

function Client:login(more)
  local answer = self:raw("POST", "/" .. self.version .. "/token",
    "grant_type=password&username=admin&password=correct+horse&disable_antiforgery_token=true"
    .. (more or ""), { ["content-type"] = "application/x-www-form-urlencoded" })
  assert(answer.status == 200, answer.body)
  self.token = json.decode(answer.body).access_token
end

function Client:raw(method, target, body, headers)
  local path, query = target:match "^([^?]*)%??(.*)$"
  return self.app:handle {
    method = method, path = path, query = query ~= "" and query or nil, headers = headers or {},
    body = body,
  }
end

--- A request; body a table or JSON text.  Gives the decoded answer (or stream), and the answer.
function Client:call(method, target, body)
  local headers = { authorization = self.token and "Bearer " .. self.token,
    ["content-type"] = "application/json" }
  if body ~= nil and type(body) ~= "string" then body = json.encode(body) end
  if not target:find "^/[vV]%d" and not target:find "^/sim" then
    target = "/" .. self.version .. target
  end
  local answer = self:raw(method, target, body, headers)
  if answer.stream then return answer.stream, answer end
  if answer.body == "" then return nil, answer end
  return assert(json.decode(answer.body)), answer
end

function Client:get(target, status)
  local value, answer = self:call("GET", target)
  assert(answer.status == (status or 200),
    ("GET %s answered %d %s"):format(target, answer.status, answer.body or ""))
  return value, answer
end

--- The rows of a list, of whatever envelope.
function Client:rows(target)
  local value = self:get(target)
  return value.results or value
end

--- An action or a verb, by the dialect.
function Client:act(path, what, body, status)
  local word = assert(words[what], what)
  local value, answer
  if self.number <= 5 then
    value, answer = self:call("POST", path .. "/Action", { [word[1]] = body or json.null })
  else
    value, answer = self:call("POST", path .. "/" .. word[2], body)
  end
  if status ~= false then
    local good = status and answer.status == status
      or not status and answer.status >= 200 and answer.status < 300
    assert(good, ("%s of %s answered %d %s"):format(what, path, answer.status, answer.body or ""))
  end
  return value, answer
end

function Client:organization(name)
  for _, each in ipairs(self:rows "/Organizations") do
    if each.name == (name or M.contoso) then return each end
  end
end

--- Explores; gives the session's resource and the session.
function Client:explore(kind, at, body, organization)
  body = body or {}
  if self.number >= 2 then body.type = kind end
  if at and self.number <= 2 then
    at = at:gsub("-", "."):gsub("T", " "):gsub("Z", "")
  end
  body[self.number <= 5 and "datetime" or "dateTime"] = at
  local id = self:organization(organization).id
  local session = self:act("/Organizations/" .. id, "explore", body)
  return "/RestoreSessions/" .. session.id .. "/Organization", session
end

--- The resource of a OneDrive or mailbox by its owner's name, and its record.
function Client:owned(place, owner)
  for _, each in ipairs(self:rows(place)) do
    if each.name == owner then return place .. "/" .. each.id, each end
  end
  error("nobody called " .. owner)
end

--- All rows of a list, page after page.
function Client:all(target)
  local out, at = {}, 0
  repeat
    local separator = target:find("?", 1, true) and "&" or "?"
    local page = self:get(("%s%soffset=%d&limit=100"):format(target, separator, at))
    if not page.results then return page end
    for _, each in ipairs(page.results) do out[#out + 1] = each end
    at = at + 100
    assert(at < 1000, "a page without an end")
  until not page._links.next
  return out
end

function Client:named(target, name)
  for _, each in ipairs(self:all(target)) do
    if each.name == name or each.subject == name then return each end
  end
  error("nothing called " .. name)
end

--- Lets an asynchronous restore of v8 come to its end.
function Client:settle()
  self.now = self.now + 10
end

function Client:changes()
  self:settle()
  return (self:get "/sim/changes")
end

--- The bytes of a stream's description.
function M.bytes(stream)
  if stream.kind == "bytes" then return stream.data end
  assert(server_ok, server)
  if stream.kind == "generate" then return server.generated(stream.seed, 0, stream.size) end
  error("a ZIP is compared by its entries")
end

--- name -> bytes of a ZIP's description.
function M.entries(stream)
  assert(stream.kind == "zip", "a ZIP was expected, not " .. stream.kind)
  local out = {}
  for _, entry in ipairs(stream.entries) do
    assert(out[entry.name] == nil, "twice in a ZIP: " .. entry.name)
    out[entry.name] = entry.stream and M.bytes(entry.stream) or false
  end
  return out
end

M.Client = Client
M.serve = serve
M.json = json
return M
