-- Where the journal of runs is kept.
--
-- Covers vbo.run.place.

local place = require "vbo.run.place"
local program = require "spec.support.program"

-- Runs `place.of(options, rehearsal)` with these variables alone.
local function of(variables, arguments)
  local code = ([[local ok, path = pcall(require "vbo.run.place".of, %s)
    print(ok and path or path.kind .. ": " .. path.message .. "; " .. path.hint)]])
    :format(arguments or "{}")
  local output = program.run(("env -u HOME -u XDG_STATE_HOME -u STATE_DIRECTORY -u VBO_JOURNAL "
    .. "%s %s -e %s"):format(variables, program.quoted(program.vbolua), program.quoted(code)))
  return (output:gsub("\n$", ""))
end

describe("the journal", function()
  it("is the file that --journal names", function()
    assert.equal("x/y.db", place.of { journal = "x/y.db" })
    assert.equal("x/y.db", of("VBO_JOURNAL=/other.db", [[{ journal = "x/y.db" }, true]]))
  end)

  it("is that of VBO_JOURNAL, STATE_DIRECTORY, XDG_STATE_HOME or HOME, in this order", function()
    assert.equal("/v.db", of "VBO_JOURNAL=/v.db STATE_DIRECTORY=/s XDG_STATE_HOME=/x HOME=/h")
    assert.equal("/s/journal.db", of "STATE_DIRECTORY=/s:/t XDG_STATE_HOME=/x HOME=/h")
    assert.equal("/x/vbolua/journal.db", of "XDG_STATE_HOME=/x HOME=/h")
    assert.equal("/h/.local/state/vbolua/journal.db", of "HOME=/h")
    assert.equal("/h/.local/state/vbolua/journal.db", of "VBO_JOURNAL= XDG_STATE_HOME=x HOME=/h")
  end)

  it("of a rehearsal stands beside it", function()
    assert.equal("/h/.local/state/vbolua/rehearsal.db", of("HOME=/h", "{}, true"))
    assert.equal("/j/rehearsal.db", of("VBO_JOURNAL=/j/v.db", "{}, true"))
    assert.equal("rehearsal.db", of("VBO_JOURNAL=v.db", "{}, true"))
  end)

  it("has no place without HOME, and the error names --journal", function()
    assert.equal("journal: the journal has no place: STATE_DIRECTORY, XDG_STATE_HOME and HOME "
      .. "are not set; name a file with --journal=FILE or VBO_JOURNAL", of "")
  end)
end)
