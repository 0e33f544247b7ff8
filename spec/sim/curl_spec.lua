-- The vendor's printed requests, sent by curl to a rehearsal server over HTTPS, and their
-- documented answers.  Only what names things of the vendor's own lab is replaced by what the
-- demo world has; spelling, whole records and all else stay as they were printed.
-- (contract/vendor_examples_spec.lua: the module sends the same; spec/sim/vendor_spec.lua: what the
-- server does with them.)

local curl = require "spec.support.curl"
local json = require "vbo.base.json"
local program = require "spec.support.program"

local fixtures = {}
do
  local file <close> = assert(io.open "spec/fixtures/vendor_requests.json")
  for _, fixture in ipairs(json.decode(file:read "a")) do fixtures[fixture.name] = fixture end
end

describe("curl sends the vendor's own example", function()
  local folder, remove, sim, client, names
  local before = "2026.11.18 22:00:00"

  local function explore(version, kind)
    local answer = client(("/%s/Organizations/%s/Action"):format(version, names.organization),
      { json = { explore = { type = kind, datetime = before } } })
    assert.equal(201, answer.status, answer.body)
    return json.decode(answer.body).id
  end

  setup(function()
    folder, remove = program.folder()
    sim = program.sim "--zone -07:00"
    client = curl.new(sim, folder)
    client.login "v3"
    names = { organization =
      client.find("/v3/Organizations", "contoso.onmicrosoft.com").id }
    local drives, mails = explore("v3", "veod"), explore("v3", "vex")
    local function at(session, rest) return ("/v3/RestoreSessions/%s/Organization/%s"):format(
      session, rest) end
    local drive = client.find(at(drives, "OneDrives"), "Alice Example").id
    local other = client.find(at(drives, "OneDrives"), "Bob Builder").id
    local documents = at(drives, "OneDrives/" .. drive .. "/Documents")
    local box = client.find(at(mails, "Mailboxes"), "Alice Example").id
    local item = client.find(at(mails, "Mailboxes/" .. box .. "/Items"),
      "Signed contract Aurora").id
    -- The lab's → the demo world's.
    names.of = {
      ["380d7caf-6294-4a33-b50a-b8aeb13af58c"] = mails,
      ["61954db6-7278-4d26-86f7-888bda5a4ec4"] = drives, ["{restoreSessionId}"] = drives,
      ["b3184e77-b95b-45f7-96cc-180a20b61cbd8507931c-4561-4ddf-bc90-411aba44bb39"] = drive,
      ["724011c3-a540-4684-b24f-3e2ab4ef6380df26ea7d-6468-4846-bdf5-4e88d871ed11"] = other,
      ["0e4079a2-faa5-41bf-b8a7-ba883308cbc9"] = client.find(documents, "Plan.docx").id,
      ["206b13cc-a453-4102-a256-20a64f760e6d"] = client.find(documents, "Todo.md").id,
      ["9e9b7199-f547-467a-b580-9d283a75eaad"] = box,
      ["AAAAAKGE4dIvQUtGjuSnq8JTHAgHAPliTMf_6DxPiJ6TGYB9CqAAAAAAAUcAAEJD8-NHTuNAoFrJGmIzcMoA"
        .. "AE-h_u0AAA=="] = item,
      ["djohnes@westsupport.onmicrosoft.com"] = "bob@contoso.com",
      ["jsmith@westsupport.onmicrosoft.com"] = "backup@contoso.onmicrosoft.com",
    }
  end)

  teardown(function()
    sim.stop()
    remove()
  end)

  --- Names of the lab in a body.
  local function renamed(value)
    if type(value) ~= "table" then return names.of[value] or value end
    local out = json.is_array(value) and json.array {} or {}
    for key, each in pairs(value) do out[key] = renamed(each) end
    return out
  end

  local function send(name, options)
    local fixture = assert(fixtures[name])
    local path = fixture.path:gsub("[^/]+", names.of)
    options = options or {}
    options.method, options.json = fixture.method, renamed(fixture.body)
    local answer = client(path, options)
    assert.equal(200, answer.status, answer.body)
    return answer
  end

  local function content(name)
    local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
    return file:read "a"
  end

  local function changes()
    local found = {}
    for _, change in ipairs(client.get "/sim/changes") do found[#found + 1] = change end
    return found
  end

  -- Checks what a restore answers: the reference says "None", servers send statistics.
  local function restores(name, count)
    local made = #changes()
    local answer = send(name)
    assert.equal("application/json", answer.type)
    local statistics = json.decode(answer.body)
    -- Mail counts what is new and what was there otherwise.
    assert.equal(count, statistics.restoredItemsCount
      or statistics.createdItemsCount + statistics.mergedItemsCount)
    assert.equal(0, statistics.failedItemsCount)
    assert.is_true(#changes() > made)
  end

  local function sends(name)
    local outbox = #client.get("/sim/production").outbox
    local answer = send(name)
    assert.equal("", answer.body)
    local after = client.get("/sim/production").outbox
    assert.equal(outbox + 1, #after)
    return after[#after]
  end

  it("000 1: documents are sent", function()
    local letter = sends "000 1"
    assert.equal("toUser@example.com", letter.to)
    assert.equal("Send document", letter.subject)
    assert.equal(2, #letter.attachments)
  end)

  it("000 2: documents are saved as a ZIP", function()
    assert.equal("application/octet-stream", send("000 2", { to = "two.zip" }).type)
    local list, code = program.run("unzip -Z1 " .. program.quoted(folder .. "/two.zip"))
    assert.equal(0, code, list)
    local found = {}
    for name in list:gmatch "[^\n]+" do found[#found + 1] = name end
    table.sort(found)
    assert.same({ "Plan.docx", "Todo.md" }, found)
  end)

  it("000 3: documents are restored", function() restores("000 3", 2) end)

  it("000 4: documents are copied", function()
    restores("000 4", 2)
    local found = 0
    for _, change in ipairs(changes()) do
      if (change.path or ""):lower():find "^pictures/" then found = found + 1 end
    end
    assert.is_true(found >= 2)
  end)

  it("001 1: OneDrives are restored", function()
    local made = #changes()
    local answer = send "001 1"
    assert.equal("application/json", answer.type)
    assert.is_true(json.decode(answer.body).restoredItemsCount > 0)
    assert.is_true(#changes() > made)
  end)

  it("002 1: an item is exported to PST", function()
    assert.equal("application/octet-stream", send("002 1", { to = "item.pst" }).type)
    assert.equal("!BDN", content("item.pst"):sub(1, 4))
  end)

  it("002 2: an item is saved as MSG", function()
    assert.equal("application/octet-stream", send("002 2", { to = "item.msg" }).type)
    assert.equal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", content("item.msg"):sub(1, 8))
  end)

  it("002 3: an item is restored", function() restores("002 3", 1) end)

  it("002 4: an item is restored to another mailbox", function() restores("002 4", 1) end)

  it("002 5: an item is sent to its default address", function() sends "002 5" end)

  it("002 6: an item is sent to another address", function()
    local letter = sends "002 6"
    assert.equal("r.clark@bestsupport.onmicrosoft.com", letter.to)
    assert.equal("Support Tickets", letter.subject)
  end)

  it("003 1: an organization is explored, and answered as printed", function()
    local fixture = fixtures["003 1"]
    local answer = client(("/v1/Organizations/%s/Action"):format(names.organization),
      { json = fixture.body })
    assert.equal(fixture.status, answer.status)
    assert.equal("application/json", answer.type)
    local session, printed = json.decode(answer.body), fixture.response
    for _, name in ipairs { "type", "pointInTime", "state", "result" } do
      assert.equal(printed[name], session[name])
    end
    for name, value in pairs(printed) do assert.equal(type(value), type(session[name]), name) end
    for name in pairs(session) do assert.not_nil(printed[name], name) end
    assert.match("%.%d+Z$", printed.creationTime)
    assert.match("Z$", session.creationTime)
    -- Links as they are printed: absolute, in lower case, the organization below the session.
    for name, link in pairs(printed._links) do
      local function shape(href)
        return href:gsub("^https://[^/]+", ""):gsub("%x+%-%x+%-%x+%-%x+%-%x+", "{id}")
      end
      assert.equal(shape(link.href), shape(session._links[name].href))
      assert.match("^" .. sim.listening:gsub("%p", "%%%0"), session._links[name].href)
    end
  end)
end)
