-- vbo.base.receiver: objects that a runbook takes for lists.

local receiver = require "vbo.base.receiver"

describe("an object that is taken for a list", function()
  it("is named in the error, with the way to its elements", function()
    local thing = setmetatable({}, { __tostring = function() return "the document a.docx" end })
    local ok, err = pcall(receiver.no_list, thing, "write document:versions()")
    assert.same({ false, "usage", "write document:versions()" }, { ok, err.kind, err.hint })
    assert.equal("the document a.docx is not a list", err.message)
  end)
end)
