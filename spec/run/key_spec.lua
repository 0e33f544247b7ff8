-- Keys of steps: vbo.run.key, and vbo.model.addressed for calls by an operation's name.

local keys = require "spec.support.keys"
local rehearsal = require "spec.support.rehearsal"

describe("the key of a step", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function restored(options)
    local client <close> = server.connect "v8"
    local noted = keys.watch(client)
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    session:onedrive("alice@contoso.com"):document("Documents/Reports/Sales Q1.csv")
      :restore(options)
    return noted[1]
  end

  it("is the same in another session, with another account", function()
    local one = restored { user = "alice", password = "p" }
    local other = restored { user = "bob", password = "q", on_conflict = "overwrite" }
    assert.equal(64, #one.digest)
    assert.equal(one.digest, other.digest)
    assert.not_equal(one.digest, restored({ user = "bob", on_conflict = "keep" }).digest)
    assert.equal("adds", restored({ user = "bob", on_conflict = "keep" }).effect)
  end)
end)
