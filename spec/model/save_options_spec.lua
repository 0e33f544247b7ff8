-- The list of what every save takes, and those that read it.

local api = require "vbo.client.call"
local catalogue = require "vbo.catalogue"
local documented = require "tools.reference.options"
local known = require "vbo.model.save_options"
local output = require "tools.output"
local save = require "vbo.model.save"
local vbo = require "vbo"

local values = {
  to = "mail.pst", overwrite = true, fsync = false, sha256 = true, check = "pst", manifest = true,
  progress = true, deadline = 5, key = "mail", at_once = 2, preserve_time = false,
}

-- Those that a call takes whether it answers a stream or not.
local of_each_call = { deadline = true, key = true }

describe("the options of a save", function()
  it("are split from those of the server", function()
    local given = { zip = true, version = "last" }
    for name, value in pairs(values) do given[name] = value end
    local own, rest = save.split(given, "save")
    assert.same(values, own)
    assert.same({ zip = true, version = "last" }, rest)
  end)

  it("reach the core as they are", function()
    local sink = save.sink("a.zip", { overwrite = true, fsync = false, sha256 = false }, "zip")
    assert.same({ file = "a.zip", overwrite = true, fsync = false, sha256 = false, check = "zip" },
      sink)
  end)

  it("are those of client:call, but for options of several files and of records", function()
    local client = { _catalogue = catalogue.load "v8", gates = { function() return {} end } }
    client._client = client
    local name, arguments = "Job_GetById", { jobId = "61954db6-7278-4d26-86f7-888bda5a4ec4" }
    for _, option in ipairs(known) do
      if not (option.property or of_each_call[option.name]) then
        local _, err = vbo.try(api.call, client, name, arguments,
          { [option.name] = values[option.name] })
        local expected = option.call and "answers no stream" or "has no option"
        assert.matches(expected, err.message, 1, false,
          option.name)
      end
    end
  end)

  it("are all in the reference and on the page about saving", function()
    local page = output.read "docs/saving.md"
    for _, option in ipairs(known) do
      assert.equal(option.doc, documented[option.name][1])
      assert.equal(option.default, documented[option.name].default)
      assert.is_truthy(page:find("\n| `" .. option.name .. "[` ]"), option.name)
    end
  end)
end)
