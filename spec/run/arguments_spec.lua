-- Finds the arguments of a script that look secret.
--
-- Covers vbo.run.arguments.

local arguments = require "vbo.run.arguments"
local core = require "vbo.core"
local json = require "vbo.base.json"

-- The arguments as the journal keeps them, "*" for each hidden one.
local function kept(...)
  local shown, hidden = arguments.redact { ... }
  local words = {}
  for i, value in ipairs(shown) do words[i] = value == json.null and "*" or value end
  for _, position in ipairs(hidden) do assert.equal("*", words[position]) end
  return table.concat(words, " ")
end

describe("an argument looks secret", function()
  local secrets = {
    "--password=Hunter2", "--db-password=x", "--apiKey=7", "--client_secret=abc", "API_KEY=1",
    "dbpassword:x", "--access-token=1", "-pHunter2", "-p4711",
    "https://alice:Hunter2@host.example/x", "postgres://u:p@db/x",
    "https://host/x?sv=2020&sig=abc", "https://host/x?access_token=1",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "Bearer abc", "-----BEGIN PRIVATE KEY-----",
    "q8Zk2vT0xW/4mBn+R7sLd3Yp9HcJ6aE", "d41d8cd98f00b204e9800998ecf8427e",
    "x=9f86d081884c7d659a2feaa0c55ad015", "Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZg==",
  }
  for _, text in ipairs(secrets) do
    it("by itself: " .. text, function() assert.equal("*", kept(text)) end)
  end

  it("behind the option that announces it", function()
    assert.equal("--token * x", kept("--token", "abc", "x"))
    assert.equal("-p * x", kept("-p", "abc", "x"))
    assert.equal("password * x", kept("password", "abc", "x"))
    assert.equal("--api-key * x", kept("--api-key", "-abc", "x"))
    assert.equal("--token --dry-run", kept("--token", "--dry-run"))
  end)

  it("when it is a secret of this program", function()
    assert.equal("plainwordthatisone", kept "plainwordthatisone")
    local held <close> = core.secret.new "plainwordthatisone" -- luacheck: ignore held
    assert.equal("*", kept "plainwordthatisone")
  end)
end)

describe("an argument does not look secret", function()
  local plain = {
    "alice@contoso.com", "--at=2026-11-18T22:00:00Z", "2026-11-18T22:00:00Z", "--keyboard=us",
    "6b29fc40-ca47-1067-b31d-00dd010662da", "--organization=contoso.onmicrosoft.com",
    "/srv/restores/2026-11-30/Alice-Documents.zip", "./Reports/Q4", "--path=/tmp/x", "-path",
    "-page=3",
    "https://vb.contoso.com:4443/v8", "ContosoRestoreTenantQuarter4", "monkey",
    "restore-2026-11-30-contoso-Q4-alice", "20261130-182152-3f9c7a", "--port=4443", "--max=1000",
    "AAMkAGI2TG93AAA3ZmY0ZDIxLTk4YzItNGYxMS1hMmFhLTQxYzY1ZDM2MjBiMgBGAAAAAADdGXb3",
    "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "Übersicht – 翻译.docx", "", "-", "--",
    "00000000000000000000000000000000", "name=alice", "where=subject:invoice",
  }
  for _, text in ipairs(plain) do
    it("by itself: " .. text, function() assert.equal(text, kept(text)) end)
  end
end)

describe("hidden arguments", function()
  it("are named by the option before them", function()
    local shown, hidden = arguments.redact { "x", "--token", "abc", "--secret=1" }
    assert.same({ 3, 4 }, hidden)
    assert.equal('["x","--token",null,null]', json.encode(shown))
    assert.equal("argument 3 (after --token)", arguments.describe(shown, 3))
    assert.equal("argument 4", arguments.describe(shown, 4))
    assert.equal("[]", json.encode((arguments.redact {})))
  end)

  it("match any value, the others their own", function()
    local shown = arguments.redact { "x", "--token", "abc" }
    assert.is_true(arguments.matches(shown, { "x", "--token", "other" }))
    assert.is_false(arguments.matches(shown, { "y", "--token", "abc" }))
    assert.is_false(arguments.matches(shown, { "x", "--token" }))
    assert.is_false(arguments.matches(shown, { "x", "--token", "abc", "z" }))
  end)
end)
