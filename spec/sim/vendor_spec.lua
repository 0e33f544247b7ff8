-- The vendor's printed requests, with the ids of the demo world: taken as they are spelt.

local sim = require "spec.support.sim_app"

describe("the vendor's own requests", function()
  it("about documents are taken in their spelling, whole records and all", function()
    local client = sim.new "v2"
    local place = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local bob = select(2, client:owned(place .. "/OneDrives", "Bob Builder"))
    local target = drive:gsub("/RestoreSessions/", "/RestoreSessions/") .. "/Documents/Action"
    local documents = {
      client:named(drive .. "/Documents", "Plan.docx"),
      client:named(drive .. "/Documents", "Todo.md"),
    }
    local function post(body)
      local value, answer = client:call("POST", target, body)
      assert.equal(200, answer.status, answer.body)
      return value
    end
    post { sendTo = { Documents = documents, from = "fromUser@example.com",
      to = "toUser@example.com", subject = "Send document", text = "Hello. It’s your document!" } }
    local zip = post { save = { Documents = documents } }
    assert.is_string(sim.entries(zip)["Todo.md"])
    local kept = post { restoretooriginallocation = { Documents = documents, username = "admin",
      userpassword = "12345678", DocumentVersion = "last", DocumentAction = "keep" } }
    assert.equal(2, kept.restoredItemsCount)
    local copied = post { copyto = { Documents = documents, username = "admin",
      userpassword = "12345678", DocumentVersion = "all", folder = "pictures", OneDrive = bob } }
    assert.equal(2, copied.restoredItemsCount)
    assert.equal(6, #client:changes())
    assert.equal("toUser@example.com", client:get "/sim/production".outbox[1].to)
  end)

  it("about several OneDrives are taken", function()
    local client = sim.new "v3"
    local place = client:explore("Veod", sim.before)
    local rows = client:rows(place .. "/OneDrives")
    local value, answer = client:call("POST", place .. "/OneDrives/Action", {
      restoreToOriginalLocation = { DocumentAction = "keep", skipunresolved = true,
        OneDrives = { rows[2], rows[4] }, OnPremisesUsername = "admin",
        OnPremisesPassword = "12345678", DocumentVersion = "last" } })
    assert.equal(200, answer.status, answer.body)
    assert.equal(5, value.restoredItemsCount)
  end)

  it("about an item are taken", function()
    local client = sim.new "v3"
    local place = client:explore("Vex", sim.before)
    local box = client:owned(place .. "/Mailboxes", "Alice Example")
    local item = client:named(box .. "/Items", "Signed contract Aurora")
    local function post(text, status)
      local value, answer = client:call("POST", box .. "/Items/" .. item.id .. "/Action", text)
      assert.equal(status or 200, answer.status, answer.body)
      return value
    end
    assert.equal("bytes", post('{"exporttoPst": null}').kind)
    assert.equal("bytes", post('{"savetoMsg": null}').kind)
    post [[{"restoretoOriginallocation": {"userName": "admin", "userPassword": "paSSw0rd"}}]]
    post [[{"restoreTo": {"mailbox": "bob@contoso.com", "userName": "bob", "userPassword": "p"}}]]
    assert.is_nil(post '{"sendtoDefaultaddress": null}')
    assert.is_nil(post [[{"sendtoDifferentaddress": {"from": "j@x.com", "to": "r@x.com",
      "subject": "Support Tickets", "text": "Please find attached"}}]])
    assert.equal(4, #client:changes())
  end)

  it("to explore are taken, and answered as printed", function()
    local client = sim.new("v1", { zone = -7 * 3600 })
    local value, answer = client:call("POST",
      "/Organizations/" .. client:organization().id .. "/Action",
      '{"explore": {"datetime": "2026.11.18 22:07:39"}}')
    assert.equal(201, answer.status)
    local keys = {}
    for name in pairs(value) do keys[#keys + 1] = name end
    table.sort(keys)
    assert.same({ "_links", "creationTime", "id", "pointInTime", "result", "state", "type" }, keys)
    assert.equal("2026-11-18T22:07:39-07:00", value.pointInTime)
  end)
end)
