-- Tests what the REPL shows of the module's objects, and what it completes after them.

local program = require "spec.support.program"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local quoted = program.quoted
local folder, remove_folder, sim

setup(function()
  folder, remove_folder = program.folder()
  sim = program.sim()
end)

teardown(function()
  sim.stop()
  remove_folder()
end)

-- Types lines into `vbolua -i`: what each of them shows, by its number.
local function type_in(lines, version)
  local file = assert(io.open(folder .. "/lines", "w"))
  for i, line in ipairs(lines) do file:write(line, "\nprint '<", i, ">'\n") end
  file:close()
  local output = program.run(("cd %s && unset LUA_INIT LUA_INIT_5_4; COLUMNS=100 VBO_HOST=%s "
    .. "VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s VBO_VERSION=%s %s -e '_PROMPT=\"\"' -i <lines 2>&1")
    :format(quoted(folder), quoted(sim.listening), quoted(sim.user), quoted(sim.password),
    quoted(sim.fingerprint), version, quoted(program.vbolua)))
  local shown, at = {}, output:find "\n" + 1
  for i = 1, #lines do
    local from, to = output:find(("<%d>\n"):format(i), at, true)
    assert(from, ("no answer to line %d:\n%s"):format(i, output))
    shown[i], at = output:sub(at, from - 1), to + 1
  end
  return shown
end

for _, version in ipairs(versions.with_newest "v4") do
  describe("the REPL, with " .. version .. ",", function()
    it("shows resources as rows, collections as their first rows, and no address", function()
      local shown = type_in({
        "vbo = require 'vbo' c = vbo.connect()",
        "o = c:organization 'contoso.onmicrosoft.com'",
        "o",
        "s = o:explore { workload = 'onedrive', at = '2026-11-18T22:00:00Z' }",
        "drive = s:onedrive 'alice@contoso.com' folder = drive:folder 'Documents'",
        "drive",
        "s:onedrives()",
        "drive:documents():all()",
        "drive:documents():where { name = 'no such thing' }",
        "drive:documents():where { name = 'Plan.docx' }:first()"
          .. ":save { to = '" .. version .. ".docx', zip = false }",
        "c:call('Job_Get')",
        "c:jobs():first(), 'and', c",
        "s",
        "s:close() c:close()",
      }, version)
      assert.matches('^organization "contoso.onmicrosoft.com"\n', shown[3])
      assert.matches("\nname +contoso.onmicrosoft.com\n", shown[3])
      assert.matches("\nid +%x+%-", shown[3])
      assert.matches('^OneDrive "alice@contoso.com"\n', shown[6])
      assert.matches("\nname +Alice Example\n", shown[6])
      assert.matches("^name +[%w_]+[^\n]*\nAlice Example ", shown[7])
      assert.matches("the first 10; :count", shown[7])
      local _, rows = shown[7]:gsub("\n", "")
      assert.equal(12, rows, shown[7])
      assert.matches("\nPlan%.docx ", shown[8])
      assert.matches("… 10 of %d+\n$", shown[8])
      assert.equal("collection of documents: empty\n", shown[9])
      assert.matches('path = "' .. version .. '%.docx"', shown[10])
      assert.matches('sha256 = "%x+"', shown[10])
      assert.matches('name = "Contoso nightly"', shown[11], 1, true)
      assert.matches('^job "Contoso nightly"\n', shown[12])
      assert.matches("\nand\nclient of https://", shown[12], 1, true)
      assert.matches("\ntype +Veod\n", shown[13])
      for i, text in ipairs(shown) do
        assert.is_nil(text:find("table: 0x", 1, true), i .. ": " .. text)
        assert.is_nil(text:find("vbolua:", 1, true), i .. ": " .. text)
      end
    end)
  end)
end

describe("completion", function()
  local function members(value) return getmetatable(value).__complete(value) end

  it("offers the methods and fields of resources and the methods of collections", function()
    local client <close> = vbo.connect {
      url = sim.listening, user = sim.user, password = sim.password,
      pin = sim.fingerprint,
    }
    local sent = 0
    client.gates[1] = function(request, next)
      sent = sent + 1
      return next(request)
    end
    local organization = client:organization "contoso.onmicrosoft.com"
    local found = members(organization)
    assert.is_function(found.explore)
    assert.is_function(found.refresh)
    assert.is_true(found.name)
    assert.is_true(found.office_name)
    assert.is_nil(found._path)
    found = members(client:organizations())
    assert.is_function(found.where)
    assert.is_function(found.first)
    assert.is_nil(found._all)
    found = members(client:jobs())
    assert.is_function(found.start)
    assert.equal(0, sent)
  end)
end)
