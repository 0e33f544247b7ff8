-- Checks that the memory of the rehearsal server is bounded: it runs for weeks, and real clients
-- forget to log out, stop and hang up.
--
-- Covers vbo.sim.http.memory, vbo.sim.state.exports.

local recent = require "vbo.sim.base.recent"
local sim = require "spec.support.sim_app"
local weathers = require "vbo.sim.weather"

local function memory(client) return client:get "/sim/memory" end

describe("restore sessions that have ended", function()
  it("are history: a thousand are kept, the last to end longest", function()
    local client = sim.new "v8"
    local place, long = client:explore "Veod"
    local first = select(2, client:explore "Veod").id
    local function stop(id) client:act("/RestoreSessions/" .. id, "stop_session") end
    local organization = client:organization().id
    local second
    stop(first)
    for i = 1, 1000 do
      local session = client:act("/Organizations/" .. organization, "explore", { type = "veod" })
      stop(session.id)
      second = i == 1 and session.id or second
    end
    client:get("/RestoreSessions/" .. second)
    client:get("/RestoreSessions/" .. first, 404)
    client:get(place .. "/OneDrives")
    assert.same({ 1001, 1 }, { memory(client).sessions, memory(client).working })
    stop(long.id)
    client:get("/RestoreSessions/" .. long.id)
    client:get("/RestoreSessions/" .. second, 404)
    assert.equal(1000, memory(client).sessions)
    -- Numbers go on, so that lists keep their order.
    assert.equal(1002, client.app.store.opened)
  end)

  it("go sooner when their events are many; the last one stays", function()
    local client = sim.new "v8"
    local ids = {}
    for i = 1, 3 do
      ids[i] = select(2, client:explore "Veod").id
      local session = client.app.store:session(ids[i])
      for n = 1, 15000 do
        session:event { type = "Restore", status = "Success", title = "t", message = n }
      end
    end
    for i = 1, 2 do client:act("/RestoreSessions/" .. ids[i], "stop_session") end
    client:get("/RestoreSessions/" .. ids[1], 404)
    client:get("/RestoreSessions/" .. ids[2])
    client:get("/RestoreSessions/" .. ids[3])
    assert.equal(30000, memory(client).events)
  end)

  it("are all forgotten with a restart, and with a reset", function()
    local client = sim.new "v8"
    client:explore "Veod"
    client.app.store:forget_sessions()
    assert.same({ 0, 0 }, { memory(client).sessions, memory(client).working })
    client:explore "Veod"
    client:call("POST", "/sim/reset")
    assert.same({ 0, 0 }, { memory(client).sessions, memory(client).working })
  end)

  it("let go of requests that are done, and of those that never will be", function()
    local client = sim.new "v8"
    local place, session = client:explore("Veod", sim.before)
    client:act(client:owned(place .. "/OneDrives", "Alice Example"), "restore", {})
    local work = client.app.store:session(session.id).works[1]
    assert.is_falsy(work:is_done())
    assert.is_function(work.steps[1].run)
    client:get("/RestoreSessions/" .. session.id)
    assert.is_nil(work.steps[1].run)
    assert.is_function(work.steps[#work.steps].run)
    client:act("/RestoreSessions/" .. session.id, "stop_session")
    for _, step in ipairs(work.steps) do assert.is_nil(step.run) end
  end)
end)

describe("tokens", function()
  it("are kept five thousand of a kind, and the oldest go", function()
    local client = sim.new "v8"
    local first = client.token
    for _ = 1, 4999 do client:login() end
    local last = client.token
    client.token = first
    client:get "/ServiceInstance"
    client:login()
    local kept = memory(client)
    assert.same({ 5000, 5000 }, { kept.access_tokens, kept.refresh_tokens })
    client.token = first
    client:get("/Jobs", 401)
    client.token = last
    client:get "/Jobs"
  end)

  it("go when they have expired, whoever asks for new ones", function()
    local client = sim.new("v8", { token_lifetime = 10 })
    for _ = 1, 20 do client:login() end
    client.now = client.now + 11
    client:login()
    assert.same({ 1, 22 }, { memory(client).access_tokens, memory(client).refresh_tokens })
    client.now = client.now + 86400
    client:login()
    assert.same({ 1, 1 }, { memory(client).access_tokens, memory(client).refresh_tokens })
  end)

  it("that a refresh took the place of do not stay", function()
    local client = sim.new "v8"
    local function refresh(token)
      local answer = client:raw("POST", "/v8/token", "grant_type=refresh_token&refresh_token="
        .. token, { ["content-type"] = "application/x-www-form-urlencoded" })
      assert.equal(200, answer.status)
      return require "vbo.base.json".decode(answer.body)
    end
    local token = next(client.app.auth.refresh)
    for _ = 1, 6000 do
      local tokens = refresh(token)
      token, client.token = tokens.refresh_token, tokens.access_token
    end
    assert.same({ 1, 1 }, { memory(client).access_tokens, memory(client).refresh_tokens })
    local order = client.app.auth.refresh_order
    assert.equal(order.last, order.first)
    client.app.auth:forget()
    client:login()
    assert.equal(1, memory(client).access_tokens)
  end)
end)

describe("requests", function()
  it("are remembered for a while: the server lists the last thousand", function()
    local client = sim.new "v8"
    for n = 1, 2100 do client:get("/Jobs?limit=" .. n) end
    local told = client:get "/sim/requests"
    assert.equal(1000, #told)
    assert.equal("limit=2100", told[1000].query)
    assert.equal("limit=1101", told[1].query)
    assert.is_true(memory(client).requests < 2000)
  end)
end)

describe("runs of jobs", function()
  it("are kept a thousand, the newest", function()
    local client = sim.new "v8"
    local jobs = client.app.store.jobs
    local job = jobs.list[1]
    local before = #jobs.sessions
    local oldest, last = jobs.sessions[before].id, nil
    for i = 1, 1001 - before do
      last = jobs:add_run(job, "Backup", { id = "run " .. i, created = client.now })
      last:stop(client.now)
    end
    assert.equal(1000, memory(client).job_sessions)
    assert.equal(last, jobs.sessions[1])
    client:get("/JobSessions/" .. oldest, 404)
  end)
end)

describe("the weather", function()
  it("remembers ten thousand requests at least, and twice as many at most", function()
    local weather = weathers.new()
    weather:add "probability=1 per_target=1 status=503"
    local function meets(n)
      return weather:strike { method = "GET", path = "/v8/Jobs", query = "n=" .. n, headers = {} }
    end
    for n = 1, 45000 do assert(meets(n)) end
    assert.is_nil(meets(45000))
    assert.is_nil(meets(35001))
    assert.is_true(weather.rules[1].targets:size() <= 20000)
    assert.is_true(weather.streaks:size() <= 20000)
  end)
end)

describe("what was written lately", function()
  it("is there, in spite of all that comes after", function()
    local map = recent.new(3)
    for n = 1, 100 do
      map:set(n, "value " .. n)
      for back = 0, math.min(2, n - 1) do assert.equal("value " .. n - back, map:get(n - back)) end
      assert.is_true(map:size() <= 6)
    end
    assert.is_nil(map:get(1))
  end)

  it("is written again, taken away, and counted once", function()
    local map = recent.new(3)
    map:set("a", 1)
    for _ = 1, 10 do
      map:set("b", 2)
      map:set("b", nil)
    end
    -- All that came and went with "b" has not made it forget.
    assert.same({ 1, 1 }, { map:get "a", map:size() })
    assert.is_nil(map:get "b")
    for n = 1, 3 do map:set(n, n) end
    map:set("a", 3)
    assert.same({ 3, 4 }, { map:get "a", map:size() })
    map:set("a", nil)
    assert.is_nil(map:get "a")
    map:set(1, false)
    assert.is_false(map:get(1))
  end)
end)
