-- Checks the totals of transfers, and the events and lines about them.  The clock is the spec's.

local core = require "vbo.core"
local hubs = require "vbo.runtime.progress.hub"
local json = require "vbo.base.json"
local lines = require "vbo.runtime.progress.lines"
local models = require "vbo.runtime.progress.model"
local program = require "spec.support.program"
local progress = require "vbo.runtime.progress"
local stream = require "vbo.runtime.progress.stream"
local text = require "vbo.runtime.progress.text"
local vbo = require "vbo"

local MiB <const> = 1 << 20

-- Returns a table as transfer:progress() does.
local function at(phase, received, more)
  local state = { phase = phase, received = received or 0, elapsed = 0, waited = 0, attempts = 1 }
  for name, value in pairs(more or {}) do state[name] = value end
  return state
end

describe("words of progress", function()
  it("are sizes and durations for people", function()
    assert.equal("0 B", progress.size(0))
    assert.equal("1023 B", progress.size(1023))
    assert.equal("1.0 KiB", progress.size(1024))
    assert.equal("1.0 GiB", progress.size(1 << 30))
    assert.equal("1.0 MiB", progress.size((1 << 20) - 1)) -- never "1024.0 KiB"
    assert.equal("8192.0 PiB", progress.size(2 ^ 63))
    assert.equal("0:00", progress.duration(0.9))
    assert.equal("0:00", progress.duration(-3))
    assert.equal("1:01", progress.duration(61))
    assert.equal("1:00:00", progress.duration(3600))
    assert.equal("120 h", progress.duration(120 * 3600 + 59))
    assert.equal("never", progress.duration(math.huge))
    assert.equal("never", progress.duration(0 / 0))
  end)

  it("fit columns, whatever the characters take", function()
    assert.equal("report.zip", text.fit("report.zip", 10))
    assert.equal("report.z…", text.fit("report.zip", 9))
    assert.equal("报告…", text.fit("报告书", 5)) -- each takes two
    assert.equal("报…", text.fit("报告书", 4))
    assert.equal("e\u{301}e\u{301}…", text.fit("e\u{301}e\u{301}e\u{301}e\u{301}", 3))
    assert.equal("", text.fit("abc", 0))
    assert.equal("…", text.fit("abc", 1))
    for columns = 0, 12 do
      for _, name in ipairs { "report.zip", "报告书.zip", "😀😀😀😀", "" } do
        assert.is_true(core.display_width(text.fit(name, columns)) <= columns)
        assert.equal(columns, core.display_width(text.pad(name, columns)))
      end
    end
  end)
end)

describe("a rate", function()
  it("is what came in since, smoothed", function()
    local it = models.gauge()
    it:measure(0, 100)
    assert.is_nil(it.rate)
    it:measure(50, 100.05) -- too short to tell
    assert.is_nil(it.rate)
    it:measure(1000, 101)
    assert.equal(1000, it.rate)
    it:measure(1000, 102)
    assert.is_true(it.rate > 500 and it.rate < 1000)
    for second = 103, 160 do it:measure(1000, second) end
    assert.is_true(it.rate < 1)
  end)

  it("does not follow a clock that jumps", function()
    local it = models.gauge()
    it:measure(0, 100)
    it:measure(1000, 101)
    it:measure(2000, 50) -- back
    assert.equal(1000, it.rate)
    it:measure(3000, 51)
    assert.is_true(math.abs(it.rate - 1000) < 0.001)
    it:measure(3001, 4000) -- the process was stopped
    assert.is_true(math.abs(it.rate - 1000) < 0.001)
    it:measure(4001, 4001)
    assert.is_true(math.abs(it.rate - 1000) < 0.001)
  end)

  it("begins again when there is less", function()
    local it = models.gauge()
    it:measure(0, 1)
    it:measure(1000, 2)
    it:measure(10, 3)
    assert.is_nil(it.rate)
    it:measure(30, 4)
    assert.equal(20, it.rate)
  end)
end)

