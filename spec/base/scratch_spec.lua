-- vbo.base.scratch: where the files of a rehearsal go.

local core = require "vbo.core"
local program = require "spec.support.program"
local scratch = require "vbo.base.scratch"

describe("the scratch folder of a rehearsal", function()
  after_each(function()
    local root = scratch.finish()
    if root then os.execute("rm -rf " .. program.quoted(root)) end
  end)

  it("leaves paths alone outside of a rehearsal", function()
    assert.equal("saves/a.zip", scratch.path "saves/a.zip")
    assert.equal("saves/a.zip", scratch.file "saves/a.zip")
    assert.is_nil(scratch.finish())
  end)

  it("gives each path its place inside, with the folders above it", function()
    scratch.begin()
    local mapped = scratch.path "saves/deep/a.zip"
    local root = mapped:match "^(.*)/saves/deep/a%.zip$"
    assert.matches("/vbolua%-rehearsal%-%x+$", root)
    assert.equal("directory", core.stat(root .. "/saves/deep").type)
    assert.equal(root .. "/etc/passwd", scratch.path "/etc/passwd")
    assert.equal(root .. "/up/up/a", scratch.path ".././../a")
    assert.equal(mapped, scratch.path(mapped))
  end)

  it("refuses a file that the real run would find", function()
    local folder, remove = program.folder()
    finally(remove)
    local there = folder .. "/a.zip"
    assert(io.open(there, "w")):close()
    scratch.begin()
    local ok, err = pcall(scratch.file, there)
    assert.same({ false, "exists", there .. " exists already" }, { ok, err.kind, err.message })
    assert.not_equal(there, scratch.file(there, true))
  end)

  it("is removed at the end where no file was saved", function()
    scratch.begin()
    local root = scratch.path "a.zip":match "^(.*)/a%.zip$"
    assert.equal("directory", core.stat(root).type)
    assert.is_nil(scratch.finish())
    assert.is_nil(core.stat(root))
  end)
end)
