--- A scripted server (spec/support/peer.c) with clients, and what became of a read, a save and a
--- change at it, in the words of docs/faults.md.

local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local server = require "vbo.server"
local vbo = require "vbo"

local M = {}

local Peer = {}
Peer.__index = Peer
M.class = Peer

-- Sets the sizes of a healthy server's answers.  Several TLS records of 16 KiB each.
M.numbers = 40001
M.bytes = 100000
M.sizes = { read = M.numbers, save = M.bytes, change = #'{"id":"1"}' }

local expected_json = "[" .. ("7,"):rep((M.numbers - 3) // 2) .. "7]"
local alphabet = "abcdefghijklmnopqrstuvwxyz"
local expected_file = alphabet:rep(M.bytes // 26 + 1):sub(1, M.bytes)

--- The SHA-256 of what the server sends for a save.
function M.sha256()
  M.hash = M.hash or server.sha256_of(server.stream.bytes(expected_file))
  return M.hash
end

--- Sizes of the heads that the peer writes.
function M.head(kind)
  local size, type = M.sizes[kind], "application/json"
  if kind == "save" then type = "application/octet-stream" end
  return #("HTTP/1.1 200 Scripted\r\nContent-Length: %d\r\nContent-Type: %s\r\n\r\n")
    :format(size, type)
end

--- A fine answer, as lines of a script.
function M.answer(kind)
  if kind == "read" then return "numbers 200 " .. M.numbers end
  if kind == "save" then return "file 200 " .. M.bytes end
  return 'json 201 {"id":"1"}'
end

local count = 0

--- Starts a peer by a script, in a folder of its own within `folder`.
---@param folder string
---@param script string
---@param options string?  more of its command line
function M.start(folder, script, options)
  count = count + 1
  local path = ("%s/peer%d"):format(folder, count)
  assert(os.execute("mkdir " .. program.quoted(path)))
  local file <close> = assert(io.open(path .. "/script", "wb"))
  file:write(script)
  file:flush()
  local started = program.start(("%s --script %s/script --log %s/log --dir %s %s"):format(
    os.getenv "VBO_PEER" or "build/peer", path, path, path, options or ""), "fingerprint")
  return setmetatable({ program = started, folder = path, log = path .. "/log",
    url = started.url, pid = started.pid,
    fingerprint = started.fingerprint, port = started.port }, Peer)
end

function Peer:stop() self.program.stop() end
Peer.__close = Peer.stop

--- Counts the lines of its log that hold the text.
function Peer:count(text)
  local found = 0
  for line in io.lines(self.log) do
    if line:find(text, 1, true) then found = found + 1 end
  end
  return found
end

--- A client of it; `log` collects what it logs.
---@param changed table?  options of connect
function Peer:connect(changed)
  local log = {}
  local settings = { url = self.url, user = "operator", password = "right",
    pin = self.fingerprint, version = "v8", proxy = "", retries = 1, connect_timeout = 10,
    idle_timeout = 20, deadline = 60, log = function(text) log[#log + 1] = text end }
  for name, value in pairs(changed or {}) do settings[name] = value end
  for name, value in pairs(settings) do if value == "none" then settings[name] = nil end end
  local ok, client = vbo.try(vbo.connect, settings)
  return ok and ok or nil, log, client
end

local function is_there(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- The content of a file.
function M.content(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- Returns "left" when a save left a file, otherwise "".
function M.left(path) return is_there(path) and "left" or "" end

local function attempts(log, path)
  local number = 1
  for _, line in ipairs(log) do
    if line:find(" " .. path .. ": ", 1, true) and line:find("asked for again", 1, true) then
      number = number + 1
      -- The log must count the attempts correctly, too.
      if tonumber(line:match "attempt (%d+)$") ~= number then return "MISCOUNTED" end
    end
  end
  return number
end

--- Returns the outcome of one request: "whole", "whole, 2" (attempts), a kind of error; "done, 1"
--- (how often the server got it) or "unknown_outcome, 1" of a change.
---@param peer table
---@param client vbo.Client?  nil: the login failed with `err`
---@param log string[]
---@param err table?
---@param kind "read"|"save"|"change"
---@param path string
---@param options table?  deadline, watch, file
function M.outcome(peer, client, log, err, kind, path, options)
  options = options or {}
  local file = options.file or peer.folder .. "/saved" .. path:gsub("/", "_")
  local answer
  if client then
    answer, err = vbo.try(pipeline.send, client, {
      operation = "fault", method = kind == "change" and "POST" or "GET", path = path,
      change = kind == "change", body = kind == "change" and { a = 1 } or nil,
      sink = kind == "save" and { file = file } or nil, deadline = options.deadline,
      watch = options.watch,
    })
  end
  local text
  if not answer then
    text = err.kind
    M.told = err
    if kind == "save" and M.left(file) ~= "" then text = text .. " BUT " .. M.left(file) end
  elseif kind == "read" then
    text = json.encode(answer.data) == expected_json and "whole" or "WRONG BYTES"
  elseif kind == "save" then
    local saved = answer.saved
    text = saved.sha256 == M.sha256() and saved.size == M.bytes
      and M.content(file) == expected_file and "whole" or "WRONG BYTES"
  else
    text = "done"
  end
  if kind == "change" then
    return ("%s, %d"):format(text, peer:count("POST " .. path .. " "))
  end
  local number = attempts(log, path)
  if number == "MISCOUNTED" then return number end
  -- A failure must have used its retries, or had no right to: the page says which by the kind.
  return text == "whole" and number > 1 and ("whole, %d"):format(number) or text
end

--- Columns of a matrix: kind and how long the fault stays.
M.columns = {
  { "read, once", "read", "once" }, { "read, always", "read", "always" },
  { "save, once", "save", "once" }, { "save, always", "save", "always" },
  { "change", "change", "always" },
}

local function fill(text, kind)
  local head, body = M.head(kind), M.sizes[kind]
  local sizes = { head = head, first = head + 1, middle = head + body // 2,
    last = head + body - 1, all = head + body }
  return (text:gsub("{(%w+)}", function(name) return tostring(sizes[name]) end))
end

--- The script of a row whose fault is in the answer: `before` (lines before a fine answer), or
--- `instead` (of it), or a function(kind) for either.
function M.script(row)
  local out = { row.token or "token tok 3600" }
  for _, column in ipairs(M.columns) do
    local title, kind, stay = table.unpack(column)
    local given = row[kind == "change" and "change" or title] or row
    local before, instead = given.before, given.instead
    if type(before) == "function" then before = before(kind) end
    if type(instead) == "function" then instead = instead(kind) end
    local answer = M.answer(kind)
    local bad = fill((before and before .. "\n" or "") .. (instead or answer), kind)
    local line = ("on %s /v8/%s/%s"):format(kind == "change" and "POST" or "GET", kind, stay)
    if stay == "once" then
      out[#out + 1] = ("%s times 1\n%s\n%s\n%s"):format(line, bad, line, answer)
    else
      out[#out + 1] = line .. "\n" .. bad
    end
  end
  return table.concat(out, "\n") .. "\n"
end

--- A rule for the login, whose connection ends with it.
function M.closing_token()
  local token = '{"access_token":"tok","token_type":"bearer","expires_in":3600}'
  return ([[
on POST */token
line HTTP/1.1 200 OK
line Connection: close
line Content-Type: application/json
line Content-Length: %d
line
send %s
close
]]):format(#token, token)
end

--- The script of a column of a row whose fault is one of connections: from the second on (the
--- first is the login's) they are as `connection` says.
local function connections_script(row, kind, stay)
  return ("connection 2 %s\n%s%son * /v8/%s/%s\n%s\n"):format(row.connection,
    stay == "once" and "connection 3 tls\nconnection 3 certificate good\n" or "",
    M.closing_token(), kind, stay, M.answer(kind))
end

--- Starts what a row needs before time counts: a peer for all columns, or one for each.
---@param folder string
---@param row table
function M.prepare(folder, row)
  local peers = {}
  if row.connection then
    for _, column in ipairs(M.columns) do
      peers[column[1]] = M.start(folder, connections_script(row, column[2], column[3]))
    end
  else
    peers.all = M.start(folder, M.script(row))
  end
  return setmetatable(peers, { __close = function()
    for _, peer in pairs(peers) do peer:stop() end
  end })
end

--- Runs such a row: what came of each column.
---@param row table  also: `connect` (options), `authority` (trusts the peer's instead of a pin),
---  `deadline`
---@param prepared table  by `prepare`; ended here
---@return table<string, string> outcomes
function M.run(_, row, _, prepared)
  local peers <close> = prepared
  local out = {}
  local function ask(peer, client, log, err, column)
    local title, kind, stay = table.unpack(column)
    out[title] = M.outcome(peer, client, log, err, kind, ("/v8/%s/%s"):format(kind, stay),
      { deadline = row.deadline })
  end
  local function connect(peer)
    return peer:connect(row.authority and { pin = "none", ca = peer.folder .. "/ca.pem" }
      or row.connect)
  end
  local client, log, err
  if peers.all then client, log, err = connect(peers.all) end
  vbo.parallel(M.columns, function(column)
    if peers.all then return ask(peers.all, client, log, err, column) end
    local peer = peers[column[1]]
    local own, own_log, failure = connect(peer)
    ask(peer, own, own_log, failure, column)
    if own then own:close() end
  end)
  if client then client:close() end
  return out
end

return M