describe("the model", function()
  local model
  before_each(function() model = models.new() end)

  it("adds up what is under way and what is done", function()
    local a, b = model:begin("a", 0), model:begin("b", 0)
    model:update(a, at("receiving", 0, { expected = 10 * MiB }), 0)
    model:update(a, at("receiving", 2 * MiB, { expected = 10 * MiB, elapsed = 1 }), 1)
    model:update(b, at("preparing", 0, { waited = 1 }), 1)
    local totals = model:totals()
    assert.equal(2, totals.count)
    assert.equal(1, totals.receiving)
    assert.equal(1, totals.preparing)
    assert.equal(2 * MiB, totals.received)
    assert.is_nil(totals.expected) -- the size of b is unknown
    assert.is_nil(totals.left)
    assert.equal(2 * MiB, a.rate)
    assert.equal(4, models.left(a))
    model:update(b, at("receiving", 0, { expected = 4 * MiB }), 1)
    model:measure(1)
    totals = model:totals()
    assert.equal(14 * MiB, totals.expected)
    assert.equal(6, totals.left)
    model:update(a, at("receiving", 10 * MiB, { expected = 10 * MiB, elapsed = 5, waited = 1 }), 5)
    model:finish(a, "done", nil, 5)
    assert.equal(2.5 * MiB, a.rate) -- the mean, without the waiting
    model:finish(b, "failed", { kind = "network" }, 5)
    totals = model:totals()
    assert.same({ 2, 0, 1, 1, 10 * MiB }, { totals.count, totals.live, totals.done, totals.failed,
      totals.received })
    assert.is_nil(totals.left)
  end)

  it("begins again when a transfer is asked for again", function()
    local a = model:begin("a", 0)
    model:update(a, at("receiving", 0, { expected = 100000 }), 0)
    model:update(a, at("receiving", 80000, { expected = 100000 }), 1)
    assert.equal(80000, a.rate)
    model:update(a, at("queued", 0), 1.1)
    assert.is_nil(a.rate)
    assert.equal(0, model:totals().received)
    model:update(a, at("receiving", 500, { expected = 1000, attempts = 2 }), 2)
    assert.is_nil(a.rate)
    model:update(a, at("receiving", 700, { expected = 1000, attempts = 2 }), 3)
    assert.equal(200, a.rate)
    assert.equal(1.5, models.left(a))
    assert.equal(700, model:totals().received)
    -- Shrinks with no pause seen between: the retry was quick.
    model:update(a, at("receiving", 10, { expected = 1000, attempts = 3 }), 4)
    assert.is_nil(a.rate)
    assert.equal(10, model:totals().received)
    -- Or grows: the next attempt was the quicker one.
    model:update(a, at("receiving", 20, { expected = 1000, attempts = 3 }), 5)
    assert.equal(10, a.rate)
    model:update(a, at("receiving", 600, { expected = 1000, attempts = 4 }), 6)
    assert.is_nil(a.rate)
    model:measure(10)
    assert.equal((80000 + 700 + 20 + 600) / 10, model:totals().rate) -- what the network carried
  end)

  it("takes sizes of nothing, and servers that say too little", function()
    local a = model:begin("a", 0)
    model:update(a, at("receiving", 0, { expected = 0 }), 0)
    assert.equal(0, model:totals().expected)
    model:update(a, at("receiving", 10, { expected = 5 }), 1)
    assert.equal(10, model:totals().expected)
    assert.equal(0, models.left(a))
    model:finish(a, "done", nil, 1)
    assert.is_nil(a.rate) -- no time has passed
  end)

  it("takes transfers that follow one another for one batch", function()
    for i = 0, 2 do
      local one = model:begin("a", i)
      assert.equal(i + 1, model:totals().count)
      model:finish(one, "done", nil, i + 0.5)
    end
    model:begin("b", 10)
    assert.equal(1, model:totals().count)
    assert.equal(10, model.began)
    assert.equal(3, model.ever.done)
  end)

  it("counts the parts of a plan", function()
    local plan = model:open_plan(100, 0)
    local a = model:begin("a", 0)
    model:update(a, at("receiving", 10, { expected = 10 }), 0)
    model:finish(a, "done", nil, 1)
    for second = 1, 10 do models.step(plan, second) end
    assert.equal(90, model:totals().left)
    assert.is_nil(model:totals().expected)
    model:begin("b", 50) -- however long nothing was saved
    assert.equal(2, model:totals().count)
    local inner = model:open_plan(5, 50)
    assert.equal(105, model:totals().plan.count)
    model:close_plan(inner, 50)
    assert.equal(plan, model:totals().plan)
    model:close_plan(plan, 51)
    assert.is_nil(model:totals().plan)
  end)
end)

