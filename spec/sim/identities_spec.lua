-- Tests who may restore into a rehearsed organization: accounts, applications and device codes.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local server = require "vbo.server"
local program = require "spec.support.program"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

local backup <const> = "backup@contoso.onmicrosoft.com"
local application <const> = ids.uuid "contoso.onmicrosoft.com/application"

--- A PKCS #12 archive of a new certificate in Base64, and its thumbprint.
local function certificate(folder, name, password, more)
  local pem, key = assert(server.certificate(more or {}))
  local stem = folder .. "/" .. name
  local input <close> = assert(io.open(stem .. ".pem", "wb"))
  input:write(pem, key)
  input:close()
  local quoted = program.quoted(stem)
  local out, code = program.run(("openssl pkcs12 -export -in %s.pem -passout pass:%s -out %s.pfx "
    .. "2>&1 && openssl x509 -in %s.pem -noout -fingerprint -sha1"):format(quoted, password, quoted,
    quoted))
  assert.equal(0, code, out)
  local file <close> = assert(io.open(stem .. ".pfx", "rb"))
  return core.base64(file:read "a"), (out:match "=([%x:]+)":gsub(":", ""))
end

describe("restores into a rehearsed organization", function()
  local folder, remove
  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)

  --- Restores a mail of Alice under an identity; returns status, message and result.
  local function restore(client, body, workload)
    local place = client:explore(workload or "Vex", sim.before)
    if workload == "Vesp" then
      local site = client:rows(place .. "/Sites")[1]
      local libraries = place .. "/Sites/" .. site.id .. "/Libraries"
      local library = client:rows(libraries)[1]
      local value, answer = client:act(libraries .. "/" .. library.id, "restore", body, false)
      return answer.status, value.message, value
    end
    local box = client:owned(place .. "/Mailboxes", "Alice Example")
    local item = client:named(box .. "/Items", "Signed contract Aurora")
    local value, answer = client:act(box .. "/Items/" .. item.id, "restore", body, false)
    return answer.status, value.message, value
  end

  it("takes accounts that the world has, and their passwords", function()
    for n = 1, 7 do
      local client = sim.new("v" .. n)
      for _, name in ipairs { backup, backup:upper(), "admin@contoso.onmicrosoft.com",
        "helpdesk@contoso.onmicrosoft.com", "alice@contoso.com", "CONTOSO\\alice", "alice" } do
        local status, message, value = restore(client, { userName = name, userPassword = "x" })
        assert.equal(200, status, message)
        assert.equal(0, value.failedItemsCount, name)
      end
      for name, why in pairs {
        ["nobody@contoso.com"] = "there is no account 'nobody@contoso.com'",
        ["erika.former@contoso.com"] = "there is no account",
        ["backup@fabrikam.onmicrosoft.com"] = "there is no account",
        ["security@contoso.onmicrosoft.com"] = "multi%-factor",
      } do
        local status, message = restore(client, { userName = name, userPassword = "x" })
        assert.equal(400, status, name)
        assert.match(why, message)
      end
      local status, message = restore(client, { userName = backup })
      assert.same({ 400, true }, { status, message:find "password" ~= nil })
      -- Without a name the organization's own account restores.
      assert.equal(200, restore(client, {}))
    end
    assert.same({}, sim.new "v8":changes())
  end)

  it("lets an account write what is its own, and what it has the right to", function()
    local client = sim.new "v7"
    local status, _, value = restore(client, { userName = "bob@contoso.com", userPassword = "x" })
    assert.same({ 200, 1, 0 }, { status, value.failedItemsCount, value.restoredItemsCount or 0 })
    assert.same({}, client:changes())
    local message
    status, message = restore(client,
      { userName = "helpdesk@contoso.onmicrosoft.com", userPassword = "x" }, "Vesp")
    assert.equal(403, status)
    assert.match("may not change the sites", message)
    assert.equal(200, (restore(client, { userName = backup, userPassword = "x" }, "Vesp")))
  end)

  it("takes applications with their certificate", function()
    local client = sim.new "v8"
    local pfx = certificate(folder, "good", "secret")
    local expired = certificate(folder, "expired", "secret", { days = 1, not_before = 86400 })
    local function status_of(more)
      local body = { applicationId = application, applicationCertificate = pfx,
        applicationCertificatePassword = "secret" }
      for key, value in pairs(more or {}) do body[key] = value or nil end
      local status, message = restore(client, body)
      return status, message
    end
    assert.equal(200, (status_of()))
    for why, more in pairs {
      ["there is no application"] = { applicationId = ids.uuid "another" },
      ["its password is wrong"] = { applicationCertificatePassword = "guess" },
      ["it is not a PKCS #12 archive"] = { applicationCertificate = core.base64 "text" },
      ["not Base64"] = { applicationCertificate = "%%%" },
      ["needs a certificate"] = { applicationCertificate = false },
      ["it has expired"] = { applicationCertificate = expired },
    } do
      local status, message = status_of(more)
      assert.equal(400, status, why)
      assert.is_truthy(message:find(why, 1, true), message)
    end
    assert.equal(1, #client:changes())
  end)

  it("takes device codes that were issued, as long as they are good", function()
    for _, version in ipairs(versions.since "v4") do
      local client = sim.new(version)
      local place = client:explore("Vex", sim.before)
      local function issue(body)
        return client:call("POST", place:gsub("Organization$", "organization/restoreDeviceCode"),
          body)
      end
      local code = issue { targetOrganizationName = sim.contoso,
        targetApplicationId = application }
      assert.equal(899, code.expiresIn, code.message)
      assert.is_truthy(code.message:find(code.userCode, 1, true))
      assert.same({ 200 }, { (restore(client, { userCode = code.userCode })) })
      assert.same({ 200 }, { (restore(client,
        { userCode = code.userCode:lower(), applicationId = application }))})
      assert.equal(400, (restore(client, { userCode = "ABCDEFGHI" })))
      local _, answer = issue { targetApplicationId = ids.uuid "another",
        targetOrganizationName = sim.contoso }
      assert.equal(400, answer.status)
      client.now = client.now + 899
      local status, message = restore(client, { userCode = code.userCode })
      assert.equal(400, status)
      assert.match("has expired", message)
    end
  end)

  it("go by what a world.lua says", function()
    local pfx, thumbprint = certificate(folder, "own", "p")
    local other = certificate(folder, "other", "p")
    local id = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
    local root = folder .. "/world"
    assert(os.execute("mkdir -p " .. program.quoted(root .. "/mail/maja@north.example/Inbox")))
    local function write(name, text)
      local file <close> = assert(io.open(root .. "/" .. name, "wb"))
      file:write(text)
    end
    write("mail/maja@north.example/Inbox/1.eml", "From: a@x.example\r\nSubject: One\r\n"
      .. "Date: Mon, 2 Nov 2026 10:00:00 +0000\r\n\r\nText\r\n")
    write("world.lua", ([[return {
      organization = { name = "north.example",
        accounts = { { name = "svc@north.example", password = "right" } },
        applications = { { id = "%s", name = "Restore", thumbprint = "%s" } } },
    }]]):format(id, thumbprint))
    local client = sim.new("v7", { world = assert(worlds.open(root)) })
    local place = client:explore("Vex", nil, nil, "north.example")
    local box = place .. "/Mailboxes/" .. client:rows(place .. "/Mailboxes")[1].id
    local item = box .. "/Items/" .. client:rows(box .. "/Items")[1].id
    local function status_of(body)
      local _, answer = client:act(item, "restore", body, false)
      return answer.status
    end
    assert.equal(200, status_of { userName = "svc@north.example", userPassword = "right" })
    assert.equal(400, status_of { userName = "svc@north.example", userPassword = "wrong" })
    assert.equal(200, status_of { applicationId = id:upper(), applicationCertificate = pfx,
      applicationCertificatePassword = "p" })
    assert.equal(400, status_of { applicationId = id, applicationCertificate = other,
      applicationCertificatePassword = "p" })
    -- It has no other application.
    assert.equal(400, status_of { applicationId = ids.uuid "north.example/application",
      applicationCertificate = pfx, applicationCertificatePassword = "p" })
    for _, wrong in ipairs { "accounts = { { password = 'x' } }", "applications = { {} }",
      "accounts = { { name = 'a', right = {} } }", "applications = { { id = 'x' } }",
      "accounts = { { name = 'a', rights = { 'mail' } } }",
      "applications = { { id = '" .. id .. "', thumbprint = 'x' } }" } do
      write("world.lua", "return { organization = { " .. wrong .. " } }")
      local good, opened, why = pcall(worlds.open, root)
      assert.is_true(not good or not opened and type(why) == "string", wrong)
    end
  end)
end)

