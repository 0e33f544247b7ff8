local changes = require "vbo.cli.common.changes"

describe("changes of a rehearsal server's production", function()
  it("are grouped by person, in the order they happened", function()
    local function change(user, how, path)
      return { change = "restored", how = how, workload = "onedrive", user = user, path = path,
        size = 2048, version = "2.0" }
    end
    assert.same({
      "onedrive: alice",
      "  restored overwritten a.txt (version 2.0), 2.0 KiB",
      "  restored kept        b?.txt (version 2.0), 2.0 KiB",
      "onedrive: bob",
      "  restored created     c.txt (version 2.0), 2.0 KiB",
      "3 changes in production",
    }, changes.lines {
      change("alice", "overwritten", "a.txt"), change("bob", "created", "c.txt"),
      change("alice", "kept", "b\27.txt"),
    })
  end)

  it("may be none", function()
    assert.same({ "0 changes in production" }, changes.lines {})
  end)
end)
