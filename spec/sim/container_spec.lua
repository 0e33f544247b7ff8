-- Production of the rehearsal server, a module a workload: vbo.sim.production.container,
-- vbo.sim.production.drives and vbo.sim.production.mailboxes.

local container = require "vbo.sim.production.container"
local drives = require "vbo.sim.production.drives"
local mailboxes = require "vbo.sim.production.mailboxes"

local function version(text, number)
  return { size = #text, number = number or "1.0", by = "Alice", at = 100,
    stream = { kind = "bytes", data = text } }
end

describe("a container of production", function()
  local live

  before_each(function()
    live = container.new({ documents = {
      { path = "a.txt", versions = { version("old") } },
      { path = "gone.txt", deleted = 150, versions = { version("gone") } },
      { path = "later.txt", versions = { { size = 1, number = "1.0", at = 300, stream = {} } } },
    }, folders = { { path = "Plans", at = 50 }, { path = "New", at = 300 } } }, "alice", 200)
  end)

  it("holds the documents and folders of its time, and nothing without a time", function()
    local documents, folders = container.rows(live)
    assert.equal(1, #documents)
    assert.same({ path = "a.txt", size = 3, version = "1.0", modified = "1970-01-01T00:01:40Z",
      modifiedBy = "Alice" }, documents[1])
    assert.same({ "Plans" }, folders)
    local empty = container.new({ documents = {}, folders = {} }, "alice")
    assert.is_nil(next(empty.entries))
  end)

  it("creates a missing document with its folders", function()
    local outcome, path, entry = container.write(live, "B/C/d.txt", version("new"),
      { exists = "overwrite" }, nil, 500)
    assert.equal("created", outcome)
    assert.equal("B/C/d.txt", path)
    assert.equal(500, entry.modified)
    assert.is_true(live.folders["B"] and live.folders["B/C"])
  end)

  it("leaves the same content as it is", function()
    local same = version "same"
    container.write(live, "s.txt", same, { exists = "overwrite" }, 2, 500)
    local outcome = container.write(live, "s.txt", same, { exists = "overwrite" }, 1, 600)
    assert.equal("unchanged", outcome)
    assert.equal(500, live.entries["s.txt"].modified)
  end)

  for how, expected in pairs {
    overwrite = { "overwritten", "a.txt", 1 }, merge = { "merged", "a.txt", 2 },
    keep = { "kept", "a (1).txt", 1 },
  } do
    it("writes over a document by " .. how, function()
      local outcome, path, entry = container.write(live, "a.txt", version "new", { exists = how },
        nil, 500)
      assert.same(expected, { outcome, path, entry.versions })
      assert.equal(how == "keep" and 3 or entry.size, live.entries["a.txt"].size)
    end)
  end

  it("leaves changed or missing documents out where it is asked to", function()
    assert.equal("unchanged", (container.write(live, "a.txt", version "new",
      { exists = "overwrite", changed = false }, nil, 500)))
    assert.equal("unchanged", (container.write(live, "x.txt", version "new",
      { exists = "overwrite", missing = false }, nil, 500)))
    assert.is_nil(live.entries["x.txt"])
  end)
end)

describe("a OneDrive or mailbox of production", function()
  local user = { name = "alice@contoso.com" }
  local folder = { path = "Inbox" }
  local world = {
    live_drive = function(_, _, email)
      return email == user.name and { user = user,
        drive = { id = "d", folders = { { path = "F" } } },
        documents = { { path = "F/a.txt", version = version("abc") } } } or nil
    end,
    live_mailbox = function(_, _, _, archive)
      return { user = user, mailbox = { id = archive and "archive" or "m" },
        items = { { id = "1", folder = folder, subject = "One", size = 7, received = 0 } } }
    end,
  }

  it("is opened from the world", function()
    local row = drives.row(drives.open(world, {}, user.name))
    assert.equal("d", row.id)
    assert.same({ "F" }, row.folders)
    assert.equal("F/a.txt", row.documents[1].path)
    assert.is_nil(drives.open(world, {}, "bob@contoso.com"))
    assert.is_nil(drives.row(nil))
  end)

  it("receives an item once, in the folder that is asked for", function()
    local live = mailboxes.open(world, {}, user.name)
    local item = { id = "2", subject = "Two", size = 9, received = 60 }
    assert.equal("unchanged", mailboxes.deliver(live, "Inbox", item, { missing = false }))
    assert.equal("created", mailboxes.deliver(live, "Inbox", item, { unread = true }))
    assert.equal("unchanged", mailboxes.deliver(live, "Inbox", item, {}))
    local row = mailboxes.row(live)
    assert.equal(2, #row.items)
    assert.same({ path = "Inbox/Two", folder = "Inbox", subject = "Two", size = 9, unread = true,
      received = "1970-01-01T00:01:00Z" }, row.items[2])
  end)
end)
