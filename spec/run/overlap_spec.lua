-- Changes of what an unfinished run changed.
--
-- Tests vbo.run.overlap, by itself and through the program.

local core = require "vbo.core"
local crash = require "spec.support.crash"
local overlap = require "vbo.run.overlap"
local rehearsal = require "spec.support.rehearsal"
local store_of = require "vbo.run.store"

local unit <const> = "\x1f"

local function path(text) return (text:gsub("/", unit)) .. unit end

describe("the overlap guard", function()
  local journal, store

  before_each(function()
    journal = core.journal()
    assert(journal:open(nil))
    store = store_of.new(journal)
  end)
  after_each(function() journal:close() end)

  local function add_run(name, state, moved_to)
    return store:write("INSERT INTO run(name, kind, state, execution, moved_to) "
      .. "VALUES (?, 'script', ?, 1, ?)", name, state, moved_to)
  end

  local function add_step(run, state, target)
    local id = store:write("INSERT INTO step(run, key, occurrence, kind, state, title, asked) "
      .. "VALUES (?, ?, 1, 'change', ?, 'restore it', 1764526912000)", run, target, state)
    overlap.write({ id = id, kind = "change", server = "s", targets = {
      { verb = "restore", destination = "", path = path(target) } } }, store)
  end

  local function check(target, more)
    local step = { kind = "change", server = "s", title = "restore documents",
      run = { id = 0, store = store, options = {} },
      targets = { { verb = "restore", destination = "", path = path(target) } } }
    for name, value in pairs(more or {}) do step[name] = value end
    return select(2, pcall(overlap.check, step))
  end

  it("stops what equals, contains or lies in a target of an unfinished run", function()
    add_step(add_run("r1", "failed"), "done", "org/onedrive/alice/documents/a")
    for _, target in ipairs { "org/onedrive/alice/documents/a", "org/onedrive/alice/documents",
      "org/onedrive/alice", "org/onedrive/alice/documents/a/b" } do
      local err = check(target)
      assert.equal("overlap", err.kind)
      assert.equal("restore documents was not sent: it overlaps with what the unfinished run r1 "
        .. "changed at 2025-11-30T18:21:52Z: restore it", err.message)
      assert.matches("resume that run with 'vbolua resume r1', or drop what it left with "
        .. "'vbolua runs forget r1', or pass --overlap=allow", err.hint, 1, true)
    end
    for _, target in ipairs { "org/onedrive/alice/documents/b", "org/onedrive/alice2",
      "org/onedrive/alice/documents/a2", "org/exchange/alice" } do
      assert.is_nil(check(target))
    end
  end)

  it("lets another verb, destination or server, and what was refused, pass", function()
    local run = add_run("r1", "stopped")
    add_step(run, "done", "a")
    add_step(run, "refused", "b")
    add_step(run, "local", "c")
    assert.equal("overlap", check("a").kind)
    assert.is_nil(check "b")
    assert.is_nil(check "c")
    assert.is_nil(check("a", { server = "t" }))
    assert.is_nil(check("a", { kind = "save" }))
    assert.is_nil(check("a", { run = { id = 0, store = store, options = { overlap = "allow" } } }))
    for _, target in ipairs { { verb = "copy", destination = "" },
      { verb = "restore", destination = "mailbox x" } } do
      target.path = path "a"
      assert.is_nil(check("a", { targets = { target } }))
    end
  end)

  it("ignores the run itself, the one that it retries, and runs that ended well", function()
    add_step(add_run("well", "ended"), "done", "a")
    assert.is_nil(check "a")
    local own = add_run("own", "running")
    add_step(own, "done", "a")
    assert.equal("overlap", check("a").kind)
    assert.is_nil(check("a", { run = { id = own, store = store, options = {} } }))
    assert.is_nil(check("a", { run = { id = 0, store = store, options = {}, retry_of = "own" } }))
  end)

  it("names where a moved run is, and waits for a live one", function()
    add_step(add_run("r1", "moved", "carl's journal"), "done", "a")
    assert.matches("that run was moved to carl's journal: look there", check("a").hint, 1, true)
    local live = add_run("r2", "running")
    add_step(live, "intent", "b")
    assert.matches("resume that run", check("b").hint)
  end)

  it("finds a target by the index", function()
    local run = add_run("r1", "failed")
    add_step(run, "done", "org/77777")
    local plan = store:rows([[EXPLAIN QUERY PLAN SELECT 1 FROM target WHERE server = 's'
      AND verb = 'restore' AND destination = '' AND path >= 'a' AND path < 'b']])
    assert.matches("USING COVERING INDEX target_path", plan[1].detail, 1, true)
    assert.equal("overlap", check("org").kind)
    assert.is_nil(check "org/7")
  end)
end)

describe("a change of what a dead run changed", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  for _, version in ipairs { "v5", "v8" } do
    it("is stopped in any runbook until that run is resumed, in " .. version, function()
      local it <close> = crash.new(server, version, nil, [[
local client <close> = require "vbo".connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
local drive = session:onedrive "alice@contoso.com"
for _, name in ipairs { "Documents/Projects/Aurora", "Documents/Reports" } do
  drive:folder(name):restore()
end
]])
      local runbook = it.script
      assert.equal(137, select(2, it:kill "outcome:1"))
      local before = #crash.requests(server)
      it:write("other.lua", [[
local client <close> = require "vbo".connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive", at = "2026-11-18T22:00:00Z" }
session:onedrive "alice@contoso.com":folder("Documents/Projects"):restore()
]])
      local output, status = it:run()
      assert.equal(core.kinds.overlap, status, output)
      assert.matches("it overlaps with what the unfinished run ", output, 1, true)
      assert.equal(before, #crash.requests(server))
      assert.equal(0, select(2, it:run "--overlap=allow"))
      it.script = runbook
      output, status = it:resume()
      assert.equal(0, status, output)
    end)
  end
end)
