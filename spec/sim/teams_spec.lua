-- Teams on the rehearsal server, without sockets, in every version that has them.
--
-- Covers vbo.sim.teams.browse, vbo.sim.teams.change, vbo.sim.teams.render, vbo.sim.teams.restore,
-- vbo.sim.teams.scope, vbo.sim.production.teams.

local json = require "vbo.base.json"
local posts = require "vbo.sim.formats.posts"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

local nobody = "00000000-0000-4000-8000-000000000000"

local function act(client, path, what, body, status)
  local value, answer
  if client.number <= 5 then
    value, answer = client:call("POST", path .. "/action", { [what] = body or json.null })
  else
    value, answer = client:call("POST", path .. "/" .. what, body)
  end
  local good = status and answer.status == status or not status and answer.status < 300
  assert(good, ("%s of %s answered %d %s"):format(what, path, answer.status, answer.body or ""))
  return value, answer
end

local function name_of(row)
  return row.displayName or row.name or row.subject
end

local function named(client, target, name)
  for _, each in ipairs(client:all(target)) do
    if name_of(each) == name then return each end
  end
  error("nothing called " .. name .. " in " .. target)
end

local function names_of(rows)
  local out = {}
  for i, each in ipairs(rows) do out[i] = name_of(each) end
  return out
end

--- A channel of a team in production.
local function live_channel(client, team, channel)
  for _, each in ipairs(client:get "/sim/production".organizations[1].teams) do
    if each.name == team then
      if not channel then return each end
      for _, inner in ipairs(each.channels) do
        if inner.name == channel then return inner end
      end
    end
  end
end

local function content(client, path, team)
  return sim.bytes(client:get(("/sim/content?team=%s&path=%s"):format(team or "Aurora", path)))
end

local both = { restoreChangedItems = true, restoreMissingItems = true }
local both_tabs = { restoreChangedTabs = true, restoreMissingTabs = true }

local function with(body, more)
  local out = {}
  for key, value in pairs(body) do out[key] = value end
  for key, value in pairs(more) do out[key] = value end
  return out
end

