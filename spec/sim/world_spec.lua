local time = require "vbo.base.time"
local worlds = require "vbo.sim.world"

local function at(text) return (assert(time.parse(text))) end

describe("the demo world", function()
  local world = assert(worlds.open "demo")
  local contoso = world:organizations()[1]

  local function view(text, options)
    local settings = { at = text and at(text) }
    for key, value in pairs(options or {}) do settings[key] = value end
    return world:view(contoso, settings)
  end

  local function names(list)
    local out = {}
    for _, each in ipairs(list) do out[each.name] = each end
    return out
  end

  local function drive(shown, owner)
    for _, each in ipairs(shown:drives()) do
      if each.owner == owner then return each end
    end
  end

  it("is the same at every start", function()
    local again = assert(worlds.open "demo"):organizations()[1]
    assert.equal(contoso.id, again.id)
    for i, document in ipairs(contoso.drives[1].documents) do
      local other = again.drives[1].documents[i]
      assert.equal(document.id, other.id)
      assert.same(document.versions[1].stream, other.versions[1].stream)
    end
    for i, item in ipairs(contoso.mailboxes[1].items) do
      assert.equal(item.id, again.mailboxes[1].items[i].id)
    end
  end)

  it("is not called by another name", function()
    local nothing, message = worlds.open "nowhere"
    assert.is_nil(nothing)
    assert.match("there is: demo", message)
  end)

  it("has ids of the real server's forms", function()
    local uuid = "%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x"
    local alice, juergen = contoso.users[1], contoso.users[3]
    assert.match("^" .. uuid .. "$", contoso.id)
    assert.match("^" .. uuid .. uuid .. "$", alice.drive.id)
    assert.match("^" .. uuid .. uuid .. uuid .. "$", alice.id)
    assert.match("==$", juergen.id)
    local special = {}
    for _, item in ipairs(contoso.mailboxes[1].items) do
      assert.match("^AAAAA[%w_-]+==$", item.id)
      special[item.id:match "[-_]" or "none"] = true
    end
    assert.is_true(special["-"] and special["_"])
  end)

  it("shows nothing before the first restore point", function()
    assert.equal(0, #view("2026-10-16T21:59:59Z"):drives())
    assert.equal(0, #view("2026-10-16T21:59:59Z"):mailboxes())
    assert.equal(17, #view("2026-10-16T22:00:00Z"):drives())
  end)

  it("shows the last restore point after it, and without a time", function()
    local last = at "2026-11-20T22:00:00Z"
    assert.equal(last, view("2027-01-01T00:00:00Z").point)
    assert.equal(last, view(nil).point)
  end)

  it("was attacked between the 18th and the 19th", function()
    local before, after = view "2026-11-18T22:00:00Z", view "2026-11-19T22:00:00Z"
    local alice = drive(before, "alice@contoso.com")
    local good, bad = names(before:documents(alice)), names(after:documents(alice))
    assert.is_truthy(good["Budget.xlsx"])
    assert.is_nil(good["Budget.xlsx.locked"])
    assert.is_nil(bad["Budget.xlsx"])
    assert.is_truthy(bad["Budget.xlsx.locked"])
    local plan = good["Plan.docx"]
    assert.equal("3.0", before:current(plan).number)
    assert.equal("4.0", after:current(plan).number)
    assert.equal(before:current(plan).size, after:current(plan).size)
    assert.match("^PK\3\4", before:current(plan).stream.data)
    assert.not_match("^PK", after:current(plan).stream.data)
  end)

  it("shows deleted documents on request, if they were ever backed up", function()
    local name = "Draft, thrown away.docx"
    local plain, deleted = view "2026-11-18T22:00:00Z", view("2026-11-18T22:00:00Z",
      { deleted = true })
    local alice = drive(plain, "alice@contoso.com")
    assert.is_nil(names(plain:documents(alice))[name])
    assert.is_truthy(names(deleted:documents(alice))[name])
    assert.is_truthy(names(view "2026-11-06T22:00:00Z":documents(alice))[name])
  end)

  it("shows older versions on request", function()
    local plain = view "2026-11-18T22:00:00Z"
    local plan = names(plain:documents(drive(plain, "alice@contoso.com")))["Handbook.docx"]
    assert.equal(1, #plain:versions(plan))
    local numbers = {}
    local all = view("2026-11-18T22:00:00Z", { versions = true })
    for i, version in ipairs(all:versions(plan)) do numbers[i] = version.number end
    assert.same({ "4.0", "3.0", "2.0", "1.0" }, numbers)
  end)

  it("covers the users of a job alone", function()
    local some = view(nil, { only = { ["bob@contoso.com"] = true } })
    assert.equal(1, #some:drives())
    assert.equal("bob@contoso.com", some:mailboxes()[1].email)
  end)

  it("holds what makes clients stumble", function()
    local shown = view "2026-11-18T22:00:00Z"
    local alice = drive(shown, "alice@contoso.com")
    local found, in_folder, empty = {}, {}, 0
    for _, document in ipairs(shown:documents(alice)) do
      local version = shown:current(document)
      found[document.name] = version
      in_folder[document.folder or false] = (in_folder[document.folder or false] or 0) + 1
      if version.size == 0 then empty = empty + 1 end
    end
    for _, name in ipairs { "..", "../../../tmp/escaped.txt", 'He said "yes".txt',
      "Übersicht Größe.txt", "会议纪要.txt", "READ ME.txt", "read me.txt" } do
      assert.is_truthy(found[name], name)
    end
    local longest, most = 0, 0
    for name in pairs(found) do longest = math.max(longest, #name) end
    for _, count in pairs(in_folder) do most = math.max(most, count) end
    assert.equal(200, longest)
    assert.is_true(most > 40)
    assert.equal(1, empty)
    assert.equal(1 << 30, found["Drohnenflug über der Elbe.mp4"].size)
    local void = names(shown:folders(alice))["Empty folder"]
    assert.equal(0, #shown:documents(alice, void))
    assert.is_true(#shown:items(shown:mailboxes()[1]) > 60)
  end)

  it("has a production without those who left, and with what came after the backup", function()
    assert.is_nil(world:live_drive(contoso, "erika.former@contoso.com"))
    assert.is_nil(world:live_mailbox(contoso, "erika.former@contoso.com"))
    local live = world:live_drive(contoso, "alice@contoso.com")
    local paths = {}
    for _, each in ipairs(live.documents) do paths[each.path] = each.version.number end
    assert.equal("4.0", paths["Documents/Projects/Aurora/Plan.docx"])
    assert.is_nil(paths["Documents/Projects/Aurora/Budget.xlsx"])
    assert.equal("1.0", paths["Documents/Projects/Aurora/Budget.xlsx.locked"])
  end)
end)
