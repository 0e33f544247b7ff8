-- Restore sessions whose ids are their own, over every version.
--
-- Covers vbo.sim.sessions.ids.

local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"
local walks = require "spec.support.sim_walk"
local worlds = require "vbo.sim.world"

local own = { ids = "session" }

describe("a rehearsal server with ids for each session", function()
  local function lists(client, kind)
    local place, session = client:explore(kind, client.number > 1 and sim.before or nil)
    local out = { organization = client:get(place).id, session = session.id }
    local function add(name, path, key)
      local row = client:rows(path)[1]
      out[name] = row[key or "id"]
      return path .. "/" .. row[key or "id"]
    end
    if kind == "Vex" then
      local box = add("mailbox", place .. "/Mailboxes")
      add("folder", box .. "/Folders")
      out.item = client:rows(box .. "/Items")[1].id
    elseif kind == "Veod" then
      local drive = add("drive", place .. "/OneDrives")
      add("folder", drive .. "/Folders")
      add("document", drive .. "/Documents")
    elseif kind == "Vesp" then
      local site = add("site", place .. "/Sites")
      add("list", site .. "/Lists")
      add("library", site .. "/Libraries")
    else
      local team = add("team", place .. "/Teams")
      out.channel = client:rows(team .. "/Channels")[1].id
      local posts = client:rows(team .. "/Posts?channelId=" .. out.channel)
      out.post = posts[1].postId
    end
    return out
  end

  it("shows other ids in each session, and the organization's own", function()
    local lacks = { v1 = { Veod = true, Vesp = true, Vet = true }, v2 = { Vet = true },
      v3 = { Vet = true }, v4 = { Vet = true } }
    for _, version in ipairs(versions.all) do
      local client = sim.new(version, own)
      for _, kind in ipairs { "Vex", "Veod", "Vesp", "Vet" } do
        if not (lacks[version] or {})[kind] then
          local one, other = lists(client, kind), lists(client, kind)
          assert.equal(client:organization().id, one.organization)
          assert.equal(one.organization, other.organization)
          for name, id in pairs(one) do
            if name ~= "organization" then
              assert.is_true(id ~= other[name], version .. " " .. kind .. " " .. name)
              assert.equal(type(id), type(other[name]))
            end
          end
        end
      end
    end
  end)

  it("shows the same ids all through a session, and links that work", function()
    local client = sim.new("v8", own)
    local place = client:explore("Veod", sim.before)
    local drive, record = client:owned(place .. "/OneDrives", "Alice Example")
    assert.equal(record.id, client:get(drive).id)
    local plan = client:named(drive .. "/Documents", "Plan.docx")
    assert.equal("Plan.docx", client:get(plan._links.self.href).name)
    assert.equal(plan.id, client:get(drive .. "/Documents/" .. plan.id).id)
    local folder = client:get(plan._links.parent.href)
    local inside = client:rows(folder._links.documents.href)
    local found
    for _, each in ipairs(inside) do found = found or each.id == plan.id end
    assert.is_true(found)
    local failure = client:get(drive .. "/Documents/" .. record.id, 404)
    assert.match("'" .. record.id:gsub("%-", "%%-") .. "'", failure.message)
  end)

  it("does not know the ids of another session", function()
    local client = sim.new("v8", own)
    local drive = select(2, client:owned(client:explore("Veod", sim.before) .. "/OneDrives",
      "Alice Example"))
    local other = client:explore("Veod", sim.before)
    client:get(other .. "/OneDrives/" .. drive.id, 404)
  end)

  it("names its own ids in statistics", function()
    local client = sim.new("v8", own)
    local place, session = client:explore("Veod", sim.before)
    local drive = client:owned(place .. "/OneDrives", "Alice Example")
    local plan = client:named(drive .. "/Documents", "Plan.docx")
    client:act(drive .. "/Documents/" .. plan.id, "restore", {})
    client:settle()
    local items = client:get("/RestoreSessions/" .. session.id .. "/Statistics").items
    assert.equal(plan.id, items[1].id)
  end)

  it("answers every operation on a session as one with ids of the backup does", function()
    local world = worlds.open "demo"
    for _, version in ipairs(versions.all) do
      local function walk(options)
        return walks.new(version, function()
          options.world = world
          return sim.new(version, options)
        end)
      end
      local with, without = walk { ids = "session" }, walk {}
      local count = 0
      for operation in with.cat:operations() do
        if operation.path:find "{restoreSessionId}/[Oo]rganization" then
          local _, answer = with:send(operation)
          local _, expected = without:send(operation)
          assert.equal(expected.status, answer.status, ("%s %s: %s"):format(version,
            operation.name, answer.body))
          count = count + 1
        end
      end
      assert.is_true(count > 20, version)
    end
  end)
end)