for _, version in ipairs(versions.since "v5") do
  describe("Teams of the rehearsal server in " .. version, function()
    local client, place, team, general, seen

    before_each(function()
      client, seen = sim.new(version), { restored = 0, skipped = 0, failed = 0 }
      place = client:explore("Vet", sim.before) .. "/teams"
      team = place .. "/" .. named(client, place, "Aurora").id
      general = named(client, team .. "/channels", "General")
    end)

    local function channel_path(channel) return team .. "/channels/" .. channel.id end
    local function in_channel(what, channel)
      return ("%s/%s?channelId=%s"):format(team, what, (channel or general).id)
    end
    local function file(name) return named(client, team .. "/files", name) end
    local function post(subject) return named(client, team .. "/posts", subject) end
    -- v8 moved files below their channels.
    local function file_path(it, channel)
      return client.number >= 8 and ("%s/files/%s"):format(channel_path(channel or general), it.id)
        or team .. "/files/" .. it.id
    end
    -- In v5 a post is named by an id alone.
    local function as_named(list)
      local out = {}
      for i, each in ipairs(list) do
        out[i] = client.number == 5 and { id = tostring(each.postId) } or each
      end
      return out
    end

    --- v8 tells the sums of a session, earlier versions those of each restore.
    local function counted(value, restored, skipped, failed)
      if client.number >= 8 then
        assert.is_string(value.sessionId)
        client:settle()
        value = client:get("/RestoreSessions/" .. value.sessionId .. "/Statistics")
      end
      local sums = { restored = value.restoredItemsCount, skipped = value.skippedItemsCount,
        failed = value.failedItemsCount }
      local found = sums
      if client.number >= 8 then
        found = {}
        for name, sum in pairs(sums) do found[name] = sum - seen[name] end
        seen = sums
      end
      assert.same({ restored = restored, skipped = skipped or 0, failed = failed or 0 }, found)
      return value
    end

    it("shows teams, channels and tabs", function()
      local rows = client:rows(place)
      assert.same({ "Aurora", "Board" }, names_of(rows))
      assert.equal("aurora@contoso.com", rows[1].groupEmail)
      assert.is_true(rows[2].isArchived)
      assert.same(rows[1], client:get(team))
      assert.same({ "General", "Launch", "Status" }, names_of(client:rows(team .. "/channels")))
      assert.match("^19:%x+@thread%.tacv2$", general.id)
      assert.equal("General", client:get(channel_path(general)).displayName)
      -- Clients encode what need not be encoded.
      assert.equal("General", client:get(team .. "/channels/"
        .. general.id:gsub("[:@]", { [":"] = "%3A", ["@"] = "%40" })).displayName)
      local tabs = client:rows(channel_path(general) .. "/tabs")
      assert.same({ "Planner", "Handbook" }, names_of(tabs))
      assert.same(tabs[1], client:get(channel_path(general) .. "/tabs/" .. tabs[1].id))
      if client.number >= 7 then
        assert.same({ "Posts", "Files", "Tabs" },
          names_of(client:rows(channel_path(general) .. "/children")))
      end
      local organization = client:get((place:gsub("/teams$", "")))
      assert.match("/[Tt]eams$", organization._links.teams.href)
    end)

    it("shows posts and replies, page after page", function()
      local top = client:rows(in_channel "posts" .. "&parentId=-1")
      assert.same({ "Kick-off", "Coffee" }, names_of(top))
      assert.is_true(top[1].isImportant)
      assert.equal("Goals.txt", top[1].attachments[1].name)
      local replies = client:rows(in_channel "posts" .. "&parentId=" .. top[1].postId)
      assert.equal(2, #replies)
      assert.equal("王小明", replies[2].author)
      assert.equal(client.number >= 7 and top[1].postId or nil, replies[1].parentId)
      assert.same(top[1], client:get(team .. "/posts/" .. top[1].postId .. "?channelId="
        .. general.id))
      assert.same(top[1], client:get(team .. "/posts/" .. top[1].postId))
      assert.equal(5, #client:rows(in_channel "posts"))
      local status = named(client, team .. "/channels", "Status")
      local page = client:get(in_channel("posts", status))
      assert.equal(30, #page.results)
      local rest = client:get((page._links.next.href:gsub("^https://localhost:4443", "")))
      assert.equal(10, #rest.results)
      assert.equal(46, #client:all(team .. "/posts"))
    end)

    it("shows files by folder", function()
      local top = client:rows(in_channel "files" .. "&parentId=null")
      assert.same({ "Plans", "Contacts.csv", "Logo.png" }, names_of(top))
      assert.equal("Folder", top[1].fileType)
      local inside = client:rows(in_channel "files" .. "&parentId=" .. top[1].id)
      assert.same({ "Empty", "Roadmap.docx" }, names_of(inside))
      assert.equal("File", inside[2].fileType)
      assert.equal(2, inside[2].version)
      assert.equal("2026-11-10T09:00:00Z", inside[2].modified)
      assert.equal("Bob Builder", inside[2].modifiedBy)
      assert.equal(7, #client:rows(team .. "/files"))
      assert.same(inside[2], client:get(file_path(inside[2])))
      if client.number >= 7 then
        assert.same({ "Plans", "Empty" },
          names_of(client:rows(in_channel "files" .. "&foldersOnly=true")))
      end
    end)

    it("saves files as they are, in ZIPs, and folders", function()
      local roadmap = file "Roadmap.docx"
      local plain, answer = act(client, file_path(roadmap), "save", { asZip = false })
      assert.equal("application/octet-stream", answer.headers["content-type"])
      assert.match("^PK\3\4.*then the restore", sim.bytes(plain))
      assert.same({ ["Roadmap.docx"] = sim.bytes(plain) },
        sim.entries(act(client, file_path(roadmap), "save", { asZip = true })))
      local entries = sim.entries(act(client, file_path(file "Plans"), "save", {}))
      assert.equal(sim.bytes(plain), entries["Plans/Roadmap.docx"])
      assert.is_false(entries["Plans/Empty/"])
      local list = { file "Contacts.csv", file "Plans", file "Checklist.md" }
      if client.number == 5 then
        for i, each in ipairs(list) do list[i] = { id = each.id } end
      end
      entries = sim.entries(act(client, team .. "/files", "save", { files = list }))
      assert.equal("- [ ] restore drill\n", entries["Checklist.md"])
      assert.match("Jürgen Müller", entries["Contacts.csv"])
      assert.equal(sim.bytes(plain), entries["Plans/Roadmap.docx"])
    end)

    it("saves posts as messages", function()
      local kick_off = post "Kick-off"
      local message = sim.bytes((act(client, team .. "/posts/" .. kick_off.postId, "save")))
      assert.equal("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", message:sub(1, 8))
      assert.is_truthy(message:find("<h1>Kick-off</h1><p>Welcome to <b>Aurora</b>", 1, true))
      assert.is_truthy(message:find("One goal: restore.\n", 1, true))
      local entries = sim.entries(act(client, team .. "/posts", "save",
        { channelId = general.id, posts = as_named { kick_off, post "Coffee" } }))
      assert.equal(message, entries["Kick-off.msg"])
      assert.match("^\xD0\xCF\x11\xE0", entries["Coffee.msg"])
    end)

    it("exports posts as HTML, replies within what they answer", function()
      local page = sim.bytes((act(client, team .. "/posts/" .. post "Kick-off".postId, "export")))
      assert.match("^<!DOCTYPE html>", page)
      assert.match("<title>Aurora %- General</title>", page)
      assert.is_truthy(page:find("Jürgen &amp; 小明!", 1, true))
      assert.is_truthy(page:find(">Goals.txt</a>", 1, true))
      -- Of three articles one, the first reply, is over before the second reply.
      local second = page:find("大家好", 1, true)
      assert.equal(1, select(2, page:sub(1, second):gsub("</article>", "")))
      assert.equal(3, select(2, page:gsub("</article>", "")))
      assert.is_nil(page:find("Coffee", 1, true))
      page = sim.bytes((act(client, team .. "/posts", "export",
        { channelId = general.id, posts = as_named { post "Coffee" } })))
      assert.equal(2, select(2, page:gsub("</article>", "")))
      page = sim.bytes((act(client, team .. "/posts", "export", { channelId = general.id })))
      assert.equal(5, select(2, page:gsub("</article>", "")))
      if client.number >= 6 then
        page = sim.bytes((act(client, team .. "/posts", "export", { channelId = general.id,
          from = "2026-11-01T00:00:00Z", to = "2026-11-02T14:10:00Z" })))
        assert.equal(1, select(2, page:gsub("</article>", "")))
      end
      local events = client:rows(place:gsub("/[Oo]rganization/teams$", "/Events"))
      assert.equal("Export", events[1].type)
      assert.same({}, client:changes())
    end)

    it("sends posts and files", function()
      local letter = { from = "ops@contoso.com", to = "carol@fabrikam.com", text = "Look" }
      local _, answer = act(client, team .. "/posts/" .. post "Coffee".postId, "send", letter)
      assert.equal(client.number >= 8 and 204 or 200, answer.status)
      act(client, file_path(file "Plans"), "send", letter)
      act(client, team .. "/posts", "send", with(letter,
        { channelId = general.id, posts = as_named { post "Coffee", post "Kick-off" } }))
      local contacts = file "Contacts.csv"
      act(client, team .. "/files", "send", with(letter, { channelId = general.id,
        files = { client.number == 5 and { id = contacts.id } or contacts } }))
      local outbox = client:get "/sim/production".outbox
      assert.equal("Coffee.msg", outbox[1].attachments[1].name)
      assert.equal("Roadmap.docx", outbox[2].attachments[1].name)
      assert.equal(2, #outbox[3].attachments)
      assert.equal("Contacts.csv", outbox[4].attachments[1].name)
      local change = client:changes()[2]
      assert.same({ "teams", "Aurora", "General/Files/Plans/Roadmap.docx", "sent" },
        { change.workload, change.user, change.path, change.change })
    end)

    it("restores files: what is damaged and what is gone", function()
      assert.not_match("^PK", content(client, "General/Plans/Roadmap.docx"))
      local roadmap = file "Roadmap.docx"
      counted(act(client, file_path(roadmap), "restore", with(both, { fileVersion = "Last" })), 1)
      assert.match("^PK.*then the restore", content(client, "General/Plans/Roadmap.docx"))
      local change = client:changes()[1]
      assert.same({ "overwritten", "General/Files/Plans/Roadmap.docx", "2.0" },
        { change.how, change.path, change.version })
      local list = { { id = file "Contacts.csv".id }, { id = file "Plans".id } }
      if client.number >= 8 then
        for _, each in ipairs(list) do each.channelId = general.id end
      end
      counted(act(client, team .. "/files", "restore", with(both, { channelId = general.id,
        files = list, fileVersion = "All" })), 2)
      assert.match("Phone", content(client, "General/Contacts.csv"))
      assert.equal("all", client:changes()[2].version)
      counted(act(client, team .. "/files", "restore", { channelId = general.id, files = list,
        fileVersion = "Last", restoreChangedItems = false, restoreMissingItems = false }), 0, 2)
    end)

    it("restores posts of a channel by date", function()
      local before = #live_channel(client, "Aurora", "General").posts
      local body = { channelId = general.id }
      if client.number >= 6 then
        body.from, body.to = "2026-10-14T09:00:00Z", "2026-10-14T09:50:00Z"
        counted(act(client, team .. "/posts", "restore", body), 2)
        body.from, body.to = nil, nil
        counted(act(client, team .. "/posts", "restore", body), 1, 4)
      else
        counted(act(client, team .. "/posts", "restore", body), 3, 2)
      end
      assert.equal(before + 3, #live_channel(client, "Aurora", "General").posts)
      local change = client:changes()[1]
      assert.same({ "created", "General/Posts/Kick-off" }, { change.how, change.path })
      counted(act(client, team .. "/posts", "restore", body), 0, 5)
    end)

    it("restores tabs", function()
      local tabs = channel_path(general) .. "/tabs"
      local planner = named(client, tabs, "Planner")
      assert.same({ "Handbook" }, names_of(live_channel(client, "Aurora", "General").tabs))
      counted(act(client, tabs .. "/" .. planner.id, "restore", both_tabs), 1)
      assert.same({ "Handbook", "Planner" },
        names_of(live_channel(client, "Aurora", "General").tabs))
      local list = {}
      for i, each in ipairs(client:rows(tabs)) do list[i] = { id = each.id } end
      counted(act(client, tabs, "restore", with(both_tabs, { tabs = list })), 0, 2)
      assert.equal("General/Tabs/Planner", client:changes()[1].path)
      if client.number >= 8 then
        counted(act(client, team .. "/tabs", "restore", with(both_tabs, { tabs = list })), 0, 2)
      end
    end)

    it("restores a channel that is gone, and fails without it", function()
      local launch = named(client, team .. "/channels", "Launch")
      assert.is_nil(live_channel(client, "Aurora", "Launch"))
      local checklist = file "Checklist.md"
      local value = counted(act(client, file_path(checklist, launch), "restore",
        with(both, { fileVersion = "Last" })), 0, 0, 1)
      assert.match("Channel Launch was not found in team Aurora", json.encode(value))
      if client.number < 8 then
        local issue = value.restoreIssues[1]
        assert.same({ "File", "Checklist.md" }, { issue.type, issue.name })
      end
      assert.equal("Failed", client:get "/sim/sessions"[1].result)
      counted(act(client, team .. "/posts", "restore", { channelId = launch.id }), 0, 0, 1)
      counted(act(client, channel_path(launch) .. "/tabs/" .. named(client,
        channel_path(launch) .. "/tabs", "Countdown").id, "restore", both_tabs), 0, 0, 1)
      assert.same({}, client:changes())
      counted(act(client, channel_path(launch), "restore", both), 5)
      local there = live_channel(client, "Aurora", "Launch")
      assert.same({ "Budget.xlsx", "Checklist.md" }, { there.files[1].path, there.files[2].path })
      assert.equal(1, #there.tabs)
      assert.equal("Date", there.posts[1].subject)
      counted(act(client, channel_path(launch), "restore", both), 0, 4)
      local outcomes = {}
      for _, each in ipairs(client:changes()) do outcomes[each.path] = each.how end
      assert.equal("created", outcomes.Launch)
    end)

    it("restores teams, gone ones too", function()
      local body = with(both, { restoreMembers = true, restoreSettings = true })
      counted(act(client, team, "restore", body), 11, 44)
      assert.is_nil(live_channel(client, "Board"))
      local list = {}
      for i, each in ipairs(client:rows(place)) do list[i] = { id = each.id } end
      counted(act(client, place, "restore", with(body, { teams = list })), 4, 54)
      local board = live_channel(client, "Board")
      assert.same({ "juergen.mueller@contoso.com" }, board.members)
      assert.equal("All agreed.\n", content(client, "General/Minutes.txt", "Board"))
    end)

    it("leaves changed and missing items alone on request", function()
      local body = { restoreChangedItems = false, restoreMissingItems = false }
      counted(act(client, channel_path(general), "restore", body), 0, 10)
      local launch = named(client, team .. "/channels", "Launch")
      counted(act(client, channel_path(launch), "restore", body), 0)
      assert.same({}, client:changes())
    end)

    it("refuses what is not there, and what says too little", function()
      local function none(target)
        local value = client:get(target, 404)
        assert.match("cannot be found for current key", value.message)
        assert.equal(client.number >= 8 and "ResourceNotFound" or nil, value.errorCode)
      end
      none(place .. "/" .. nobody)
      none(team .. "/channels/19:none@thread.tacv2")
      none(in_channel("posts", { id = "19:none@thread.tacv2" }))
      none(team .. "/posts/17")
      none(channel_path(general) .. "/tabs/" .. nobody)
      none(file_path { id = nobody })
      -- Files of one channel are not those of another.
      local checklist = file "Checklist.md"
      none(client.number >= 8 and file_path(checklist)
        or team .. "/files/" .. checklist.id .. "?channelId=" .. general.id)
      local value = act(client, team .. "/files", "save", { files = { { id = nobody } } }, 404)
      assert.match("TeamsFile '00000000", value.message)
      value = act(client, team .. "/files", "save", { files = json.array {} }, 400)
      assert.match("Missing mandatory parameters: Files", value.message)
      value = act(client, team .. "/posts/" .. post "Coffee".postId, "send", { from = "x" }, 400)
      assert.match("Missing mandatory parameters: To", value.message)
      value = act(client, team .. "/posts", "restore", {}, 400)
      assert.match("[cC]hannelId", value.message)
      local mail = client:explore("Vex", sim.before)
      value = client:get(mail .. "/teams", 400)
      assert.match("explores Exchange, not Microsoft Teams", value.message)
    end)
  end)
end

for _, version in ipairs(versions.since "v7") do
  describe("Teams of the rehearsal server in " .. version .. " and later", function()
    local client, place, team, general

    before_each(function()
      client = sim.new(version)
      place = client:explore("Vet", sim.before, { showAllVersions = true, showDeleted = true })
        .. "/teams"
      team = place .. "/" .. named(client, place, "Aurora").id
      general = team .. "/channels/" .. named(client, team .. "/channels", "General").id
    end)

    it("has versions of files, and what had been deleted", function()
      local roadmap = named(client, team .. "/files", "Roadmap.docx")
      local path = (version == "v8" and general or team) .. "/files/" .. roadmap.id .. "/versions"
      local numbers = {}
      for i, each in ipairs(client:rows(path)) do numbers[i] = each.uiVersion end
      assert.same({ "2.0", "1.0" }, numbers)
      local typo = named(client, team .. "/posts", "Typo")
      assert.is_true(typo.isDeleted)
      local coffee = named(client, team .. "/posts", "Coffee")
      assert.is_false(coffee.isDeleted)
      local plain = client:explore("Vet", sim.before) .. team:match "/teams/.*"
      assert.equal(coffee.postId, named(client, plain .. "/posts", "Coffee").postId)
      client:get(plain .. "/posts/" .. typo.postId, 404)
    end)

    it("restores and exports for operators in the background", function()
      act(client, general, "operatorRestore", both, 403)
      local opened = act(client, "/Organization", "OperatorExplore", { type = "Vet",
        dateTime = sim.before, scope = { type = "Team", team = { id = team:match "[^/]+$" } } })
      for _, path in ipairs { "team", "general" } do
        local at = path == "team" and team or general
        at = at:gsub("RestoreSessions/[^/]+", "RestoreSessions/" .. opened.id)
        if path == "team" then team = at else general = at end
      end
      local value = act(client, general, "operatorRestore", both)
      assert.is_string(value.sessionId)
      client:settle()
      assert.is_true(#client:changes() > 4)
      local coffee = named(client, team .. "/posts", "Coffee")
      local id = named(client, team .. "/channels", "General").id
      local task = act(client, team .. "/posts", "operatorStartExportTask", { posts = { coffee } })
      local page = sim.bytes((client:get(team .. "/posts/operatorExport/" .. task.exportTaskId
        .. "?authCode=once")))
      assert.match("2nd floor", page)
      task = act(client, team .. "/channels/" .. id, "startOperatorExportPosts")
      page = sim.bytes((client:get(team .. "/channels/" .. id .. "/operatorExport/"
        .. task.exportTaskId .. "?authCode=once")))
      assert.match("Kick%-off", page)
      client:get(team .. "/posts/operatorExport/" .. nobody .. "?authCode=once", 404)
    end)
  end)
end

describe("Teams of the rehearsal server", function()
  it("are not explored before v5", function()
    local client = sim.new "v4"
    local _, answer = client:call("POST", "/Organizations/" .. client:organization().id
      .. "/Action", { explore = { type = "vet" } })
    assert.equal(400, answer.status)
  end)

  it("tell what kind of thing each was in v8", function()
    local client = sim.new "v8"
    local place = client:explore("Vet", sim.before) .. "/teams"
    local value = act(client, place .. "/" .. named(client, place, "Aurora").id, "restore",
      with(both, { restoreMembers = false, restoreSettings = false }))
    client:settle()
    local kinds = {}
    for _, each in ipairs(client:get("/RestoreSessions/" .. value.sessionId .. "/Statistics")
      .items) do kinds[each.itemType] = (kinds[each.itemType] or 0) + 1 end
    assert.same({ TeamsFile = 5, TeamsPost = 46, TeamsTab = 3, TeamsChannel = 1 }, kinds)
  end)

  it("find channels by their name in v8", function()
    local client = sim.new "v8"
    local place = client:explore("Vet", sim.before) .. "/teams"
    assert.same({ "Board" }, names_of(client:rows(place .. "?displayName=BOA")))
    local team = place .. "/" .. named(client, place, "Aurora").id
    assert.same({ "Launch" }, names_of(client:rows(team .. "/channels?displayName=laun")))
  end)
end)

describe("a page of posts", function()
  local function post(fields)
    local out = { id = 1, subject = "", author = "A", at = 0, html = "<p>x</p>", attachments = {} }
    for key, value in pairs(fields) do out[key] = value end
    return out
  end

  it("escapes what is text, and leaves what is HTML", function()
    local page = posts.page("A & B", { post { subject = "<script>", author = '"Q" <q@x>',
      attachments = { { name = "a<b", url = 'https://x/?a="&b' } } } })
    assert.is_nil(page:find("<script>", 1, true))
    for _, text in ipairs { "<title>A &amp; B</title>", "<h2>&lt;script&gt;</h2>",
      "&quot;Q&quot; &lt;q@x&gt;, <time>1970-01-01T00:00:00Z</time>", "<p>x</p>",
      '<a href="https://x/?a=&quot;&amp;b">a&lt;b</a>' } do
      assert.is_truthy(page:find(text, 1, true), text)
    end
  end)

  it("shows a reply whose post is not in it by itself", function()
    local above = post { html = "<p>above</p>" }
    local page = posts.page("T", { post { id = 2, parent = above, html = "<p>reply</p>" } })
    assert.is_truthy(page:find("<p>reply</p>", 1, true))
    assert.is_nil(page:find("above", 1, true))
  end)
end)
