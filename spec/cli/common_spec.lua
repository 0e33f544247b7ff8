-- Tests what commands share: vbo.cli.common.options, vbo.cli.common.keys and
-- vbo.cli.common.login.

local keys = require "vbo.cli.common.keys"
local login = require "vbo.cli.common.login"
local options = require "vbo.cli.common.options"

local spec = { all = "flag", to = "value", progress = "optional", only = "list", help = "flag" }

local function message(fn, ...)
  local good, err = pcall(fn, ...)
  assert.is_false(good)
  assert.equal("usage", err.kind)
  return err.message .. (err.hint and "; " .. err.hint or "")
end

describe("the options of a command", function()
  it("are read in any order, with or without an equals sign", function()
    local found, words = options.read({ "a", "--to", "x", "--all", "b", "--only=1", "--only", "2",
      "--progress", "-", "--", "--to" }, spec)
    assert.same({ to = "x", all = true, only = { "1", "2" }, progress = true }, found)
    assert.same({ "a", "b", "-", "--to" }, words)
    assert.same({ progress = "bar", help = true }, (options.read({ "--progress=bar", "-h" }, spec)))
  end)

  for words, expected in pairs {
    ["--al"] = "unknown option: --al; did you mean --all?", ["--to"] = "--to needs a value",
    ["--all=1"] = "--all takes no value", ["--to=1 --to=2"] = "--to is given twice",
  } do
    it("refuse " .. words, function()
      local list = {}
      for word in words:gmatch "%S+" do list[#list + 1] = word end
      assert.equal(expected, message(options.read, list, spec))
    end)
  end
end)

describe("a path into JSON", function()
  for text, steps in pairs {
    ["a.b"] = { "a", "b" }, ["items[0].id"] = { "items", 0, "id" },
    ["list[-1]"] = { "list", -1 }, ["list[]"] = { "list", keys.each },
    ['"a key"."b\\"c"'] = { "a key", 'b"c' },
  } do
    it("is read and written: " .. text, function()
      local found, past = keys.read(text, 1, "[,=]")
      assert.same(steps, found)
      assert.equal(#text + 1, past)
      assert.equal(text, keys.write(found))
    end)
  end

  for text, position in pairs { ["a..b"] = 3, ["a[x]"] = 2, ["a."] = 3, ["a[0"] = 2 } do
    it("names the position of what is wrong: " .. text, function()
      assert.match("at position " .. position .. "$", message(keys.read, text, 1, "[,=]"))
    end)
  end
end)

describe("a login from the command line", function()
  it("takes no password among the options", function()
    assert.equal("--password cannot be used: every user of this machine reads the command line; "
      .. "set VBO_PASSWORD, or use --password-file", message(login.check, { password = "x" }))
  end)
end)
