-- Reports: what is asked for in each dialect, and what is saved.

local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

local organization = recording.id(1)

describe("reports", function()
  local recorder, sends, failure, folder

  setup(function()
    recorder = recording.start {
      { path = "/Organizations$", body = { { id = organization, name = "contoso" } } },
      { method = "POST", path = "/Reports/", type = "application/octet-stream",
        body = "%PDF-1.7\n%%EOF\n" },
    }
    sends, failure, folder = recorder.sends, recorder.failure, recorder.folder
  end)
  teardown(function() recorder.stop() end)

  it("are one action with a type up to v5", function()
    for version, action in pairs { v3 = "Action", v4 = "Action", v5 = "action" } do
      local target = ("POST /%s/Reports/%s"):format(version, action)
      local saved = sends(version, function(client)
        return client:report("license_overview", {
          start_time = "2026-10-04T15:25:00", end_time = "2026-11-17", to = folder .. "/",
          overwrite = true,
        })
      end, target, { generate = {
        type = "licenseOverview", startTime = "2026.10.04 15:25:00",
        endTime = "2026.11.17 00:00:00", format = "pdf",
      } })
      assert.equal(folder .. "/license_overview_report.pdf", saved.path)
      assert.equal("%PDF-1.7\n%%EOF\n", rehearsal.content(saved.path))
      sends(version, function(client)
        client:report("mailbox_protection", {
          organization = organization, format = "CSV", to = folder .. "/mail.csv",
          overwrite = true,
        })
        client:report("storage_consumption", { to = folder .. "/s.pdf", overwrite = true })
      end, target, { generate = {
        type = "mailboxProtection", organizationId = organization, format = "csv",
      } }, target, { generate = { type = "storageConsumption", format = "pdf" } })
    end
  end)

  it("are an operation each from v6 on", function()
    for _, version in ipairs(versions.since "v6") do
      local root = ("POST /%s/Reports/Generate"):format(version)
      local to = { to = folder .. "/", overwrite = true }
      local function with(options)
        for name, value in pairs(to) do options[name] = value end
        return options
      end
      local saved = sends(version, function(client)
        client:report("license_overview", with {
          start_time = 0, end_time = "2026-11-17T12:30:00+02:00", timezone = "UTC+02:00",
        })
        client:report("storage_consumption", with { format = "csv" })
        client:report("mailbox_protection", with { organization = organization })
        return client:report("user_protection", with { organization = organization })
      end, root .. "LicenseOverview", {
        startTime = "1970-01-01T00:00:00Z", endTime = "2026-11-17T10:30:00Z", format = "PDF",
        timezone = "UTC+02:00",
      }, root .. "StorageConsumption", { format = "CSV" },
        root .. "MailboxProtection", { organizationId = organization, format = "PDF" },
        root .. "UserProtection", { organizationId = organization, format = "PDF" })
      assert.equal(folder .. "/user_protection_report.pdf", saved.path)
      assert.equal(15, saved.size)
    end
  end)

  it("are more in v8, of which three have one format", function()
    local saved = sends("v8", function(client)
      local to = { to = folder .. "/", organization = organization, overwrite = true }
      client:report("onedrive_protection", to)
      client:report("sharepoint_protection", to)
      return client:report("teams_protection", to)
    end, "POST /v8/Reports/GenerateOneDriveProtection", { organizationId = organization },
      "POST /v8/Reports/GenerateSharepointProtection", { organizationId = organization },
      "POST /v8/Reports/GenerateTeamsProtection", { organizationId = organization })
    assert.equal(folder .. "/teams_protection_report", saved.path)
    assert.equal("usage", failure("v8", function(client)
      client:report("teams_protection", { format = "pdf", to = folder .. "/" })
    end).kind)
  end)

  it("find an organization by its name", function()
    sends("v6", function(client)
      client:report("mailbox_protection", {
        organization = "contoso", to = folder .. "/named.pdf",
      })
    end, "GET /v6/Organizations?extendedView=false",
      "POST /v6/Reports/GenerateMailboxProtection",
      { organizationId = organization, format = "PDF" })
  end)

  it("are known by name, and by version", function()
    local client <close> = recorder.connect "v4"
    assert.same({ "license_overview", "mailbox_protection", "storage_consumption" },
      client:reports())
    local newest <close> = recorder.connect "v8"
    assert.equal(7, #newest:reports())
    local oldest <close> = recorder.connect "v2"
    assert.same({}, oldest:reports())
    local misspelt = failure("v8", function(c) c:report "mailbox_protecton" end)
    assert.equal("usage", misspelt.kind)
    assert.matches("mailbox_protection", misspelt.hint)
    assert.equal("usage", failure("v8", function(c) c:report() end).kind)
    assert.equal("usage", failure("v5", function(c)
      c:report("license_overview", { type = "storageConsumption", to = folder .. "/x.pdf" })
    end).kind)
    assert.equal("unsupported", failure("v5", function(c) c:report "user_protection" end).kind)
    assert.equal("unsupported", failure("v2", function(c) c:report "license_overview" end).kind)
    assert.equal("unsupported", failure("v5", function(c)
      c:report("license_overview", { timezone = "UTC", to = folder .. "/t.pdf" })
    end).kind)
    assert.equal("usage", failure("v5", function(c)
      c:report("license_overview", { start_time = "yesterday" })
    end).kind)
  end)
end)