describe("mail of a rehearsal server", function()
  it("goes out while the e-mail settings of its workload are on, and says to whom", function()
    for _, version in ipairs(versions.with_newest("v2", "v3", "v5", "v6")) do
      local client = sim.new(version)
      local place = client:explore("Veod", sim.before)
      local drive = client:owned(place .. "/OneDrives", "Alice Example")
      local plan = client:named(drive .. "/Documents", "Todo.md")
      local function send()
        local value, answer = client:act(drive .. "/Documents/" .. plan.id, "send",
          { from = "a@x.example", to = "boss@x.example", subject = "s", text = "t" }, false)
        return answer.status, value
      end
      local settings = version == "v2" and "/VESPEmailSettings"
        or client.number <= 5 and "/VEODEmailSettings" or "/VeodEmailSettings"
      assert.is_true(client:get(settings).enableNotification)
      client:call("PUT", settings, { enableNotification = false })
      local status, refused = send()
      assert.equal(400, status)
      assert.match("disabled: nothing was sent", refused.message)
      assert.same({}, client:changes())
      assert.same({}, client:get "/sim/production".outbox)
      client:call("PUT", settings, { enableNotification = true })
      assert.is_true(send() < 300)
      local lines = table.concat(require "vbo.cli.common.changes".lines(client:changes()), "\n")
      assert.is_truthy(lines:find("Todo.md to boss@x.example", 1, true), lines)
    end
  end)

  it("to an item's own mailbox needs them, too", function()
    local client = sim.new "v8"
    local place = client:explore("Vex", sim.before)
    local box = client:owned(place .. "/Mailboxes", "Alice Example")
    local item = client:named(box .. "/Items", "Signed contract Aurora")
    client:call("PUT", "/VexEmailSettings", { enableNotification = false })
    local _, answer = client:act(box .. "/Items/" .. item.id, "send_default", nil, false)
    assert.equal(400, answer.status)
    client:call("PUT", "/VexEmailSettings", { enableNotification = true,
      from = "restore@contoso.com" })
    client:act(box .. "/Items/" .. item.id, "send_default")
    local letter = client:get "/sim/production".outbox[1]
    assert.same({ "restore@contoso.com", "alice@contoso.com" }, { letter.from, letter.to })
  end)
end)
