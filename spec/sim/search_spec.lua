-- Searching sites and teams on the rehearsal server.

local search = require "vbo.sim.sessions.search"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

describe("the rehearsal server's search", function()
  it("reads words, phrases and fields", function()
    assert.same({ { text = "plan" }, { text = "restore day" }, { text = "alice", field = "author" },
      { text = "a b", field = "name" } },
      search.terms 'Plan "Restore Day" AND Author:Alice name:"a b" ')
    assert.same({}, search.terms "  ")
  end)

  it("wants all of them, each in its field", function()
    local fields = { name = "Restore day.docx", author = "Alice" }
    local function found(query) return search.matches(search.terms(query), fields) end
    assert.is_true(found "day alice")
    assert.is_true(found "name:restore")
    assert.is_true(found "")
    assert.is_false(found "name:alice")
    assert.is_false(found "day bob")
    assert.is_true(found "colour:alice")
  end)

  for _, version in ipairs(versions.since "v5") do
    describe("in " .. version, function()
      local client

      before_each(function() client = sim.new(version) end)

      local function found(path, body, query)
        local value, answer
        if client.number <= 5 then
          value, answer = client:call("POST", path .. "/action", { search = body })
        else
          value, answer = client:call("POST", path .. "/search" .. (query or ""), body)
        end
        assert(answer.status == 200, answer.body)
        local names = {}
        for i, each in ipairs(value.results) do
          names[i] = each.name or each.title or each.subject or each.displayName
        end
        return names
      end

      it("looks through sites, libraries, lists and folders", function()
        local place = client:explore("Vesp", sim.before)
        local site = place .. "/Sites/" .. client:rows(place .. "/Sites")[1].id
        assert.same({ "Brief.docx" }, found(site, { query = "brief" }))
        local library = client:rows(site .. "/Libraries")[1]
        assert.same({ "2026", "2025" }, found(site .. "/Libraries/" .. library.id,
          { query = "name:202" }))
        local tasks = client:rows(site .. "/Lists")[1]
        assert.same({ "Invite speakers" }, found(site .. "/Lists/" .. tasks.id,
          { query = "invite" }))
        local folder = client:rows(site .. "/Folders?parentId=" .. library.id)[1]
        assert.same({ "Logo.svg" }, found(site .. "/Folders/" .. folder.id, { query = "logo" }))
        if client.number >= 6 then
          assert.same({}, found(site, { query = "brief" }, "?itemType=Folders"))
          assert.same({ "Agenda.md" }, found(place .. "/Sites", { query = "agenda" }))
        end
      end)

      it("looks through teams and channels", function()
        local place = client:explore("Vet", sim.before) .. "/teams"
        local team = place .. "/" .. client:rows(place)[1].id
        local general = client:rows(team .. "/channels")[1]
        local channel = team .. "/channels/" .. general.id
        assert.same({ "Kick-off" }, found(team, { query = "welcome", type = "posts" }))
        assert.same({ "Roadmap.docx" }, found(team, { query = "roadmap", type = "files" }))
        assert.same({ "Handbook" }, found(channel, { query = "intranet", type = "tabs" }))
        assert.same({ "Planner" }, found(channel .. "/tabs", { query = "plan" }))
        assert.same({ "Checklist.md" }, found(team .. "/files", { query = "checklist" }))
        assert.same({ "Coffee" }, found(team .. "/posts", { query = "subject:coffee machine" }))
        if client.number >= 6 then
          local value = client:call("POST", (place:gsub("/teams$", "/searchTeams")),
            { query = "agenda", type = "Posts" })
          assert.equal("Agenda", value.results[1].subject)
        end
      end)
    end)
  end
end)
