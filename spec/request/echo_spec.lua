-- Records of the server on their way back to it.

local catalogue = require "vbo.catalogue"
local echo = require "vbo.request.echo"
local json = require "vbo.base.json"

describe("an echo", function()
  local schema = catalogue.load("v8"):operation("RbacRole_AddSelectedItems").body.items

  it("is cut to what the body has", function()
    local user = { id = "u", NAME = "alice", displayName = "Alice", type = "User", office = "B1" }
    assert.same({ type = "User", user = {
      id = "u", name = "alice", displayName = "Alice", type = "User",
    } }, echo.of(schema, { type = "User", user = user, site = json.null, surprise = 1 }))
    assert.equal("B1", user.office)
  end)

  it("keeps nulls where they are allowed, and lists as lists", function()
    local given = { name = json.null, tags = { 1, 2 }, other = json.null }
    local object = { type = "object", properties = {
      name = { type = "string", nullable = true }, other = { type = "string" },
      tags = { type = "array", items = { type = "integer" } },
      made = { type = "string", read_only = true },
    } }
    given.made = "by the server"
    assert.same({ name = json.null, tags = { 1, 2 } }, echo.of(object, given))
    assert.is_true(json.is_array(echo.of(object, { tags = {} }).tags))
    assert.is_nil(echo.of({ type = "string" }, json.null))
  end)

  it("keeps what says whose it is, and goes back whole where nothing is known", function()
    local record = { id = "u", surprise = 1, _links = {} }
    assert.same({ id = "u", _links = {} }, echo.of(schema, record))
    assert.equal(record, echo.of(nil, record))
    assert.equal(7, echo.of(schema, 7))
  end)
end)
