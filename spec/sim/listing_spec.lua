-- Listings: drives, mailboxes, sites and teams that are described, in folders as worlds.
--
-- Covers vbo.sim.world.folder.listed_mail.

local errors = require "vbo.base.error"
local listing = require "vbo.sim.world.folder.listing"
local output = require "vbo.record.output"
local program = require "spec.support.program"
local worlds = require "vbo.sim.world"

local folder, remove

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
end

describe("a listing", function()
  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  local function failure(text, wanted)
    write("x.jsonl", text)
    local good, err = pcall(listing.read, folder, "x.jsonl", wanted)
    assert.is_false(good)
    assert.is_true(errors.is(err), tostring(err))
    return (err.message:gsub("^.*/", ""))
  end

  it("tells what is in what by lines", function()
    write("x.jsonl", '{"drive":"A"}\n{"in":1,"folder":"F"}\n{"in":2,"file":"a.txt","size":3}\n'
      .. '{"in":1,"file":"b.txt","versions":[{"size":1},{"size":2}]}\n')
    local drive = listing.read(folder, "x.jsonl", "drive")
    assert.equal("F", drive[1].folder)
    assert.equal("a.txt", drive[1][1].file)
    assert.equal(3, drive[1][1].stream.size)
    assert.equal(2, drive[2][2].stream.size)
    assert.are_not.equal(drive[2][1].stream.seed, drive[2][2].stream.seed)
  end)

  it("says in which line it is wrong", function()
    local drive = '{"drive":"A"}\n'
    assert.match("^x.jsonl:2: ", failure(drive .. "{]\n"))
    assert.match("^x.jsonl:2: a line must be a JSON object", failure(drive .. "7\n"))
    assert.match("^x.jsonl:2: a line must have one of: drive, ", failure(drive .. '{"in":1}\n'))
    assert.match("^x.jsonl:2: 'in' must be", failure(drive .. '{"in":2,"file":"x"}\n'))
    assert.match("^x.jsonl:2: 'in' must be", failure(drive .. '{"file":"x"}\n'))
    assert.match("^x.jsonl:2: 'file' must be a text", failure(drive .. '{"in":1,"file":7}\n'))
    assert.match("^x.jsonl:2: 'size' must be", failure(drive .. '{"in":1,"file":"x","size":-1}\n'))
    assert.match("^x.jsonl:2: 'versions' must be a list",
      failure(drive .. '{"in":1,"file":"x","versions":{"a":1}}\n'))
    assert.match("^x.jsonl:1: this file "
      .. "must be the listing of a mailbox", failure(drive, "mailbox"))
    assert.match("^x.jsonl:1: this file must be the listing", failure '{"folder":"F"}\n')
    assert.match("^x.jsonl:0: there is nothing in it", failure "")
  end)

  it("takes no content from outside its folder", function()
    for _, path in ipairs { "../secret", "/etc/passwd", "a/../../b", "./a", "a//b", "", "a\\b" } do
      assert.match("^x.jsonl:2: 'content' must be a path in the folder", failure(
        ('{"drive":"A"}\n{"in":1,"file":"x","content":%s}\n'):format(
          require("vbo.base.json").encode(path))), path)
    end
  end)

  it("holds what is dated later than its recording", function()
    -- A file keeps the date that it had on somebody's own machine, whatever that is.
    write("a.jsonl", '{"drive":"A","url":"https://x.example/personal/a_x_example"}\n'
      .. '{"in":1,"folder":"F","created":"2027-01-01T00:00:00Z"}\n'
      .. '{"in":2,"file":"a.txt","size":3,"at":"2027-01-01T00:00:00Z"}\n'
      .. '{"in":2,"file":"a.txt","size":4,"at":"2026-01-01T00:00:00Z"}\n')
    write("world.lua", [[return { points = { "2026-11-20T22:00:00Z" },
      users = { { name = "a@x.example", drive = "a.jsonl", mailbox = false } } }]])
    local world = assert(worlds.open(folder))
    local organization = world:organizations()[1]
    local view = world:view(organization, {})
    assert.equal(1, #view:folders(organization.drives[1]))
    -- Two of one path are two.
    local documents = view:documents(organization.drives[1])
    assert.equal(2, #documents)
    assert.are_not.equal(documents[1].id, documents[2].id)
    assert.equal(1798761600, view:current(documents[1]).dated)
    assert.equal("https://x.example/personal/a_x_example", organization.drives[1].url)
  end)

  it("is missed where world.lua names it and it is not there", function()
    write("world.lua", [[return { organization = "x.example", sites = 1 }]])
    local _, why = worlds.open(folder)
    assert.match("a world has no 'sites'", why)
    write("world.lua", [[return {
      organization = { name = "x.example", sites = { "gone.jsonl" } } }]])
    _, why = worlds.open(folder)
    assert.match("world.lua:2: 'sites' names a listing that is not here: gone.jsonl", why)
    write("world.lua", [[return { users = { { name = "a@x.example",
      drive = "gone.jsonl" } } }]])
    _, why = worlds.open(folder)
    assert.match("world.lua:2: 'drive' of user a@x.example "
      .. "must be a listing of the world, got gone.jsonl", why)
  end)

  it("has jobs of organizations and users that there are", function()
    local function why(job)
      write("world.lua", ([[return { organization = { name = "x.example",
        users = { { name = "a@x.example" } } }, jobs = { %s } }]]):format(job))
      return select(2, worlds.open(folder)) or "fine"
    end
    assert.match("job J must name an organization of this world", why '{ name = "J" }')
    assert.match("job 1 has no 'name'", why '{ organization = "x.example" }')
    assert.match("job J names a user that its organization has not: b@x.example",
      why '{ name = "J", organization = "x.example", selected = { { user = "b@x.example" } } }')
    assert.equal("fine", why [[{ name = "J", organization = "x.example", points = {},
      selected = { { user = "A@x.example", mailbox = true } } }]])
  end)
end)

describe("the place of a recording", function()
  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  it("makes files of no name but its own", function()
    local names = { "../../escaped", "/etc/passwd", "a\0b", "..", "", "con", "x/y", "x/y",
      ("n"):rep(400) }
    do
      local out <close> = output.open(folder .. "/out")
      for _, name in ipairs(names) do
        local one <close> = out:listing("recorded/drives", name)
        one:add { drive = name }
        one:close()
      end
      out:finish()
    end
    local listed = program.run(("cd %s && find . -type f | wc -l; find %s -newer /dev/null -name "
      .. "'*escaped*'"):format(folder, folder))
    assert.match("^%s*9\n", listed)
    assert.match("out/recorded/drives/[^/\n]*escaped.jsonl\n$", listed)
  end)

  it("is not taken from another", function()
    local path = folder .. "/out"
    local out <close> = output.open(path)
    assert.is_nil(require("vbo.core").stat(path))
    os.execute("mkdir " .. path .. " && touch " .. path .. "/mine")
    local good, err = pcall(out.finish, out)
    assert.is_false(good)
    assert.equal("disk", err.kind)
    assert.equal("mine\n", (program.run("ls " .. path)))
  end)

  it("stores the same bytes once", function()
    local out <close> = output.open(folder .. "/out")
    local function save(text, hash)
      return out:content(function(to)
        local file <close> = assert(io.open(to, "wb"))
        file:write(text)
        return { size = #text, sha256 = hash }
      end)
    end
    local first = save("one", "aa11")
    assert.equal(first, (save("one", "aa11")))
    assert.equal("contents/ab/ab22", (save("two", "ab22")))
    out:finish()
    assert.match("^%s*2\n", (program.run(("find %s/out -type f | wc -l"):format(folder))))
  end)
end)
