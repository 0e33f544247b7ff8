-- Sends signals at every stage of a runbook, however it catches errors, and checks the exit status,
-- that no session stays open, and that no more changes are sent.

local faults = require "spec.support.faults.peer"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local statuses = { INT = 130, TERM = 143, HUP = 129 }
local signals = { "INT", "TERM", "HUP" }
-- Under nohup a SIGHUP is ignored, as it should be.
if program.run "sh -c 'kill -HUP $$; echo ignored'" == "ignored\n" then signals[3] = nil end

-- The runbook: it does `what` in a `way` of catching errors, and then tries to go on.
local runbook = [[
local vbo = require "vbo"
local way, what, mark = table.unpack(arg)
io.stdout:setvbuf "line"
local function ready() print "ready: yes" end

local ways = {
  plain = function(fn) fn() end,
  pcall = function(fn) pcall(fn) end,
  try = function(fn) vbo.try(fn) end,
  parallel = function(fn) vbo.parallel({ 1, 2 }, fn) end,
}

local client, session
local function document()
  return session:onedrive("alice@contoso.com"):document "Todo.md"
end

local doing = {}
function doing.connect() vbo.connect { connect_timeout = 600 } end
function doing.read() client:call "Job_Get" end
doing.pause = doing.read
function doing.save(index)
  session:onedrive("alice@contoso.com"):document("Todo.md"):save {
    to = ("%s.file%d"):format(mark, index or 1) }
end
function doing.explore()
  client:organization("contoso.onmicrosoft.com"):explore {
    workload = "exchange", at = "2026-11-18T22:00:00Z" }
  vbo.sleep(600) -- where the signal is late
end
function doing.change() document():restore { on_conflict = "keep" } end
function doing.follow()
  local accepted = false
  client.gates[1] = function(request, next)
    if accepted and request.class == "read" then
      ready()
      vbo.sleep(600)
    end
    local answer = next(request)
    accepted = accepted or request.change
    return answer
  end
  document():restore { on_conflict = "keep" }
end
function doing.sleep() vbo.sleep(600) end
function doing.execute() os.execute "exec sleep 60 >/dev/null 2>&1" end
function doing.loop() while true do end end
function doing.cleanup()
  local held <close> = setmetatable({}, { __close = function()
    io.open(mark, "w"):close()
    while true do pcall(doing.loop) end
  end })
  ready()
  doing.loop()
end

local function main()
  if what ~= "connect" then
    client = vbo.connect()
    session = client:organization("contoso.onmicrosoft.com"):explore {
      workload = "onedrive", at = "2026-11-18T22:00:00Z" }
    document():record() -- what follows is the one request
  end
  ways[way](function(index)
    if what ~= "follow" and what ~= "cleanup" then ready() end
    doing[what](index)
  end)
  for _ = 1, 3 do
    if session then pcall(function() document():restore { on_conflict = "keep" } end) end
    if client then pcall(client.call, client, "Job_Get") end
    pcall(vbo.sleep, 600)
  end
  print "over"
  if mark:find "exits" then os.exit(0) end
end
main()
]]

local server, client, folder, remove, peer, count

setup(function()
  folder, remove = program.folder()
  server = rehearsal.start()
  client = server.connect "v8"
  peer = faults.start(folder, "on POST */token\nhang\n", "--seconds 900")
  local file <close> = assert(io.open(folder .. "/runbook.lua", "w"))
  file:write(runbook)
  count = 0
end)
teardown(function()
  client:close()
  peer:stop()
  server.stop()
  remove()
end)

-- The server's own interface, through one connection.
local function ask(method, path, body)
  return pipeline.run(client, { operation = path, method = method, path = path, body = body,
    change = method ~= "GET" }, 1).data
end

local function eventually(what, holds)
  local started = os.time()
  while not holds() do
    assert(os.time() - started < 120, what .. " did not come")
    vbo.sleep(0.01)
  end