describe("a progress callback", function()
  local now, events, hub
  local function note(event, name) events[#events + 1] = { event, name } end
  before_each(function()
    now, events = 100, {}
    hub = hubs.new { clock = function() return now end }
  end)

  local function kinds()
    local list = {}
    for i, each in ipairs(events) do list[i] = each[1].event end
    return list
  end

  it("is called at the start, for changes, and at the end", function()
    do
      local watcher <close> = hub:watch("a.zip", { call = note })
      watcher.update(at("sending"))
      watcher.update(at("preparing", 0, { waited = 1 }))
      for _ = 1, 10 do
        now = now + 0.0625
        watcher.update(at("preparing", 0, { waited = 2 }))
      end
      watcher.update(at("receiving", 10, { expected = 20 }))
      watcher.update(at("receiving", 20, { expected = 20 })) -- too soon to tell
      watcher.update(at("done", 20, { expected = 20, elapsed = 4, waited = 2 }))
      watcher.update(at("receiving", 1))
    end
    local told = kinds()
    assert.same({ "start", "progress", "preparing" }, table.move(told, 1, 3, 1, {}))
    assert.same({ "preparing", "progress", "done" }, table.move(told, #told - 2, #told, 1, {}))
    assert.equal(10, #told) -- every 0.1 s
    local last = events[#events][1]
    assert.equal("a.zip", events[#events][2])
    assert.same({ "a.zip", 1, "done", 20, 20, 10, 4, 2, 1 }, { last.name, last.id, last.phase,
      last.received, last.expected, last.rate, last.elapsed, last.waited, last.attempts })
    assert.is_true(math.abs(last.time - core.time()) < 3600)
  end)

  it("gets the error of a failed transfer, which an error of the callback does not hide", function()
    local ok, err = pcall(function()
      local watcher <close> = hub:watch("a.zip", { call = note })
      watcher.update(at("receiving", 10))
      error { kind = "network", message = "gone" }
    end)
    assert.is_false(ok)
    assert.equal("network", err.kind)
    assert.same({ "start", "progress", "failed" }, kinds())
    assert.equal("network", events[3][1].error.kind)
    ok, err = pcall(function()
      local watcher <close> = hub:watch("b", { call = function(event)
        if event.event == "failed" then error "a bug" end
      end })
      watcher.update(at("sending"))
      error "the reason"
    end)
    assert.is_false(ok)
    assert.matches("the reason", err)
  end)

  it("ends the transfer when it raises an error", function()
    local ok, err = pcall(function()
      local watcher <close> = hub:watch("b", { call = function(event)
        note(event)
        if event.phase == "receiving" then error "enough" end
      end })
      watcher.update(at("receiving", 1))
    end)
    assert.is_false(ok)
    assert.matches("enough", err)
    assert.same({ "start", "progress", "failed" }, kinds())
    assert.has_error(function() hub:watch("c", { call = function() error "no" end }) end)
  end)

  it("gets the kind 'cancelled' when a transfer is cancelled", function()
    local task = coroutine.create(function()
      local watcher <close> = hub:watch("a", { call = note })
      coroutine.yield(watcher)
    end)
    coroutine.resume(task)
    coroutine.close(task)
    assert.same({ "start", "failed" }, kinds())
    assert.equal("cancelled", events[2][1].error.kind)
  end)

  it("gets 'done', not 'failed', where a gate answered", function()
    do
      local watcher <close> = hub:watch("a", { call = note })
      watcher.done()
    end
    assert.same({ "start", "done" }, kinds())
  end)

  it("is set by the option `progress`, which false turns off", function()
    local watcher <close> = progress.watcher(note, "f\27[2J")
    watcher.update(at("done", 0))
    assert.same({ "start", "done" }, kinds())
    assert.equal("f[2J", events[2][1].name)
    local silent <close> = progress.watcher(false, "f")
    assert.is_nil(silent.update)
    silent.fail "what"
    silent.done()
    local plan <close> = progress.plan(3, false)
    plan.step()
  end)
end)

describe("lines in a log", function()
  local now, said, hub
  before_each(function()
    now, said = 0, {}
    hub = hubs.new { clock = function() return now end, writer = lines.new(function(line)
      said[#said + 1] = line
    end) }
  end)
  local shown = { show = true, eager = true }

  it("come every ten seconds, with the total and what moves", function()
    local watchers = {}
    for i = 1, 7 do watchers[i] = hub:watch("f" .. i, shown) end
    for second = 0, 20 do
      now = second
      for i, watcher in ipairs(watchers) do
        watcher.update(i == 2 and at("preparing", 0, { waited = second, attempts = 2 })
          or at("receiving", second * MiB, { expected = 40 * MiB, elapsed = second }))
      end
    end
    assert.equal(2, #said)
    assert.equal("0 of 7 done, 60.0 MiB, 6.0 MiB/s: f1 25 %; "
      .. "f2 (attempt 2) preparing on the server, 0:09; f3 22 %; f4 22 %; f5 22 %; and 2 more",
      (said[1]:gsub("5[4-9]%.%d MiB", "60.0 MiB"):gsub("%d%.%d MiB/s", "6.0 MiB/s")))
    for i = 1, 6 do
      watchers[i].update(at("done", 40 * MiB, { expected = 40 * MiB, elapsed = 20, waited = 0 }))
    end
    assert.equal("f1  40.0 MiB, 2.0 MiB/s, 0:20", said[3])
    assert.equal(8, #said)
    watchers[7].fail { kind = "network" }
    assert.equal("f7  failed (network) after 20.0 MiB, 0:20", said[9])
    hub:close()
    assert.equal("6 of 7 done, 1 failed, 240.0 MiB", said[10])
  end)

  it("count what is quick", function()
    for i = 1, 500 do
      now = i / 10
      hub:watch("f" .. i, shown).update(at("done", MiB, { elapsed = 0.1 }))
    end
    assert.is_true(#said <= 5)
    assert.matches("^%d+ of %d+ done, %d+%.0 MiB, %d", said[1])
    now = 51
    hub:close()
    assert.equal("500 of 500 done, 500.0 MiB", said[#said])
  end)

  it("have no total where nothing was transferred", function()
    hub:close()
    assert.same({}, said)
    hub:watch("f", shown).update(at("done", 3, { elapsed = 1 }))
    hub:close()
    hub:close() -- again: it was said
    assert.same({ "1 of 1 done, 3 B" }, said)
    for _ = 1, 2 do hub:watch("f", shown).update(at("done", 3, { elapsed = 1 })) end
    hub:close()
    hub:close()
    assert.same({ "1 of 1 done, 3 B", "3 of 3 done, 9 B" }, said)
  end)

  it("come ten seconds after a batch began, not after the one before", function()
    hub:watch("f", shown).update(at("done", 3, { elapsed = 1 }))
    now = 100
    local watcher = hub:watch("g", shown)
    watcher.update(at("receiving", 1))
    now = 109
    watcher.update(at("receiving", 2))
    assert.same({}, said)
    now = 110
    watcher.update(at("receiving", 3))
    assert.equal(1, #said)
  end)

  it("outlast a clock that jumps back", function()
    now = 1000
    local watcher = hub:watch("f", shown)
    watcher.update(at("receiving", 1))
    now = 5
    watcher.update(at("receiving", 2))
    now = 15
    watcher.update(at("receiving", 3))
    assert.equal(1, #said)
  end)
end)

describe("JSON", function()
  it("is one object a line, by the schema", function()
    local now, said = 10, {}
    local hub = hubs.new { clock = function() return now end, writer = stream.new(function(line)
      assert.is_nil(line:find "\n")
      said[#said + 1] = assert(json.decode(line))
    end) }
    local shown = { show = true }
    local watcher = hub:watch("a\"ü.zip", shown)
    for i = 1, 30 do
      now = now + 0.1
      watcher.update(at("preparing", 0, { waited = i / 10 }))
    end
    watcher.update(at("receiving", 0, { expected = 10 * MiB }))
    now = now + 1
    watcher.update(at("receiving", MiB, { expected = 10 * MiB, elapsed = 4.1234567, waited = 3 }))
    watcher.update(at("done", 10 * MiB, { expected = 10 * MiB, elapsed = 5, waited = 3 }))
    hub:watch("b", shown).fail { kind = "not_found", message = "no such\n\27thing" }
    hub:watch("c", shown).fail "a script's \xff"
    local kinds = {}
    for i, each in ipairs(said) do kinds[i] = each.event end
    assert.same({ "start", "preparing", "preparing", "preparing", "progress", "progress", "done",
      "start", "failed", "start", "failed" }, kinds)
    for _, each in ipairs(said) do
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", each.time)
      each.time = nil
      assert.equal("number", type(each.id))
    end
    assert.same({ event = "progress", id = 1, name = "a\"ü.zip", phase = "receiving",
      received = MiB, expected = 10 * MiB, rate = MiB, left = 9, elapsed = 4.123, waited = 3,
      attempts = 1 }, said[6])
    assert.same({ event = "start", id = 1, name = "a\"ü.zip", phase = "queued", received = 0,
      expected = json.null, rate = json.null, left = json.null, elapsed = 0, waited = 0,
      attempts = 0 }, said[1])
    assert.equal(5 * MiB, said[7].rate)
    assert.same({ kind = "not_found", message = "no such thing" }, said[9].error)
    assert.same({ kind = json.null, message = "a script's ?" }, said[11].error)
  end)
end)

describe("configure", function()
  local folder, remove
  setup(function() folder, remove = program.folder() end)
  teardown(function()
    progress.configure "none"
    remove()
  end)

  it("refuses an unknown mode", function()
    for _, wrong in ipairs { "bars", "json:", ":x", "none:x", "" } do
      local ok, err = vbo.try(progress.configure, wrong)
      assert.is_nil(ok)
      assert.equal("usage", err.kind)
    end
    assert.equal("usage", select(2, vbo.try(progress.configure, nil)).kind)
  end)

  it("leads to a file, whose end is written to", function()
    local path = folder .. "/log"
    for i = 1, 2 do
      progress.configure("json:" .. path)
      local watcher <close> = progress.watcher(nil, "f" .. i)
      watcher.update(at("done", 3))
    end
    progress.configure "none"
    local seen = {}
    for line in io.lines(path) do
      local event = json.decode(line)
      seen[#seen + 1] = event.event .. " " .. event.name
    end
    assert.same({ "start f1", "done f1", "start f2", "done f2" }, seen)
  end)

  it("refuses a file that cannot be written before anything is transferred", function()
    progress.configure("json:" .. folder .. "/none/log")
    local ok, err = vbo.try(progress.watcher, nil, "f")
    assert.is_nil(ok)
    assert.equal("disk", err.kind)
    local silent = progress.watcher(false, "f")
    assert.is_nil(silent.update)
  end)

  it("shows nothing when quiet, but calls functions", function()
    progress.configure "none"
    assert.is_nil(progress.watcher(true, "f").update)
    local seen
    progress.watcher(function(event) seen = event.event end, "f").update(at("done", 1))
    assert.equal("done", seen)
  end)
end)
