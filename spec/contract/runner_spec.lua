-- The total that `make test` ends with: what counts, what is skipped and why, and what is flaky.

local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove

local function write(name, text)
  local path = folder .. "/" .. name
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  os.execute("chmod +x " .. quoted(path))
  return path
end

-- Runs test.sh with specs and C programs of our own: its output, its exit status, its last line.
local function run(specs, programs, environment)
  local output, status = program.run(("unset VBO_SANITIZE; BUILD=%s SANITIZE= RETRY= SPEC=%s "
    .. "JOBS=2 %s .ci/test.sh %s"):format(quoted((os.getenv "VBO_BUILD" or "build"):match "[^/]+$"),
    quoted(table.concat(specs, " ")), environment or "", table.concat(programs or {}, " ")))
  return output, status, output:match "([^\n]*)\n$"
end

local good, bad, skips, flaky

setup(function()
  folder, remove = program.folder()
  good = write("good_spec.lua", [[
    it("one", function() assert.equal(1, 1) end)
    it("two", function() assert.equal(2, 2) end)]])
  bad = write("bad_spec.lua", [[
    it("holds", function() assert.equal(1, 1) end)
    it("fails", function() assert.equal(1, 2) end)
    it("raises", function() error "no" end)]])
  skips = write("skips_spec.lua", [[
    it("a", function() pending "clang is missing" end)
    it("b", function() pending "clang is missing" end)
    it("c", function() pending "no such locale" end)]])
  flaky = write("flaky_spec.lua", ([[
    it("is right the second time", function()
      local before = io.open(%q)
      io.open(%q, "w"):close()
      assert.is_truthy(before)
    end)
    it("is right", function() assert.equal(1, 1) end)]]):format(folder .. "/seen",
    folder .. "/seen"))
end)
teardown(function() remove() end)

describe("make test", function()
  it("ends with one total over C tests and specs", function()
    local c = write("test_c", [[#!/bin/sh
      echo '[ RUN      ] works'
      echo '[       OK ] works'
      echo '[  PASSED  ] 4 test(s).'
      echo '[  SKIPPED ] 1 test(s), listed below:']])
    local output, status, last = run({ good }, { c })
    assert.equal("6 passed, 0 failed, 1 skipped", last)
    assert.equal(0, status)
    assert.matches("    4 passed  test_c\n", output, 1, true)
    assert.matches("    2 passed  " .. good .. "\n", output, 1, true)
    assert.not_matches("RUN", output)
  end)

  it("fails with a failure, and shows it", function()
    local output, status, last = run { good, bad }
    assert.equal("3 passed, 2 failed, 0 skipped", last)
    assert.equal(1, status)
    assert.matches("    2 FAILED  " .. bad .. "\n", output, 1, true)
    assert.matches("-- failed: " .. bad .. "\n", output, 1, true)
    assert.matches("bad_spec.lua:2: Expected objects to be equal", output, 1, true)
  end)

  it("counts a crash, a leak and a file without tests as failures", function()
    local crash = write("crash_spec.lua", [[it("ends", function() os.exit(9, true) end)]])
    local empty = write("empty_spec.lua", "")
    local leak = write("test_leak", "#!/bin/sh\necho '[  PASSED  ] 3 test(s).'\nexit 1\n")
    local output, status, last = run({ crash, empty, good }, { leak })
    assert.equal("5 passed, 3 failed, 0 skipped", last)
    assert.equal(1, status)
    assert.matches("exit status 9\n", output, 1, true)
  end)

  it("says what is skipped in one line for each reason", function()
    local output, status, last = run { skips, good }
    assert.equal("2 passed, 0 failed, 3 skipped", last)
    assert.equal(0, status)
    local shown = {}
    for line in output:gmatch "skipped [^\n]*" do shown[#shown + 1] = line end
    assert.same({ "skipped 1: no such locale", "skipped 2: clang is missing" }, shown)
  end)
end)

describe(".ci/run", function()
  setup(function() os.remove(folder .. "/seen") end)

  it("runs a spec that failed once more, and lists it as flaky when it passes", function()
    local output, status, last = run({ flaky, good }, nil, "RETRY=1")
    assert.equal("4 passed, 0 failed, 0 skipped, 1 flaky", last)
    assert.equal(0, status)
    assert.matches("\nflaky: " .. flaky .. "\n4 passed", output, 1, true)
    assert.matches("-- flaky, it passed when it ran once more by itself: " .. flaky .. "\n",
      output, 1, true)
    assert.matches("flaky_spec.lua:4: Expected to be truthy", output, 1, true)
  end)

  it("does not call flaky what fails again", function()
    local output, status, last = run({ bad, good }, nil, "RETRY=1")
    assert.equal("3 passed, 2 failed, 0 skipped", last)
    assert.equal(1, status)
    assert.not_matches("flaky", output)
  end)

  it("alone runs it once more: make test fails", function()
    os.remove(folder .. "/seen")
    local _, status, last = run { flaky }
    assert.equal("1 passed, 1 failed, 0 skipped", last)
    assert.equal(1, status)
  end)
end)
