-- Treats objects like plain tables: that works, or raises an error that names the runbook's line
-- and says what to write instead.
-- Tests also vbo.model.class.

local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

describe("misuse of objects", function()
  local server, client, session, drive

  setup(function()
    server = rehearsal.start()
    client = server.connect "v8"
    session = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    drive = session:onedrive "alice@contoso.com"
  end)

  teardown(function()
    session:close()
    client:close()
    server.stop()
  end)

  -- The error of something done in this file, whose line it must name.  (A tail call leaves none.)
  local function misuse(fn)
    local err = rehearsal.failure(fn)
    assert.equal("usage", err.kind)
    assert.equal(debug.getinfo(fn, "S").short_src .. ":" .. debug.getinfo(fn, "S").linedefined + 1,
      err.where)
    return err
  end

  describe("of a collection as a table", function()
    local cases = {
      ["ipairs"] = { function(list)
        for _ in ipairs(list) do error "it ran" end
      end, "in …:each() do" },
      ["pairs"] = { function(list)
        for _ in pairs(list) do error "it ran" end
      end, "in …:each() do" },
      ["#"] = { function(list)
        return #list
      end, "count()" },
      ["a number"] = { function(list)
        return list[1]
      end, "all()[1]" },
      ["for … in"] = { function(list)
        for _ in list do error "it ran" end
      end, "in …:each() do" },
      ["table.concat"] = { function(list)
        return table.concat(list)
      end, "count()" },
      ["table.unpack"] = { function(list)
        return table.unpack(list)
      end, "count()" },
    }
    for name, case in pairs(cases) do
      it("raises an error with the right call: " .. name, function()
        for _, list in ipairs { drive:documents(), drive:documents { "x" }, session:onedrives(),
          client:organizations(), drive:folders():where { name = "x" } } do
          local err = rehearsal.failure(case[1], list)
          assert.equal("usage", err.kind)
          assert.equal(debug.getinfo(1, "S").short_src .. ":"
            .. debug.getinfo(case[1], "S").linedefined + 1, err.where)
          assert.matches("^collection of %w+", err.message)
          assert.is_truthy(err.hint:find(case[2], 1, true), err.hint)
        end
      end)
    end

    it("raises an error where the collection stands for one object", function()
      local err = misuse(function()
        local got = session:onedrives().name
        return got
      end)
      assert.equal("a collection of OneDrives has no 'name'", err.message)
      assert.is_truthy(err.hint:find("for onedrive in …:each() do onedrive.name", 1, true))
      err = misuse(function()
        local got = session:onedrives():documents()
        return got
      end)
      assert.matches("has no 'documents'", err.message)
      err = misuse(function()
        local got = drive:documents():cuont()
        return got
      end)
      assert.equal("did you mean 'count'?", err.hint)
      err = misuse(function()
        local got = drive:documents(drive:document "x")
        return got
      end)
      assert.equal("write documents { … }", err.hint)
    end)
  end)

  it("raises an error where an object stands for a list, while pairs gives its fields", function()
    for _, thing in ipairs { drive, session, client, drive:document { id = "x" } } do
      for _, fn in ipairs {
        function()
          for _ in ipairs(thing) do error "it ran" end
        end,
        function()
          local got = #thing
          return got
        end,
        function()
          local got = thing[1]
          return got
        end,
      } do
        local err = misuse(fn)
        assert.matches("is not a list$", err.message)
        assert.matches("by name", err.hint)
      end
    end
    local found = {}
    for name, value in pairs(drive) do found[name] = value end
    assert.equal("Alice Example", found.name)
    assert.equal(drive.id, found.id)
    assert.is_nil(found._links)
    assert.is_nil(found._client)
    local document = drive:documents():first()
    found = {}
    for name, value in pairs(document) do found[name] = value end
    assert.equal(document.size, found.size_bytes)
    assert.equal(document.modified, found.modification_time)
    found = {}
    for name, value in pairs(client) do found[name] = value end
    assert.equal("v8", found.version)
    assert.is_nil(found._core)
  end)

  it("raises an error that asks for a colon where a method is called with a dot", function()
    local documents = drive:documents()
    local cases = {
      { function()
        local got = client.organization "contoso.onmicrosoft.com"
        return got
      end, "organization" },
      { function()
        local got = client.close()
        return got
      end, "close" },
      { function()
        local got = client.supports { "teams" }
        return got
      end, "supports" },
      { function()
        local got = session.onedrive "alice@contoso.com"
        return got
      end, "onedrive" },
      { function()
        local got = session.stop()
        return got
      end, "stop" },
      { function()
        local got = drive.documents { page_size = 10 }
        return got
      end, "documents" },
      { function()
        local got = drive.restore { version = "last" }
        return got
      end, "restore" },
      { function()
        local got = drive.refresh()
        return got
      end, "refresh" },
      { function()
        local got = documents.where { name = "x" }
        return got
      end, "where" },
      { function()
        local got = documents.each()
        return got
      end, "each" },
      { function()
        local got = documents.restore {}
        return got
      end, "restore" },
      { function()
        local got = documents.take(drive)
        return got
      end, "take" },
    }
    for _, case in ipairs(cases) do
      local err = misuse(case[1])
      assert.equal(("'%s' is a method, and was called without its object"):format(case[2]),
        err.message)
      assert.equal(("write a colon: …:%s(…)"):format(case[2]), err.hint)
    end
    assert.same({}, server.changes())
  end)

  it("raises an error where an object stands for options", function()
    for _, fn in ipairs {
      function()
        local got = drive:restore(session)
        return got
      end,
      function()
        local got = drive:save(drive:documents())
        return got
      end,
      function()
        local got = client:organization(rehearsal.organization):explore(drive)
        return got
      end,
    } do
      local err = misuse(fn)
      assert.matches("takes a table of options, not", err.message)
    end
    assert.same({}, server.changes())
  end)

  it("leaves a method usable from a variable", function()
    local count = drive:documents().count
    assert.equal(79, count(drive:documents()))
    assert.equal(drive.documents, drive.documents)
    assert.is_true(vbo.error.is((select(2, vbo.try(count, drive)))))
  end)
end)
