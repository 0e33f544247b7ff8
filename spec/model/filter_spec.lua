-- Conditions of `where`.
-- Tests also vbo.model.pushdown and vbo.model.wanted.

local filter = require "vbo.model.filter"
local vbo = require "vbo"

local function matches(conditions, item) return filter.compile(conditions)(item) end

describe("where", function()
  local document = {
    name = "Übersicht [final].docx", size = 1000, version = "2.0",
    modified = "2026-11-03T13:40:00Z",
  }

  it("takes globs without regard to ASCII case", function()
    assert.is_true(matches({ name = "*.DOCX" }, document))
    assert.is_true(matches({ name = "?bersicht *" }, document))
    assert.is_true(matches({ name = "*[final]*" }, document))
    assert.is_false(matches({ name = "*.doc" }, document))
    assert.is_false(matches({ name = "?" }, document))
  end)

  it("takes equality, dates, sizes and functions, all of which must hold", function()
    assert.is_true(matches({ version = "2.0", larger = 999, smaller = 1001 }, document))
    assert.is_false(matches({ version = "2.0", larger = 1000 }, document))
    assert.is_true(matches({ modified_after = "2026-11-03T13:40:00Z" }, document))
    assert.is_false(matches({ modified_before = "2026-11-03T13:40:00Z" }, document))
    assert.is_true(matches({ modified_before = "2026-11-03T15:40:00+01:00" }, document))
    assert.is_true(matches({ size = function(n) return n == 1000 end }, document))
    assert.is_true(matches(function(item) return item.size == 1000 end, document))
  end)

  it("takes a list of what may be", function()
    assert.is_true(matches({ version = { "1.0", "2.0" } }, document))
    assert.is_true(matches({ name = { "*.pdf", "*.DOCX" } }, document))
    assert.is_true(matches({ size = { 1, 1000 } }, document))
    assert.is_false(matches({ version = { "1.0", "3.0" } }, document))
  end)

  it("takes sizes with their units", function()
    local film = { size = 10 * 1024 * 1024 }
    assert.is_true(matches({ larger = "9.5 MiB", smaller = "11MiB" }, film))
    assert.is_true(matches({ larger = "10 MB", smaller = "10.5 MB" }, film))
    assert.is_false(matches({ larger = "1 GiB" }, film))
    assert.is_true(matches({ smaller = "0.5 kb" }, { size = 499 }))
    assert.is_true(matches({ larger = "499" }, { size = 500 }))
  end)

  it("finds people of mail by name or address, among several", function()
    local mail = {
      from = "Alice Example <alice@contoso.com>",
      to = '"Bob Brown" <bob@contoso.com>; carol@fabrikam.com',
      subject = "Annual report", received = "2026-11-03T13:40:00Z", sent = "2026-11-03T13:39:00Z",
    }
    for _, who in ipairs { "alice@contoso.com", "Alice Example", "ALICE*", "*@contoso.com",
      "Alice Example <alice@contoso.com>" } do
      assert.is_true(matches({ from = who }, mail))
      assert.is_true(matches({ sender = who }, mail))
    end
    assert.is_true(matches({ to = "bob@contoso.com" }, mail))
    assert.is_true(matches({ to = "bob brown" }, mail))
    assert.is_true(matches({ to = "carol@*" }, mail))
    assert.is_true(matches({ to = { "dave@contoso.com", "carol@fabrikam.com" } }, mail))
    assert.is_false(matches({ to = "carol" }, mail))
    assert.is_false(matches({ from = "bob*" }, mail))
    assert.is_false(matches({ from = "contoso.com" }, mail))
    assert.is_false(matches({ cc = "*" }, mail))
    assert.is_true(matches({ to = function(text) return text:find "Brown" end }, mail))
    assert.is_true(matches({ subject = "*REPORT*", received_after = "2026-11-03",
      sent_before = "2026-11-03T13:39:01Z" }, mail))
  end)

  it("asks whether there is such a field", function()
    local asked = {}
    filter.compile({ larger = 1, sender = "x", received_after = "2026-01-01", name = "*",
      only_after = "2026-01-01" }, function(field) asked[field] = true end)
    assert.same({ size = true, from = true, received = true, name = true, only = true }, asked)
  end)

  it("does not match what is not there", function()
    assert.is_false(matches({ author = "*" }, document))
    assert.is_false(matches({ created_after = "2000-01-01" }, document))
    assert.is_false(matches({ larger = 0 }, {}))
  end)

  it("refuses conditions that mean nothing", function()
    for _, wrong in ipairs { 5, { "name" }, { modified_after = "soon" }, { larger = "big" },
      { smaller = "1 MXB" }, { larger = true } } do
      local ok, err = vbo.try(filter.compile, wrong)
      assert.is_nil(ok)
      assert.equal("usage", err.kind)
    end
  end)
end)
