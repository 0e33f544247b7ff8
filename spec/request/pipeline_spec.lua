-- The way to the server: gates, and requests that are begun ahead of their need.

local core = require "vbo.core"
local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local ahead = require "vbo.runtime.ahead"
local loop = require "vbo.runtime.loop"
local vbo = require "vbo"

local failure, quoted = rehearsal.failure, program.quoted
local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"

describe("the pipeline", function()
  local folder, remove, log, running, client, open, lost

  setup(function()
    folder, remove = program.folder()
    log = folder .. "/requests"
    local script = folder .. "/script.lua"
    local file <close> = assert(io.open(script, "w"))
    file:write [[
      return function(request, list)
        if request.path:find "Proxies" then return { hold = true } end
        if request.path:find "Organizations" then
          return { status = 404, body = { message = "There is none." } }
        end
        return { body = list(request, { count = 2 }) }
      end]]
    file:close()
    running = program.start(("%s spec/support/pages_server.lua %s %s 2>&1"):format(
      program.vbolua, quoted(log), quoted(script)), "fingerprint")
  end)

  teardown(function()
    running.stop()
    remove()
  end)

  before_each(function()
    local file <close> = assert(io.open(log, "w"))
    file:close()
    collectgarbage()
    collectgarbage()
    open, lost = core.handles().transfer.open, core.handles().transfer.forgotten
    client = vbo.connect { url = running.url, pin = running.fingerprint, user = "u",
      password = "p", version = "v8", retries = 0 }
  end)

  after_each(function()
    client:close()
    collectgarbage()
    collectgarbage()
    assert.same({ open, lost },
      { core.handles().transfer.open, core.handles().transfer.forgotten })
  end)

  --- Returns the requests but those without an answer: a server may learn of these late.
  local function asked()
    local list = {}
    for line in io.lines(log) do
      local request = assert(json.decode(line))
      if not request.path:find "Proxies" then list[#list + 1] = request end
    end
    return list
  end

  --- Waits (outside the engine) until so many requests have come in.
  local function arrived(n)
    for _ = 1, 500 do
      if #asked() >= n then return true end
      os.execute "sleep 0.01"
    end
    return false
  end

  local jobs, none = { operation = "Job_Get" }, { operation = "Organization_Get" }
  local never = { operation = "Proxy_GetProxies" }

  it("asks the gates in their order, each around the next", function()
    local seen = {}
    for i = 1, 3 do
      client.gates[i] = function(request, pass)
        seen[#seen + 1] = i .. " " .. request.operation
        local answer = pass(request)
        seen[#seen + 1] = i .. " " .. answer.status
        return answer
      end
    end
    assert.equal(2, #pipeline.call(client, jobs).data.results)
    assert.same({ "1 Job_Get", "2 Job_Get", "3 Job_Get", "3 200", "2 200", "1 200" }, seen)
  end)

  describe("begins a read", function()
    it("that is on the wire before a caller waits for it", function()
      local job = pipeline.begin(client, jobs)
      assert.is_true(arrived(1))
      assert.equal(2, #pipeline.finish(client, job).data.results)
      assert.equal(1, #asked())
    end)

    it("but refuses to begin a change", function()
      local ok, err = pcall(pipeline.begin, client,
        { operation = "Job_StartAction", path = { jobId = id } })
      assert.is_false(ok)
      assert.matches("only reads", err)
      assert.equal(0, #asked())
    end)

    it("and raises wrong arguments at once, other failures when it is finished", function()
      assert.equal("usage", failure(pipeline.begin, client,
        { operation = "Job_Get", query = { limit = "many" } }).kind)
      assert.equal("unsupported", failure(pipeline.begin, client,
        { operation = "Job_GetSelectedMailboxes" }).kind)
      local job = pipeline.begin(client, none)
      local line = debug.getinfo(1, "l").currentline + 1
      local ok, err = pcall(pipeline.finish, client, job)
      assert.is_false(ok)
      assert.equal("not_found", err.kind)
      assert.matches("There is none", err.message)
      -- The runbook's line is the one that waits.
      assert.matches("pipeline_spec.lua:" .. line .. "$", err.where)
    end)

    it("whose gates go on when it is finished", function()
      local seen = {}
      client.gates[1] = function(request, pass)
        seen[#seen + 1] = "before"
        local answer = pass(request)
        seen[#seen + 1] = "after"
        return answer
      end
      local job = pipeline.begin(client, jobs)
      assert.same({ "before" }, seen)
      pipeline.finish(client, job)
      assert.same({ "before", "after" }, seen)
    end)

    it("that a gate refuses, answers, or asks for twice", function()
      client.gates[1] = function(request, pass)
        if request.operation == "Organization_Get" then error "refused" end
        if request.operation == "Proxy_GetProxies" then return { status = 299, data = {} } end
        pass(request)
        return pass(request)
      end
      local ok, err = pcall(pipeline.finish, client, pipeline.begin(client, none))
      assert.is_false(ok)
      assert.matches("refused", err)
      assert.equal(299, pipeline.finish(client, pipeline.begin(client, never)).status)
      assert.equal(0, #asked())
      assert.equal(200, pipeline.finish(client, pipeline.begin(client, jobs)).status)
      assert.equal(2, #asked())
    end)

    it("whose gates may catch what goes wrong", function()
      client.gates[1] = function(request, pass)
        local ok, err = pcall(pass, request)
        if not ok then return { status = err.status, data = err.kind } end
      end
      local answer = pipeline.finish(client, pipeline.begin(client, none))
      assert.same({ status = 404, data = "not_found" }, answer)
    end)

    it("that is cancelled: what its gates hold is closed, and the transfer", function()
      local closed, after = false, false
      client.gates[1] = function(request, pass)
        local held <close> = setmetatable({}, { -- luacheck: ignore held
          __close = function() closed = true end,
        })
        local answer = pass(request)
        after = true
        return answer
      end
      local job = pipeline.begin(client, never)
      assert.equal(open + 1, core.handles().transfer.open)
      job:cancel()
      assert.equal(open, core.handles().transfer.open)
      assert.is_true(closed)
      assert.is_false(after)
      assert.is_false(pcall(pipeline.finish, client, job))
      job:cancel()
    end)

    it("that ends with its client", function()
      local job = pipeline.begin(client, never)
      client:close()
      assert.equal(open, core.handles().transfer.open)
      assert.is_false(pcall(pipeline.finish, client, job))
      assert.equal("closed", failure(pipeline.begin, client, jobs).kind)
    end)

    it("from within a gate of another read", function()
      local outer, found = true, nil
      client.gates[1] = function(request, pass)
        if not outer then return pass(request) end
        outer = false
        local job = pipeline.begin(client, jobs)
        local answer = pass(request)
        found = #pipeline.finish(client, job).data.results
        return answer
      end
      assert.equal(200, pipeline.finish(client, pipeline.begin(client, jobs)).status)
      assert.equal(2, found)
      assert.equal(2, #asked())
    end)
  end)

  it("does not wait in what a job begins and finishes itself", function()
    client.gates[1] = function(request, pass)
      if request.operation == "Job_Get" then
        pipeline.finish(client, pipeline.begin(client,
          { operation = "Proxy_GetProxies", deadline = 5 }))
      end
      return pass(request)
    end
    local job = pipeline.begin(client, jobs)
    assert.equal(open + 1, core.handles().transfer.open)
    job:cancel()
    -- Checks that the inner transfer is closed: only the job held it.
    collectgarbage()
    collectgarbage()
    assert.equal(open, core.handles().transfer.open)
  end)

  describe("never yields", function()
    it("out of a coroutine of the runbook's", function()
      local runbook = coroutine.create(function()
        local job = pipeline.begin(client, jobs)
        local answer = pipeline.finish(client, job)
        return answer.status, pipeline.call(client, jobs).status
      end)
      assert.same({ true, 200, 200 }, { coroutine.resume(runbook) })
      assert.equal("dead", coroutine.status(runbook))
    end)

    it("out of a coroutine that a gate made", function()
      client.gates[1] = function(request, pass)
        return coroutine.wrap(function() return pass(request) end)()
      end
      assert.equal(200, pipeline.finish(client, pipeline.begin(client, jobs)).status)
    end)

    it("across a C function that a gate is called through", function()
      client.gates[1] = function(request, pass)
        local answer
        table.sort({ 1, 2 }, function() answer = answer or pass(request) return false end)
        return answer
      end
      assert.equal(200, pipeline.finish(client, pipeline.begin(client, jobs)).status)
    end)

    it("what a gate yields itself goes where it would without us", function()
      client.gates[1] = function(request, pass)
        local told = coroutine.yield "may I?"
        local answer = pass(request)
        answer.told = told
        return answer
      end
      local runbook = coroutine.create(function()
        return pipeline.finish(client, pipeline.begin(client, jobs)).told
      end)
      assert.same({ true, "may I?" }, { coroutine.resume(runbook) })
      assert.same({ true, "yes" }, { coroutine.resume(runbook, "yes") })
    end)
  end)

  it("lets a job sleep and watch where it is finished", function()
    local watched = {}
    local job = ahead.begin(function()
      local slept = loop.sleep(client._engine, 0.01)
      local transfer <close> = assert(client._core:start { method = "GET", path = "/v8/Proxies" })
      local ok, err = loop.wait(client._engine, transfer, function(progress)
        watched[#watched + 1] = progress.phase
        transfer:cancel()
      end)
      return slept, ok, err.kind
    end)
    assert.equal(0, #asked())
    assert.same({ n = 3, true, nil, "cancelled" }, table.pack(job:finish()))
    assert.equal(1, #watched)
  end)

  it("tells a job's programming errors as they are", function()
    local job = ahead.begin(function() error { code = 7 } end)
    local ok, err = pcall(job.finish, job)
    assert.is_false(ok)
    assert.equal(7, err.code)
    job = ahead.begin(function() return 1, nil, 3 end)
    assert.same({ n = 3, 1, nil, 3 }, table.pack(job:finish()))
    ok, err = pcall(job.finish, job)
    assert.is_false(ok)
    assert.matches("finished before", err)
  end)
end)
