-- The weather of the rehearsal server: its rules, and each fault as the real client meets it.
--
-- Covers vbo.sim.weather.rule, vbo.sim.weather.strike, vbo.sim.weather.file, vbo.sim.weather.sets.

local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local sim = require "spec.support.sim_app"
local vbo = require "vbo"
local weathers = require "vbo.sim.weather"

local function asked(method, path, body)
  return { method = method, path = path, body = body, headers = {} }
end

local jobs = asked("GET", "/v8/Jobs")

describe("a rule of the weather", function()
  --- Returns which of `count` equal requests it strikes.
  local function struck(rule, count, request, options)
    local weather, out = weathers.new(options), {}
    weather:add(rule)
    for i = 1, count do
      if weather:strike(request or jobs) then out[#out + 1] = i end
    end
    return out
  end

  it("strikes by operation, in every version and dialect", function()
    local rule = "operation=OneDrive*Save* reset"
    local place = "/RestoreSessions/1/Organization/OneDrives/2"
    assert.same({ 1 }, struck(rule, 1, asked("POST", "/v8" .. place .. "/save")))
    assert.same({ 1 }, struck(rule, 1, asked("POST", "/V8" .. place:lower() .. "/SAVE")))
    assert.same({ 1 }, struck(rule, 1, asked("POST", "/v3" .. place .. "/Action",
      '{"save": {}}')))
    assert.same({}, struck(rule, 1, asked("POST", "/v3" .. place .. "/Action",
      '{"copyTo": {}}')))
    assert.same({}, struck(rule, 1, asked("POST", "/v3" .. place .. "/Action", "no JSON")))
    assert.same({}, struck(rule, 1))
    assert.same({ 1 }, struck("operation=job_g?t reset", 1))
  end)

  it("strikes by method, path, version and kind", function()
    assert.same({ 1 }, struck("method=get reset", 1))
    assert.same({}, struck("method=POST reset", 1))
    assert.same({ 1 }, struck("path=/v?/jobs reset", 1))
    assert.same({}, struck("path=/v8/Job reset", 1))
    assert.same({ 1 }, struck("version=v8 reset", 1))
    assert.same({}, struck("version=v7 reset", 1))
    assert.same({ 1 }, struck("kind=read reset", 1))
    assert.same({}, struck("kind=change reset", 1))
    assert.same({ 1 }, struck("kind=change reset", 1, asked("POST", "/v8/Jobs/1/start")))
    assert.same({ 1 }, struck("kind=token reset", 1, asked("POST", "/v8/token")))
    assert.same({}, struck("reset", 1, asked("GET", "/sim/weather")))
  end)

  it("strikes by count", function()
    assert.same({ 2 }, struck("nth=2 reset", 6))
    assert.same({ 3, 6 }, struck("every=3 reset", 6))
    assert.same({ 1, 2 }, struck("count=2 reset", 6))
    assert.same({ 5, 6 }, struck("after=4 reset", 6))
    assert.same({ 4 }, struck("after=2 nth=2 reset", 6))
    assert.same({ 1, 3, 5 }, struck("streak=1 reset", 6))
    assert.same({ 1, 2, 4, 5 }, struck("streak=2 reset", 6))
    assert.same({ 1 }, struck("per_target=1 reset", 6))
  end)

  it("strikes by chance, the same for the same seed", function()
    local one = struck("probability=0.25 reset", 400)
    assert.is_true(#one > 60 and #one < 140, #one .. " of 400")
    assert.same(one, struck("probability=0.25 reset", 400))
    assert.not_same(one, struck("probability=0.25 reset", 400, nil, { seed = 2 }))
    assert.not_same(one, struck("probability=0.25 seed=9 reset", 400))
    assert.same({}, struck("probability=0 reset", 50))
    assert.equal(50, #struck("probability=1 reset", 50))
  end)

  it("adds up with others, of which one decides", function()
    local weather = weathers.new()
    for _, rule in ipairs { "latency=1", "latency=500ms rate=64k", "rate=1M status=503",
      "status=500", "reset" } do
      weather:add(rule)
    end
    local strike = weather:strike(jobs)
    assert.equal(503, strike:instead({}).status)
    local wire = strike:wire { body = "" }
    assert.equal(1.5, wire.delay)
    assert.equal(65536, wire.rate)
    assert.is_nil(wire.reset)
    assert.same({ 1, 2, 3 }, strike.rules)
  end)

  it("draws from a range", function()
    local weather, seen = weathers.new(), {}
    weather:add "reset_at=3..5"
    for _ = 1, 60 do seen[weather:strike(jobs):wire({ body = "" }).reset_at] = true end
    assert.same({ [3] = true, [4] = true, [5] = true }, seen)
  end)

  for rule, message in pairs {
    ["operaton=Job_Get reset"] = "no 'operaton'.*'operation'",
    ["operation=Jb_Get reset"] = "no operation is called 'Jb_Get'.*'Job_Get'",
    ["operation=Nothing* reset"] = "no operation is called",
    ["nth=2"] = "not what happens",
    ["status=503 reset"] = "status and reset cannot both",
    ["status=200"] = "status must be a status, 400 to 599, got '200'",
    ["retry_after=2 reset"] = "retry_after= needs status=",
    ["latency=soon"] = "latency must be a time.*, got 'soon'",
    ["latency=3..1"] = "a range that ends after its start, got '3",
    ["rate=fast"] = "number of bytes",
    ["probability=2 reset"] = "from 0 to 1",
    ["nth=0 reset"] = "whole number from 1",
    ["kind=write reset"] = "one of read, housekeeping, change, token",
    ["reset reset"] = "twice",
    ["reset=maybe"] = "true or false",
    ["status=503 message='a b'c"] = "no rule reads",
    [""] = "not what happens",
  } do
    it("is refused when it means nothing: " .. rule, function()
      local weather = weathers.new()
      local err = rehearsal.failure(weather.add, weather, rule)
      assert.equal("usage", err.kind)
      assert.matches(message, tostring(err))
      assert.same({}, weather:list())
    end)
  end
end)

describe("weather in a file", function()
  local folder, remove
  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)

  local function list(name, text)
    local path = folder .. "/" .. name
    local file <close> = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    local weather = weathers.new()
    weather:load(path)
    local out = {}
    for i, row in ipairs(weather:list()) do out[i] = row.rule end
    return out, weather
  end

  it("is Lua or JSON, and may name sets", function()
    assert.same({ "nth=2 status=503" }, list("a.lua", 'return { { nth = 2, status = 503 } }'))
    assert.same({ "nth=2 status=503" }, list("b.lua", 'return { nth = 2, status = 503 }'))
    local rules, weather = list("c.json",
      '{"seed": 9, "rules": ["latency=1", {"reset_at": [1, 2]}]}')
    assert.same({ "latency=1", "reset_at=1..2" }, rules)
    assert.equal(9, weather.seed)
    assert.same({ "latency=0.2..1", "ttfb=1..3", "rate=256k", "hang=true" },
      list("d.lua", 'return { "slow", "hang" }'))
  end)

  it("is data, and says what is wrong with it", function()
    for text, message in pairs {
      ["return os.exit()"] = "global 'os'", ["return {"] = "expected", ["return 7"] = "list",
      ["{\"rules\": 7}"] = "must be a list", ["{\"rulse\": []}"] = "no 'rulse'", ["{"] = "weather",
      ["return { seed = 1.5, rules = {} }"] = "seed",
    } do
      local err = rehearsal.failure(list, "wrong", text)
      assert.equal("usage", err.kind)
      assert.matches(message, err.message)
    end
    local weather = weathers.new()
    assert.matches("did you mean 'storm'",
      tostring(rehearsal.failure(weather.load, weather, "stromm")))
  end)
end)

describe("the weather's admin interface", function()
  local client
  before_each(function() client = sim.new "v8" end)

  local function post(body)
    return client:call("POST", "/sim/weather", body)
  end

  it("adds, shows and takes away", function()
    assert.same({}, client:get "/sim/weather")
    assert.equal(1, #post { operation = "Job_Get", reset = true })
    assert.equal(2, #post { { nth = 2, hang = true } })
    assert.equal(3, #post "latency=1")
    local rules = post '"storm"'
    assert.is_true(#rules > 8)
    assert.same({ id = 1, rule = "operation=Job_Get reset=true", seen = 0, struck = 0 }, rules[1])
    local left = client:call("DELETE", "/sim/weather?id=2")
    assert.equal(#rules - 1, #left)
    assert.equal(3, left[2].id)
    assert.same({}, (client:call("DELETE", "/sim/weather")))
    assert.equal(404, select(2, client:call("DELETE", "/sim/weather?id=2")).status)
  end)

  it("refuses what means nothing, all of it", function()
    local value, answer = post { "latency=1", { operaton = "Job_Get", reset = true } }
    assert.equal(400, answer.status)
    assert.matches("did you mean 'operation'", value.message)
    assert.equal(400, select(2, post "7").status)
    assert.equal(400, select(2, post '"/etc/passwd"').status)
    assert.same({}, client:get "/sim/weather")
  end)
end)

describe("the client in bad weather", function()
  local server, client, admin, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
    admin = server.connect "v8"
  end)

  teardown(function()
    admin:close()
    server.stop()
    remove()
  end)

  local function ask(method, path, body)
    return pipeline.run(admin, {
      operation = path, method = method, path = path, body = body, change = method ~= "GET",
    }, 1).data
  end

  local function weather(...) ask("POST", "/sim/weather", json.array { ... }) end

  local function struck()
    local total = 0
    for _, row in ipairs(ask("GET", "/sim/weather")) do total = total + row.struck end
    return total
  end

  before_each(function()
    ask("DELETE", "/sim/weather")
    ask("POST", "/sim/reset")
    local settings = server.settings "v8"
    settings.retries = 1
    client = vbo.connect(settings)
  end)

  after_each(function()
    ask("DELETE", "/sim/weather")
    client:close()
  end)

  local function names()
    local out = {}
    for job in client:jobs():each() do out[#out + 1] = job.name end
    return out
  end

  -- Reads come through.
  for _, rule in ipairs {
    "status=401", "status=429 retry_after=0", "status=503 retry_after=0", "status=502 html",
    "reset", "abort", "reset_at=100", "truncate_at=100", "overlong=50", "forget_tokens",
    "restart", "latency=10ms", "rate=100k",
  } do
    it("reads after all: " .. rule, function()
      local expected = names()
      assert.equal(4, #expected)
      weather("operation=Job_Get count=1 " .. rule)
      assert.same(expected, names())
      assert.equal(1, struck())
    end)
  end

  -- Reports permanent errors as what they are.
  for rule, kind in pairs {
    ["status=403"] = "refused", ["status=404"] = "not_found", ["status=409"] = "conflict",
    ["status=500 html"] = "server", ["status=503 retry_after=0"] = "busy",
    ["status=429 retry_after=0"] = "busy", ["status=401"] = "auth",
    ["truncate_at=0"] = "integrity", ["reset"] = "network", ["abort"] = "network",
  } do
    it("fails as " .. kind .. ": " .. rule, function()
      weather("operation=Job_Get " .. rule)
      local err = rehearsal.failure(names)
      assert.equal(kind, err.kind, tostring(err))
      assert.equal(tonumber(rule:match "status=(%d+)"), err.status)
      if rule:find "html" then
        assert.matches("HTML page: Internal Server Error", err.message)
      elseif err.status then
        assert.matches("weather of the rehearsal server", err.message)
      end
    end)
  end

  it("does not wait for ever for a server that hangs", function()
    for _, rule in ipairs { "hang", "stall_at=10" } do
      ask("DELETE", "/sim/weather")
      weather("operation=Job_Get " .. rule)
      local settings = server.settings "v8"
      settings.deadline, settings.retries = 0.5, 0
      local hasty <close> = vbo.connect(settings)
      local err = rehearsal.failure(hasty.call, hasty, "Job_Get")
      assert.equal("timeout", err.kind)
    end
  end)

  it("gets new tokens when they live shortly", function()
    weather "token_lifetime=1"
    local short <close> = server.connect "v8"
    ask("DELETE", "/sim/weather")
    weather "operation=Job_Get count=1 forget_tokens"
    assert.equal(4, short:jobs():count())
    local granted = 0
    for _, request in ipairs(ask("GET", "/sim/requests")) do
      if request.operation == "token" then granted = granted + 1 end
    end
    assert.is_true(granted >= 3)
  end)

  it("sees a changed certificate", function()
    local other <close> = program.sim "--fault 'operation=Job_Get nth=1 new_certificate'"
    local pinned <close> = vbo.connect(program.settings(other, "v8"))
    local err = rehearsal.failure(function() return pinned:jobs():count() end)
    assert.equal("trust", err.kind, tostring(err))
  end)

  describe("with a drive", function()
    local session, drive

    before_each(function()
      session = client:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before,
      }
      drive = session:onedrive "alice@contoso.com"
      assert.equal("Alice Example", drive.name)
    end)

    after_each(function()
      ask("DELETE", "/sim/weather")
      session:close()
    end)

    for i, rule in ipairs { "reset_at=5000", "truncate_at=5000", "overlong=2000", "reset",
      "status=503 retry_after=0", "status=401", "ttfb=20ms rate=10M" } do
      it("saves whole files: " .. rule, function()
        local function save(name)
          return drive:folder("Pictures"):document("IMG_0004.jpg"):save {
            to = ("%s/%d-%s"):format(folder, i, name), zip = false }
        end
        local fine = save "fine"
        weather("operation=OneDrive*Save* count=1 " .. rule)
        local saved = save "struck"
        assert.equal(1, struck())
        assert.equal(fine.sha256, saved.sha256)
      end)
    end

    it("leaves no file behind when it never comes through", function()
      weather "operation=OneDrive*Save* truncate_at=5000"
      local path = folder .. "/never.zip"
      local err = rehearsal.failure(function()
        return drive:documents():save { zip = true, to = path }
      end)
      assert.is_true(err.kind == "network" or err.kind == "integrity", tostring(err))
      assert.equal("", (program.run("ls -A " .. folder .. " | grep never")))
    end)

    local function restore()
      local bob = session:onedrive "bob@contoso.com"
      return bob:folder("Documents"):document("Inventory.csv"):restore {}
    end

    local function sent()
      local count = 0
      for _, request in ipairs(ask("GET", "/sim/requests")) do
        if (request.operation or ""):find "Restore%w*DocumentAction" then count = count + 1 end
      end
      return count
    end

    -- A change is asked for once, whatever became of its answer, unless the server refused it.
    for _, rule in ipairs { "lost", "reset", "abort", "truncate_at=5", "status=502", "status=504",
      "status=500 html", "status=503 html", "status=409" } do
      it("never repeats a change: " .. rule, function()
        weather("operation=OneDrive*Restore* " .. rule)
        local err = rehearsal.failure(restore)
        assert.equal(rule == "status=409" and "conflict" or "unknown_outcome", err.kind,
          tostring(err))
        assert.equal(1, sent())
        assert.equal(1, struck())
      end)
    end

    for _, status in ipairs { "401", "429 retry_after=0", "503 retry_after=0" } do
      it("sends a change again that the server itself refuses: " .. status, function()
        weather("operation=OneDrive*Restore* count=1 status=" .. status)
        assert.equal(1, restore().restored)
        assert.equal(2, sent())
        assert.equal(1, struck())
      end)
    end

    it("has changed production though the answer was lost", function()
      weather "operation=OneDrive*Restore* lost"
      assert.equal("unknown_outcome", rehearsal.failure(restore).kind)
      ask("GET", "/v8/RestoreSessions/" .. session.id .. "/Statistics")
      local changes = ask("GET", "/sim/changes")
      assert.equal(1, #changes)
      assert.equal("Documents/Inventory.csv", changes[1].path)
    end)

    it("has changed a part of production where the restore broke", function()
      local older <close> = server.connect "v7"
      local explored <close> = older:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before }
      weather "operation=OneDrive*Restore* break_after=1"
      assert.equal("unknown_outcome", rehearsal.failure(function()
        explored:onedrive("alice@contoso.com"):folder("Documents/Projects/Aurora"):restore {
          on_conflict = "overwrite" }
      end).kind)
      assert.equal(1, #ask("GET", "/sim/changes"))
    end)

    it("has not when the server refused", function()
      weather "operation=OneDrive*Restore* status=400"
      assert.equal("refused", rehearsal.failure(restore).kind)
      ask("GET", "/v8/RestoreSessions/" .. session.id .. "/Statistics")
      assert.same({}, ask("GET", "/sim/changes"))
    end)
  end)

  it("reads and saves everything in a storm", function()
    local stormy <close> = program.sim "--weather storm --seed 3"
    local settings = program.settings(stormy, "v8")
    local function run(connected, name)
      local session <close> = connected:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before,
      }
      local drive, found = session:onedrive "alice@contoso.com", {}
      for document in drive:folder("Pictures"):documents { page_size = 4 }:each() do
        found[#found + 1] = document.name
      end
      for i = 1, 8 do
        found[#found + 1] = drive:folder("Pictures"):document(found[i]):save {
          to = ("%s/%s-%d"):format(folder, name, i), zip = false }.sha256
      end
      return found
    end
    local connected <close> = vbo.connect(settings)
    local expected = run(client, "fine")
    assert.equal(55, #expected)
    assert.same(expected, run(connected, "storm"))
    local hits = 0
    for _, row in ipairs(pipeline.run(connected, { operation = "weather", method = "GET",
      path = "/sim/weather", change = false }, 1).data) do
      if row.rule:find "probability" then hits = hits + row.struck end
    end
    assert.is_true(hits > 3, hits .. " strikes")
  end)
end)
