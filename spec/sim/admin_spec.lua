-- Covers vbo.sim.http.admin, vbo.sim.production, vbo.sim.production.report,
-- vbo.sim.state.configuration.

local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local sim = require "spec.support.sim_app"

describe("the rehearsal server's own interface", function()
  local client

  before_each(function() client = sim.new "v8" end)

  local function with(authorization, method, target)
    return client:raw(method or "GET", target or "/sim/changes", nil,
      { authorization = authorization })
  end

  it("takes the account by HTTP Basic, or a token", function()
    assert.equal(200, with("Basic " .. ids.base64("admin:" .. sim.password)).status)
    assert.equal(200, with("Bearer " .. client.token).status)
    assert.equal(401, with("Basic " .. ids.base64 "admin:wrong").status)
    assert.equal(401, with("Basic ???").status)
    local answer = with(nil)
    assert.equal(401, answer.status)
    assert.match("^Basic realm=", answer.headers["www-authenticate"])
  end)

  it("lists changes, since one of them too, or those of one session", function()
    assert.same({}, client:get "/sim/changes")
    assert.equal("[]", select(2, client:call("GET", "/sim/changes")).body)
    local place, session = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Jürgen Müller")
    client:act(drive, "restore", {})
    local changes = client:changes()
    assert.same(changes, client:get("/sim/changes?session=" .. session.id))
    assert.same({}, client:get("/sim/changes?session=" .. client.app.uuid()))
    assert.equal(2, #changes)
    assert.equal(1, changes[1].sequence)
    assert.equal("Dokumente/Verträge/Vertrag Müller & Söhne.docx", changes[1].path)
    assert.equal("2026-11-21T08:00:10Z", changes[1].time)
    local later = client:get "/sim/changes?since=1"
    assert.equal(1, #later)
    assert.equal("Dokumente/Verträge/Kündigung.docx", later[1].path)
  end)

  it("lets time pass", function()
    assert.equal("2026-11-21T08:00:00Z", client:get "/sim/time".time)
    local _, session = client:explore "Veod"
    for text, now in pairs { ["90"] = "2026-11-21T08:01:30Z", ["10m"] = "2026-11-21T08:11:30Z" } do
      local fresh = sim.new "v8"
      fresh:call("POST", "/sim/time", { advance = "90" })
      if text == "10m" then fresh:call("POST", "/sim/time", { advance = "10m" }) end
      assert.equal(now, fresh:get "/sim/time".time)
    end
    client:call("POST", "/sim/time", { advance = 899 })
    assert.equal("Working", client:rows "/RestoreSessions"[1].state)
    -- That was no look at the session itself.
    client:call("POST", "/sim/time", { advance = "1s" })
    assert.equal("Stopped", client:get("/RestoreSessions/" .. session.id).state)
    client:call("POST", "/sim/time", { advance = "1d" })
    client:get("/Jobs", 401)
    client:login()
    assert.is_true(#client:all "/RestorePoints" > 23)
    for _, wrong in ipairs { "soon", "-1", "1w", "400d", "", "1.5" } do
      local value, answer = client:call("POST", "/sim/time", { advance = wrong })
      assert.equal(400, answer.status, wrong)
      assert.match("^'advance' must be a time", value.message)
    end
    assert.equal(400, select(2, client:call("POST", "/sim/time", "no json")).status)
  end)

  it("goes back to the start", function()
    local place, session = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Jürgen Müller")
    client:act(drive, "restore", {})
    assert.equal(2, #client:changes())
    local _, answer = client:call("POST", "/sim/reset")
    assert.equal(204, answer.status)
    assert.equal(0, #client:changes())
    client:get("/RestoreSessions/" .. session.id, 404)
    assert.equal(4, #client:rows "/Jobs")
    local fresh = sim.new "v8"
    assert.same(fresh:get "/sim/production", client:get "/sim/production")
  end)

  it("shows production", function()
    local contoso = client:get "/sim/production".organizations[1]
    local users = {}
    assert.equal(16, #contoso.drives)
    for i = 1, 4 do users[i] = contoso.drives[i].user end
    assert.same({ "alice@contoso.com", "bob@contoso.com", "juergen.mueller@contoso.com",
      "wang.xiaoming@contoso.com" }, users)
    assert.equal(86, #contoso.drives[1].documents)
    assert.equal(71, #contoso.mailboxes[1].items)
  end)

  it("has no other paths", function()
    local answer = with("Bearer " .. client.token, "GET", "/sim/nothing")
    assert.equal(404, answer.status)
    assert.match("POST /sim/reset", json.decode(answer.body).message)
    assert.equal(404, with("Bearer " .. client.token, "GET", "/sim/reset").status)
    assert.equal(404, with("Bearer " .. client.token, "GET",
      "/sim/content?user=alice@contoso.com&path=none").status)
    assert.equal(404, with("Bearer " .. client.token, "GET", "/simulator").status)
  end)
end)

describe("base64 of the rehearsal server", function()
  it("goes both ways (RFC 4648 section 10)", function()
    for plain, coded in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v",
      foobar = "Zm9vYmFy" } do
      assert.equal(coded, ids.base64(plain))
      assert.equal(plain, ids.unbase64(coded))
    end
    assert.equal("-_8=", ids.base64("\xFB\xFF", true))
    assert.is_nil(ids.unbase64 "abc")
    assert.is_nil(ids.unbase64 "ab=c")
  end)
end)
