-- Teams: the request of each method in v5 and in later versions, and its result.
-- Tests also vbo.model.selection, vbo.objects.teams.actions and vbo.objects.teams.classes.

local api = require "spec.support.versions"
local recorded = require "spec.support.recorded"
local rehearsal = require "spec.support.rehearsal"

local team_id = "11111111-1111-4111-8111-111111111111"
local file_id = "22222222-2222-4222-8222-222222222222"
local tab_id = "33333333-3333-4333-8333-333333333333"
local export_id = "44444444-4444-4444-8444-444444444444"
local channel_id = "19:abc@thread.tacv2"
local encoded = "19%3Aabc%40thread.tacv2"

local team = { id = team_id, displayName = "Sales", alias = "sales", groupEmail = "s@contoso.com",
  privacy = "Public", isArchived = false }
local channel = { id = channel_id, displayName = "General" }
local post = { postId = 17, subject = "Hello", author = "Alice", channelId = channel_id,
  createdTime = "2026-11-01T08:00:00Z", lastModifiedTime = "2026-11-01T08:00:00Z" }
local file = { id = file_id, name = "Plan.docx", fileType = "File", sizeBytes = 10, version = 2,
  channelId = channel_id, modified = "2026-11-01T08:00:00Z" }
local tab = { id = tab_id, displayName = "Wiki", type = "Wiki", contentUrl = "https://x/y",
  channelId = channel_id }

