-- The requests that the vendor's documentation prints, sent by public calls of the module.

local json = require "vbo.base.json"
local program = require "spec.support.program"
local vbo = require "vbo"

local fixtures = {}
do
  local file <close> = assert(io.open "spec/fixtures/vendor_requests.json")
  for _, fixture in ipairs(json.decode(file:read "a")) do fixtures[fixture.name] = fixture end
end

-- The answers that the recorder must give for the calls to go through.
local explored = fixtures["003 1"].response

local session_id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
local drive_id = "b3184e77-b95b-45f7-96cc-180a20b61cbd8507931c-4561-4ddf-bc90-411aba44bb39"
local mail_session = "380d7caf-6294-4a33-b50a-b8aeb13af58c"
local mailbox_id = "9e9b7199-f547-467a-b580-9d283a75eaad"
local item_id = "AAAAAKGE4dIvQUtGjuSnq8JTHAgHAPliTMf_6DxPiJ6TGYB9CqAAAAAAAUcAAEJD8-NHTuNAoFrJGmIz"
  .. "cMoAAE-h_u0AAA=="

--- Keys in lower case, at every depth: the server does not tell cases apart.
local function folded(value)
  if type(value) ~= "table" then return value end
  local result = {}
  for key, item in pairs(value) do
    result[type(key) == "string" and key:lower() or key] = folded(item)
  end
  return result
end

describe("the vendor's printed requests", function()
  local folder, remove, recorder, log

  setup(function()
    folder, remove = program.folder()
    log = folder .. "/requests"
    local answers = folder .. "/answers.lua"
    local file = assert(io.open(answers, "w"))
    file:write(("return {{ method = 'POST', path = '^/v1/Organizations/', status = 201, "
      .. "body = %q }}"):format(json.encode(explored)))
    file:close()
    recorder = program.start(("%s spec/support/recorder.lua %s %s"):format(
      program.vbolua, log, answers), "fingerprint")
  end)

  teardown(function()
    recorder.stop()
    remove()
  end)

  local function connect(version)
    return vbo.connect {
      url = recorder.url, pin = recorder.fingerprint, user = "admin", password = "12345678",
      version = version,
    }
  end

  --- Makes a call and compares what arrived with the fixture.
  local function sends(name, version, call)
    local fixture = assert(fixtures[name])
    do
      local client <close> = connect(version)
      call(client, fixture)
    end
    local found
    for line in io.lines(log) do
      local request = assert(json.decode(line))
      if request.method == "POST" and request.path:find "Action$" then found = found or request end
    end
    assert(io.open(log, "w")):close()
    assert.is_table(found, "nothing was sent")
    assert.equal(fixture.method, found.method)
    assert.equal(fixture.path:gsub("{restoreSessionId}", session_id), found.path)
    assert.same(folded(fixture.body), folded(found.body))
  end

  local function action(fixture)
    local _, body = next(fixture.body)
    return body
  end

  local function documents_of(client, fixture)
    return client:session(session_id):onedrive(drive_id):documents(action(fixture).Documents)
  end

  it("000 1: sends documents", function()
    sends("000 1", "v2", function(client, fixture)
      documents_of(client, fixture):send {
        from = "fromUser@example.com", to = "toUser@example.com", subject = "Send document",
        text = "Hello. It’s your document!",
      }
    end)
  end)

  it("000 2: saves documents", function()
    sends("000 2", "v2", function(client, fixture)
      documents_of(client, fixture):save { to = folder .. "/documents.zip", check = false }
    end)
  end)

  it("000 3: restores documents", function()
    sends("000 3", "v2", function(client, fixture)
      documents_of(client, fixture):restore {
        user = "admin", password = "12345678", version = "last", on_conflict = "keep",
      }
    end)
  end)

  it("000 4: copies documents", function()
    sends("000 4", "v2", function(client, fixture)
      documents_of(client, fixture):copy {
        user = "admin", password = "12345678", version = "all", folder = "pictures",
        to = action(fixture).OneDrive,
      }
    end)
  end)

  it("001 1: restores several OneDrives", function()
    sends("001 1", "v3", function(client, fixture)
      client:session(session_id):onedrives(action(fixture).OneDrives):restore {
        on_conflict = "keep", skip_unresolved = true, version = "last",
        on_premises_user = "admin", on_premises_password = vbo.secret.of "12345678",
      }
    end)
  end)

  local function item(client)
    return client:session(mail_session):mailbox(mailbox_id):item(item_id)
  end

  it("002 1: exports an item to PST", function()
    sends("002 1", "v3", function(client)
      item(client):export { to = folder .. "/item.pst", check = false }
    end)
  end)

  it("002 2: saves an item as MSG", function()
    sends("002 2", "v3", function(client)
      item(client):save { to = folder .. "/item.msg", check = false }
    end)
  end)

  it("002 3: restores an item", function()
    sends("002 3", "v3", function(client)
      item(client):restore {
        user = "jsmith@westsupport.onmicrosoft.com", password = vbo.secret.of "paSSw0rd",
      }
    end)
  end)

  it("002 4: restores an item to another mailbox", function()
    sends("002 4", "v3", function(client)
      item(client):restore_to {
        mailbox = "djohnes@westsupport.onmicrosoft.com",
        user = "djohnes@westsupport.onmicrosoft.com", password = "paSSw0rd",
      }
    end)
  end)

  it("002 5: sends an item to its default address", function()
    sends("002 5", "v3", function(client) item(client):send() end)
  end)

  it("002 6: sends an item to another address", function()
    sends("002 6", "v3", function(client)
      item(client):send {
        from = "j_smith@bestsupport.onmicrosoft.com", to = "r.clark@bestsupport.onmicrosoft.com",
        subject = "Support Tickets", text = "Please find attached the files you requested",
      }
    end)
  end)

  it("003 1: explores an organization at a point in time", function()
    sends("003 1", "v1", function(client)
      local session = client:organization(mail_session):explore { at = "2017-06-26T22:07:39" }
      assert.equal(explored.id, session.id)
      assert.equal("Vex", session.type)
    end)
  end)
end)
