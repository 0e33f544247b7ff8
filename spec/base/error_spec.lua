local core = require "vbo.core"
local errors = require "vbo.base.error"
local options = require "vbo.base.options"
local vbo = require "vbo"

describe("an error", function()
  it("is one line that says what, of which kind, where and what to do", function()
    local err = errors.new {
      kind = "not_found", message = "no such\norganization",
      status = 404, code = "ResourceNotFound",
      request = "GET /v8/Organizations/x", server = "https://h:4443", hint = "look again",
    }
    local text = tostring(err)
    assert.matches("error_spec.lua:%d+: no such organization", text)
    assert.matches("[not_found; 404 ResourceNotFound; GET /v8/Organizations/x on https://h:4443]",
      text, 1, true)
    assert.matches("hint: look again$", text)
    assert.is_nil(text:find "\n")
  end)

  it("names the code also where no answer, and so no status, came", function()
    local err = errors.new {
      kind = "disk", message = "no space left on the device", code = "ENOSPC", where = "here:1",
    }
    assert.equal("here:1: no space left on the device [disk; ENOSPC]", tostring(err))
  end)

  it("has a kind of the core's list, each with its own exit status", function()
    local seen = {}
    for kind, status in pairs(core.kinds) do
      assert.is_true(status > 1 and status <= 130, kind)
      assert.is_nil(seen[status], kind)
      seen[status] = kind
    end
    assert.equal("cancelled", seen[130])
    assert.has_error(function() errors.new { kind = "no_such_kind", message = "x" } end)
  end)
end)

describe("vbo.try", function()
  it("gives results, or nil and our error", function()
    assert.same({ 1, nil, 3 }, { vbo.try(function() return 1, nil, 3 end) })
    local ok, err = vbo.try(errors.usage, "wrong")
    assert.is_nil(ok)
    assert.equal("usage", err.kind)
  end)

  it("passes programming errors and Ctrl-C on", function()
    assert.has_error(function() vbo.try(error, "a bug", 0) end, "a bug")
    local passed, err = pcall(vbo.try, errors.raise, { kind = "cancelled", message = "Ctrl-C" })
    assert.is_false(passed)
    assert.equal("cancelled", err.kind)
  end)
end)

describe("options", function()
  local spec = { name = "!string", size = "integer|string", callback = "function" }

  local function refused(given)
    local ok, err = vbo.try(options.check, given, spec, "save")
    assert.is_nil(ok)
    assert.equal("usage", err.kind)
    return err
  end

  it("go through when they fit", function()
    local given = { name = "x", size = 3 }
    assert.equal(given, options.check(given, spec, "save"))
  end)

  it("name the nearest one when misspelt", function()
    assert.matches("save has no option 'nam'", refused { nam = "x" }.message, 1, true)
    assert.equal("did you mean 'name'?", refused { nam = "x" }.hint)
    assert.matches("callback, name, size", refused { quite_other = 1 }.hint, 1, true)
  end)

  it("are checked for their types and presence", function()
    assert.matches("option 'size' takes an integer or string, not a boolean",
      refused { name = "x", size = true }.message, 1, true)
    assert.matches("needs the option 'name'", refused({}).message, 1, true)
    assert.matches("takes a table of options", refused("x").message, 1, true)
  end)
end)
