-- The words that the project's prose avoids, on this tree and on small ones.

local program = require "spec.support.program"
local vocabulary = require "tools.lint.vocabulary"
local words = require "tools.lint.words"

local folder, remove

before_each(function() folder, remove = program.folder() end)
after_each(function() remove() end)

-- Writes files, and returns what the lint says of them; `given` replaces parts of the vocabulary.
local function check(files, given)
  for path, text in pairs(files) do
    local parent = path:match "^(.*)/"
    if parent then assert(os.execute("mkdir -p " .. program.quoted(folder .. "/" .. parent))) end
    local file <close> = assert(io.open(folder .. "/" .. path, "w"))
    file:write(text)
  end
  local own = { rooms = {}, exceptions = {} }
  for name, value in pairs(given or {}) do own[name] = value end
  return words.check(folder, setmetatable(own, { __index = vocabulary }))
end

describe("the lint of words", function()
  it("finds none in the rooms of this tree that have none left", function()
    assert.same({}, words.check(".", vocabulary))
  end)

  it("finds them in comments and strings, but not in names", function()
    assert.same({
      'lua/vbo/base/a.lua:1: "told"; write: notify, report, print, pass',
      'lua/vbo/base/a.lua:3: "nobody"; write: no caller, no reader, no one',
      'lua/vbo/base/a.lua:5: "is none"; write: SUBJECT must be …, got VALUE',
    }, check { ["lua/vbo/base/a.lua"] = "-- The caller is told.\nlocal told = 1\n"
      .. "f 'waits for Nobody'\ng [[first\nit is\tnone; there is none]]\n"
      .. "return told_off('nobody@x.y')" })
  end)

  it("finds them in C, in pages and in the Makefile", function()
    assert.same({
      'Makefile:1: "midst"; write: inside, during',
      'csrc/base/a.c:2: "looked at"; write: read, checked, compared',
      'csrc/base/a.c:3: "told"; write: notify, report, print, pass',
      'docs/a.md:1: "somebody"; write: name the person or program',
    }, check { ["docs/a.md"] = "As somebody wrote.", Makefile = "# in the midst",
      ["csrc/base/a.c"] = "/* One\n * looked at. */\nint told = f(\"Told\"); // plain" })
  end)

  it("finds \"is no X\", but lets \"there is no X\" and \"is no longer\" pass", function()
    assert.same({ 'docs/a.md:2: "is no X"; write: is not a X; SUBJECT must be …, got VALUE' },
      check { ["docs/a.md"] = "There is no folder; it is no longer there.\n"
        .. "Here is no longer one that is no folder." })
  end)

  it("finds comments that begin with What or Who", function()
    assert.same({
      'lua/vbo/base/a.lua:1: "What …"; write: a verb and an object: Returns …',
      'lua/vbo/base/a.lua:6: "Who …"; write: a verb and an object: Returns …',
    }, check { ["lua/vbo/base/a.lua"] = "--- What it is.\nlocal a\n-- Returns it.\n"
      .. "-- What follows.\nlocal b\nlocal c -- Who knows\n-- Whatsoever\n" })
  end)

  it("passes generated facts and listed lines", function()
    local line = "docs/a.md: The message \"nobody\" is the server's."
    assert.same({}, check({ ["lua/vbo/catalogue/facts/v1.lua"] = "-- told",
      ["docs/a.md"] = "  The message \"nobody\" is the server's.\n" },
      { exceptions = { [line] = "the server says so" } }))
  end)

  it("passes rooms that still have some, and refuses to list clean rooms and lines", function()
    local rooms = { ["lua/vbo/sim"] = true }
    assert.same({}, check({ ["lua/vbo/sim/world/a.lua"] = "-- told" }, { rooms = rooms }))
    assert.same({
      'tools/lint/vocabulary.lua: `exceptions` must not list "docs/a.md: told": it is gone',
      'tools/lint/vocabulary.lua: `rooms` must not list "lua/vbo/sim": it is clean',
    }, check({ ["lua/vbo/sim/world/a.lua"] = "-- notified" },
      { rooms = rooms, exceptions = { ["docs/a.md: told"] = "" } }))
  end)
end)
