-- Tests what options of restores do to the rehearsal server's production, and what it reports.

local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"
local worlds = require "vbo.sim.world"

local fabrikam <const> = "fabrikam.onmicrosoft.com"
local marketing <const> = "https://contoso.sharepoint.com/sites/marketing"

local function budget_of(client)
  local place = client:explore("Veod", sim.before, { showAllVersions = true })
  local drive = client:owned(place .. "/OneDrives", "Alice Example")
  local row = client:named(drive .. "/Documents", "Budget.xlsx")
  return drive .. "/Documents/" .. row.id, drive, row
end

local function held(client, path)
  for _, drive in ipairs(client:get "/sim/production".organizations[1].drives) do
    for _, each in ipairs(drive.documents) do
      if each.path:find(path) then return each end
    end
  end
end

local function outbox(client) return client:get "/sim/production".outbox end

for _, version in ipairs(versions.since "v6") do
  describe("restores in " .. version, function()
    local client, world

    before_each(function()
      world = worlds.open "demo"
      client = sim.new(version, { world = world })
    end)

    --- Copies the document, or with `whole` all of its OneDrive, which alone knows of permissions.
    local function copy(more, wanted, whole)
      local path, drive, row = budget_of(client)
      local body = { onedrive = { id = drive:match "[^/]+$" }, folder = "There",
        documentVersion = "Last", documentLastVersionAction = "Overwrite" }
      for name, value in pairs(more) do body[name] = value end
      local answer, reply = client:call("POST", (whole and drive or path) .. "/copyTo", body)
      assert.equal(wanted or 200, reply.status, reply.body)
      client:settle()
      client:get "/RestoreSessions"
      return answer, reply, path, row
    end

    it("write the last version or all, instead of what is there or beside it", function()
      local count = #client:rows(budget_of(client) .. "/Versions")
      assert.is_true(count > 1)
      for _, case in ipairs {
        { "Last", "Overwrite", 1 }, { "All", "Overwrite", count }, { "Last", "Overwrite", 1 },
        { "All", "Merge", 1 + count },
      } do
        -- Changes production in between: a restore leaves alone what is the same already.
        local there = client.app.store.production
        for _, drive in pairs(there._drives) do
          for path, entry in pairs(drive and drive.entries or {}) do
            if path:find "^There/" then entry.stream = { kind = "bytes", data = "changed" } end
          end
        end
        copy { documentVersion = case[1], documentLastVersionAction = case[2] }
        assert.equal(case[3], held(client, "There/Budget.xlsx").versions, table.concat(case, " "))
      end
      local changes = client:changes()
      assert.equal("all", changes[#changes].version)
      assert.equal("merged", changes[#changes].how)
    end)

    it("give permissions back on request, and notify on request", function()
      copy({ folder = "Plain" }, 200, true)
      assert.is_nil(held(client, "^Plain/.*Budget.xlsx$").permissions)
      assert.is_nil(client:changes()[1].permissions)
      assert.same({}, outbox(client))
      copy({ folder = "Quiet", restorePermissions = true }, 200, true)
      assert.is_true(held(client, "^Quiet/.*Budget.xlsx$").permissions)
      local changes = client:changes()
      assert.is_boolean(changes[#changes].permissions)
      assert.same({}, outbox(client))
      copy({ restorePermissions = true, sendSharedLinksNotification = true }, 200, true)
      local told = {}
      for _, letter in ipairs(outbox(client)) do
        assert.is_nil(told[letter.to])
        assert.match("^Shared with you: .", letter.subject)
        told[letter.to] = true
      end
      assert.is_true(told["alice@contoso.com"])
    end)

    it("warn of permissions of who has left", function()
      for _, organization in ipairs(world:organizations()) do
        local user = organization.by_email["alice@contoso.com"]
        if user then user.left = true end
      end
      local place = client:explore "Veod"
      local _, bob = client:owned(place .. "/OneDrives", "Bob Builder")
      local answer = copy({ restorePermissions = true, onedrive = { id = bob.id } }, 200, true)
      assert.is_false(held(client, "^There/.*Budget.xlsx$").permissions)
      local warnings
      if client.number >= 8 then
        local sums = client:get("/RestoreSessions/" .. answer.sessionId .. "/Statistics")
        assert.is_true(sums.restoredItemsCount > 0 and sums.failedItemsCount == 0)
        warnings = sums.warnings
      else
        assert.is_true(answer.restoredItemsCount > 0 and answer.failedItemsCount == 0)
        warnings = answer.restoreIssues[1].warnings
      end
      local text = warnings[1]
      assert.match("alice@contoso.com cannot be resolved", type(text) == "table" and text.message
        or text)
      assert.equal("Warning", client:rows "/RestoreSessions"[1].result)
    end)

    it("go to another organization where one is named", function()
      local other
      for _, organization in ipairs(world:organizations()) do
        if organization.name == fabrikam then other = organization.users[1] end
      end
      assert.is_table(other.mailbox)
      local place = client:explore("Vex", sim.before)
      local box = client:owned(place .. "/Mailboxes", "Alice Example")
      local item = client:rows(box .. "/Items")[1]
      local function restore(organization)
        local _, answer = client:call("POST", box .. "/Items/" .. item.id .. "/restoreTo",
          { mailbox = other.name, folder = "From afar", officeOrganizationName = organization,
            casServer = "cas", userName = "admin", userPassword = "p" })
        return answer.status
      end
      assert.equal(400, restore(nil))
      assert.equal(404, restore "nowhere.example")
      assert.equal(200, restore(fabrikam))
      local change = client:changes()[1]
      assert.same({ other.name, fabrikam }, { change.user, change.organization })
      copy({ organizationName = "nowhere.example" }, 404)
      copy { organizationName = sim.contoso }
    end)

    it("leave out held mail, and mail that is not recent, on request", function()
      local place = client:explore("Vex", sim.before)
      local box = client:owned(place .. "/Mailboxes", "Alice Example")
      local categories = { "Purges", "Versions", "DiscoveryHolds" }
      for _, organization in ipairs(world:organizations()) do
        for _, mailbox in ipairs(organization.mailboxes) do
          for i, folder in ipairs(mailbox.email == "alice@contoso.com" and mailbox.folders or {}) do
            folder.category = categories[i] or "None"
          end
        end
      end
      local function count(flags)
        local body = { mailbox = "bob@contoso.com", folder = "Copy", casServer = "cas",
          userName = "admin", userPassword = "p" }
        for _, name in ipairs(flags) do body[name] = true end
        client:call("POST", "/sim/reset")
        place = client:explore("Vex", sim.before)
        local path = place .. "/Mailboxes/" .. box:match "[^/]+$" .. "/restoreTo"
        local _, answer = client:call("POST", path, body)
        assert.equal(200, answer.status, answer.body)
        return #client:changes()
      end
      local all = count {}
      local litigation, in_place = count { "excludeLitigationHoldItems" },
        count { "excludeInPlaceHoldItems" }
      assert.is_true(litigation < all and in_place < all and litigation ~= in_place)
      assert.equal(litigation + in_place - all,
        count { "excludeLitigationHoldItems", "excludeInPlaceHoldItems" })
    end)
  end)
end

describe("restores of several mailboxes", function()
  it("take no more than the mail of some days", function()
    local function total(days)
      local client = sim.new "v8"
      local place = client:explore("Vex", sim.before)
      local row = client:rows(place .. "/Mailboxes")[1]
      local answer, reply = client:call("POST", place .. "/mailboxes/restore",
        { mailboxes = { { id = row.id } }, recentItemRestorePeriod = days, changedItems = true,
          deletedItems = true, skipUnresolved = false, markRestoredAsUnread = false })
      assert.equal(200, reply.status, reply.body)
      client:settle()
      return client:get("/RestoreSessions/" .. answer.sessionId .. "/Statistics").totalItemsCount
    end
    local all, some = total(nil), total(10)
    assert.is_true(some > 0 and some < all, some .. " of " .. all)
    assert.equal(all, total(3650))
  end)
end)

describe("restores of sites and teams", function()
  it("bring list views, master pages and settings on request", function()
    local client = sim.new "v8"
    local place = client:explore("Vesp", sim.before)
    for _, each in ipairs(client:all(place .. "/Sites")) do
      if each.url == marketing then
        client:call("POST", place .. "/Sites/" .. each.id .. "/restore",
          { restoreListViews = true, restoreMasterPages = true })
      end
    end
    local teams = client:explore("Vet", sim.before) .. "/teams"
    local _, reply = client:call("POST", teams .. "/" .. client:rows(teams)[1].id .. "/restore",
      { restoreSettings = true, restoreMembers = false, restoreChangedItems = true,
        restoreMissingItems = true })
    assert.equal(200, reply.status, reply.body)
    local found = {}
    for _, change in ipairs(client:changes()) do
      local what = change.path:match "%((.*)%)$"
      if what then found[what] = change.how end
    end
    assert.same({ ["list views"] = "overwritten", ["master pages"] = "overwritten",
      settings = "overwritten" }, found)
  end)
end)
