-- The fields of resources and what is inside of them: one spelling, in all versions.

local json = require "vbo.base.json"
local rehearsal = require "spec.support.rehearsal"

local versions = require("spec.support.versions").all

describe("fields", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  for _, version in ipairs(versions) do
    describe("in " .. version, function()
      local client, job

      before_each(function()
        server.reset()
        client = server.connect(version)
        job = client:job "Contoso nightly"
      end)

      after_each(function() client:close() end)

      it("have one spelling inside, which reads, shows and is given back", function()
        local policy = job.schedule_policy
        assert.is_string(policy.daily_time)
        assert.equal(policy.daily_time, policy.dailyTime)
        assert.equal(policy, job.schedule_policy)
        local seen = {}
        for name, value in pairs(policy) do
          seen[name] = value
          assert.is_nil(name:find "%u", name)
        end
        assert.equal(policy.daily_time, seen.daily_time)
        assert.is_truthy(tostring(policy):find('"daily_time":', 1, true))
        assert.equal(policy.daily_time, json.decode(json.encode(policy)).daily_time)
        policy.retry_number = 7
        policy.dailyTime = "23:15:00"
        assert.equal("23:15:00", policy.daily_time)
        if version == "v1" then return end
        job:edit { schedule = policy }
        assert.equal(7, job.schedule_policy.retry_number)
        assert.equal("23:15:00", job.schedule_policy.daily_time)
      end)

      it("say what a job belongs to", function()
        local organization = client:organization(rehearsal.organization)
        assert.equal(organization.id, job.organization_id)
        assert.equal(organization.id, client:jobs():where { name = "Contoso nightly" }:one()
          .organization_id)
      end)

      it("raise when no version knows them, naming the nearest", function()
        local function refused(fn, message, hint)
          local err = rehearsal.failure(fn)
          assert.equal("usage", err.kind)
          assert.matches(message, err.message, 1, true)
          assert.matches(hint, err.hint, 1, true)
          assert.matches("fields_spec.lua", err.message .. tostring(err), 1, true)
        end
        refused(function() return job.schedul_policy end, "a job has no field 'schedul_policy'",
          "did you mean 'schedule_policy'?")
        refused(function() return client:jobs():first().nmae end, "a job has no field 'nmae'",
          "did you mean 'name'?")
        refused(function() return job.schedule_policy.daily_tmie end,
          "schedule_policy of a job has no field 'daily_tmie'", "did you mean 'daily_time'?")
        refused(function() return job.expolre end, "no field 'expolre'",
          "did you mean the method 'explore'?")
      end)

      it("are nil where this version lacks them, and say so", function()
        local total = job.total_objects
        if version == "v8" then
          assert.equal("integer", math.type(total))
          assert.is_nil(job:why "total_objects")
        else
          assert.is_nil(total)
          assert.is_nil(client:jobs():first().total_objects)
          assert.equal(version .. " does not tell 'total_objects' of a job; it is in v8",
            job:why "total_objects")
        end
        assert.is_nil(job.id and job:why "id")
      end)

      it("are shown by pairs as they are read", function()
        local seen = {}
        for name, value in pairs(job) do seen[name] = value end
        assert.equal("Contoso nightly", seen.name)
        assert.equal(job.is_enabled, seen.is_enabled)
        assert.equal(job.schedule_policy, seen.schedule_policy)
        assert.is_nil(seen._record)
      end)
    end)
  end

  it("are nil inside where the server wrote null", function()
    local client <close> = server.connect "v8"
    local job = client:job "Contoso nightly"
    job:record().schedulePolicy.retryNumber = json.null
    assert.is_nil(job.schedule_policy.retry_number)
    assert.is_nil(job.schedule_policy.retryNumber)
  end)

  it("have the spelling in lists of objects, at any depth", function()
    local client <close> = server.connect "v8"
    local organization = client:organization(rehearsal.organization)
    local record = organization:record()
    record.invented = { { isFirst = true, innerList = json.array { { deepName = "x" } } } }
    assert.is_true(organization.invented[1].is_first)
    assert.equal("x", organization.invented[1].inner_list[1].deep_name)
    assert.equal("x", organization.invented[1].innerList[1].deepName)
    assert.equal('[{"inner_list":[{"deep_name":"x"}],"is_first":true}]',
      json.encode(organization.invented))
  end)
end)