end

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

-- Delays or holds the server's answers to the runbook; each rule counts the requests it is for.
local weather = {
  read = "operation=Job_Get hang", save = "operation=OneDriveDocument_Save* hang",
  change = "operation=OneDriveDocument_Restore* hang", explore = "operation=*_Explore* ttfb=300ms",
  pause = "operation=Job_Get status=429 retry_after=500",
}
local restores = "operation=*Restore* kind=change probability=0 reset"

-- Changes that are sent before the signal comes: restores in one session take turns.
local sent_before = { change = 1, follow = 1 }

local function rules(moment)
  ask("DELETE", "/sim/weather")
  ask("POST", "/sim/weather", vbo.json.array { restores, weather[moment] })
end

local function struck() return ask("GET", "/sim/weather")[2].struck end
local function sent() return ask("GET", "/sim/weather")[1].seen end

local function open_sessions()
  local open = {}
  for _, row in ipairs(ask("GET", "/sim/sessions")) do
    if row.state ~= "Stopped" then open[#open + 1] = row.id end
  end
  return open
end

local function start(moment, way, mark)
  local host, pin = server.sim.listening, server.sim.fingerprint
  if moment == "connect" then host, pin = peer.url, peer.fingerprint end
  -- A journal of its own: an earlier run was stopped with the same change under way.
  return program.start(("env -u LUA_INIT -u VBO_CHECK_HANDLES XDG_STATE_HOME=%s.state "
    .. "VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s VBO_VERSION=v8 %s %s/runbook.lua %s %s "
    .. "%s 2>&1"):format(mark, program.quoted(host), program.quoted(server.sim.user),
    program.quoted(server.sim.password), program.quoted(pin), program.quoted(program.vbolua),
    folder, way, moment, mark), "ready")
end

-- Sends the signal when the runbook is where it should be; gives its output and exit status.
local function signalled(moment, way, signal, mark)
  local before = weather[moment] and struck() or 0
  local logins = peer:count "POST /v8/token"
  local run <close> = start(moment, way, mark)
  if weather[moment] then
    eventually("the request", function() return struck() > before end)
  elseif moment == "connect" then
    eventually("the login", function() return peer:count "POST /v8/token" > logins end)
  end
  local function send() assert(os.execute(("kill -%s %s"):format(signal, run.pid))) end
  send()
  if moment == "cleanup" then
    eventually("the clean-up", function() return exists(mark) end)
    send()
  end
  return run.wait()
end

local moments = { "connect", "read", "save", "explore", "change", "follow", "sleep", "pause",
  "execute", "loop", "cleanup" }
local ways = { "plain", "pcall", "try", "parallel" }

describe("a signal", function()
  for _, moment in ipairs(moments) do
    describe("(at: " .. moment .. ")", function()
      setup(function() rules(moment) end)

      for _, way in ipairs(ways) do
        for _, signal in ipairs(signals) do
          it(("%s, caught by %s, stays in force"):format(signal, way), function()
            count = count + 1
            local mark, before = ("%s/mark%d"):format(folder, count), sent()
            local output, status = signalled(moment, way, signal, mark)
            assert.equal(statuses[signal], status, output)
            assert.same({}, open_sessions(), output)
            assert.equal(sent_before[moment] or 0, sent() - before, output)
            assert.is_false(exists(mark .. ".file1") or exists(mark .. ".file2"))
            -- Only a pcall lets the runbook go on, and it comes to nothing; a second signal ends
            -- that, too.
            assert.equal(way == "pcall" and moment ~= "cleanup",
              output:find "over\n$" ~= nil, output)
          end)
        end
      end
    end)
  end

  it("gives its exit status also to os.exit(0)", function()
    rules "sleep"
    local output, status = signalled("sleep", "pcall", "TERM", folder .. "/exits")
    assert.equal("over\n", output)
    assert.equal(143, status)
    assert.same({}, open_sessions())
  end)
end)
