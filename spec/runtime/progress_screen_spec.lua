-- Compares the lines of progress on a terminal, at every width and height.

local bars = require "vbo.runtime.progress.bars"
local core = require "vbo.core"
local hubs = require "vbo.runtime.progress.hub"
local models = require "vbo.runtime.progress.model"
local screen = require "vbo.runtime.progress.screen"
local vt = require "spec.support.vt"

local MiB <const> = 1 << 20

local function at(phase, received, more)
  local state = { phase = phase, received = received or 0, elapsed = 0, waited = 0, attempts = 1 }
  for name, value in pairs(more or {}) do state[name] = value end
  return state
end

-- A model with transfers as given: {name, phase, received, more}, at second 10.
local function model_of(...)
  local model = models.new()
  for _, given in ipairs { ... } do
    local transfer = model:begin(given[1], 0)
    local before = at(given[2], 0, given[4])
    model:update(transfer, before, 0)
    model:update(transfer, at(given[2], given[3], given[4]), 10)
  end
  model:measure(10)
  return model
end

local function some()
  return model_of(
    { "report.zip", "receiving", 30 * MiB, { expected = 120 * MiB, elapsed = 10 } },
    { "年度报告书与所有附件的完整备份.zip", "receiving", 5 * MiB,
      { expected = 5 * MiB, elapsed = 10, attempts = 2 } },
    { "mailbox.pst", "preparing", 0, { waited = 3725, elapsed = 3726 } },
    { "notes.txt", "receiving", 2048, { elapsed = 10 } })
end

