--- Rows that need a process of their own, a broken system under it, or signals.

local faults = require "spec.support.faults.peer"
local program = require "spec.support.program"
local vbo = require "vbo"

local M = {}

local quoted = program.quoted
local function is_there(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local half <const> = 26 * 1024 -- of which the letters come in order

--- Builds the shim that breaks the system; nil where there is no compiler.
function M.shim(folder)
  local path = folder .. "/shim.so"
  local output, status = program.run(("%s -shared -fPIC -o %s spec/support/faults/shim.c -ldl")
    :format(os.getenv "CC" or "cc", quoted(path)))
  return status == 0 and path or nil, output
end

local function signal(name, pid) os.execute(("kill -%s %s 2>/dev/null"):format(name, pid)) end

--- Starts child.lua at a peer.
---@param peer table
---@param kind string
---@param given table  environment, shell (before the command), idle, retries, url, target
---@return table child  `pid`, `says(name)`
function M.child(peer, kind, given)
  local environment = { given.environment or "" }
  if given.shim then
    -- The sanitizers want to be first, and are not.
    environment[#environment + 1] = ("LD_PRELOAD=%s ASAN_OPTIONS=%s"):format(quoted(given.shim),
      quoted((os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0"))
  end
  if given.target then environment[#environment + 1] = "TARGET=" .. quoted(given.target) end
  local command = ("env %s %s --no-journal spec/support/faults/child.lua %s %s %s %s %s %s %s %s")
    :format(table.concat(environment, " "), quoted(program.vbolua), given.url or peer.url,
    peer.fingerprint, quoted(peer.folder), quoted(peer.log), kind, "/v8/it", given.idle or 20,
    given.retries or 1)
  if given.shell then
    command = "sh -c " .. quoted(given.shell .. "; exec " .. command)
  end
  local output = peer.folder .. "/output"
  local child = program.start(("%s >%s 2>&1"):format(command, quoted(output)), "pid")
  --- Waits for what it says under a name, while other rows go on.  `stopped`: it stops itself, and
  --- goes on when it has (a signal that comes too early is lost).
  function child.says(name, stopped)
    local ended = false
    for i = 1, 6000 do
      local found = is_there(output) and faults.content(output):match(name .. ": ([^\n]*)\n")
      if found then return found end
      if stopped and i % 10 == 1 then signal("CONT", child.pid) end
      if ended then break end
      vbo.sleep(0.02)
      -- (A zombie until it is waited for.)
      local stat = ("/proc/%s/stat"):format(child.pid)
      ended = is_there(stat) and faults.content(stat):find(") Z", 1, true) ~= nil
    end
    error(("the child did not say %s:\n%s"):format(name,
      is_there(output) and faults.content(output) or ""))
  end
  return child
end

--- A peer that answers, or that sends half of its answer and the rest when there is a file GO.
---@param halting boolean?
---@param answer string?  instead of the usual one
local function peer_for(folder, kind, halting, answer)
  local go = os.tmpname()
  os.remove(go)
  local body = answer or faults.answer(kind)
  local head = "send HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n"
  if halting and kind == "read" then
    local text = "[" .. ("7,"):rep(19999) .. "7]"
    body = (head .. "%s\nuntil %s\nsend %s"):format(#text, text:sub(1, 20000), go, text:sub(20001))
  elseif halting and kind == "save" then
    body = (head .. "\nbytes %d\nuntil %s\nbytes %d"):format(faults.bytes, half, go,
      faults.bytes - half)
  elseif halting then
    body = ("until %s\n%s"):format(go, body)
  end
  local peer = faults.start(folder, ("token tok 3600\non * /v8/it\n%s\n"):format(body))
  function peer.go() assert(io.open(go, "w")):close() end
  function peer.tidy() os.remove(go) end
  return peer
end

-- ------------------------------------------------------------------- the disk

local disk = {
  ["no room left (a file system of 64 KiB)"] = { tmpfs = "64k" },
  ["a file larger than ulimit -f allows"] = { shell = "ulimit -f 64" },
  ["ENOSPC from fallocate"] = {
    shim = "FAULT_ROOM=ENOSPC", answer = "file 200 2000000", -- for less none is set aside
  },
  ["ENOSPC from write"] = { shim = "FAULT_WRITE=ENOSPC:5000" },
  ["EDQUOT from write"] = { shim = "FAULT_WRITE=EDQUOT:70000" },
  ["EIO from write"] = { shim = "FAULT_WRITE=EIO:0" },
  ["EIO from fsync"] = { shim = "FAULT_FSYNC=EIO" },
  ["EIO from rename"] = { shim = "FAULT_RENAME=EIO" },
  ["writes that are short or interrupted"] = { shim = "FAULT_SHORT=1" },
  ["a folder that is not there"] = { target = "none/file" },
  ["a folder that is removed in the middle"] = {
    meanwhile = function(folder) assert(os.execute("rm -rf " .. quoted(folder))) end,
  },
  ["a folder that is removed and made anew in the middle"] = {
    meanwhile = function(folder)
      assert(os.execute(("rm -rf %s && mkdir %s"):format(quoted(folder), quoted(folder))))
    end,
  },
  ["a partial file with a name that is removed in the middle"] = {
    shim = "FAULT_NAMED=1",
    meanwhile = function(folder)
      assert(os.execute("rm " .. quoted(folder) .. "/.vbolua-*.part"))
    end,
  },
  ["EIO from write, to a partial file with a name"] = { shim = "FAULT_NAMED=1 FAULT_WRITE=EIO:0" },
  ["EIO from rename, of a partial file with a name"] = { shim = "FAULT_NAMED=1 FAULT_RENAME=EIO" },
  ["a file of the same name that appears in the middle"] = {
    meanwhile = function(folder)
      local file <close> = assert(io.open(folder .. "/file", "wb"))
      file:write "mine"
    end, others = "mine",
  },
}

--- Returns the outcomes of a save on a disk like that.
---@return table outcomes  save=, requests= (how often the server was asked)
local function run_disk(folder, row, shim)
  local server <close> = peer_for(folder, "save", row.meanwhile ~= nil, row.answer)
  local place = server.folder .. "/place"
  assert(os.execute("mkdir " .. quoted(place)))
  local mounted <close> = setmetatable({}, { __close = function() -- luacheck: ignore mounted
    if row.tmpfs then os.execute("umount " .. quoted(place)) end
  end })
  if row.tmpfs then
    local _, status = program.run(("mount -t tmpfs -o size=%s none %s"):format(row.tmpfs,
      quoted(place)))
    if status ~= 0 then
      row.tmpfs = nil
      return { skipped = "no file system can be mounted" }
    end
  end
  local child <close> = M.child(server, "save", {
    target = place .. "/" .. (row.target or "file"), shim = row.shim and shim, shell = row.shell,
    environment = row.shim,
  })
  if row.meanwhile then
    child.says "moving"
    row.meanwhile(place)
    server.go()
  end
  local outcome = child.says "outcome"
  server.tidy()
  local left = program.run("ls -A " .. quoted(place) .. " 2>/dev/null")
  if row.others then
    outcome = outcome:gsub(" BUT left$", "")
    if faults.content(place .. "/file") ~= row.others then outcome = "OVERWRITTEN" end
    left = left:gsub("^file\n$", "")
  elseif outcome == "whole" then
    left = left:gsub("^file\n$", "")
  end
  if left ~= "" then outcome = outcome .. " BUT LEFT " .. left:gsub("%s+", " ") end
  return { save = outcome, asked = tostring(server:count "GET /v8/it") }
end

M["The disk"] = { rows = disk, run = function(folder, row, shim)
  if row.shim and not shim then return { skipped = "there is no C compiler" } end
  return run_disk(folder, row, shim)
end }

-- ------------------------------------------------------------ stopped processes

local kinds <const> = { "read", "save", "change" }

-- The client sleeps while the rest arrives, for longer than the server may be silent.
local function client_stopped(folder, kind)
  local peer <close> = peer_for(folder, kind, true)
  local child <close> = M.child(peer, kind, { idle = 0.6, retries = 0, environment = "STOP=1" })
  child.says "moving" -- and stops itself
  peer.go()
  vbo.sleep(1)
  local outcome = child.says("outcome", true)
  peer.tidy()
  return outcome
end

-- The server is slow to take a connection, and when it has the client sleeps.
local function stopped_while_connecting(folder, kind)
  local peer <close> = faults.start(folder, ("%son * /v8/it\n%s\n"):format(
    faults.closing_token(), faults.answer(kind)))
  local child <close> = M.child(peer, kind, { environment = "STOP=2 CONNECT=2", retries = 1 })
  child.says "ready" -- and stops itself
  signal("STOP", peer.pid)
  child.says("woken", true)
  child.says "moving" -- and stops itself again
  signal("CONT", peer.pid)
  vbo.sleep(2.4)
  return child.says("outcome", true)
end

-- The server sleeps, and goes on while the client asks again, or when that has given up.
local function server_stopped(folder, kind, for_good)
  local peer <close> = peer_for(folder, kind, true)
  local client, log, err = peer:connect { idle_timeout = 0.3, connect_timeout = 1,
    retries = for_good and 1 or 9 }
  local stopped = false
  local outcome = faults.outcome(peer, client, log, err, kind, "/v8/it", {
    deadline = kind == "change" and for_good and 1 or nil,
    watch = function(progress)
      local at_it = progress.phase == "receiving" or kind == "change"
        and progress.phase == "preparing"
      if stopped or not at_it then return end
      stopped = true
      signal("STOP", peer.pid)
      peer.go()
      if not for_good then
        vbo.spawn(function()
          vbo.sleep(0.7)
          signal("CONT", peer.pid)
        end)
      end
    end,
  })
  signal("CONT", peer.pid)
  client:close()
  peer.tidy()
  return (outcome:gsub("^whole, %d+$", "whole, again"))
end

M["Stopped processes"] = {
  rows = {
    ["SIGSTOP of the client for longer than the idle timeout"] = client_stopped,
    ["SIGSTOP of the client while it connects, for longer than the connect timeout"] =
      stopped_while_connecting,
    ["SIGSTOP of the server, SIGCONT after longer than the idle timeout"] = server_stopped,
    ["SIGSTOP of the server for good"] = function(folder, kind)
      return server_stopped(folder, kind, true)
    end,
  },
  run = function(folder, run)
    local out = {}
    vbo.parallel(kinds, function(kind) out[kind] = run(folder, kind) end)
    return out
  end,
}

-- -------------------------------------------------------------------- hosts

-- In a process whose first `times` look-ups fail.
local function name_fails(times)
  return function(folder, kind, shim)
    if not shim then return nil end
    local peer <close> = peer_for(folder, kind)
    local child <close> = M.child(peer, kind, { shim = shim, environment = "FAULT_DNS=" .. times,
      url = "https://faulty.example:" .. peer.port, retries = 1 })
    return child.says "outcome"
  end
end

-- Ends the server's process in the middle; `again` starts another with its certificate and port.
local function server_ends(again)
  return function(folder, kind)
    local identity = os.tmpname()
    os.remove(identity)
    local script = "token tok 3600\non * /v8/it\n" .. (kind == "change" and "hang" or
      ("strike %d hang\n%s"):format(faults.head(kind) + 20000, faults.answer(kind))) .. "\n"
    local first <close> = faults.start(folder, script, "--identity " .. identity)
    local client, log, err = first:connect()
    local second
    local outcome = faults.outcome(first, client, log, err, kind, "/v8/it", {
      watch = function(progress)
        local at_it = progress.phase == "receiving" or kind == "change"
          and progress.phase == "preparing"
        if second ~= nil or not at_it then return end
        signal("KILL", first.pid)
        second = again and faults.start(folder, ("token other 3600\non * /v8/it bearer tok-1\n"
          .. "empty 401\non * /v8/it\n%s\n"):format(faults.answer(kind)),
          ("--identity %s --port %s"):format(identity, first.port)) or false
      end,
    })
    client:close()
    local more = second and second:count "POST /v8/it" or 0
    if second then second:stop() end
    os.remove(identity)
    if more > 0 then outcome = outcome .. " AND AGAIN" end
    return outcome
  end
end

M["Hosts"] = {
  rows = {
    ["the name is not found"] = name_fails(99),
    ["the name is not found at first"] = name_fails(1),
    ["the port is closed (connection refused)"] = function(folder, kind)
      local peer <close> = peer_for(folder, kind)
      local client, log, err = peer:connect()
      peer:stop()
      local outcome = faults.outcome(peer, client, log, err, kind, "/v8/it")
      client:close()
      return outcome
    end,
    ["the server's process ends in the middle"] = server_ends(false),
    ["the server's process ends in the middle and another begins, which knows no token"] =
      server_ends(true),
  },
  run = function(folder, run, shim)
    local out = {}
    vbo.parallel(kinds, function(kind) out[kind] = run(folder, kind, shim) end)
    if next(out) == nil then return { skipped = "there is no C compiler" } end
    return out
  end,
}

return M
