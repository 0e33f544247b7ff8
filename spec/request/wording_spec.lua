-- Errors for wrong arguments name the method and option that the runbook wrote, not the operation
-- and property that they become.
-- Tests also vbo.request.meanings and vbo.request.part.

local errors = require "vbo.base.error"
local program = require "spec.support.program"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local sim, folder, remove_folder

setup(function()
  folder, remove_folder = program.folder()
  sim = program.sim()
end)

teardown(function()
  sim.stop()
  remove_folder()
end)

local function failure(fn)
  local ok, err = pcall(fn)
  assert.is_false(ok, "nothing was raised")
  assert.is_true(errors.is(err), tostring(err))
  return err
end

for _, version in ipairs(versions.with_newest "v4") do
  describe("wording, with " .. version .. ",", function()
    local client, organization, session, drive, sent

    setup(function()
      client = vbo.connect { url = sim.listening, user = sim.user, password = sim.password,
        pin = sim.fingerprint, version = version }
      organization = client:organization "contoso.onmicrosoft.com"
      session = organization:explore { workload = "onedrive", at = "2026-11-18T22:00:00Z" }
      drive = session:onedrive "alice@contoso.com"
      client.gates[1] = function(request, next)
        if request.change then sent = request.operation end
        return next(request)
      end
    end)

    teardown(function() client:close() end)

    local function refused(message, hint, fn)
      sent = nil
      local err = failure(fn)
      assert.equal("usage", err.kind, tostring(err))
      assert.matches(message, err.message)
      assert.equal(hint, err.hint)
      assert.is_nil(sent)
      assert.matches("wording_spec.lua:%d+$", err.where)
    end

    local function document()
      return drive:documents():where { name = "Plan.docx" }:first()
    end

    it("names the option and method of a misspelt word", function()
      local overwrite = version == "v4" and "overwrite" or "Overwrite"
      refused("^restore: option 'on_conflict' must be one of [%w, ]+, not \"overwite\"$",
        ("did you mean %q?"):format(overwrite),
        function() document():restore { on_conflict = "overwite" } end)
    end)

    it("names a word that no version takes, whether this one has the option or not", function()
      refused("^restore: option 'version' must be one of all, last, not \"latest\"$",
        'did you mean "last"?', function() document():restore { version = "latest" } end)
    end)

    it("names the way to an option inside an option", function()
      refused("^edit: option 'schedule_policy.daily_type' must be one of [%w, ]+, not \"Evryday\"$",
        'did you mean "Everyday"?',
        function() client:jobs():first():edit { schedule_policy = { daily_type = "Evryday" } } end)
      refused("^edit: option 'schedule_policy.dailytyp' does not exist$",
        "did you mean 'daily_type'?",
        function() client:jobs():first():edit { schedule_policy = { dailytyp = "Everyday" } } end)
    end)

    it("gives a type its article", function()
      refused("^jobs: option 'page_size' takes an integer, not a number$", nil,
        function() client:jobs { page_size = 1.5 } end)
      refused("^onedrives: option 'page_size' takes an integer, not a string$", nil,
        function() session:onedrives { page_size = "x" } end)
    end)

    it("keeps the words of the API for who calls its operations by name", function()
      refused("^Job_Update: body.schedulePolicy.dailyType must be one of",
        'did you mean "Everyday"?', function()
          client:call("Job_Update", { jobId = client:jobs():first().id,
            body = { schedulePolicy = { dailyType = "Evryday" } } })
        end)
    end)

    it("suggests the nearest name", function()
      local function suggested(hint, fn)
        local err = failure(fn)
        assert.equal("not_found", err.kind, tostring(err))
        assert.equal(hint, err.hint)
      end
      suggested('did you mean "contoso.onmicrosoft.com"?', function()
        return client:organization("contso.onmicrosoft.com").region
      end)
      suggested('did you mean "Contoso nightly"?', function()
        client:job("CONTOSO NIGTLY"):start()
      end)
      suggested('did you mean "Alice Example"?', function()
        session:onedrive("alcie@contoso.com"):documents():count()
      end)
      suggested('did you mean "Documents"?', function()
        drive:folder("Documnts/Projects"):documents():count()
      end)
      suggested("list them with :documents()", function()
        return drive:document("nothing that is like it").size
      end)
    end)

    it("tells things of one name apart by their paths", function()
      local err = failure(function() drive:documents():where { name = "*.md" }:one() end)
      assert.equal("conflict", err.kind)
      assert.matches('"Documents/Projects/Borealis/Idea.md", "Documents/Projects/Borealis/Idea '
        .. '(1).md"', err.hint, 1, true)
      assert.matches('"Todo.md"', err.hint, 1, true)
    end)

    it("says how a file that is there may be replaced", function()
      local path = folder .. "/" .. version
      local file = assert(io.open(path, "w"))
      file:close()
      local err = failure(function() document():save { to = path, zip = false } end)
      assert.equal("exists", err.kind)
      assert.matches("overwrite = true", err.hint, 1, true)
    end)
  end)
end
