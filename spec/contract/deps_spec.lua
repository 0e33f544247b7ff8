-- Shows how `make test`, `make demo` and `make deps` treat packages that are missing.

local program = require "spec.support.program"

local quoted = program.quoted
local folder, remove

local function write(path, text)
  os.remove(path)
  local file <close> = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  assert(os.execute("chmod +x " .. quoted(path)))
end

-- Returns the arguments of the apt-get of these tests; "" when it was not run.
local function asked()
  local file <close> = io.open(folder .. "/asked")
  return file and file:read "a" or ""
end

-- A machine that lacks openssl, where we are root and apt-get is ours: it brings the program.
setup(function()
  folder, remove = program.folder()
  local bin = folder .. "/bin"
  assert(os.execute(("mkdir %s && ln -sf /usr/local/bin/* /bin/* /usr/bin/* %s 2>/dev/null")
    :format(bin, bin)))
  write(bin .. "/id", "#!/bin/sh\necho 0\n")
end)
teardown(function() remove() end)

before_each(function()
  local bin = folder .. "/bin"
  os.remove(bin .. "/openssl")
  os.remove(folder .. "/asked")
  write(bin .. "/apt-get", ([[#!/bin/sh
    echo "$@" >>%s/asked
    [ "$1" = update ] || ln -s /usr/bin/openssl %s/openssl]]):format(folder, bin))
end)

-- Runs a command on that machine: its output, its exit status.
local function run(command)
  return program.run(("unset MAKEFLAGS MAKELEVEL INSTALL LUA_INIT; PATH=%s/bin %s </dev/null")
    :format(quoted(folder), command))
end

-- The same at a terminal, where a person types `answer`.
local function at_terminal(answer, command)
  return program.run(("unset MAKEFLAGS MAKELEVEL INSTALL LUA_INIT; printf %s | PATH=%s/bin "
    .. "script -qec %s /dev/null"):format(quoted(answer), quoted(folder), quoted(command)))
end

local install = ".ci/deps.sh install demo"
local named = "missing %(Debian package: what it is for%):\r?\n"
  .. "  openssl: shows the SHA%-256 of what was saved\r?\n"

describe("the set-up of make test and make demo", function()
  it("names what it installs and why, and installs it where no person can be asked", function()
    local output, status = run(install)
    assert.matches("^" .. named .. "installing: openssl\n$", output)
    assert.equal("install -y --no-install-recommends openssl\n", asked())
    assert.equal(0, status)
  end)

  it("asks a person first, and takes Enter for yes", function()
    local output, status = at_terminal("\n", install)
    assert.matches(named .. "install them with apt%-get%? %[Y/n%]", output)
    assert.equal("install -y --no-install-recommends openssl\n", asked())
    assert.equal(0, status)
  end)

  it("installs nothing when the person says no", function()
    local output, status = at_terminal("n\n", install)
    assert.matches("nothing is installed; install with: apt-get install openssl", output, 1, true)
    assert.equal("", asked())
    assert.equal(1, status)
  end)

  it("installs nothing with INSTALL=0, and names what is missing", function()
    local output, status = run "make demo INSTALL=0"
    assert.matches("^" .. named, output)
    assert.matches("nothing is installed (INSTALL=0); install with: apt-get install openssl\n",
      output, 1, true)
    assert.equal("", asked())
    assert.equal(2, status)
  end)

  it("says so where it cannot install", function()
    os.remove(folder .. "/bin/apt-get")
    local output, status = run(install)
    assert.matches("cannot install: needs apt-get, and root or sudo.  On Debian: apt-get install "
      .. "openssl\n", output, 1, true)
    assert.equal(1, status)
  end)
end)

describe("make deps", function()
  it("only names what is missing", function()
    local output, status = run "make deps"
    assert.matches("openssl: makes certificates for the tests\n", output, 1, true)
    assert.matches("install with: apt%-get install [%w .+-]*openssl", output)
    assert.equal("", asked())
    assert.equal(2, status)
  end)
end)
