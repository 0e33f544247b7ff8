-- Tests what a request chooses of a restore session: vbo.sim.sessions.choice.

local choice = require "vbo.sim.sessions.choice"
local refusal = require "vbo.sim.base.refusal"

--- The refusal that a function raises.
local function refused(fn, ...)
  local good, err = pcall(fn, ...)
  assert.is_false(good)
  assert.is_true(refusal.is(err))
  return err.status .. " " .. err.message
end

describe("the choice of a request", function()
  local top = { name = "Top" }
  local inner = { name = "Inner", parent = top }
  local other = { name = "Other" }
  local deep, loose = { name = "deep.txt", folder = inner }, { name = "loose.txt" }
  local view = {}
  function view.documents() return { deep, loose } end
  function view.folders() return { top, inner, other } end
  function view.current() return { id = 1024, number = "2.0" } end
  function view.versions()
    return { { id = 1024, number = "2.0" }, { id = 512, number = "1.0" } }
  end
  local session = { view = view }

  it("resolves the objects that a body lists, by another id where it is given", function()
    local function find(_, id) return id end
    assert.same({ 7, 8 }, choice.listed({ { id = 7 }, { id = 8 } }, "Documents", find))
    assert.same({ 9 }, choice.listed({ { postId = 9 } }, "Posts", find, function(each)
      return each.postId
    end))
    assert.equal("400 'Documents[1].id' is missing.",
      refused(choice.listed, { { id = 7 }, {} }, "Documents", find))
    assert.equal("400 Missing mandatory parameters: Documents",
      refused(choice.listed, {}, "Documents", find))
  end)

  it("finds a version by its id or number", function()
    assert.equal("2.0", choice.version(session, deep, nil, "Version").number)
    assert.equal("1.0", choice.version(session, deep, "512", "Version").number)
    assert.equal(512, choice.version(session, deep, "1.0", "Version").id)
    assert.equal("404 Resource cannot be found for current key: Version '3'.",
      refused(choice.version, session, deep, 3, "Version"))
  end)

  it("collects what lies below folders, or all", function()
    local documents, folders = choice.below(session, {}, { top })
    assert.equal(1, #documents)
    assert.equal(deep, documents[1].document)
    assert.equal("2.0", documents[1].version.number)
    assert.same({ top, inner }, folders)
    documents, folders = choice.below(session, {}, nil)
    assert.equal(2, #documents)
    assert.equal(3, #folders)
  end)

  it("lists the folders from the chosen one on", function()
    assert.same({ "Inner" }, (choice.folders_of({ [inner] = true }, deep)))
    assert.same({ "Top", "Inner" }, (choice.folders_of({ [top] = true }, deep)))
    local names, reached = choice.folders_of({ [other] = true }, deep)
    assert.same({ "Top", "Inner" }, names)
    assert.is_false(reached)
    assert.same({}, (choice.folders_of({ [top] = true }, top)))
  end)
end)
