-- Describing what a call acts on, in words that hold across sessions: vbo.model.subject.

local keys = require "spec.support.keys"
local rehearsal = require "spec.support.rehearsal"

describe("the subject of a call", function()
  local server, client, noted

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)
  before_each(function()
    client = server.connect "v8"
    noted = keys.watch(client)
  end)
  after_each(function() client:close() end)

  it("has the folders above a document, whichever way it was found", function()
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = "onedrive", at = rehearsal.before,
    }
    local drive = session:onedrive "alice@contoso.com"
    local document = drive:document "Documents/Reports/Sales Q1.csv"
    document:restore { user = "u", password = "p" }
    assert.same({ "Documents/Reports/Sales Q1.csv" }, keys.part(noted, "document"))
    drive:document({ id = document.id }):restore { user = "u", password = "p" }
    assert.equal(noted[1].digest, noted[2].digest)
    assert.equal("restore document of Alice Example: Documents/Reports/Sales Q1.csv",
      noted[2].title)
  end)
end)