local function answers()
  local answered = recorded.usual()
  local function get(path, body)
    answered[#answered + 1] = { method = "GET", path = path, body = body }
  end
  get("/teams$", recorded.page(team))
  get("/teams/[^/]+$", team)
  get("/channels$", recorded.page(channel))
  get("/channels/[^/]+$", channel)
  get("/children$", recorded.page({ displayName = "Posts", type = "Posts" }))
  get("/posts$", recorded.page(post))
  get("/posts/17$", post)
  get("/files$", recorded.page(file))
  get("/files/[^/]+$", file)
  get("/versions$", recorded.page(file))
  get("/tabs$", recorded.page(tab))
  get("/tabs/[^/]+$", tab)
  answered[#answered + 1] = { method = "POST", path = "/search",
    body = recorded.page({ postId = 17, subject = "Hello", id = file_id, name = "Plan.docx",
      channelId = channel_id, teamId = team_id }) }
  answered[#answered + 1] = { method = "POST", path = "tart.*Export",
    body = { exportTaskId = export_id } }
  answered[#answered + 1] = { method = "POST", path = "/AuthCode$", body = { authCode = "once" } }
  answered[#answered + 1] = { method = "GET", path = "/operatorExport/", body = "content",
    type = "application/octet-stream" }
  return answered
end

local T = "~/organization/teams/" .. team_id
local C = T .. "/channels/" .. channel_id

describe("Teams", function()
  local server

  setup(function() server = recorded.start(answers()) end)
  teardown(function() server.stop() end)

  local function the_team(s) return s:team { id = team_id } end
  local function the_channel(s) return the_team(s):channel { id = channel_id } end
  local function the_post(s) return the_channel(s):post(17) end
  local function posts(s) return the_channel(s):posts():where { subject = "Hello" } end
  local function the_file(s) return the_channel(s):file { id = file_id } end
  local function files(s) return the_channel(s):files():where { name = "*.docx" } end
  local function the_tab(s) return the_channel(s):tab { id = tab_id } end
  local function tabs(s) return the_channel(s):tabs():where { name = "Wiki" } end

  local function lines(version, fn)
    local sent, result, err = server.sends(version, fn)
    assert.is_nil(err)
    local list = {}
    for i, request in ipairs(sent) do list[i] = request.line end
    return list, result
  end

  it("are browsed", function()
    for _, version in ipairs(api.each_dialect) do
      local sent, name = lines(version, function(s)
        return s:team("sales"):channel("General"):tab("Wiki").name
      end)
      assert.equal("Wiki", name)
      assert.same({
        "GET ~/organization/teams?offset=0&limit=250",
        "GET " .. T .. "/channels?offset=0&limit=250",
        "GET " .. C .. "/tabs?offset=0&limit=250",
      }, sent)
    end
    assert.equal("Sales", select(2, lines("v5", function(s) return the_team(s).name end)))
    assert.equal("unsupported", select(3, server.sends("v4", function(s)
      return s:teams():all()
    end)).kind)
  end)

  it("have posts, replies, files, folders of files, versions and children", function()
    local sent = lines("v5", function(s)
      the_channel(s):posts():all()
      the_channel(s):posts({ recursive = false }):all()
      the_post(s):replies():all()
      the_channel(s):files():all()
      the_file(s):files():all()
      the_team(s):posts():all()
      the_team(s):files():all()
    end)
    for i, query in ipairs {
      { "/posts", channelId = encoded }, { "/posts", channelId = encoded, parentId = "-1" },
      { "/posts", channelId = encoded, parentId = "17" }, { "/files", channelId = encoded },
      { "/files", channelId = encoded, parentId = file_id }, { "/posts" }, { "/files" },
    } do
      assert.equal("GET " .. T .. query[1], sent[i]:match "^[^?]*")
      for _, name in ipairs { "channelId", "parentId" } do
        assert.equal(query[name], sent[i]:match("[?&]" .. name .. "=([^&]*)"))
      end
    end
    sent = lines("v8", function(s)
      the_file(s):versions():all()
      return the_channel(s):children():one().type
    end)
    assert.same({ "GET " .. C .. "/files/" .. file_id .. "/versions?offset=0&limit=250",
      "GET " .. C .. "/children?offset=0&limit=6" }, sent)
  end)

  it("ask for a post or a file by its channel, where a version wants it", function()
    assert.same({ "GET " .. T .. "/posts/17?channelId=" .. encoded },
      (lines("v5", function(s) return the_post(s).subject end)))
    assert.same({ "GET " .. T .. "/files/" .. file_id .. "?channelId=" .. encoded },
      (lines("v7", function(s) return the_file(s).name end)))
    assert.same({ "GET " .. C .. "/files/" .. file_id },
      (lines("v8", function(s) return the_file(s).name end)))
  end)

  it("are searched below the team or channel", function()
    for _, case in ipairs {
      { function(s) return the_team(s):posts() end, T .. "/posts/search", { query = "plan" } },
      { function(s) return the_team(s):files() end, T .. "/files/search", { query = "plan" } },
      { function(s) return the_team(s):tabs() end, T .. "/search",
        { query = "plan", type = "Tabs" } },
      { function(s) return the_channel(s):posts() end, C .. "/search",
        { query = "plan", type = "Posts" } },
      { function(s) return the_channel(s):files() end, C .. "/search",
        { query = "plan", type = "Files" } },
      { function(s) return the_channel(s):tabs() end, C .. "/tabs/search", { query = "plan" } },
    } do
      local sent, found = server.change("v8", function(s)
        return case[1](s):search("plan"):one()
      end)
      assert.equal("POST " .. case[2], sent.line:match "^[^?]*")
      assert.same(case[3], sent.body)
      assert.is_truthy(found.id)
    end
    local sent = server.change("v5", function(s)
      return the_channel(s):posts():search("x"):all()
    end)
    assert.equal("POST " .. C .. "/action", sent.line)
    assert.same({ search = { query = "x", type = "posts" } }, sent.body)
  end)

  it("are searched all at once, and what is found knows its place", function()
    for name, kind in pairs { search_posts = "Posts", search_files = "Files",
      search_tabs = "Tabs" } do
      local sent, found = server.change("v8", function(s)
        return s:backup_organization()[name](s:backup_organization(), "plan"):first()
      end)
      assert.equal("POST ~/organization/searchTeams", sent.line:match "^[^?]*")
      assert.same({ query = "plan", type = kind }, sent.body)
      assert.equal(channel_id, found._owner.id)
      assert.equal(team_id, found._owner._owner.id)
    end
    local sent = server.change("v5", function(s)
      return s:backup_organization():search_files("x"):all()
    end)
    assert.equal("POST ~/organization/action", sent.line)
    assert.same({ search = { query = "x", type = "files" } }, sent.body)
  end)

  -- ---------------------------------------------------------------- restoring

  -- Lists restores: name, object, path in v5 and (where it differs) later, options, body.
  local restores = {
    { "a team", the_team, T, {}, { restoreChangedItems = true, restoreMissingItems = true,
      restoreMembers = true, restoreSettings = true } },
    { "teams", function(s) return s:teams():where { name = "Sales" } end, "~/organization/teams",
      { members = false, settings = false, changed = false },
      { restoreChangedItems = false, restoreMissingItems = true, restoreMembers = false,
        restoreSettings = false, teams = { { id = team_id } } }, { teams = { team } } },
    { "a channel", the_channel, C, { deleted = false },
      { restoreChangedItems = true, restoreMissingItems = false } },
    { "posts", function(s) return the_channel(s):posts() end, T .. "/posts",
      { posted_after = "2026-11-01T00:00:00Z", posted_before = "2026-11-02T00:00:00Z" },
      { channelId = channel_id, from = "2026-11-01T00:00:00Z", to = "2026-11-02T00:00:00Z" } },
    { "a file", the_file, T .. "/files/" .. file_id, {},
      { fileVersion = "Last", restoreChangedItems = true, restoreMissingItems = true }, nil,
      C .. "/files/" .. file_id },
    { "files", files, T .. "/files", { version = "all" },
      { fileVersion = "All", restoreChangedItems = true, restoreMissingItems = true,
        channelId = channel_id, files = { { id = file_id } } }, { files = { file } } },
    { "a tab", the_tab, C .. "/tabs/" .. tab_id, {},
      { restoreChangedTabs = true, restoreMissingTabs = true } },
    { "tabs", tabs, C .. "/tabs", { changed = false },
      { restoreChangedTabs = false, restoreMissingTabs = true, tabs = { { id = tab_id } } },
      { tabs = { tab } } },
  }

  for _, case in ipairs(restores) do
    local name, make, path, options, body, selection, later = table.unpack(case, 1, 7)
    it("restore " .. name, function()
      local sent, result = server.change("v5", function(s) return make(s):restore(options) end)
      assert.equal("POST " .. path .. "/action", sent.line)
      assert.same({ restore = body }, sent.body)
      assert.equal(1, result.restored)
      local wanted = {}
      for key, value in pairs(body) do wanted[key] = value end
      for key, value in pairs(selection or {}) do wanted[key] = value end
      sent, result = server.change("v8", function(s) return make(s):restore(options) end)
      assert.equal("POST " .. (later or path) .. "/restore", sent.line)
      assert.same(wanted, sent.body)
      assert.equal(1, result.restored)
      assert.equal(recorded.working, result.session)
    end)
  end

  it("restore tabs of several channels", function()
    local sent = server.change("v8", function(s)
      return the_team(s):tabs({ the_tab(s):refresh() }):restore()
    end)
    assert.equal("POST " .. T .. "/tabs/restore", sent.line)
    assert.same({ tab }, sent.body.tabs)
    assert.equal("unsupported", select(3, server.sends("v7", function(s)
      return the_team(s):tabs({ the_tab(s) }):restore()
    end)).kind)
  end)

  it("do not restore single posts, but by operators", function()
    for _, make in ipairs { the_post, posts } do
      local sent, _, err = server.sends("v8", function(s) return make(s):restore() end)
      assert.equal("usage", err.kind)
      assert.matches("posted_after", err.hint)
      assert.equal(0, #sent)
    end
    local sent = server.change("v7", function(s)
      return the_post(s):restore { operator = true, reason = "lost" }
    end)
    assert.equal("POST " .. T .. "/posts/operatorRestore", sent.line)
    assert.equal("lost", sent.body.reason)
    assert.equal(channel_id, sent.body.channelId)
    assert.equal(17, sent.body.posts[1].postId)
  end)

  it("are restored by operators, from v7 on", function()
    for name, case in pairs {
      team = { the_team, "~/organization/teams", "teams" }, channel = { the_channel, C },
      file = { the_file, T .. "/files", "files" }, files = { files, T .. "/files", "files" },
      tab = { the_tab, C .. "/tabs", "tabs" }, tabs = { tabs, C .. "/tabs", "tabs" },
      several = { function(s) return the_team(s):tabs { the_tab(s) } end, T .. "/tabs", "tabs" },
    } do
      for _, version in ipairs(api.since "v7") do
        local options = { operator = true, reason = "lost" }
        if case[3] == "teams" then options.impersonation_account_name = "a@contoso.com" end
        local sent, result, err = server.change(version, function(s)
          return case[1](s):restore(options)
        end)
        assert.is_nil(err, name)
        assert.equal("POST " .. case[2] .. "/operatorRestore", sent.line)
        assert.equal("lost", sent.body.reason)
        if case[3] then assert.equal(1, #sent.body[case[3]]) end
        assert.equal(1, result.restored)
        assert.equal(recorded.working, result.session)
      end
      assert.equal("unsupported", select(3, server.sends("v6", function(s)
        return case[1](s):restore { operator = true }
      end)).kind)
    end
  end)

  -- ------------------------------------------------- saving, exporting, sending

  local function to(options)
    local copy = { to = server.folder .. "/saved", overwrite = true, check = false }
    for key, value in pairs(options or {}) do copy[key] = value end
    return copy
  end

  it("are saved", function()
    for name, case in pairs {
      post = { the_post, T .. "/posts/17" },
      posts = { posts, T .. "/posts", { channelId = channel_id, posts = { post } } },
      file = { the_file, T .. "/files/" .. file_id, { asZip = true }, C .. "/files/" .. file_id,
        { zip = true } },
      files = { files, T .. "/files", { channelId = channel_id, files = { file } } },
    } do
      local make, path, body, later, options = table.unpack(case, 1, 5)
      local sent, result = server.change("v8", function(s) return make(s):save(to(options)) end)
      assert.equal("POST " .. (later or path) .. "/save", sent.line)
      if body then assert.same(body, sent.body) else assert.is_false(sent.sent) end
      assert.equal("content", rehearsal.content(result.path), name)
      sent = server.change("v5", function(s) return make(s):save(to(options)) end)
      assert.equal("POST " .. path .. "/action", sent.line)
      assert.is_not_nil(sent.body.save)
    end
  end)

  it("are exported as HTML", function()
    local sent, result = server.change("v8", function(s)
      return the_channel(s):export(to { posted_after = "2026-11-01T00:00:00Z" })
    end)
    assert.equal("POST " .. T .. "/posts/export", sent.line)
    assert.same({ channelId = channel_id, from = "2026-11-01T00:00:00Z" }, sent.body)
    assert.equal("content", rehearsal.content(result.path))
    sent = server.change("v6", function(s) return posts(s):export(to()) end)
    assert.equal(17, sent.body.posts[1].postId)
    sent = server.change("v8", function(s) return the_post(s):export(to()) end)
    assert.equal("POST " .. T .. "/posts/17/export", sent.line)
    sent = server.change("v5", function(s) return the_channel(s):posts():export(to()) end)
    assert.equal("POST " .. T .. "/posts/action", sent.line)
    assert.same({ export = { channelId = channel_id } }, sent.body)
    assert.equal("unsupported", select(3, server.sends("v5", function(s)
      return the_channel(s):export(to { posted_after = "2026-11-01T00:00:00Z" })
    end)).kind)
  end)

  it("are exported by operators in two steps", function()
    local sent = lines("v7", function(s)
      local saved = the_channel(s):export(to { operator = true })
      assert.equal("content", rehearsal.content(saved.path))
    end)
    assert.same({ "POST " .. C .. "/startOperatorExportPosts", "POST /token/AuthCode",
      "GET " .. C .. "/operatorExport/" .. export_id .. "?authCode=once" }, sent)
    local requests = server.sends("v8", function(s)
      rawset(s, "_operator", true)
      return the_post(s):export(to())
    end)
    local last = #requests
    assert.equal("POST " .. T .. "/posts/operatorStartExportTask", requests[last - 2].line)
    assert.equal(17, requests[last - 2].body.posts[1].postId)
    assert.equal("GET " .. T .. "/posts/operatorExport/" .. export_id .. "?authCode=once",
      requests[last].line)
  end)

  it("are sent", function()
    local message = { from = "a@contoso.com", to = "b@contoso.com", subject = "s", text = "t" }
    for _, case in ipairs {
      { the_post, T .. "/posts/17" }, { posts, T .. "/posts", "posts", post },
      { the_file, T .. "/files/" .. file_id, nil, nil, C .. "/files/" .. file_id },
      { files, T .. "/files", "files", file },
    } do
      local make, path, word, one, later = table.unpack(case, 1, 5)
      local body = { from = message.from, to = message.to, subject = "s", text = "t" }
      if word then body.channelId, body[word] = channel_id, { one } end
      local sent = server.change("v8", function(s) return make(s):send(message) end)
      assert.equal("POST " .. (later or path) .. "/send", sent.line)
      assert.same(body, sent.body)
      sent = server.change("v5", function(s) return make(s):send(message) end)
      assert.equal("POST " .. path .. "/action", sent.line)
      if word then body[word] = sent.body.send[word] end
      assert.same({ send = body }, sent.body)
    end
  end)
end)
