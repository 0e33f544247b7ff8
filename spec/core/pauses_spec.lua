-- Checks the pause before a retry, and the messages that report it.

local faults = require "spec.support.faults.peer"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

describe("a pause that the server asks for", function()
  local folder, remove
  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)

  local function start(...)
    return faults.start(folder, "token tok 3600\n" .. table.concat({ ... }, "\n") .. "\n")
  end

  local function ask(client, more)
    local request = { operation = "x", method = "GET", path = "/v8/x" }
    for name, value in pairs(more or {}) do request[name] = value end
    return pipeline.run(client, request, 1).data
  end

  it("is not waited for when it is longer than the stated bound", function()
    for _, status in ipairs { 429, 503 } do
      local peer <close> = start("on GET /v8/x", "header Retry-After: 86400", "empty " .. status)
      local client = peer:connect { retries = 3 }
      local err = rehearsal.failure(ask, client)
      assert.equal("busy", err.kind)
      assert.equal(86400, err.retry_after)
      assert.is_true(err.retryable)
      assert.matches("it asks to wait 86400 s, longer than the 600 s allowed",
        err.message, 1, true)
      assert.equal(1, peer:count "GET /v8/x")
      -- Others are not held that long, either.
      assert.equal(0, client:load().pause)
      client:close()
    end
  end)

  it("may be a date, by the server's own clock", function()
    local peer <close> = start("on GET /v8/x", "header Date: Sun, 06 Nov 1994 08:00:00 GMT",
      "header Retry-After: Sun, 06 Nov 1994 10:00:00 GMT", "empty 503")
    local client = peer:connect { retries = 3 }
    assert.equal(7200, rehearsal.failure(ask, client).retry_after)
    client:close()
  end)

  it("has its bound in the option longest_pause", function()
    local peer <close> = start("on GET /v8/x times 1", "header Retry-After: 2", "empty 429",
      "on GET /v8/x", "json 200 1")
    local client = peer:connect { retries = 3, longest_pause = 1.5 }
    assert.equal(2, rehearsal.failure(ask, client).retry_after)
    client:close()
    for _, wrong in ipairs { 0, -1, "1" } do
      assert.equal("usage", rehearsal.failure(vbo.connect, { url = "https://127.0.0.1:1",
        user = "u", password = vbo.secret.env "PATH", longest_pause = wrong }).kind)
    end
  end)

  it("is reported by the log and the progress while it lasts", function()
    local peer <close> = start("on GET /v8/x times 1", "header Retry-After: 1", "empty 429",
      "on GET /v8/x", "json 200 1")
    local client, log = peer:connect { retries = 1 }
    local longest = 0
    assert.equal(1, ask(client, { watch = function(progress)
      if progress.phase == "queued" then longest = math.max(longest, progress.pause or 0) end
    end }))
    assert.is_true(longest > 0 and longest <= 1)
    assert.matches("^GET /v8/x: busy: the server answered 429; asked for again after a pause of "
      .. "%S+ s that the server asks for, attempt 2$", log[2] or log[1])
    client:close()
  end)

  it("is the default pause when the server asks for 0 seconds", function()
    local peer <close> = start("on GET /v8/x", "header Retry-After: 0", "empty 503")
    local client = peer:connect { retries = 3 }
    local core = require "vbo.core"
    local began = core.now()
    assert.equal("busy", rehearsal.failure(ask, client).kind)
    -- 125 to 250 ms, 250 to 500 ms, 500 to 1000 ms.
    assert.is_true(core.now() - began >= 0.875)
    assert.equal(4, peer:count "GET /v8/x")
    client:close()
  end)

  it("is in the error of a change that was refused because of it", function()
    local peer <close> = start("on POST /v8/x", "header Retry-After: 30",
      'json 429 {"message":"later"}')
    local client = peer:connect { retries = 3, longest_pause = 20 }
    local err = rehearsal.failure(ask, client, { method = "POST", change = true, body = {} })
    assert.equal("busy", err.kind)
    assert.equal(30, err.retry_after)
    assert.is_true(err.refused)
    assert.is_true(err.retryable)
    assert.equal(1, peer:count "POST /v8/x")
    client:close()
  end)

  -- The dialects' error objects, and that of the login.
  local objects = {
    v5 = { '{"message":"later"}', '{"Message":"An error","ExceptionMessage":"later"}' },
    v8 = { '{"message":"later","errorCode":"TooManyRequests"}', '{"errorCode":"Busy"}',
      '{"error":"temporarily_unavailable","error_description":"later"}' },
  }

  it("is waited for by a change and an explore, in each dialect", function()
    local rules, tries = {}, {}
    for version, bodies in pairs(objects) do
      for i, body in ipairs(bodies) do
        for _, kind in ipairs { "change", "once" } do
          local path = ("/%s/%s%d"):format(version, kind, i)
          tries[#tries + 1] = { method = "POST", path = path, body = {}, [kind] = true }
          rules[#rules + 1] = ("on POST %s times 2\nheader Retry-After: 0\njson %d %s\n"
            .. "on POST %s\njson 200 1"):format(path, i % 2 == 0 and 503 or 429, body, path)
        end
      end
    end
    local peer <close> = start(table.concat(rules, "\n"))
    local client = peer:connect { retries = 3 }
    -- At once: all of them wait for each other's pauses.
    vbo.parallel(tries, { limit = #tries }, function(more)
      assert.equal(1, ask(client, more))
    end)
    assert.equal(10, #tries)
    for _, more in ipairs(tries) do assert.equal(3, peer:count("POST " .. more.path .. " ")) end
    client:close()
  end)

  it("ends with the retries for a change, too, and says that the server refused it", function()
    local peer <close> = start("on POST /v8/x", 'json 503 {"message":"later"}')
    local client, log = peer:connect { retries = 1 }
    local err = rehearsal.failure(ask, client, { method = "POST", change = true, body = {} })
    assert.same({ "busy", 503, true, true }, { err.kind, err.status, err.refused, err.retryable })
    assert.equal(2, peer:count "POST /v8/x")
    assert.matches("POST /v8/x: busy: the server answered 503: later; asked for again, attempt 2",
      table.concat(log, "\n"), 1, true)
    client:close()
  end)

  it("repeats no change for a gateway's 503, whose outcome is unknown", function()
    local peer <close> = start("on POST /v8/x", "header Retry-After: 0",
      "text 503 text/html <html><title>Busy</title></html>")
    local client = peer:connect { retries = 3 }
    local err = rehearsal.failure(ask, client, { method = "POST", change = true, body = {} })
    assert.equal("unknown_outcome", err.kind)
    assert.is_nil(err.refused)
    assert.equal(1, peer:count "POST /v8/x")
    client:close()
  end)
end)
