-- Keys of steps: vbo.run.key, vbo.run.canonical, vbo.run.destination, vbo.run.shown and
-- vbo.run.targets.

local json = require "vbo.base.json"
local key = require "vbo.run.key"
local keys = require "spec.support.keys"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local failure = rehearsal.failure
local report = "Documents/Reports/Sales Q1.csv"
local unit = "\x1f"

describe("the key of a step", function()
  local server, client, noted, session

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function connect(version, other)
    client = (other or server).connect(version)
    noted = keys.watch(client)
    return client
  end

  local function explore(workload)
    session = client:organization(rehearsal.organization):explore {
      workload = workload, at = rehearsal.before,
    }
    return session
  end

  before_each(function() key.forget() end)

  after_each(function()
    if client then client:close() end
    client = nil
  end)

  local function digest() return noted[#noted].digest end

  for _, version in ipairs { "v2", "v5", "v6", "v8" } do
    describe("in " .. version, function()
      local document

      before_each(function()
        connect(version)
        document = explore("onedrive"):onedrive("alice@contoso.com"):document(report)
      end)

      it("leaves out whose account acts, and shows it without its secrets", function()
        document:restore { user = "alice", password = "hunter2" }
        local first = digest()
        document:restore { user = "bob", password = vbo.secret.of "swordfish" }
        assert.equal(first, digest())
        assert.equal("bob", keys.part(noted, "userName"))
        assert.equal("***", keys.part(noted, "userPassword"))
        local text = json.encode(noted[2].parts)
        assert.is_nil(text:find("swordfish", 1, true))
        assert.is_nil(text:find("hunter2", 1, true))
      end)

      it("does not depend on the spelling of an option", function()
        document:restore { on_conflict = "keep" }
        local first = digest()
        document:restore { documentAction = "keep" }
        assert.equal(first, digest())
        document:restore { document_action = "keep" }
        assert.equal(first, digest())
        assert.equal("adds", noted[3].effect)
      end)

      it("is the same for a default that is given and one that is left out", function()
        document:restore {}
        local first = digest()
        document:restore { on_conflict = "overwrite", version = "last" }
        assert.equal(first, digest())
        document:restore { wait = true, allow_partial = true, deadline = 100 }
        assert.equal(first, digest())
        document:restore { on_conflict = "keep" }
        assert.not_equal(first, digest())
      end)

      it("is the same for items in any order, and another for other items", function()
        local list = session:onedrive("alice@contoso.com"):folder("Documents/Reports")
          :documents({ recursive = false }):all()
        local drive = session:onedrive "alice@contoso.com"
        drive:documents({ list[1], list[2], list[3] }):restore()
        local first = digest()
        assert.equal(3, noted[1].items)
        drive:documents({ list[3], list[1], list[2] }):restore()
        assert.equal(first, digest())
        drive:documents({ list[1], list[2] }):restore()
        assert.not_equal(first, digest())
        assert.equal("documents", noted[1].selection:lower())
        assert.same({ list[3].id, list[1].id, list[2].id }, { noted[2].members[1].id,
          noted[2].members[2].id, noted[2].members[3].id })
        assert.equal(("%s %s %s"):format(table.unpack((function()
          local ids = { list[1].id, list[2].id, list[3].id }
          table.sort(ids)
          return ids
        end)())), noted[1].backup_id)
      end)

      it("has the destination of a copy by its address", function()
        local bob = session:onedrive "bob@contoso.com"
        document:copy { to = bob, folder = "Old" }
        assert.equal("adds", noted[1].effect)
        assert.same({ {
          verb = "copy", destination = "onedrive " .. bob.url .. "/old",
          path = table.concat({ client:organization(rehearsal.organization).id, "onedrive",
            "https://contoso-my.sharepoint.com/personal/alice_contoso_com", "documents",
            "reports", "sales q1.csv" }, unit) .. unit,
        } }, noted[1].targets)
        assert.same({ { "organization:" .. rehearsal.organization,
          "organization:" .. client:organization(rehearsal.organization).id,
          "onedrive:" .. bob.url, "onedrive:" .. bob.name:lower() } }, noted[1].affected())
        local first = digest()
        document:copy { to = session:onedrive "juergen.mueller@contoso.com", folder = "Old" }
        assert.not_equal(first, digest())
      end)

      it("has the addresses that mail goes to, in any order", function()
        document:send { from = "a@contoso.com", to = "Bob <B@x.com>; c@y.com", subject = "s",
          text = "t" }
        local first = noted[1]
        assert.same({ "sends", "mail b@x.com;c@y.com" },
          { first.effect, first.targets[1].destination })
        assert.same({ { "mailbox:b@x.com" }, { "mailbox:c@y.com" } }, first.affected())
        document:send { from = "a@contoso.com", to = "c@y.com, b@x.com", subject = "s",
          text = "t" }
        assert.equal(first.digest, digest())
      end)

      it("differs from its like by the runbook's own key", function()
        document:restore { key = "one" }
        local first = noted[1]
        document:restore { key = "two" }
        assert.not_equal(first.digest, digest())
        assert.equal(first.meaning, noted[2].meaning)
        assert.equal("two", keys.part(noted, "key"))
        document:restore { key = "one" }
        assert.equal(first.digest, digest())
        local err = failure(function() document:send { key = "one", to = "a@x.com",
          from = "b@x.com", subject = "s", text = "t" } end)
        assert.equal("usage", err.kind)
        assert.matches('^key "one" must name one step, got "restore document of .*" and '
          .. '"send document of .*"$', err.message)
      end)
    end)
  end

  it("takes the runbook's key in each kind of call", function()
    connect "v8"
    local folder, remove = program.folder()
    finally(remove)
    local document = explore("onedrive"):onedrive("alice@contoso.com"):document(report)
    local job = client:jobs():first()
    document:save { to = folder .. "/a.csv", key = "a" }
    job:disable { key = "b" }
    client:call("Job_StartAction", { jobId = job.id }, { key = "c" })
    job:edit { description = "x", key = "d" }
    local given = {}
    for i, each in ipairs(noted) do given[i] = each.given end
    assert.same({ "a", "b", "c", "d" }, given)
    local documents = document._owner:documents { recursive = false }
    for _, call in ipairs {
      function() client:jobs():disable { key = "e" } end,
      function() documents:save { to = folder .. "/x", zip = false, key = "e" } end,
    } do
      local err = failure(call)
      assert.equal("usage", err.kind)
      assert.matches("option 'key' must name one step", err.message)
    end
    assert.equal(4, #noted)
    assert.equal("usage", failure(job.disable, job, { key = 5 }).kind)
  end)

  it("has the same server for each client of an installation, and tells others apart", function()
    connect "v8"
    local first = key.server(client)
    assert.matches("^installation %x+%-", first)
    local other <close> = server.connect "v6"
    assert.equal(first, key.server(other))
    local old <close> = server.connect "v5"
    assert.equal(old.fingerprint .. " " .. old.server, key.server(old))
  end)

  it("does not depend on a lost answer about the installation", function()
    connect "v8"
    server.weather { operation = "ServiceInstance_Get", status = 500, count = 20 }
    finally(function() server.weather() end)
    local drive = explore("onedrive"):onedrive "alice@contoso.com"
    assert.equal("server", failure(drive.restore, drive).kind)
    assert.equal(0, #noted)
    server.weather()
    drive:restore()
    assert.matches("^installation ", keys.part(noted, "server"))
  end)

  it("knows an organization that was renamed by its id", function()
    local other = rehearsal.start()
    finally(function()
      client:close()
      other.stop()
    end)
    connect("v8", other)
    explore("onedrive"):onedrive("alice@contoso.com"):document(report):restore()
    local first = noted[1]
    client:close()
    other.ask("POST", "/sim/organizations", { name = rehearsal.organization, rename = "New name" })
    connect("v8", other)
    session = client:organization("New name"):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    session:onedrive("alice@contoso.com"):document(report):restore()
    assert.equal(first.digest, digest())
    assert.equal(first.targets[1].path, noted[1].targets[1].path)
    assert.equal("New name", keys.part(noted, "organization"))
  end)

  it("holds where a server gives each session other ids, in every workload", function()
    local other = rehearsal.start "--ids session"
    finally(function()
      client:close()
      other.stop()
    end)
    for _, version in ipairs { "v2", "v5", "v6", "v8" } do
      local seen = {}
      for pass = 1, 2 do
        connect(version, other)
        local drive = explore("onedrive"):onedrive "alice@contoso.com"
        drive:document(report):restore()
        drive:folder("Documents/Reports"):documents({ recursive = false }):restore()
        drive:document(report):copy { to = session:onedrive "bob@contoso.com" }
        local mailbox = explore("exchange"):mailbox "alice@contoso.com"
        mailbox:folder("Inbox"):items({ recursive = false }):restore()
        mailbox:folder("Inbox"):restore()
        local site = explore("sharepoint"):site "/sites/marketing"
        site:library("Documents"):documents({ recursive = false }):restore()
        site:list("Tasks"):items({ recursive = false }):first():restore()
        if client:supports "teams" then
          local channel = explore("teams"):team("Aurora"):channel "General"
          channel:posts({ channel:posts():first() }):send { from = "a@x.com", to = "b@x.com",
            subject = "s", text = "t" }
          channel:files():restore()
          channel:posts():restore()
          channel:tabs():restore()
        end
        for i, each in ipairs(noted) do
          if pass == 1 then
            seen[i] = each
          else
            assert.equal(seen[i].digest, each.digest, version .. " " .. each.title)
            assert.same(seen[i].targets, each.targets)
          end
        end
        assert.equal(version == "v2" and 7 or 11, #noted)
        client:close()
      end
      assert.not_equal(seen[1].backup_id, noted[1].backup_id)
    end
  end)

  it("asks whether a session has a thing of another id in the same place", function()
    connect "v8"
    local drive = explore("onedrive"):onedrive "alice@contoso.com"
    local document = drive:document(report)
    document:restore()
    assert.is_true(noted[1].exists(document.id))
    assert.is_false(noted[1].exists "00000000-0000-0000-0000-0000000000aa")
    assert.equal(document.id, noted[1].backup_id)
    drive:folder("Documents/Reports"):documents({ recursive = false }):restore()
    assert.is_nil(noted[2].exists)
  end)

  it("has a digest of a secret that is content, under the journal's key", function()
    connect "v8"
    local given
    noted.hmac = function(value)
      given = value
      return "0123"
    end
    client:encryption_keys():create { password = vbo.secret.of "swordfish", description = "d" }
    local first = digest()
    assert.is_true(vbo.secret.is(given))
    noted.hmac = function() return "4567" end
    client:encryption_keys():create { password = vbo.secret.of "other", description = "d" }
    assert.not_equal(first, digest())
    assert.same({ "create", "adds" }, { noted[1].verb, noted[1].effect })
    assert.is_nil(json.encode(noted[1].parts):find("swordfish", 1, true))
  end)

  it("keeps the rest of a server's record out of what was asked for", function()
    connect "v8"
    local job = client:jobs():where({ backup_type = "SelectedItems" }):first()
      or client:jobs():first()
    local user = client:organization(rehearsal.organization):user "alice@contoso.com"
    job:selected_items():add { user = user, mailbox = true }
    local first = digest()
    local changed = {}
    for name, value in pairs(user:record()) do changed[name] = value end
    changed.displayName = "Another name"
    rawset(user, "_record", changed)
    job:selected_items():add { user = user, mailbox = true }
    assert.equal(first, digest())
    job:excluded_items():add { user = user, mailbox = true }
    assert.not_equal(first, digest())
    job:selected_items():add { user = user, mailbox = false }
    assert.not_equal(first, digest())
  end)

  it("is the same whatever the form of Unicode that names a document", function()
    for _, version in ipairs { "v2", "v5", "v6", "v8" } do
      connect(version)
      local folder = explore("onedrive"):onedrive("alice@contoso.com"):folder "Documents/Odd names"
      folder:document("🌈 caf\u{e9}.txt"):restore()
      folder:document("🌈 cafe\u{301}.txt"):restore()
      assert.equal(noted[1].digest, noted[2].digest)
      assert.equal(noted[1].targets[1].path, noted[2].targets[1].path)
      client:close()
    end
  end)

  it("has no order in parallel tasks", function()
    connect "v8"
    local list = explore("onedrive"):onedrive("alice@contoso.com"):documents():take(12):all()
    local seen = {}
    vbo.parallel(list, { limit = 6 }, function(document) document:restore() end)
    for _, each in ipairs(noted) do seen[each.digest] = (seen[each.digest] or 0) + 1 end
    local reversed = {}
    for i, each in ipairs(list) do reversed[#list + 1 - i] = each end
    vbo.parallel(reversed, { limit = 3 }, function(document) document:restore() end)
    assert.equal(24, #noted)
    for i = 13, 24 do seen[noted[i].digest] = seen[noted[i].digest] - 1 end
    for digested, count in pairs(seen) do assert.equal(0, count, digested) end
  end)

  it("of one document among 50,000 asks for it and its folders, not for the others", function()
    local other = rehearsal.start "--world big:users=1,docs=50000,mails=1,folders=20,seed=7"
    finally(function()
      client:close()
      other.stop()
    end)
    connect("v8", other)
    session = client:organizations():first():explore { workload = "onedrive" }
    local drive = session:onedrives():first()
    local listed = drive:documents():take(3):all()[3]
    local asked = {}
    table.insert(client.gates, 1, function(request, next)
      if not request.operation:find "^RestoreSession" then
        asked[#asked + 1] = request.operation
      end
      return next(request)
    end)
    drive:document({ id = listed.id }):restore()
    table.sort(asked)
    assert.same({ "OneDriveDocument_GetById", "OneDriveDocument_RestoreDocumentAction",
      "OneDriveFolder_GetById", "OneDriveFolder_GetById", "ServiceInstance_Get" }, asked)
    listed:restore()
    assert.equal(noted[1].digest, noted[2].digest)
    assert.equal(6, #asked)
  end)

  it("says in one line what is done to what", function()
    connect "v8"
    local drive = explore("onedrive"):onedrive "alice@contoso.com"
    drive:folder("Documents/Reports"):documents({ recursive = false }):restore()
    drive:folder("Documents/Reports"):restore()
    explore("teams"):team("Aurora"):channel("General"):posts():restore()
    client:jobs():first():start()
    local titles = {}
    for i, each in ipairs(noted) do titles[i] = each.title end
    assert.same({
      "restore 4 documents of Alice Example: Documents/Reports/Sales Q1.csv, …",
      "restore folder of Alice Example: Documents/Reports",
      "restore all posts of General", "start job Contoso nightly",
    }, titles)
  end)
end)