describe("the screen", function()
  it("fits 80 columns", function()
    assert.same({
      "report.zip                  25 % [##         ]   30.0 MiB    3.0 MiB/s     0:30",
      "年度报告书与… (attempt 2)  100 % [###########]    5.0 MiB  512.0 KiB/s     0:00",
      "mailbox.pst                preparing on the server, 1:02:05",
      "notes.txt                  2.0 KiB, 204 B/s, 0:10",
      "0 of 4 done, 35.0 MiB, 3.5 MiB/s",
    }, screen.lines(some(), 80, 24))
  end)

  it("fits 20 columns", function()
    assert.same({
      "report.zip   25 %",
      "年度报… #2  100 %",
      "mailbox.pst 1:02:05",
    }, { table.unpack(screen.lines(some(), 21, 24), 1, 3) })
    for _, line in ipairs(screen.lines(some(), 20, 24)) do
      assert.is_true(core.display_width(line) <= 19)
    end
  end)

  it("fits 200 columns", function()
    local lines = screen.lines(some(), 200, 24)
    assert.matches("^report%.zip +25 %% %[##########  +%] +30%.0 MiB +3%.0 MiB/s +0:30$", lines[1])
    assert.matches("^年度报告书与所有附件的完整备份%.zip %(attempt 2%)  ?100 %%", lines[2])
    assert.equal(core.display_width(lines[1]), core.display_width(lines[2])) -- columns align
  end)

  it("never takes the last column, nor more lines than there are", function()
    local many = {}
    for i = 1, 200 do
      many[i] = { ("文件 %d 😀 e\u{301}.zip"):format(i),
        ({ "receiving", "preparing", "queued", "sending" })[i % 4 + 1], i * 1000,
        { expected = i % 3 > 0 and 10 * MiB or nil, elapsed = i * 1000, waited = i * 999,
          attempts = i % 5 } }
    end
    local model = model_of(table.unpack(many))
    for columns = 1, 220, 3 do
      for _, rows in ipairs { 1, 2, 3, 4, 10, 24, 300 } do
        local lines = screen.lines(model, columns, rows)
        assert.is_true(#lines <= math.max(rows - 1, 1))
        assert.is_true(#lines >= 1)
        for _, line in ipairs(lines) do
          assert.is_true(core.display_width(line) <= math.max(columns - 1, 1), line)
          assert.is_nil(line:find "%c")
        end
      end
    end
  end)

  it("sums up what it has no room for", function()
    local list = {}
    for i = 1, 200 do
      list[i] = { "f" .. i, i % 2 == 0 and "preparing" or "receiving", i % 2 * MiB,
        { expected = 2 * MiB } }
    end
    local lines = screen.lines(model_of(table.unpack(list)), 100, 10)
    assert.equal(9, #lines)
    assert.matches("^f7 ", lines[7])
    assert.equal("and 193 more: 96 receiving, 97 preparing, 96.0 MiB", lines[8])
    assert.equal("0 of 200 done, 100.0 MiB of 400.0 MiB, 10.0 MiB/s, 0:30 left", lines[9])
    -- Just as many as fit: each has its own.
    list = table.move(list, 1, 8, 1, {})
    lines = screen.lines(model_of(table.unpack(list)), 100, 10)
    assert.matches("^f8 ", lines[8])
  end)

  it("says what a transfer waits for", function()
    local function line(...)
      return screen.lines(model_of { "f", ... }, 80, 24)[1]:match "^f +(.*)$"
    end
    assert.equal("waits for its turn", line("queued", 0, { attempts = 0 }))
    assert.equal("connecting", line("sending", 0))
    assert.equal("preparing on the server, 0:07", line("preparing", 0, { waited = 7.9 }))
    assert.equal("attempt 1 failed, waits to try again", line("queued", 0))
    assert.equal("attempt 1 failed, waits 2:00 before it is sent",
      line("queued", 0, { pause = 120 }))
    assert.equal("waits 1:00:05 before it is sent",
      line("queued", 0, { attempts = 0, pause = 3605 }))
    assert.matches("^100 %%", line("receiving", 0, { expected = 0 }))
    assert.matches("^99 %%", line("receiving", 9999999, { expected = 10000000 }))
  end)

  it("says how a transfer ended", function()
    local model = model_of { "f", "receiving", 20 * MiB, { elapsed = 12, waited = 2 } }
    local transfer = model.live[1]
    model:finish(transfer, "done", nil, 12)
    assert.equal("f  20.0 MiB, 2.0 MiB/s, 0:12", screen.final(transfer, 79))
    transfer.attempts = 3
    assert.equal("f  20.0 MiB, 2.0 MiB/s, 0:12, 3 attempts", screen.final(transfer, 79))
    transfer.state, transfer.error = "failed", { kind = "network" }
    assert.equal("f  failed (network) after 20.0 MiB, 0:12, 3 attempts", screen.final(transfer, 79))
    transfer.error = { kind = "cancelled" }
    assert.equal("f  cancelled after 20.0 MiB, 0:12, 3 attempts", screen.final(transfer))
    transfer.error = "a script's error"
    for width = 4, 60 do
      assert.is_true(core.display_width(screen.final(transfer, width)) <= width)
    end
  end)
end)

describe("bars", function()
  local now, terminal, hub
  local eager <const> = { show = true, eager = true }

  local function start(columns, rows, guarded)
    now, terminal = 0, vt.new(columns, rows)
    hub = hubs.new { clock = function() return now end,
      writer = bars.new(terminal:screen(guarded)) }
  end

  -- Lets each watcher tell its state, at a time.
  local function tell(second, watchers, state)
    now = second
    for i, watcher in ipairs(watchers) do watcher.update(state(i)) end
  end

  it("stand below what was printed, and are gone at the end", function()
    start(60, 10, true)
    terminal:print "before"
    local watchers = {}
    for i = 1, 3 do watchers[i] = hub:watch("f" .. i, eager) end
    tell(1, watchers, function() return at("receiving", 0, { expected = 10 * MiB }) end)
    for _, second in ipairs { 2, 2.2 } do
      tell(second, watchers, function(i)
        return at("receiving", i * MiB, { expected = 10 * MiB })
      end)
    end
    local lines = terminal:lines()
    assert.equal("before", lines[1])
    assert.matches("^f1 +10 %%", lines[2])
    assert.matches("^f3 +30 %%", lines[4])
    assert.matches("^0 of 3 done", lines[5])
    assert.equal(5, #lines)
    terminal:print("hello", true)
    assert.same({ "before", "hello" }, terminal:lines())
    now = 3
    watchers[2].update(at("done", 10 * MiB, { elapsed = 3 }))
    lines = terminal:lines()
    assert.same({ "before", "hello", "f2  10.0 MiB, 3.3 MiB/s, 0:03" },
      table.move(lines, 1, 3, 1, {}))
    assert.matches("^f1 ", lines[4])
    assert.matches("^f3 ", lines[5])
    assert.matches("^1 of 3 done", lines[6])
    now = 4
    watchers[1].fail { kind = "network" }
    watchers[3].update(at("done", 10 * MiB, { elapsed = 4 }))
    hub:close()
    assert.same({ "before", "hello", "f2  10.0 MiB, 3.3 MiB/s, 0:03",
      "f1  failed (network) after 1.0 MiB, 0:00", "f3  10.0 MiB, 2.5 MiB/s, 0:04" },
      terminal:lines())
  end)

  it("are drawn at most ten times a second, however much moves", function()
    start(80, 24, true)
    local watchers = {}
    for i = 1, 200 do watchers[i] = hub:watch("f" .. i, eager) end
    for tick = 1, 1000 do -- ten seconds
      tell(tick / 100, watchers, function() return at("receiving", tick * 1000) end)
    end
    assert.is_true(terminal.writes <= 101, terminal.writes)
    assert.is_true(terminal.writes >= 90, terminal.writes)
    assert.is_true(#terminal:lines() <= 23)
    for i, watcher in ipairs(watchers) do
      now = 10 + i / 1000 -- all within 0.2 s
      watcher.update(at("done", 1000000, { elapsed = 10 }))
    end
    hub:close()
    assert.is_true(terminal.writes <= 106, terminal.writes)
    local lines = terminal:lines()
    assert.equal(200, #lines) -- each left its line, in order
    for i, line in ipairs(lines) do assert.matches("^f" .. i .. "  976%.6 KiB, ", line) end
  end)

  for _, guarded in ipairs { true, false } do
    it("fit the window when its size changes" .. (guarded and "" or ", without a guard"), function()
      start(100, 12, guarded)
      terminal:print "above"
      local watchers = {}
      for i = 1, 20 do watchers[i] = hub:watch(("报告-%d-%s.zip"):format(i, ("x"):rep(i)), eager) end
      local second = 0
      for _, size in ipairs { { 100, 12 }, { 40, 12 }, { 20, 5 }, { 20, 30 }, { 200, 30 },
        { 81, 3 }, { 80, 24 } } do
        terminal:resize(size[1], size[2])
        for _ = 1, 3 do
          second = second + 1
          tell(second, watchers, function(i)
            return at("receiving", second * i * 1000, { expected = 10 * MiB })
          end)
        end
        local lines = terminal:lines()
        assert.equal("above", lines[1])
        assert.is_true(#lines <= size[2])
        local totals, names = 0, {}
        for _, line in ipairs(lines) do
          if line:find "^0 of 20 done" or line:find "^0/20" then totals = totals + 1 end
          local name = line:match "^报告%-%d+"
          if name then
            names[name] = (names[name] or 0) + 1
            assert.equal(1, names[name])
          end
        end
        assert.equal(1, totals, table.concat(lines, "\n"))
      end
      now = now + 1
      for _, watcher in ipairs(watchers) do watcher.fail { kind = "cancelled" } end
      hub:close()
      local lines = terminal:lines()
      assert.equal(21, #lines)
      for i = 2, 21 do assert.matches("cancelled after", lines[i]) end
    end)
  end

  it("come after a second without `progress`, and leave no line for quick transfers", function()
    start(80, 24, true)
    local quick = hub:watch("quick", { show = true })
    quick.update(at("receiving", 1))
    now = 0.9
    quick.update(at("done", 5))
    assert.equal(0, terminal.writes)
    now = 5
    local slow = hub:watch("slow", { show = true })
    for tick = 51, 70 do
      now = tick / 10
      slow.update(at("preparing", 0, { waited = now - 5 }))
      assert.equal(now >= 6, terminal.writes > 0)
    end
    assert.matches("^slow +preparing on the server, 0:0[12]$", terminal:lines()[1])
    slow.update(at("done", 5 * MiB, { elapsed = 2 }))
    assert.same({ "slow  5.0 MiB, 2.5 MiB/s, 0:02" }, terminal:lines())
  end)

  it("keep the total between transfers that follow one another", function()
    start(80, 24, true)
    for i = 1, 40 do
      now = i / 10
      hub:watch("f" .. i, { show = true }).update(at("done", MiB, { elapsed = 0.05 }))
    end
    assert.equal(1, #terminal:lines())
    assert.matches("^40 of 40 done, 40%.0 MiB, 10%.%d MiB/s$", terminal:lines()[1])
    hub:idle()
    assert.same({}, terminal:lines())
  end)

  it("leave nothing between transfers where printing does not remove it", function()
    start(80, 24, false)
    for i = 1, 40 do
      now = i / 2
      local one = hub:watch("f" .. i, { show = true })
      now = now + 0.25
      one.update(at("receiving", 1))
      one.update(at("done", MiB, { elapsed = 0.05 }))
      assert.same({}, terminal:lines())
    end
    assert.is_true(terminal.writes > 10)
  end)

  it("count the parts of a plan", function()
    start(80, 24, true)
    do
      local plan <close> = hub:plan(10)
      for i = 1, 4 do
        now = i
        plan.step()
      end
      assert.same({ "4 of 10 tasks, 0:06 left" }, terminal:lines())
      hub:watch("f", { show = true }).update(at("done", MiB))
      now = 4.5
      plan.step()
      assert.matches("^5 of 10 tasks, 1 saved, 1.0 MiB, ", terminal:lines()[1])
    end
    assert.same({}, terminal:lines())
  end)

  it("leave nothing of a line that was longer", function()
    start(80, 24, true)
    local one, other = hub:watch("a", eager), hub:watch("b", eager)
    for second, state in ipairs { at("preparing", 0, { waited = 3600 }), at("sending", 0) } do
      for _ = 1, 2 do
        tell(second + now, { one, other }, function() return state end)
      end
    end
    assert.same({ "a            connecting", "b            connecting", "0 of 2 done, 0 B, 0 B/s" },
      terminal:lines())
  end)

  it("go on when the clock jumps back", function()
    start(80, 24, true)
    now = 1000
    local one = hub:watch("f", eager)
    now = 3
    one.update(at("receiving", MiB, { expected = 2 * MiB }))
    assert.matches("50 %%", terminal:lines()[1])
  end)
end)
