--- Connections that end at one byte after the other, and one transfer among sixteen that is struck.

local faults = require "spec.support.faults.peer"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local M = {}

local record <const>, around <const> = 16384, 22 -- of TLS 1.3: header, content type and tag

-- Byte counts of the answer: around the end of the head and of each record, the first and last.
local function plain_places(kind)
  local head, body = faults.head(kind), faults.sizes[kind]
  local places = { 0, 1, head - 1, head, head + 1, head + body // 2, head + body - 1 }
  for at = record, body, record do
    for offset = -1, 1 do places[#places + 1] = head + at + offset end
  end
  return places
end

-- The same of what TLS makes of it: within the header of each record, and around it.
local function wire_places(kind)
  local head, body = faults.head(kind), faults.sizes[kind]
  local places, at = { 0 }, 0
  local sizes = { head }
  for begin = 0, body - 1, record do sizes[#sizes + 1] = math.min(record, body - begin) end
  for _, size in ipairs(sizes) do
    for _, offset in ipairs { 1, 4, 5, 6, size + around - 1, size + around } do
      places[#places + 1] = at + offset
    end
    at = at + size + around
  end
  places[#places] = nil -- that was all of it
  return places
end

-- Every byte of a short answer; not for each way to end it, which costs a connection each.
local function all_places(kind, how, wire)
  local places, step = {}, how == "reset" and 1 or 7
  local total = faults.head(kind) + faults.sizes[kind]
  for at = 0, total - 1 + (wire and 2 * around or 0), step do places[#places + 1] = at end
  return places
end

-- One request for each place; what they came to, all together.
local function sweep(folder, kind, how, wire)
  local places = kind == "change" and all_places(kind, how, wire)
    or (wire and wire_places or plain_places)(kind)
  local script = { "token tok 3600" }
  for _, place in ipairs(places) do
    local method = kind == "change" and "POST" or "GET"
    script[#script + 1] = ("on %s /v8/%d times 1\n%s %d %s\n%s"):format(method, place,
      wire and "wire" or "strike", place, how, faults.answer(kind))
    script[#script + 1] = ("on %s /v8/%d\n%s"):format(method, place, faults.answer(kind))
  end
  local peer <close> = faults.start(folder, table.concat(script, "\n") .. "\n")
  local client, log, err = peer:connect()
  local seen = {}
  vbo.parallel(places, { limit = 64 }, function(place)
    local outcome = faults.outcome(peer, client, log, err, kind, "/v8/" .. place)
    seen[outcome] = (seen[outcome] or "") .. " " .. place
  end)
  client:close()
  local only = next(seen)
  if next(seen, only) == nil then return only end
  local out = {}
  for outcome, at in pairs(seen) do out[#out + 1] = outcome .. " at" .. at end
  table.sort(out)
  return table.concat(out, "; ")
end

local function rows(wire)
  local out = {}
  for how, name in pairs { reset = "TCP reset", cut = "TCP end without close_notify",
    close = "TLS close_notify", alert = "fatal TLS alert" } do
    -- Counted in bytes of TLS nothing more can be said in it.
    if not wire or how == "reset" or how == "cut" then out[name] = how end
  end
  return out
end

local function run(wire)
  return function(folder, how)
    local out = {}
    vbo.parallel({ "read", "save", "change" }, function(kind)
      out[kind] = sweep(folder, kind, how, wire)
    end)
    return out
  end
end

M["Every byte of the answer"] = { rows = rows(false), run = run(false) }
M["Every byte of TLS"] = { rows = rows(true), run = run(true) }

-- ------------------------------------------------------------------ among many

local count <const>, struck <const> = 16, 7

M["One among sixteen"] = {
  rows = {
    ["TCP reset in the middle of the body"] = { before = "strike 50000 reset" },
    ["shorter than its Content-Length"] = { before = "strike 50000 close" },
    ["silence in the body"] = { before = "strike 50000 hang", idle = 0.4 },
    ["500"] = { instead = "empty 500" },
    ["404"] = { instead = "empty 404" },
    ["503 with Retry-After: 0"] = { instead = "header Retry-After: 0\nempty 503" },
    ["two Content-Lengths that differ"] = {
      instead = "send HTTP/1.1 200 OK\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n\\r\\nab",
    },
    ["a folder that is not there"] = { folder = "none/" },
    ["an error in the runbook's own function"] = { raises = true },
  },
  run = function(folder, row)
    local fine = faults.answer "save"
    local bad = (row.before and row.before .. "\n" or "") .. (row.instead or fine)
    local script = "token tok 3600\non GET /v8/%d\n%s\non GET /v8/*\n%s\n"
    local peer <close> = faults.start(folder, script:format(struck, bad, fine))
    local client, log, err = peer:connect { idle_timeout = row.idle }
    local list = {}
    for i = 1, count do list[i] = i end
    local results, failures = vbo.parallel(list, { limit = count, on_error = "continue" },
      function(i)
        local is_struck = i == struck
        local outcome = faults.outcome(peer, client, log, err, "save", "/v8/" .. i, {
          file = is_struck and row.folder and peer.folder .. "/" .. row.folder .. i or nil,
        })
        if is_struck and row.raises then error("mine", 0) end
        return outcome
      end)
    client:close()
    local others = {}
    for i = 1, count do
      if i ~= struck then others[results[i] or "none"] = true end
    end
    local one = results[struck]
    if failures then
      assert(#failures == 1 and failures[1].index == struck)
      one = "raised: " .. tostring(failures[1].error)
    end
    local only = next(others)
    return { one = one, others = next(others, only) == nil and only or "NOT ALIKE" }
  end,
}

-- ------------------------------------------------- a server that begins anew

M["The rehearsal server begins anew"] = {
  rows = {
    ["a plain list"] = function(client, _, _, before)
      return before > 1 and client:jobs():count() == before and "whole" or "WRONG"
    end,
    ["a save of a session that is gone"] = function(_, session, folder)
      local drive = session:onedrive "alice@contoso.com"
      return rehearsal.failure(function()
        drive:documents():save { zip = true, to = folder .. "/x.zip" }
      end).kind .. (faults.left(folder .. "/x.zip") ~= "" and " BUT LEFT" or "")
    end,
    ["a change in a session that is gone"] = function(_, session)
      local drive = session:onedrive "bob@contoso.com"
      return rehearsal.failure(function() drive:documents():restore {} end).kind
    end,
  },
  run = function(folder, row)
    local server = rehearsal.start()
    local ok, outcome = pcall(function()
      local client <close> = server.connect "v8"
      local session = client:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before }
      local drive = session:onedrive "alice@contoso.com"
      assert(drive.name == "Alice Example")
      local before = client:jobs():count()
      server.weather "operation=Job_Get nth=1 restart"
      client:jobs():count()
      return row(client, session, folder, before)
    end)
    local changes = #server.changes()
    server.stop()
    return { outcome = ok and outcome or tostring(outcome), changes = tostring(changes) }
  end,
}

return M
