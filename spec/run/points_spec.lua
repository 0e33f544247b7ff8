-- Points in time that a run explores, and a resumed run explores again.
--
-- Tests vbo.run.points through the program.

local core = require "vbo.core"
local crash = require "spec.support.crash"
local rehearsal = require "spec.support.rehearsal"

local function runbook(at)
  return ([[
local vbo = require "vbo"
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = "onedrive"%s }
print(session.point)
local drive = session:onedrive "alice@contoso.com"
drive:folder("Documents/Projects/Aurora"):restore()
drive:folder("Documents/Reports"):restore()
]]):format(at and ", at = " .. at or "")
end

describe("the points in time of a run", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function with(script, version, test)
    local it <close> = crash.new(server, version, nil, script)
    test(it)
  end

  local function rows(it)
    local journal <close> = core.journal()
    assert(journal:open(it.folder .. "/state/vbolua/journal.db", { readonly = true }))
    return assert(journal:rows "SELECT sent, point, source, owner, execution FROM point")
  end

  local function back_up()
    local client <close> = server.connect "v8"
    local job = client:job "Contoso nightly"
    job:start()
    crash.wait(function() return job:refresh().last_status ~= "Running" end)
    server.ask("POST", "/sim/time", { advance = 3600 })
  end

  for _, version in ipairs { "v3", "v8" } do
    it("are the newest known ones without `at`, and again on resume, in " .. version, function()
      with(runbook(), version, function(run)
        local output, status = run:kill "outcome:1"
        assert.equal(137, status, output)
        assert.matches("^2026%-11%-20T22:00:00Z", output)
        back_up()
        output, status = run:resume()
        assert.equal(0, status, output)
        assert.matches("\n2026%-11%-20T22:00:00Z", output)
        local sent = rows(run)
        assert.equal(2, #sent)
        assert.same({ sent[1].sent, sent[1].point, "newest", sent[1].owner, 2 },
          { sent[2].sent, sent[2].point, sent[2].source, sent[2].owner, sent[2].execution })
        -- A run that begins anew takes the newest.
        output, status = run:run "--overlap=allow"
        assert.equal(0, status, output)
        assert.is_nil(output:find("2026-11-20T22:00:00Z", 1, true))
      end)
    end)

    it("are refused when the runbook computes other ones, in " .. version, function()
      with(runbook "os.getenv 'AT'", version, function(run)
        run.environment.AT = "2026-11-18T22:00:00Z"
        assert.equal(137, select(2, run:kill "outcome:1"))
        local before = #crash.requests(server)
        run.environment.AT = "2026-11-17T22:00:00Z"
        local output, status = run:resume()
        assert.equal(core.kinds.changed, status, output)
        assert.matches("as of 2026-11-17T22:00:00Z, and the run explored it as of "
          .. "2026-11-18T22:00:00Z", output, 1, true)
        assert.equal(before, #crash.requests(server))
        output, status = run:resume "--changed --unknown=retry"
        assert.equal(0, status, output)
      end)
    end)
  end

  it("may be several, one after another", function()
    with([[
local vbo = require "vbo"
local client <close> = vbo.connect()
for _, at in ipairs { "2026-11-16T22:00:00Z", "2026-11-17T22:00:00Z", "2026-11-18T22:00:00Z" } do
  local session <close> = client:organization "contoso.onmicrosoft.com":explore {
    workload = "onedrive", at = at }
  session:onedrive("alice@contoso.com"):folder("Documents/Reports"):restore {
    on_conflict = "keep" }
end
]], "v8", function(run)
      local output, status = run:kill "outcome:2"
      assert.equal(137, status, output)
      output, status = run:resume()
      assert.equal(0, status, output)
      assert.equal(3, #crash.requests(server))
      assert.equal(5, #rows(run))
    end)
  end)
end)
