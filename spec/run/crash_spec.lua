-- Kills a run of each workload in each dialect at every boundary of the journal, and resumes it.
--
-- Covers vbo.run.boundary, vbo.run.step, vbo.run.resume, vbo.run.store.

local cases = require "spec.support.crash.cases"
local crash = require "spec.support.crash"
local rehearsal = require "spec.support.rehearsal"
local versions = require "spec.support.versions"

describe("a run that is killed", function()
  if not crash.resumes() then return pending "there is no `vbolua resume` yet" end
  local server, references

  setup(function()
    server, references = rehearsal.start(), {}
  end)
  teardown(function() server.stop() end)

  local function reference(workload, version)
    local key = workload .. version
    references[key] = references[key] or cases.reference(server, workload, version)
    return references[key]
  end

  local turn = 0
  for _, workload in ipairs { "exchange", "onedrive", "sharepoint", "teams" } do
    for _, version in ipairs(versions.each_dialect) do
      describe(("(%s, %s)"):format(workload, version), function()
        turn = turn + 1
        for _, boundary in ipairs(cases.boundaries) do
          -- Each boundary once: of a change that converges here, of one that adds there.
          turn = turn + 1
          local step = turn % 2 + 1
          if cases.state(boundary, step, version >= "v8") ~= nil then
            it(("is resumed: %s of change %d"):format(boundary, step), function()
              cases.run(server, reference(workload, version), workload, version, boundary, step)
            end)
          end
        end
        for _, boundary in ipairs(cases.saves) do
          if cases.native[boundary] and not os.getenv "VBO_KILL_SHIM" then
            pending(boundary .. " of a save: the library that kills there is for Linux")
          else
            it("is resumed: " .. boundary .. " of a save", function()
              cases.run(server, reference(workload, version), workload, version, boundary, 3)
            end)
          end
        end
      end)
    end
  end
end)
