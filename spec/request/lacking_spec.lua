-- Names what an API version lacks in the runbook's words, with the versions that have it.

local api = require "spec.support.versions"
local rehearsal = require "spec.support.rehearsal"

local failure = rehearsal.failure

describe("a feature that a version lacks", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function refused(message, hint, fn, ...)
    local err = failure(fn, ...)
    assert.equal("unsupported", err.kind)
    assert.equal(message, err.message)
    assert.equal(hint, err.hint)
    return err
  end

  it("is named with its versions for workloads", function()
    for version, lacks in pairs {
      v1 = { onedrive = "v2, v3, v4, v5, v6, v7, v8", teams = "v5, v6, v7, v8" },
      v2 = { teams = "v5, v6, v7, v8" }, v3 = { teams = "v5, v6, v7, v8" },
      v4 = { Teams = "v5, v6, v7, v8" },
    } do
      local client <close> = server.connect(version)
      for workload, versions in pairs(lacks) do
        refused(("explore: %s has no workload '%s'"):format(version, workload:lower()),
          "it is in " .. versions, function()
            client:organization(rehearsal.organization):explore { workload = workload }
          end)
      end
    end
    local client <close> = server.connect "v1"
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "Exchange", at = rehearsal.before,
    }
    assert.is_true(session:mailboxes():count() > 0)
    local err = failure(function()
      client:organization(rehearsal.organization):explore { workload = "ondrive" }
    end)
    assert.matches("did you mean 'onedrive'?", err.hint, 1, true)
  end)

  it("is named with its versions for methods", function()
    local old <close> = server.connect "v4"
    local organization = old:organization(rehearsal.organization)
    local session <close> = organization:explore { workload = "onedrive", at = rehearsal.before }
    local document = session:onedrive("alice@contoso.com"):document "Todo.md"
    for name, case in pairs {
      teams = { "v5, v6, v7, v8", function() organization:teams():all() end },
      restore_points = { "v6, v7, v8", function() old:restore_points():all() end },
      rbac_roles = { "v6, v7, v8", function() old:rbac_roles():first() end },
      copy_jobs = { "v6, v7, v8", function() old:copy_jobs():count() end },
      versions = { "v6, v7, v8", function() document:versions():all() end },
      events = { "v8", function() old:events { from = "1" } end },
      search = { "v5, v6, v7, v8", function()
        session:onedrive("alice@contoso.com"):documents():search("x"):all()
      end },
      explore = { "v6, v7, v8", function() old:operator_explore { workload = "onedrive" } end },
      proxy_pools = { "v8", function() old:proxy_pools():all() end },
    } do
      refused(("'%s' does not exist in v4"):format(name), "it exists in " .. case[1], case[2])
    end
  end)

  it("is named by the option that the runbook wrote", function()
    for version, case in pairs {
      v2 = { "deleted", true, "v3, v4, v5, v6, v7, v8" },
      v7 = { "repository", "61954db6-7278-4d26-86f7-888bda5a4ec4", "v8" },
      v1 = { "all_versions", true, "v3, v4, v5, v6, v7, v8" },
    } do
      local client <close> = server.connect(version)
      refused(("explore: option '%s' does not exist in %s"):format(case[1], version),
        "it exists in " .. case[3], function()
          client:organization(rehearsal.organization):explore {
            workload = "exchange", [case[1]] = case[2],
          }
        end)
    end
    local client <close> = server.connect "v2"
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "exchange", at = rehearsal.before,
    }
    refused("export: option 'size_limit' does not exist in v2",
      "it exists in v4, v5, v6, v7, v8", function()
        session:mailbox("alice@contoso.com"):export { to = "never.zip", size_limit = 5e9 // 1 | 0 }
      end)
  end)
end)

describe("versions of an item that are listed under its id", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)
  before_each(function() server.reset() end)

  for _, version in ipairs(api.between("v3", "v5")) do
    it("are one item in " .. version, function()
      local client <close> = server.connect(version)
      local session <close> = client:organization(rehearsal.organization):explore {
        workload = "onedrive", at = rehearsal.before, all_versions = true,
      }
      local drive = session:onedrive "alice@contoso.com"
      local rows = {}
      for each in drive:documents():each() do
        rows[each.id] = rows[each.id] or { name = each.name, count = 0 }
        rows[each.id].count = rows[each.id].count + 1
      end
      local several
      for id, row in pairs(rows) do
        if row.count > 1 and (not several or row.name < several.name) then
          several = { id = id, name = row.name, count = row.count }
        end
      end
      assert.is_true(several.count > 1)
      local function newest()
        local best = 0
        for each in drive:documents():where({ name = several.name }):each() do
          best = math.max(best, tonumber(each.version_number))
        end
        return best
      end
      local found = drive:document(several.name)
      assert.equal(several.id, found.id)
      assert.equal(newest(), tonumber(found.version_number))
      local one = drive:documents():where({ name = several.name }):one()
      assert.equal(several.id, one.id)
      assert.equal(newest(), tonumber(one.version_number))
      local result = drive:documents():where({ name = several.name }):restore {
        version = "last", on_conflict = "overwrite",
      }
      assert.equal(1, result.total)
    end)
  end
end)
