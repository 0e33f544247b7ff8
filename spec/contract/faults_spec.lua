-- The fault matrix: every row of docs/faults.md, as it says, and no row without a test.
--
-- VBO_LONG=1 adds ten real minutes of silence (`make soak-silence`).

local answers = require "spec.support.faults.answers"
local core = require "vbo.core"
local faults = require "spec.support.faults.peer"
local loop = require "vbo.runtime.loop"
local page = require "spec.support.faults.page"
local program = require "spec.support.program"
local sweep = require "spec.support.faults.sweep"
local system = require "spec.support.faults.system"
local vbo = require "vbo"

local told = page.read "docs/faults.md"

-- By heading of the page: `rows` by the fault's name, and how to run one.
local matrix = {}
for heading, rows in pairs(answers) do
  matrix[heading] = { rows = rows, prepare = faults.prepare, run = faults.run }
end
for _, part in ipairs { sweep, system } do
  for heading, some in pairs(part) do
    if type(some) == "table" then matrix[heading] = some end
  end
end

local folder, remove, shim, shim_trouble
setup(function()
  folder, remove = program.folder()
  shim, shim_trouble = system.shim(folder)
end)
teardown(function() remove() end)

local outcomes = {}

--- Runs all rows of several headings at once (most of their time is waiting): `outcomes` by heading
--- and fault, or an error message.
local function run_all(headings)
  local list = {}
  for _, heading in ipairs(headings) do
    local part, place = matrix[heading], ("%s/%s"):format(folder, heading:gsub("%W", ""))
    outcomes[heading] = {}
    assert(os.execute("mkdir " .. program.quoted(place)))
    for name, row in pairs(part.rows) do
      list[#list + 1] = { heading = heading, name = name, row = row, part = part, place = place }
    end
  end
  table.sort(list, function(one, other)
    return one.heading .. one.name < other.heading .. other.name
  end)
  for _, one in ipairs(list) do
    one.prepared = one.part.prepare and one.part.prepare(one.place, one.row)
  end
  local results, failures = vbo.parallel(list, { limit = #list, on_error = "continue" },
    function(one) return one.part.run(one.place, one.row, shim, one.prepared) end)
  for i, one in ipairs(list) do outcomes[one.heading][one.name] = results[i] end
  for _, failure in ipairs(failures or {}) do
    outcomes[failure.item.heading][failure.item.name] = tostring(failure.error)
  end
end

-- Those whose servers are started beforehand, and those that start their own: nobody's time runs
-- out while another one is busy starting.
local function outcome_of(heading, name)
  if not outcomes[heading] then
    local together, prepared = {}, matrix[heading].prepare ~= nil
    for other, part in pairs(matrix) do
      if (part.prepare ~= nil) == prepared then together[#together + 1] = other end
    end
    run_all(together)
  end
  return outcomes[heading][name]
end

describe("the fault matrix", function()
  after_each(function() assert.equal(0, loop.alive()) end)

  for heading in pairs(matrix) do
    if not told[heading] then
      it("has a table: " .. heading, function() error("docs/faults.md lacks it") end)
    end
  end

  for heading, promised in pairs(told) do
    if heading ~= "What libcurl does by itself" then
      describe("(" .. heading .. ")", function()
        it("has a test for each row, and a row for each test", function()
          local in_page, in_code = {}, {}
          for _, row in ipairs(promised.rows) do in_page[row.fault] = true end
          for name in pairs(matrix[heading] and matrix[heading].rows or {}) do
            in_code[name] = true
          end
          assert.same(in_code, in_page)
        end)

        for _, row in ipairs(promised.rows) do
          it(row.fault, function()
            local outcome = outcome_of(heading, row.fault)
            assert.equal("table", type(outcome), outcome)
            if outcome.skipped then
              return pending(outcome.skipped .. ": " .. (shim_trouble or ""))
            end
            local expected = {}
            for _, column in ipairs(promised.columns) do
              if column ~= "fault" then expected[column] = row[column] end
            end
            assert.same(expected, outcome)
          end)
        end
      end)
    end
  end
end)

describe("what libcurl does by itself", function()
  local promised = told["What libcurl does by itself"]

  it("has a test in C or here for each row", function()
    assert.is_true(#promised.rows >= 8)
    for _, row in ipairs(promised.rows) do
      local count = 0
      for file, name in row["shown by"]:gmatch "`([^`]+)`: ([^;]+)" do
        count = count + 1
        local text = faults.content(file)
        assert(text:find((name:gsub("%s+$", "")), 1, true), ("%s has no %s"):format(file, name))
      end
      assert.is_true(count > 0, row.fault)
    end
  end)

  it("sends no request again on a connection that was used before", function()
    -- Left to itself libcurl sends it up to five times more, a POST too.
    local peer <close> = faults.start(folder, [[
token tok 3600
on * /v8/fine
json 200 []
on * /v8/lost
cut
]])
    local engine <close> = assert(core.engine())
    local password <close> = assert(core.secret.new "right")
    local client <close> = assert(core.client(engine, { url = peer.url, api_version = "v8",
      user = "u", password = password, pin = peer.fingerprint, proxy = "", retries = 0 }))
    local function ask(method, path)
      local transfer <close> = assert(client:start { method = method, path = path,
        body = method == "POST" and "{}" or nil })
      return transfer:wait()
    end
    for _, method in ipairs { "GET", "POST" } do
      assert(ask("GET", "/v8/fine"))
      local ok, err = ask(method, "/v8/lost")
      assert.is_nil(ok)
      assert.equal("network", err.kind)
      assert.equal(1, peer:count(method .. " /v8/lost"))
    end
  end)

  it("shows nothing of us to where a redirect leads", function()
    local other <close> = faults.start(folder, "on * /*\njson 200 {}\n")
    local peer <close> = faults.start(folder, ([[
on POST */token
header Location: %s/v8/token
empty 307
]]):format(other.url))
    local client, _, err = peer:connect()
    assert.is_nil(client)
    assert.equal("protocol", err.kind)
    assert.equal(1, peer:count "POST /v8/token")
    assert.equal(0, other:count "connect")
  end)

  it("keeps no more of a body than is allowed", function()
    local peer <close> = faults.start(folder, [[
token tok 3600
on GET /v8/stated
numbers 200 200001
on GET /v8/chunks
chunks 1000
numbers 200 200001
]])
    local engine <close> = assert(core.engine())
    local password <close> = assert(core.secret.new "right")
    local client <close> = assert(core.client(engine, { url = peer.url, api_version = "v8",
      user = "u", password = password, pin = peer.fingerprint, proxy = "",
      body_limit = 100000 }))
    for _, path in ipairs { "/v8/stated", "/v8/chunks" } do
      local transfer <close> = assert(client:start { method = "GET", path = path })
      local ok, err = transfer:wait()
      assert.is_nil(ok)
      assert.equal("limit", err.kind)
      assert.is_true(#transfer:body() <= 100000)
      assert.equal(1, peer:count(path))
    end
  end)
end)

describe("an interrupted save", function()
  it("is asked for again from the start, as often as it may, and says so", function()
    local peer <close> = faults.start(folder, [[
token tok 3600
on GET /v8/x times 1
strike 50000 reset
file 200 100000
on GET /v8/x times 1
empty 503
on GET /v8/x times 1
strike 70000 alert
file 200 100000
on GET /v8/x
file 200 100000
on GET /v8/never
strike 50000 reset
file 200 100000
]])
    local client, log = peer:connect { retries = 3 }
    local most = 0
    assert.equal("whole, 4", faults.outcome(peer, client, log, nil, "save", "/v8/x", {
      watch = function(progress) most = math.max(most, progress.attempts) end,
    }))
    assert.equal(4, most)
    local said = {}
    for _, line in ipairs(log) do
      if line:find("asked for again", 1, true) then said[#said + 1] = line end
    end
    assert.equal(3, #said)
    assert.matches("^GET /v8/x: integrity: the answer was cut short: %d+ of 100000 bytes; "
      .. "asked for again from the start, attempt 2$", said[1])
    assert.matches("^GET /v8/x: busy: the server answered 503; .* attempt 3$", said[2])
    assert.matches("^GET /v8/x: integrity: .* attempt 4$", said[3])
    assert.equal("integrity", faults.outcome(peer, client, log, nil, "save", "/v8/never"))
    assert.equal(4, peer:count "GET /v8/never")
    client:close()
  end)

  it("is not asked for again beyond its deadline", function()
    local peer <close> = faults.start(folder, [[
token tok 3600
on GET /v8/x
header Retry-After: 100
empty 503
]])
    local client, log = peer:connect { retries = 3 }
    assert.equal("busy", faults.outcome(peer, client, log, nil, "save", "/v8/x",
      { deadline = 50 }))
    assert.equal(1, peer:count "GET /v8/x")
    client:close()
  end)
end)

describe("a token", function()
  it("that lives for a second is replaced before it is refused", function()
    local peer <close> = faults.start(folder, [[
token tok 1
on GET /v8/x bearer tok-1
json 200 1
on GET /v8/x bearer tok-2
json 200 2
]])
    local client = peer:connect { retries = 0 }
    local function ask()
      return require "vbo.request.pipeline".run(client, { operation = "x", method = "GET",
        path = "/v8/x" }, 1).data
    end
    assert.equal(1, ask())
    vbo.sleep(1)
    assert.equal(2, ask())
    client:close()
  end)

  it("that is revoked in the middle of a save costs one more attempt", function()
    local peer <close> = faults.start(folder, [[
token tok 3600
on GET /v8/x times 1
strike 50000 cut
file 200 100000
on GET /v8/x bearer tok-1
empty 401
on GET /v8/x bearer tok-2
file 200 100000
]])
    local client, log = peer:connect { retries = 1 }
    assert.equal("whole, 3", faults.outcome(peer, client, log, nil, "save", "/v8/x"))
    client:close()
  end)
end)

describe("the patience with a server that does not answer", function()
  -- Two lost answers, and what lies between them.
  local function given_up(between)
    local peer <close> = faults.start(folder, "token tok 3600\non GET /v8/x\ncut\n")
    local client, log = peer:connect { retries = 0, give_up_after = 2 }
    for i = 1, 2 do
      assert.equal("network", faults.outcome(peer, client, log, nil, "read", "/v8/x"))
      if i == 1 then between(client) end
    end
    local answer = client:load().given_up
    client:close()
    return answer
  end

  it("ends when it was listened to all the time", function()
    assert.is_true(given_up(function() vbo.sleep(2.2) end))
  end)

  it("does not when the runbook did something else, or was stopped", function()
    assert.is_false(given_up(function() os.execute "sleep 2.2" end))
  end)
end)

describe("ten minutes of silence", function()
  if os.getenv "VBO_LONG" ~= "1" then
    pending "before the first byte are waited for (VBO_LONG=1)"
    return
  end
  it("before the first byte are waited for", function()
    local peer <close> = faults.start(folder, ([[
token tok 3600
on GET /v8/x
pause 600000
file 200 %d
]]):format(faults.bytes), "--seconds 900")
    local client, log, err = peer:connect { retries = 0, idle_timeout = 30, deadline = "none" }
    assert.is_nil(err)
    assert.equal("whole", faults.outcome(peer, client, log, nil, "save", "/v8/x"))
    client:close()
  end)
end)
