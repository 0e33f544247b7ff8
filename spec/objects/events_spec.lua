-- Events of a server: batches, and following them.

local json = require "vbo.base.json"
local recording = require "spec.support.recording"
local rehearsal = require "spec.support.rehearsal"

local function batch(token, ...)
  return { limit = 10, nextChangeToken = token, results = json.array { ... } }
end

local first = batch("2", { id = "a", eventType = "JobUpdate" },
  { id = "b", eventType = "JobDelete" })

describe("events", function()
  local recorder

  setup(function()
    recorder = recording.start {
      { path = "/Events$", query = "^from=1&limit=10$", body = first },
      { path = "/Events$", query = "^from=1&timeoutSeconds=30$", body = first },
      { path = "/Events$", query = "from=2&", body = batch "3" },
      { path = "/Events$", query = "from=3&", body = batch("4", { id = "c" }) },
      { path = "/Events$", query = "from=bad", body = { unexpected = true } },
      { path = "/Events$", body = batch("9", { id = "z", eventType = "JobUpdate" }) },
    }
  end)
  teardown(function() recorder.stop() end)

  it("come in batches", function()
    local events, token
    recorder.sends("v8", function(client)
      events, token = client:events { from = "1", limit = 10 }
    end, "GET /v8/Events?from=1")
    assert.equal("2", token)
    assert.equal(2, #events)
    assert.equal("JobDelete", events[2].event_type)
    recorder.sends("v8", function(client) client:events { from = 0, timeout_seconds = 5 } end,
      "GET /v8/Events?from=1970-01-01T00%3A00%3A00Z&timeoutSeconds=5")
  end)

  it("are followed from batch to batch", function()
    local seen = {}
    recorder.sends("v8", function(client)
      for event, token in client:follow_events { from = "1" } do
        seen[#seen + 1] = event.id .. token
        if #seen == 3 then break end
      end
    end, "GET /v8/Events?from=1&timeoutSeconds=30", "GET /v8/Events?from=2&timeoutSeconds=30",
      "GET /v8/Events?from=3&timeoutSeconds=30")
    assert.same({ "a2", "b2", "c4" }, seen)
  end)

  it("are refused where they are not", function()
    local client <close> = recorder.connect "v8"
    assert.equal("usage", rehearsal.failure(client.events, client).kind)
    assert.equal("usage", rehearsal.failure(client.events, client, { form = "1" }).kind)
    assert.equal("protocol", rehearsal.failure(client.events, client, { from = "bad" }).kind)
    local old <close> = recorder.connect "v7"
    assert.equal("unsupported", rehearsal.failure(old.events, old, { from = "1" }).kind)
  end)
end)
