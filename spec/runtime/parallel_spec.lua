-- vbo.parallel: one function for each element, several at a time; and what a server takes at once.

local loop = require "vbo.runtime.loop"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local function numbers(count)
  local list = {}
  for i = 1, count do list[i] = i end
  return list
end

describe("parallel", function()
  after_each(function() assert.equal(0, loop.alive()) end)

  it("gives results in the order of the list, however long each took", function()
    local results, failures = vbo.parallel({ 5, 3, 1, 4, 2 }, function(x, index)
      vbo.sleep(x / 100)
      return ("%d at %d"):format(x, index), "only the first counts"
    end)
    assert.same({ n = 5, "5 at 1", "3 at 2", "1 at 3", "4 at 4", "2 at 5" }, results)
    assert.is_nil(failures)
    assert.same({ n = 0 }, (vbo.parallel({}, function() error "never" end)))
    assert.same({ n = 3, nil, 2, false }, (vbo.parallel(numbers(3), function(i)
      if i == 3 then return false end
      return i > 1 and i or nil
    end)))
  end)

  it("keeps to its limit, and uses it", function()
    local now, most = 0, 0
    vbo.parallel(numbers(40), { limit = 7 }, function()
      now = now + 1
      most = math.max(most, now)
      vbo.sleep(0.002)
      now = now - 1
    end)
    assert.equal(7, most)
    most = 0
    vbo.parallel(numbers(40), function()
      now = now + 1
      most = math.max(most, now)
      vbo.sleep(0.002)
      now = now - 1
    end)
    assert.equal(16, most)
  end)

  it("takes elements as it comes to them", function()
    local asked, ended = 0, 0
    local function following()
      asked = asked + 1
      assert.is_true(asked - ended <= 4, "asked ahead of its need")
      if asked <= 10 then return asked end
    end
    local results = vbo.parallel(following, { limit = 3 }, function(i)
      vbo.sleep(0.002)
      ended = ended + 1
      return i
    end)
    assert.equal(10, results.n)
    assert.equal(10, results[10])
  end)

  it("stops at the first failure: none begins, the others end before it is raised", function()
    local begun, closed = {}, 0
    local value = { mine = true }
    local ok, err = pcall(vbo.parallel, numbers(20), { limit = 4 }, function(i)
      begun[#begun + 1] = i
      local held <close> = setmetatable({}, { __close = function() -- luacheck: ignore held
        -- A clean-up that waits is waited for; here only its own task was cancelled.
        closed = closed + 1
      end })
      if i == 3 then
        vbo.sleep(0.01)
        error(value)
      end
      vbo.sleep(60)
    end)
    assert.is_false(ok)
    assert.equal(value, err)
    assert.same({ 1, 2, 3, 4 }, begun)
    assert.equal(4, closed)
  end)

  it("goes on after failures with on_error = 'continue', and lists them", function()
    local results, failures = vbo.parallel({ "a", "b", "c", "d" }, { on_error = "continue" },
      function(x, index)
        vbo.sleep((5 - index) / 500)
        if x == "b" or x == "d" then error("no " .. x, 0) end
        return x
      end)
    assert.same({ n = 4, "a", nil, "c" }, results)
    assert.same({ { index = 2, item = "b", error = "no b" },
      { index = 4, item = "d", error = "no d" } }, failures)
  end)

  it("works within tasks and within itself", function()
    local results = vbo.parallel({ 1, 2, 3 }, function(i)
      return (vbo.parallel({ 10, 20 }, function(j)
        vbo.sleep(0.001)
        return i + j
      end))[2]
    end)
    assert.same({ n = 3, 21, 22, 23 }, results)
    local ok, err = pcall(vbo.parallel, { 1, 2 }, function(i)
      vbo.parallel({ 1, 2 }, function(j)
        vbo.sleep(i == 1 and j == 1 and 0.01 or 60)
        error("inner", 0)
      end)
    end)
    assert.same({ false, "inner" }, { ok, err })
  end)

  it("passes on what its list raises, with its tasks ended", function()
    local ok, err = pcall(vbo.parallel, function()
      if loop.alive() == 2 then error("the list", 0) end
      return 1
    end, function() vbo.sleep(60) end)
    assert.same({ false, "the list" }, { ok, err })
  end)

  it("refuses what it cannot use", function()
    local function refused(...) return rehearsal.failure(vbo.parallel, ...).message end
    assert.matches("a list, a collection or an iterator, not a number", refused(1, print))
    assert.matches("a function, not a nil", refused({}, {}))
    assert.matches("'limit' must be at least 1", refused({}, { limit = 0 }, print))
    assert.matches("no on_error 'ignore'", refused({}, { on_error = "ignore" }, print))
    assert.matches("did you mean 'limit'", rehearsal.failure(vbo.parallel, {}, { limits = 2 },
      print).hint or refused({}, { limits = 2 }, print))
  end)
end)

describe("parallel at a server", function()
  local server, client, organization, folder, remove

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
  end)
  teardown(function()
    server.stop()
    remove()
  end)

  before_each(function()
    server.reset()
    client = server.connect()
    organization = client:organization(rehearsal.organization)
  end)
  after_each(function()
    server.weather()
    client:close()
    assert.equal(0, loop.alive())
  end)

  it("saves the documents of several OneDrives at once, each whole", function()
    local session <close> = organization:explore { workload = "onedrive", at = rehearsal.before }
    local function sums(limit)
      local drives = session:onedrives():take(4)
      local results = vbo.parallel(drives, { limit = limit }, function(drive, index)
        local saved = {}
        for document in drive:documents { recursive = true }:where { smaller = 50000 }:each() do
          local file = ("%s/%d-%d-%s"):format(folder, limit, index, #saved)
          saved[#saved + 1] = document:save { to = file }.sha256
        end
        return table.concat(saved, " ")
      end)
      return results
    end
    local one_by_one = sums(1)
    assert.is_true(one_by_one.n >= 2)
    assert.is_true(#one_by_one[1] > 64)
    assert.same(one_by_one, sums(8))
  end)

  it("is how a folder of plain files is saved, in the order of the listing", function()
    local session <close> = organization:explore { workload = "onedrive", at = rehearsal.before }
    local drive = session:onedrive("alice@contoso.com"):folder "Documents"
    local function saved(at_once)
      local to = folder .. "/plain" .. at_once
      local running = 0
      local list = drive:save { zip = false, to = to, at_once = at_once, progress = function()
        running = math.max(running, client:load().running)
      end }
      local names = {}
      for i, one in ipairs(list) do names[i] = one.path:sub(#to + 1) .. " " .. one.sha256 end
      return names, running
    end
    local one_by_one, once = saved(1)
    -- Delays each save, so that the count of running requests is read meanwhile.
    server.weather "operation=*_Save* latency=0.3"
    local together, several = saved(8)
    assert.is_true(#one_by_one > 5)
    assert.same(one_by_one, together)
    assert.is_true(once <= 2) -- the next page of a listing is asked for ahead
    assert.is_true(several > 2)
  end)

  for _, version in ipairs(versions.each_dialect) do
    it("keeps the statistics of restores in one session apart in " .. version, function()
      local own <close> = server.connect(version)
      local session <close> = own:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before }
      local documents = {}
      for document in session:onedrive("alice@contoso.com"):documents():each() do
        documents[#documents + 1] = document
        if #documents == 3 then break end
      end
      local counts = vbo.parallel(documents, function(document)
        return document:restore { on_conflict = "keep" }.restored
      end)
      assert.same({ n = 3, 1, 1, 1 }, counts)
    end)
  end

  it("tells which changes were under way when it stopped", function()
    server.weather "operation=OneDriveDocument_Restore* hang"
    local err = rehearsal.failure(vbo.parallel, { 1, 2, 3 }, function(i)
      if i < 3 then
        local session <close> = organization:explore {
          workload = "onedrive", at = rehearsal.before }
        return session:onedrive("alice@contoso.com"):document("Todo.md"):restore {
          on_conflict = "keep" }
      end
      while server.ask("GET", "/sim/weather")[1].struck < 2 do vbo.sleep(0.01) end
      vbo.error.raise { kind = "not_found", message = "this one fails" }
    end)
    assert.equal("this one fails", err.message)
    assert.equal(2, #err.cut_off)
    for _, cut in ipairs(err.cut_off) do
      assert.is_true(cut.sent)
      assert.matches("outcome is not known", cut.message)
    end
  end)

  it("names every restore that the server took on, with its session, when it stops", function()
    local ids, following = {}, 0
    local err = rehearsal.failure(vbo.parallel, numbers(6), { limit = 6 }, function(i)
      if i == 6 then
        while following < 5 do vbo.sleep(0.01) end
        vbo.error.raise { kind = "not_found", message = "this one fails" }
      end
      local own <close> = server.connect "v8"
      local session <close> = own:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before }
      ids[i] = session.id
      local accepted = false
      own.gates[1] = function(request, next)
        if accepted and request.class == "read" then
          following = following + 1
          vbo.sleep(600)
        end
        local answer = next(request)
        accepted = accepted or request.change
        return answer
      end
      session:onedrive("alice@contoso.com"):document("Todo.md"):restore { on_conflict = "keep" }
    end)
    assert.equal("this one fails", err.message)
    assert.equal(5, #err.cut_off)
    for i, cut in ipairs(err.cut_off) do
      assert.same({ i, i, ids[i], true, true }, { cut.index, cut.item, cut.session, cut.sent,
        cut.accepted })
      assert.is_false(cut.retryable)
      assert.is_truthy(err.hint:find(ids[i], 1, true))
    end
    assert.same({ n = 6 }, err.results)
  end)

  it("tells what was done, and of a parallel within it what was cut off", function()
    server.weather "operation=OneDriveDocument_Restore* hang"
    local err = rehearsal.failure(vbo.parallel, { "done", "inner", "fails" }, function(what)
      if what == "done" then return 7 end
      if what == "fails" then
        while server.ask("GET", "/sim/weather")[1].struck < 1 do vbo.sleep(0.01) end
        vbo.error.raise { kind = "not_found", message = "this one fails" }
      end
      vbo.parallel({ 1 }, function()
        local session <close> = organization:explore {
          workload = "onedrive", at = rehearsal.before }
        session:onedrive("alice@contoso.com"):document("Todo.md"):restore { on_conflict = "keep" }
      end)
    end)
    assert.same({ n = 3, 7 }, err.results)
    assert.equal(1, #err.cut_off)
    assert.is_string(err.cut_off[1].session)
  end)

  it("gives a server fewer requests at once when it refuses, and says so in the log", function()
    local settings, log = server.settings "v8", {}
    settings.log = function(text) log[#log + 1] = text end
    settings.at_once, settings.retries = 16, 8
    local own <close> = vbo.connect(settings)
    assert.equal(16, own:load().limit)
    server.weather "operation=Job_Get* count=30 status=503"
    local results = vbo.parallel(numbers(60), { limit = 32 }, function()
      return own:call "Job_Get" ~= nil
    end)
    assert.equal(60, results.n)
    local text = table.concat(log, "\n")
    assert.matches("%d+ requests? at once %(at most 16%)", text)
    -- Each 503 alone would say little; a round of them halves once.
    local least = 16
    for count in text:gmatch "(%d+) requests? at once" do
      least = math.min(least, tonumber(count))
    end
    assert.is_true(least < 16)
    assert.is_true(own:load().window > least or least >= 8)
  end)

  it("holds all requests while a Retry-After lasts", function()
    local seen = {}
    server.weather "operation=Job_Get* count=1 status=429 retry_after=3"
    local told = vbo.spawn(function() client:call "Job_Get" end)
    while client:load().pause == 0 and not told:done() do vbo.sleep(0.005) end
    local pause = client:load().pause
    assert.is_true(pause > 0 and pause <= 3)
    local other = vbo.spawn(function()
      client:call "Proxy_GetProxies"
      seen[#seen + 1] = client:load().pause
    end)
    while client:load().waiting == 0 and not other:done() do vbo.sleep(0.005) end
    assert.is_false(other:done())
    assert.equal(1, client:load().waiting)
    told:wait()
    other:wait()
    assert.same({ 0 }, seen)
  end)

  it("exports to PST one after the other by default", function()
    local function most(settings)
      local own <close> = vbo.connect(settings)
      local session <close> = own:organization(rehearsal.organization):explore {
        workload = "exchange", at = rehearsal.before }
      local mailboxes = session:mailboxes():take(3):all()
      server.weather "operation=*ToPst* latency=0.5"
      local running, ended = 0, false
      local look = vbo.spawn(function()
        while not ended do
          running = math.max(running, own:load().running)
          vbo.sleep(0.005)
        end
      end)
      local saved = vbo.parallel(mailboxes, { on_error = "continue" }, function(mailbox, i)
        return mailbox:export { to = ("%s/export-%d.pst"):format(folder, i), overwrite = true }
      end)
      ended = true
      look:wait()
      assert.is_true(saved.n >= 2)
      return running
    end
    assert.equal(1, most(server.settings "v8"))
    local settings = server.settings "v8"
    settings.exports_at_once = 2
    assert.equal(2, most(settings))
  end)

  it("fails every waiting request at once when the server does not answer", function()
    local other = rehearsal.start()
    local settings = other.settings "v8"
    settings.retries, settings.give_up_after, settings.at_once = 0, 0.05, 2
    settings.connect_timeout = 2
    local own = vbo.connect(settings)
    other.stop()
    local _, failures = vbo.parallel(numbers(40), { limit = 40, on_error = "continue" },
      function()
        vbo.sleep(0.02)
        own:call "Job_Get"
      end)
    assert.equal(40, #failures)
    for _, failure in ipairs(failures) do
      assert.equal("network", failure.error.kind)
    end
    -- Checks that the first requests failed and the others did not wait for five minutes.
    local ok, err = pcall(own.call, own, "Job_Get")
    while not ok and err.code ~= "given_up" do
      vbo.sleep(0.02)
      ok, err = pcall(own.call, own, "Job_Get")
    end
    assert.is_false(ok)
    assert.is_true(own:load().given_up)
    assert.matches("given up: the server has not answered", err.message)
    assert.is_falsy(err.sent)
    own:close()
  end)
end)

describe("Ctrl-C", function()
  it("names every restore that the server took on", function()
    local server <close> = program.sim()
    local folder, remove = program.folder()
    local script <close> = assert(io.open(folder .. "/run.lua", "w"))
    script:write [[
      local vbo = require "vbo"
      local ids, following = {}, 0
      local ok, err = pcall(vbo.parallel, { 1, 2, 3, 4, 5 }, function(i)
        local client <close> = vbo.connect()
        local session <close> = client:organization("contoso.onmicrosoft.com"):explore {
          workload = "onedrive", at = "2026-11-18T22:00:00Z" }
        ids[i] = session.id
        local accepted = false
        client.gates[1] = function(request, next)
          if accepted and request.class == "read" then
            following = following + 1
            if following == 5 then print "ready: yes" io.stdout:flush() end
            vbo.sleep(600)
          end
          local answer = next(request)
          accepted = accepted or request.change
          return answer
        end
        session:onedrive("alice@contoso.com"):document("Todo.md"):restore { on_conflict = "keep" }
      end)
      print(ok, err.kind, #err.cut_off)
      for i, cut in ipairs(err.cut_off) do print(cut.index == i and cut.session == ids[i]) end]]
    script:close()
    local run <close> = program.start(
      ("env VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s %s/run.lua 2>&1"):format(
        program.quoted(server.listening), program.quoted(server.user),
        program.quoted(server.password), program.quoted(server.fingerprint),
        program.quoted(program.vbolua), folder), "ready")
    assert(os.execute("kill -INT " .. run.pid))
    local output, status = run.wait()
    assert.equal("false\tcancelled\t5\n" .. ("true\n"):rep(5), output)
    assert.equal(130, status)
    remove()
  end)

  it("ends all tasks: sessions stopped, no half file, one message", function()
    local server <close> = program.sim "--fault 'operation=*_Save* rate=2k'"
    local folder, remove = program.folder()
    local script <close> = assert(io.open(folder .. "/run.lua", "w"))
    script:write [[
      local vbo = require "vbo"
      local client <close> = vbo.connect()
      local organization = client:organizations():first()
      local ready = 0
      vbo.parallel({ 1, 2, 3, 4 }, function(i)
        local session <close> = organization:explore { workload = "onedrive" }
        local drive = session:onedrives():first()
        drive:documents():save { zip = true, to = arg[1] .. "/" .. i .. ".zip",
          progress = function(progress)
            if progress.phase ~= "receiving" or progress.received == 0 then return end
            ready = ready + 1
            if ready == 1 then print "ready: yes" io.stdout:flush() end
          end }
      end)]]
    script:close()
    local run <close> = program.start(
      ("env VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s %s %s/run.lua %s 2>&1"):format(
        program.quoted(server.listening), program.quoted(server.user),
        program.quoted(server.password), program.quoted(server.fingerprint),
        program.quoted(program.vbolua), folder, folder), "ready")
    assert(os.execute("kill -INT " .. run.pid))
    local output = run.wait()
    assert.matches("^vbolua: .*interrupted.* %[cancelled", output)
    local left = program.run("ls " .. program.quoted(folder))
    assert.equal("run.lua\n", left)
    local client <close> = vbo.connect(program.settings(server))
    for session in client:sessions():each() do assert.equal("Stopped", session.state) end
    remove()
  end)
end)
