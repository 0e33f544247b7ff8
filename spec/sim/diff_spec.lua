-- Snapshots of the rehearsal server's production, and what differs between them.

local changes = require "vbo.cli.common.changes"
local program = require "spec.support.program"
local sim = require "spec.support.sim_app"

describe("snapshots of production", function()
  local client
  before_each(function() client = sim.new "v8" end)

  local function diff(query)
    client:settle()
    return client:get("/sim/diff" .. (query or ""))
  end

  local function restore(owner, body)
    local place = client:explore("Veod", sim.before)
    client:act(client:owned(place .. "/OneDrives", owner), "restore", body or {})
    client:settle()
  end

  local function keep(name)
    local _, answer = client:call("POST", "/sim/snapshots/" .. name)
    return answer.status
  end

  it("differ in nothing at the start, however much was read", function()
    client:get "/sim/production"
    assert.same({}, diff())
    assert.equal("[]", select(2, client:call("GET", "/sim/diff")).body)
  end)

  it("tell what was gained, and what was replaced", function()
    restore "Jürgen Müller"
    local rows = diff()
    local paths = {}
    for i, row in ipairs(rows) do
      paths[i] = row.change .. " " .. row.path
      assert.equal("onedrive", row.workload)
      assert.equal("juergen.mueller@contoso.com", row.user)
      assert.equal(sim.contoso, row.organization)
      assert.is_truthy(row.after.size)
      assert.equal(row.change == "replaced", row.before ~= nil)
    end
    local recorded = {}
    for _, change in ipairs(client:changes()) do
      recorded[#recorded + 1] = (change.how == "created" and "gained " or "replaced ")
        .. change.path
    end
    table.sort(paths)
    table.sort(recorded)
    assert.same(recorded, paths)
    assert.equal(2, #rows)
  end)

  it("tell both ways, and between two of them", function()
    assert.equal(204, keep "before")
    restore "Jürgen Müller"
    assert.equal(204, keep "after")
    local forth, back = diff "?from=before&to=after", diff "?from=after&to=before"
    assert.equal(2, #forth)
    assert.equal(#forth, #back)
    local opposite = { gained = "lost", replaced = "replaced", rewritten = "rewritten" }
    for i, row in ipairs(forth) do
      assert.equal(opposite[row.change], back[i].change)
      assert.equal(row.path, back[i].path)
      assert.same(row.after, back[i].before)
    end
    assert.same({}, diff "?from=after&to=production")
    assert.same(forth, diff())
    restore "Bob Builder"
    local bob = diff "?from=after"
    assert.is_true(#bob > 0)
    for _, row in ipairs(bob) do assert.equal("bob@contoso.com", row.user) end
  end)

  it("outlive a reset", function()
    restore "Jürgen Müller"
    keep "run"
    client:call("POST", "/sim/reset")
    assert.same({}, diff())
    assert.equal(2, #diff "?from=start&to=run")
  end)

  it("are listed, forgotten and refused", function()
    assert.same({}, client:get "/sim/snapshots")
    keep "one"
    assert.equal("one", client:get "/sim/snapshots"[1].name)
    for _, name in ipairs { "start", "production", "a%20b" } do assert.equal(400, keep(name)) end
    local err = client:get("/sim/diff?from=onee", 404)
    assert.match("did you mean 'one'", err.message)
    assert.match("start, production", client:get("/sim/diff?to=zebra", 404).message)
    assert.equal(204, select(2, client:call("DELETE", "/sim/snapshots/one")).status)
    assert.equal(404, select(2, client:call("DELETE", "/sim/snapshots/one")).status)
    assert.same({}, client:get "/sim/snapshots")
  end)

  it("hold mail, and what was sent", function()
    local place = client:explore("Vex", sim.before)
    local box = client:owned(place .. "/Mailboxes", "Alice Example")
    client:act(box, "restore", {})
    local rows = diff()
    assert.is_true(#rows > 0)
    assert.equal(#client:changes(), #rows)
    for _, row in ipairs(rows) do
      assert.equal("exchange", row.workload)
      assert.equal("gained", row.change)
      assert.match("/", row.path)
    end
  end)
end)

describe("differences as a tree", function()
  local function row(change, path, before, after, more)
    local out = { change = change, workload = "onedrive", organization = "contoso", user = "alice",
      path = path, before = before and { size = before }, after = after and { size = after } }
    for key, value in pairs(more or {}) do out[key] = value end
    return out
  end

  it("open each folder once", function()
    local rows = {
      row("gained", "A/B/x.txt", nil, 2048), row("lost", "A/B/y.txt", 1024),
      row("replaced", "A/C/z\27.txt", 1024, 2048), row("rewritten", "A/w.txt", 10, 10),
      row("gained", "top.txt", nil, 10), row("gained", "Empty/"),
      row("gained", "Inbox/Hi", nil, 10, { workload = "exchange" }),
      { change = "sent", workload = "mail", user = "bob", path = "Re: a/b" },
    }
    assert.same({
      "contoso",
      "  onedrive: alice",
      "    A/",
      "      B/",
      "        + x.txt  2.0 KiB",
      "        - y.txt  1.0 KiB",
      "      C/",
      "        ~ z?.txt  1.0 KiB -> 2.0 KiB",
      "      = w.txt  10 B, the same content",
      "    + top.txt  10 B",
      "    + Empty/",
      "  exchange: alice",
      "    Inbox/",
      "      + Hi  10 B",
      "  sent by mail to bob",
      "    > Re: a/b",
    }, changes.tree(rows))
    assert.equal("4 gained, 1 lost, 1 replaced, 1 rewritten, 1 sent", changes.summary(rows))
    assert.equal("nothing changed", changes.summary {})
  end)
end)

describe("vbolua sim", function()
  local server, run
  setup(function()
    server = program.sim()
    function run(words)
      return program.run(("VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s sim %s"):format(
        server.listening, server.user, server.password, server.fingerprint, program.vbolua, words))
    end
  end)
  teardown(function() server.stop() end)

  it("keeps snapshots and prints what differs", function()
    assert.same({ "", 0 }, { run "snapshot before" })
    assert.same({ "nothing changed\n", 0 }, { run "diff" })
    local vbo = require "vbo"
    local client <close> = vbo.connect(program.settings(server, "v7"))
    local session <close> = client:organization(sim.contoso):explore {
      workload = "onedrive", at = sim.before }
    session:onedrive("juergen.mueller@contoso.com"):restore {}
    local output, status = run "diff before production"
    assert.equal(0, status)
    assert.match("^contoso%.onmicrosoft%.com\n  onedrive: juergen%.mueller@contoso%.com\n"
      .. "    Dokumente/\n      Verträge/\n        [+~] ", output)
    assert.match("\n%d [%w, ]+\n$", output)
  end)

  for words, message in pairs {
    ["snapshot"] = "needs a name", ["snapshot 'a b'"] = "the name of a snapshot must consist of",
    ["diff a b c"] = "unexpected argument: c", ["snapshot a b"] = "unexpected argument: b",
  } do
    it("refuses " .. words, function()
      local output, status = run(words)
      assert.equal(2, status)
      assert.match(message, output)
    end)
  end

  it("says which snapshots there are", function()
    local output, status = run "diff befor"
    assert.equal(8, status)
    assert.match("befor", output)
  end)
end)
