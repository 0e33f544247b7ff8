-- Collections over a server of long lists: paging, the page asked for ahead, sizes that
-- shrink, counts that are compared, searching.
-- Tests also vbo.model.envelope, vbo.model.lookup, vbo.model.pushdown and vbo.model.search.

local core = require "vbo.core"
local json = require "vbo.base.json"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local resource = require "vbo.model.resource"
local collection = require "vbo.model.collection"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local quoted, failure = program.quoted, rehearsal.failure
local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

describe("collections", function()
  local folder, remove, log
  local running, client
  local open, lost

  before_each(function()
    collectgarbage()
    collectgarbage()
    open, lost = core.handles().transfer.open, core.handles().transfer.forgotten
  end)

  setup(function()
    folder, remove = program.folder()
    log = folder .. "/requests"
  end)

  teardown(function() remove() end)

  after_each(function()
    if client then client:close() end
    if running then running.stop() end
    client, running = nil, nil
    collectgarbage()
    collectgarbage()
    -- Checks that no test left a transfer to the collector.
    assert.same({ open, lost },
      { core.handles().transfer.open, core.handles().transfer.forgotten })
  end)

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
    return folder .. "/" .. name
  end

  --- Starts a server whose answers are what the Lua text `answers` returns for (request,
  --- list), and a client of it.
  local function serve(answers, version, settings)
    os.remove(log)
    running = program.start(("%s spec/support/pages_server.lua %s %s 2>&1"):format(program.vbolua,
      quoted(log), quoted(write("script.lua", "return function(request, list)\n" .. answers
        .. "\nend"))), "fingerprint")
    local given = { url = running.url, pin = running.fingerprint, user = "u", password = "p",
      version = version or "v8", retries = 0 }
    for name, value in pairs(settings or {}) do given[name] = value end
    client = vbo.connect(given)
    return client
  end

  --- Returns the requests so far; with `least`, after so many requests have come in.
  local function asked(least)
    local list
    for _ = 1, 500 do
      list = {}
      local file = io.open(log)
      if file then
        for line in file:lines() do list[#list + 1] = assert(json.decode(line)) end
        file:close()
      end
      if #list >= (least or 0) then return list end
      os.execute "sleep 0.01"
    end
    error(("%d requests came in, not %d"):format(#list, least))
  end

  local function pages_asked()
    local list = {}
    for i, request in ipairs(asked()) do
      list[i] = (request.query.offset or "-") .. "+" .. (request.query.limit or "-")
    end
    return list
  end

  local function open_transfers() return core.handles().transfer.open end

  local function numbers(list)
    local result = {}
    for i, item in ipairs(list) do result[i] = item.number end
    return result
  end

  local function up_to(n)
    local list = {}
    for i = 0, n - 1 do list[i + 1] = i end
    return list
  end

  local mailboxes = function() return client:session(id):mailboxes() end

  describe("walk pages", function()
    for _, version in ipairs(versions.with_newest("v1", "v5")) do
      it("to the end, though the server gives fewer at once than asked, in " .. version, function()
        serve("return { body = list(request, { count = 1900, cap = 980, total = 1900 }) }", version)
        local found = client:session(id):mailboxes { page_size = 1000 }:all()
        assert.same(up_to(1900), numbers(found))
        assert.same({ "0+1000", "980+1000" }, pages_asked())
        assert.equal("/" .. version .. "/RestoreSessions/" .. id .. "/Organization/Mailboxes",
          (asked()[1].path:gsub("organization/mailboxes", "Organization/Mailboxes")))
      end)
    end

    it("several lists at once: in tasks, in coroutines and nested", function()
      serve "return { body = list(request, { count = 600 }) }"
      local found = vbo.parallel({ 600, 500, 1, 251 }, { limit = 3 }, function(n)
        return numbers(mailboxes():take(n):all())
      end)
      for i, n in ipairs { 600, 500, 1, 251 } do assert.same(up_to(n), found[i]) end
      local function walk()
        for mailbox in mailboxes():each() do coroutine.yield(mailbox.number) end
      end
      local a, b = coroutine.wrap(walk), coroutine.wrap(walk)
      for i = 0, 599 do
        assert.equal(i, a())
        assert.equal(i, b())
      end
      local count = 0
      for outer in mailboxes():take(3):each() do
        for inner in mailboxes():take(300):each() do count = count + outer.number + inner.number end
      end
      assert.equal(3 * 299 * 300 // 2 + 3 * 300, count)
    end)

    it("without links or a total, as long as they are full", function()
      serve "return { body = list(request, { count = 500, links = false }) }"
      assert.equal(500, #mailboxes():all())
      assert.same({ "0+250", "250+250", "500+250" }, pages_asked())
    end)

    it("without links, on to the total", function()
      serve [[
        local page = list(request, { count = 300, cap = 100, total = 300, links = false })
        page.limit = 250
        return { body = page }]]
      assert.same(up_to(300), numbers(mailboxes():all()))
    end)

    it("that are short in the middle, as far as the links lead", function()
      serve [[
        local page = list(request, { count = 600 })
        if page.offset == 250 then
          for i = 1, 200 do table.remove(page.results) end
        end
        return { body = page }]]
      local found = numbers(mailboxes():all())
      assert.equal(400, #found)
      assert.same({ 299, 500 }, { found[300], found[301] })
      assert.same({ "0+250", "250+250", "500+250" }, pages_asked())
    end)

    it("that are full, whatever the links skip", function()
      serve [[
        local page = list(request, { count = 500, cap = 100 })
        if page._links.next then
          page._links.next.href = "/?limit=250&offset=" .. page.offset + 250
        end
        return { body = page }]]
      assert.same(up_to(500), numbers(mailboxes():all()))
    end)

    it("that are empty although there is said to be more", function()
      serve [[
        local page = list(request, { count = request.path:find "Jobs" and 1 << 40 or 600 })
        if page.offset == 250 or page.offset > 700 then
          page.results = require("vbo.base.json").array {}
        end
        return { body = page }]]
      for _, list in ipairs { mailboxes(), client:jobs() } do
        local err = failure(function() return list:count() end)
        assert.equal("protocol", err.kind)
        assert.matches("the page at offset 250 is empty, though", err.message)
      end
    end)

    it("with the set of the first", function()
      serve [[
        local page = list(request, { count = 600, set = "6c1d5f3a-2f52-4d8e-9a93-0d1c4b6f7a11" })
        if page.offset == 250 then page.setId = nil end
        return { body = page }]]
      local users = client:organization(id):users():all()
      assert.equal(600, #users)
      local sets = {}
      for i, request in ipairs(asked()) do sets[i] = request.query.setId or "-" end
      assert.same({ "-", "6c1d5f3a-2f52-4d8e-9a93-0d1c4b6f7a11",
        "6c1d5f3a-2f52-4d8e-9a93-0d1c4b6f7a11" }, sets)
    end)

    it("that are bare arrays: one where the version has no pages", function()
      serve("return { body = list({ query = { limit = 700 } }, { count = 700, array = true }) }",
        "v2")
      assert.equal(700, client:jobs():count())
      assert.same({ "-+-" }, pages_asked())
    end)

    it("that are bare arrays: on while they are full", function()
      serve "return { body = list(request, { count = 600, array = true }) }"
      assert.equal(600, #mailboxes():all())
      assert.same({ "0+250", "250+250", "500+250" }, pages_asked())
    end)

    it("that are a bare array of everything, whatever was asked", function()
      serve "return { body = list({ query = { limit = 700 } }, { count = 700, array = true }) }"
      assert.equal(700, #mailboxes():all())
    end)

    it("from where the listing says, in pages of the size it says", function()
      serve "return { body = list(request, { count = 60, total = 60 }) }"
      local jobs = client:jobs { offset = 20, limit = 30 }
      assert.same({ 20, 59 }, { jobs:first().number, jobs:all()[40].number })
      assert.equal(40, jobs:count())
      assert.same({ "20+1", "20+30", "50+30", "20+30" }, pages_asked())
      for _, wrong in ipairs { { page_size = 0 }, { offset = -1 }, { limit = 0 } } do
        assert.equal("usage", failure(function() client:jobs(wrong):all() end).kind)
      end
    end)

    it("whose records have no id, or several of one", function()
      serve [[
        local page = list(request, { count = 600 })
        for i, row in ipairs(page.results) do
          row.id = request.path:find "Versions" and "one" or nil
          row.versionId = i + page.offset
        end
        return { body = page }]]
      assert.equal(600, mailboxes():count())
      local class = resource.class {
        kind = "version", parameter = "versionId", key = "version_id",
        list = "OneDriveDocument_GetVersions",
      }
      local document = client:session(id):onedrive(id):document(id)
      assert.equal(600, collection.new(class, document, {}):count())
    end)
  end)

  describe("refuse a list", function()
    it("with a total larger than its rows", function()
      serve "return { body = list(request, { count = 980, total = 1900 }) }"
      local seen = 0
      local err = failure(function()
        for _ in mailboxes():each() do seen = seen + 1 end
      end)
      assert.equal("integrity", err.kind)
      assert.matches("listed 980 of 1900", err.message)
      assert.equal("ExchangeMailbox_Get", err.operation)
      assert.matches("collection_spec.lua:%d+$", err.where)
      assert.equal(980, seen)
    end)

    it("with a total smaller than its rows, but not with a total of 0", function()
      serve [[
        local total = request.path:find "Jobs" and 0 or 299
        return { body = list(request, { count = 300, total = total }) }]]
      assert.matches("listed 300 of 299", failure(function() mailboxes():all() end).message)
      assert.equal(300, #client:jobs():all())
      assert.equal(300, client:jobs():count())
    end)

    it("with a page that repeats", function()
      serve [[
        local offset = request.query.offset
        request.query.offset = 0
        local page = list(request, { count = 900 })
        page.offset = tonumber(offset)
        return { body = page }]]
      local err = failure(function() mailboxes():all() end)
      assert.equal("protocol", err.kind)
      assert.matches("the same page again at offset 250", err.message)
    end)

    it("with a page without ids that repeats", function()
      serve [[
        request.query.offset = 0
        local page = list(request, { count = 900 })
        for _, row in ipairs(page.results) do row.id = nil end
        page.offset = nil
        return { body = page }]]
      assert.matches("same page again", failure(function() mailboxes():all() end).message)
    end)

    it("with a page at another offset than requested", function()
      serve [[
        if request.query.offset == "250" then request.query.offset = "300" end
        return { body = list(request, { count = 900 }) }]]
      local err = failure(function() mailboxes():all() end)
      assert.equal("protocol", err.kind)
      assert.matches("offset 300 instead of 250", err.message)
    end)

    it("with an object in place of a list", function()
      serve "return { body = request.query.offset == '0' and { id = 1 } or '[]' }"
      local err = failure(function() mailboxes():all() end)
      assert.equal("protocol", err.kind)
    end)
  end)

  describe("ask for smaller pages", function()
    local slow = [[
      if tonumber(request.query.limit) > 70 then
        return { status = STATUS, body = { message = "The operation has timed out." } }
      end
      return { body = list(request, { count = 595, total = 595 }) }]]

    for _, status in ipairs { 408, 413, 500, 502, 503, 504 } do
      it("when the server answers " .. status, function()
        local lines = {}
        serve(slow:gsub("STATUS", status), "v8",
          { log = function(text) lines[#lines + 1] = text end })
        local users = client:organization(id):users()
        assert.same(up_to(595), numbers(users:all()))
        local sizes = {}
        for _, page in ipairs(pages_asked()) do sizes[#sizes + 1] = page end
        assert.same({ "0+250", "0+125", "0+62", "62+62", "124+62" },
          table.move(sizes, 1, 5, 1, {}))
        local text = table.concat(lines, "\n")
        assert.matches("OrganizationUser_Get: a page of 250 was too much %(status " .. status, text)
        assert.matches("asking for 62 at a time", text)
        -- Remembered for this operation and no other.
        local before = #asked()
        assert.equal(595, #users:all())
        assert.equal("0+62", pages_asked()[before + 1])
        assert.equal("0+6", (function()
          pcall(function() client:organizations():one() end)
          return pages_asked()[#asked()]
        end)())
      end)
    end

    it("when a page takes too long", function()
      serve([[
        if tonumber(request.query.limit) > 70 then return { hold = true } end
        return { body = list(request, { count = 200 }) }]], "v8", { deadline = 0.3 })
      assert.same(up_to(200), numbers(mailboxes():all()))
      assert.same({ "0+250", "0+125", "0+62", "62+62" },
        table.move(pages_asked(), 1, 4, 1, {}))
    end)

    it("in the middle of a walk, from where it stands", function()
      serve [[
        if request.query.offset ~= "0" and tonumber(request.query.limit) > 200 then
          return { status = 500 }
        end
        return { body = list(request, { count = 595 }) }]]
      assert.same(up_to(595), numbers(mailboxes():all()))
      assert.same({ "0+250", "250+250", "250+125", "375+125", "500+125" }, pages_asked())
    end)

    it("down to ten, and no further", function()
      serve "return { status = 500, body = { message = 'Broken.' } }"
      local err = failure(function() mailboxes():all() end)
      assert.equal("server", err.kind)
      assert.matches("Broken", err.message)
      assert.equal("pages of 250 down to 10 were tried", err.hint)
      assert.same({ "0+250", "0+125", "0+62", "0+31", "0+15", "0+10" }, pages_asked())
      assert.equal(500, failure(function() mailboxes():first() end).status)
      assert.equal(7, #asked())
    end)

    it("but not where the version has no pages, and not for other failures", function()
      serve("return { status = request.path:find 'Jobs' and 500 or 400 }", "v2")
      assert.equal(500, failure(function() client:jobs():all() end).status)
      assert.equal(1, #asked())
      assert.equal(400, failure(function() mailboxes():all() end).status)
      assert.equal(2, #asked())
    end)

    it("but not when the connection takes too long", function()
      local peer <close> = program.start(("%s --script %s --dir %s 2>&1"):format(
        os.getenv "VBO_PEER" or "build/peer", write("peer", [[
connection 2 hang
on POST */token
line HTTP/1.1 200 OK
line Connection: close
line Content-Type: application/json
line Content-Length: 57
line
send {"access_token":"t","token_type":"bearer","expires_in":9}
close
]]), folder), "fingerprint")
      client = vbo.connect { url = peer.url, ca = folder .. "/ca.pem", user = "u", password = "p",
        version = "v8", retries = 0, connect_timeout = 0.3 }
      local err = failure(function() client:jobs():all() end)
      assert.equal("timeout", err.kind)
      assert.is_nil(client._page_sizes)
    end)

    it("but not where no server answers", function()
      serve "return {}"
      local where = client:session(id)
      running.stop()
      local err = failure(function() where:mailboxes():all() end)
      assert.equal("network", err.kind)
      assert.is_nil(client._page_sizes)
    end)
  end)

  describe("ask for the next page", function()
    it("while the runbook uses the current one", function()
      serve "return { body = list(request, { count = 700 }) }"
      local seen = {}
      for mailbox in mailboxes():each() do
        -- Nothing here moves the engine: what came in was sent before the page was given.
        if mailbox.number % 250 == 0 then
          seen[#seen + 1] = #asked(math.min(mailbox.number // 250 + 2, 3))
        end
      end
      assert.same({ 2, 3, 3 }, seen)
    end)

    it("but not when take() needs no more", function()
      serve "return { body = list(request, { count = 700 }) }"
      assert.equal(0, mailboxes():first().number)
      assert.equal(5, #mailboxes():take(5):all())
      assert.equal(0, #mailboxes():take(0):all())
      assert.same({ "0+1", "0+5" }, pages_asked())
      assert.equal(300, #mailboxes():take(300):all())
      assert.same({ "0+1", "0+5", "0+250", "250+50" }, pages_asked())
      assert.equal("conflict", failure(function() mailboxes():one() end).kind)
      assert.same("0+6", pages_asked()[5])
      assert.equal(3, mailboxes():where(function(it) return it.number % 50 == 0 end):take(3):all()
        [3].number // 50 + 1)
      assert.equal(6, #asked())
      assert.equal(10, mailboxes():take(10):count())
    end)

    it("for take() with conditions, once the first page was not enough", function()
      serve "return { body = list(request, { count = 2000 }) }"
      local found = mailboxes():where { name = "n600" }:first()
      assert.equal(600, found.number)
      -- The fourth page was on its way when the third had it.
      for i, page in ipairs(pages_asked()) do assert.equal((i - 1) * 250 .. "+250", page) end
      assert.is_true(#asked() <= 4)
    end)

    it("and receive it meanwhile", function()
      serve "return { body = list(request, { count = 500 }) }"
      local taken = false
      for mailbox in mailboxes():each() do
        -- The second page's request has its answer; nothing here moves it.
        taken = taken or #asked() == 2 and client:load().running == 0 and mailbox.number < 249
        if mailbox.number > 20 and not taken then os.execute "sleep 0.01" end
        if mailbox.number == 249 then break end
      end
      assert.is_true(taken)
    end)

    it("through the gates, like every other request", function()
      serve "return { body = list(request, { count = 700 }) }"
      local told = {}
      client.gates[1] = function(request, pass)
        local number = #told + 1
        told[number] = request.path:match "offset=(%d+)" .. " ?"
        local answer = pass(request)
        told[number] = request.path:match "offset=(%d+)" .. " " .. #answer.data.results
        return answer
      end
      local list = mailboxes():each()
      list()
      assert.same({ "0 250", "250 ?" }, told)
      for _ = 1, 250 do list() end
      assert.same({ "0 250", "250 250", "500 ?" }, told)
      for _ = 1, 449 do assert.is_table(list()) end
      assert.is_nil(list())
      assert.same({ "0 250", "250 250", "500 200" }, told)
    end)

    it("through gates that change, answer or refuse it", function()
      serve "return { body = list(request, { count = 900 }) }"
      client.gates[1] = function(request, pass)
        if request.path:find "offset=250" then
          local answer = pass(request)
          for _, row in ipairs(answer.data.results) do row.number = -1 end
          return answer
        elseif request.path:find "offset=500" then
          local answer = pass { operation = request.operation, method = "GET", change = false,
            path = request.path:gsub("limit=%d+", "limit=10") }
          return answer
        elseif request.path:find "offset=510" then
          error "no further"
        end
        return pass(request)
      end
      local got = {}
      local ok, err = pcall(function()
        for mailbox in mailboxes():each() do got[#got + 1] = mailbox.number end
      end)
      assert.is_false(ok)
      assert.matches("no further", err)
      assert.equal(510, #got)
      assert.same({ 249, -1, -1, 500, 509 }, { got[250], got[251], got[500], got[501], got[510] })
      assert.equal("510", "" .. #got)
      assert.same({ "0+250", "250+250", "500+10" }, pages_asked())
    end)

    it("through gates that send requests themselves", function()
      serve [[
        if request.path:find "Jobs" then return { body = list(request, { count = 3 }) } end
        return { body = list(request, { count = 600 }) }]]
      local counted = {}
      client.gates[1] = function(request, pass)
        if request.operation == "ExchangeMailbox_Get" then
          counted[#counted + 1] = #client:jobs():all()
        end
        return pass(request)
      end
      assert.same(up_to(600), numbers(mailboxes():all()))
      assert.same({ 3, 3, 3 }, counted)
    end)

    it("again when it was lost while the loop was busy", function()
      serve([[
        if request.query.offset == "250" and request.number == 2 then return { hold = true } end
        return { body = list(request, { count = 400 }) }]], "v8", { deadline = 0.2 })
      local found = {}
      for mailbox in mailboxes():each() do
        if mailbox.number == 10 then os.execute "sleep 0.4" end
        found[#found + 1] = mailbox.number
      end
      assert.same(up_to(400), found)
      assert.same({ "0+250", "250+250", "250+250" }, pages_asked())
    end)
  end)

  describe("leave nothing behind", function()
    local held = [[
      if request.query.offset ~= "0" then return { hold = true } end
      return { body = list(request, { count = 700 }) }]]

    it("after break, return and errors", function()
      serve(held)
      local before = open_transfers()
      for mailbox in mailboxes():each() do
        asked(2)
        assert.equal(before + 1, open_transfers())
        if mailbox.number == 3 then break end
      end
      assert.equal(before, open_transfers())
      local function find()
        for mailbox in mailboxes():each() do
          if mailbox.number == 5 then return mailbox end
        end
      end
      assert.equal(5, find().number)
      assert.equal(before, open_transfers())
      assert.is_false(pcall(function()
        for mailbox in mailboxes():each() do
          if mailbox.number == 7 then error "enough" end
        end
      end))
      assert.equal(before, open_transfers())
    end)

    it("when take has enough and the loop is left", function()
      serve [[
        if request.query.offset == "500" then return { hold = true } end
        return { body = list(request, { count = 700 }) }]]
      local before = open_transfers()
      local list = mailboxes():where { name = "*" }:take(300):each()
      for _ = 1, 299 do assert.is_table(list()) end
      assert.equal(before + 1, open_transfers())
      assert.is_table(list())
      assert.equal(before, open_transfers())
      assert.is_nil(list())
    end)

    it("when a runbook drops an iterator", function()
      serve(held)
      local before = open_transfers()
      do
        local list = mailboxes():each()
        assert.equal(0, list().number)
        assert.equal(before + 1, open_transfers())
      end
      collectgarbage()
      collectgarbage()
      assert.equal(before, open_transfers())
    end)

    it("when a coroutine is dropped inside its loop", function()
      serve(held)
      local before = open_transfers()
      do
        local list = coroutine.wrap(function()
          for mailbox in mailboxes():each() do coroutine.yield(mailbox.number) end
        end)
        assert.equal(0, list())
        assert.equal(1, list())
        assert.equal(before + 1, open_transfers())
      end
      collectgarbage()
      collectgarbage()
      assert.equal(before, open_transfers())
    end)

    it("when it is interrupted", function()
      serve(held)
      local before = open_transfers()
      local ok, err = pcall(function()
        for mailbox in mailboxes():each() do
          if mailbox.number == 5 then client._engine:interrupt() end
          assert.is_true(mailbox.number < 100)
        end
      end)
      assert.is_false(ok)
      assert.equal("cancelled", err.kind)
      assert.equal(before, open_transfers())
      -- Between two pages as well.
      local list = mailboxes():each()
      client._engine:interrupt()
      ok, err = pcall(list)
      assert.is_false(ok)
      assert.equal("cancelled", err.kind)
      assert.equal(before, open_transfers())
    end)

    it("when the client is closed in the middle", function()
      serve(held)
      local before = open_transfers()
      local list = mailboxes():each()
      assert.equal(0, list().number)
      client:close()
      assert.equal(before, open_transfers())
      -- Returns the rows that have arrived, then fails instead of requesting more.
      for i = 1, 249 do assert.equal(i, list().number) end
      local err = failure(list)
      assert.equal("closed", err.kind)
      assert.is_nil(list())
    end)

    it("in a separate program that counts its handles", function()
      serve(held)
      local runbook = write("runbook.lua", [[
        local vbo = require "vbo"
        local client <close> = vbo.connect { version = "v8", retries = 0 }
        local session = client:session "]] .. id .. [["
        for mailbox in session:mailboxes():each() do if mailbox.number == 3 then break end end
        local dropped = session:mailboxes():each()
        dropped()
        for mailbox in session:mailboxes():each() do
          if mailbox.number == 3 then print "done" os.exit(0) end
        end]])
      local output, status = program.run(("env VBO_CHECK_HANDLES=1 VBO_HOST=%s VBO_PIN=%s "
        .. "VBO_USER=u VBO_PASSWORD=p %s %s"):format(running.url, running.fingerprint,
        program.vbolua, runbook))
      assert.equal("done\n", output)
      assert.equal(0, status)
    end)

    it("on the wire, where the server sees the connection end", function()
      local record = '{"id":"%s","name":"n"}'
      local script = write("peer", "token t 600\non GET *offset=0*\njson 200 "
        .. '{"offset":0,"limit":2,"results":[' .. record:format(1) .. "," .. record:format(2)
        .. '],"_links":{"next":{"href":"/?offset=2"}}}\non GET *\nhang\n')
      local events = folder .. "/events"
      local peer <close> = program.start(("%s --script %s --log %s --dir %s 2>&1"):format(
        os.getenv "VBO_PEER" or "build/peer", script, events, folder), "fingerprint")
      local other <close> = vbo.connect { url = peer.url, ca = folder .. "/ca.pem", user = "u",
        password = "p", version = "v8", retries = 0 }
      local function count(pattern)
        return select(2, rehearsal.content(events):gsub(pattern, ""))
      end
      local function wait_for(pattern, n)
        for _ = 1, 500 do
          if count(pattern) >= n then return true end
          os.execute "sleep 0.01"
        end
        error("there was no " .. pattern)
      end
      local ended
      for job in other:jobs { page_size = 2 }:each() do
        wait_for("GET /v8/Jobs%?[^ ]*offset=2", 1)
        ended = count "\nend %d"
        if job.id == "1" then break end
      end
      wait_for("\nend %d", ended + 1)
    end)
  end)

  describe("give exact rows and counts", function()
    it("in a loop within another loop", function()
      serve [[
        return { body = list(request, { count = request.path:find "Jobs" and 300 or 520 }) }]]
      local seen = 0
      for mailbox in mailboxes():each() do
        if mailbox.number % 100 == 99 then
          local inner = {}
          for job in client:jobs { page_size = 60 }:each() do inner[#inner + 1] = job.number end
          assert.same(up_to(300), inner)
        end
        assert.equal(seen, mailbox.number)
        seen = seen + 1
      end
      assert.equal(520, seen)
    end)

    it("side by side in coroutines of the runbook", function()
      serve "return { body = list(request, { count = 520 }) }"
      local function generator(list)
        return coroutine.wrap(function()
          for item in list:each() do coroutine.yield(item.number) end
        end)
      end
      local first, second = generator(mailboxes()), generator(client:jobs())
      for i = 0, 519 do
        assert.equal(i, first())
        assert.equal(i, second())
      end
      assert.is_nil(first())
      assert.is_nil(second())
    end)

    it("by the server's total where no condition remains to check", function()
      serve [[
        local total = request.path:find "ailboxes" and 5000 or nil
        return { body = list(request, { count = 700, total = total }) }]]
      assert.equal(5000, client:session(id):mailboxes():count())
      assert.equal(1, #asked())
      assert.equal(10, client:session(id):mailboxes():take(10):count())
      assert.equal(700, client:jobs():count())
      assert.equal(70, client:jobs():where(function(job) return job.number % 10 == 0 end):count())
      assert.equal(2, client:jobs { id, id }:count())
    end)

    it("for each collection of a chain, which leaves the one before unchanged", function()
      serve "return { body = list(request, { count = 20 }) }"
      local all = client:jobs()
      local some = all:where { name = "n1*" }
      local few = some:where(function(job) return job.number > 12 end):take(3)
      assert.equal(0, #asked())
      assert.same({ 13, 14, 15 }, numbers(few:all()))
      assert.equal(11, some:count())
      assert.equal(20, all:count())
      assert.same({ { name = "n13" }, { name = "n14" }, { name = "n15" } }, few:select "name")
      assert.equal(7, all:where { name = "n7" }:one().number)
      assert.equal("not_found", failure(function() all:where { name = "x" }:one() end).kind)
      local err = failure(function() some:one() end)
      assert.equal("conflict", err.kind)
      assert.matches('candidates: "n1", "n10"', err.hint)
    end)
  end)

  describe("let the server check", function()
    local point = "2026-11-18T22:00:00Z"
    local answer = [[
      local page = list(request, { count = 4 })
      for i, row in ipairs(page.results) do
        row.organizationId = i % 2 == 0 and "]] .. id .. [[" or row.id
        row.repositoryId = row.organizationId
        row.jobId, row.status, row.isRetrieved = row.organizationId, "Failed", i % 2 == 0
        row.endTime = i % 2 == 0 and "]] .. point .. [[" or "2020-01-01T00:00:00Z"
      end
      return { body = page }]]

    local function sent(list)
      local found = numbers(list:all())
      local query = asked()[#asked()].query
      query.offset, query.limit = nil, nil
      return query, found
    end

    local Session = { kind = "job session", parameter = "sessionId", list = "JobSession_Get",
      rooted = true }
    local Point = { kind = "restore point", parameter = "restorePointId", rooted = true,
      list = "RestorePoint_GetRestorePoints" }
    resource.class(Session)
    resource.class(Point)

    it("conditions that it compares alike, and check the rows again", function()
      serve(answer)
      local query, found = sent(client:jobs():where { organization_id = id:upper() })
      assert.same({ organizationId = id:upper() }, query)
      assert.same({ 1, 3 }, found)
      query = sent(client:jobs():where { repository_id = id, name = "n*" }
        :where { organization_id = id })
      assert.same({ organizationId = id, repositoryId = id }, query)
      query, found = sent(collection.new(Session, client, {}):where {
        end_time_after = point, end_time_before = "2026-11-18T22:00:01Z", status = "failed" })
      assert.same({ endTimeLowerBound = "2026-11-18T21:59:59Z",
        endTimeUpperBound = "2026-11-18T22:00:02Z", status = "Failed" }, query)
      assert.same({ 1, 3 }, found)
      query, found = sent(collection.new(Point, client, {}):where { is_retrieved = false })
      assert.same({ isRetrieved = "false" }, query)
      assert.same({ 0, 2 }, found)
    end)

    it("but not conditions that it may compare otherwise, lacks, or has as options", function()
      serve(answer)
      for _, condition in ipairs {
        { name = "n1" }, { organization_id = "6195*" }, { organization_id = { id } },
        { organization_id = "no-guid" }, { organization_id = function() return true end },
      } do
        assert.same({}, (sent(client:jobs():where(condition))))
      end
      assert.same({}, (sent(collection.new(Session, client, {}):where { status = "Success" })))
      for _, name in ipairs { "organization_id", "organizationId" } do
        local query = sent(client:jobs { [name] = id }:where {
          organization_id = "00000000-0000-0000-0000-000000000001" })
        assert.same({ organizationId = id }, query)
      end
    end)

    it("but not conditions that the listing of a version lacks", function()
      serve(answer, "v6")
      assert.same({}, (sent(client:jobs():where { repository_id = id })))
      assert.same({ endTimeLowerBound = "2026-11-18T21:59:59Z" },
        (sent(collection.new(Session, client, {}):where { end_time_after = point,
          end_time_before = "2027-01-01" })))
    end)
  end)

  describe("search", function()
    local Found = { kind = "found", parameter = "itemId", rooted = true }
    resource.class(Found)
    local Item = {
      kind = "item", parameter = "itemId", list = "ExchangeItem_Get",
      search = function(query)
        if not query.folder_id then return "ExchangeMailbox_SearchByIdByOptions" end
        local inside = query.folder_id
        query.folder_id = nil
        return { operation = "ExchangeFolder_SearchByOptions", path = { folderId = inside } }
      end,
    }
    resource.class(Item)
    local File = {
      kind = "file", parameter = "fileId", list = "TeamsFile_GetPage", search = {
        operation = { "BackupOrganization_RestoreSessionsSearchTeams",
          "BackupOrganization_SearchAction" },
        options = { type = "Files" }, class = Found,
        owner = function(_, found) return found._owner end,
      },
    }
    resource.class(File)
    local Document = {
      kind = "document", parameter = "documentId", list = "OneDriveDocument_Get", search = {
        operation = "OneDrive_SearchOneDriveByOptions", query = { item_type = "Documents" },
        keep = function(record) return record.number % 2 == 0 end,
      },
    }
    resource.class(Document)
    local List = { kind = "job", parameter = "jobId", list = "Job_Get" }
    resource.class(List)

    local all = "return { body = list(request, { count = 600, total = 600 }) }"

    for version, sends in pairs {
      v5 = { "/Mailboxes/%s/action", { search = { query = "from:alice" } } },
      v8 = { "/mailboxes/%s/search", { query = "from:alice" } },
    } do
      it("finds in " .. version, function()
        serve(version == "v8" and all or "return { body = list(request, { count = 20 }) }", version)
        local found = collection.new(Item, client:session(id):mailbox(id), {})
          :search "from:alice"
        local items = found:where { name = "n1?" }:all()
        assert.equal(10, #items)
        local request = asked()[1]
        assert.equal("POST", request.method)
        assert.equal(sends[1]:format(id), request.path:match "[Oo]rganization(/.*)$")
        assert.same(sends[2], request.body)
        if version == "v8" then
          assert.same({ "0+250", "250+250", "500+250" }, pages_asked())
          assert.equal(600, found:count())
        else
          assert.same({ "-+-" }, pages_asked())
        end
      end)
    end

    it("asks for no page of it ahead", function()
      serve(all)
      local before = open_transfers()
      local list = collection.new(Item, client:session(id):mailbox(id), {}):search("x"):each()
      assert.equal(0, list().number)
      assert.equal(before, open_transfers())
      for i = 1, 250 do assert.equal(i, list().number) end
      assert.same({ "0+250", "250+250" }, pages_asked())
    end)

    it("follows the links where a version has no words for its pages", function()
      serve([[
        local page = list(request, { count = 70 })
        if page._links.next then
          page._links.next.href = "https://elsewhere.example/x?a=1&limit=30&offset="
            .. page.offset + 30
        end
        return { body = page }]], "v5")
      local found = collection.new(Item, client:session(id):mailbox(id), {}):search "x"
      assert.same(up_to(70), numbers(found:all()))
      assert.same({ "-+-", "30+30", "60+30" }, pages_asked())
      for _, request in ipairs(asked()) do
        assert.same({ search = { query = "x" } }, request.body)
        assert.is_nil(request.query.a)
      end
    end)

    it("goes by the folder, as the class declares", function()
      serve(all)
      local folder_id = "0f5b7b6e-1d6f-4b6e-8a53-3c8f5d1f2a10"
      local list = collection.new(Item, client:session(id):mailbox(id), {
        query = { folder_id = folder_id } }):search "subject:x"
      assert.equal(600, list:count())
      assert.equal("/mailboxes/" .. id .. "/folders/" .. folder_id .. "/search",
        asked()[1].path:match "organization(/.*)$")
    end)

    it("says what is looked for, and gives what is found", function()
      for version, type in pairs { v5 = "files", v6 = "Files", v8 = "Files" } do
        serve("return { body = list(request, { count = 3 }) }", version)
        local list = collection.new(File, client:session(id), {}):search "ext:docx"
        assert.equal("found", list:first()._class.kind)
        local body = asked()[1].body
        assert.same({ query = "ext:docx", type = type }, body.search or body)
        client:close()
        running.stop()
      end
    end)

    it("keeps what is of the class where the version cannot tell", function()
      serve("return { body = list(request, { count = 10 }) }", "v5")
      local drive = client:session(id):onedrive(id)
      assert.same({ 0, 2, 4, 6, 8 },
        numbers(collection.new(Document, drive, {}):search("x"):all()))
      assert.equal(5, collection.new(Document, drive, {}):search("x"):count())
      client:close()
      running.stop()
      serve("return { body = list(request, { count = 10 }) }", "v6")
      drive = client:session(id):onedrive(id)
      assert.equal(10, collection.new(Document, drive, {}):search("x"):count())
      assert.equal("Documents", asked()[1].query.itemType)
    end)

    it("refuses what cannot be searched", function()
      serve(all, "v4")
      local mailbox = client:session(id):mailbox(id)
      local items = collection.new(Item, mailbox, {})
      local err = failure(function() items:search "x" end)
      assert.equal("unsupported", err.kind)
      assert.matches("v5", err.hint or err.message)
      assert.equal("usage", failure(function() items:search "" end).kind)
      assert.equal("usage", failure(function() items:search { from = "x" } end).kind)
      err = failure(function() collection.new(List, client, {}):search "x" end)
      assert.matches("a list of jobs cannot be searched", err.message)
      err = failure(function()
        collection.of(Item, mailbox, { id }):search "x"
      end)
      assert.matches("selection", err.message)
      client:close()
      running.stop()
      serve(all)
      items = collection.new(Item, client:session(id):mailbox(id), {})
      assert.matches("already", failure(function() items:search("x"):search "y" end).message)
      assert.equal(0, #asked())
    end)
  end)
end)
