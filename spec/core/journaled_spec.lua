-- A journaled client: what its core takes for a change, by a table that the catalogue's facts make.

local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local harmless = require "tools.harmless"
local output = require "tools.output"
local program = require "spec.support.program"

local echo

setup(function()
  echo = program.start(program.vbolua .. " spec/support/echo_server.lua", "fingerprint")
end)
teardown(function() echo.stop() end)

local function open(engine)
  return assert(core.client(engine, {
    url = echo.url, api_version = "v8", pin = echo.fingerprint, journaled = true, proxy = "",
  }))
end

-- The request of an operation with plain parameters.
local function request_of(operation)
  return {
    method = operation.method, path = operation.path:gsub("{[^}]*}", "1"),
    body = operation.action and ('{"%s":null}'):format(operation.action)
      or operation.body and "{}" or nil,
  }
end

describe("the core's table of reads among the POSTs", function()
  it("is what the catalogue's facts give", function()
    assert.equal(output.read "csrc/client/harmless.h", output.plainly(harmless.text),
      "run `make generated`")
  end)
end)

describe("a journaled client of the core", function()
  it("judges every operation of every API version as the catalogue does", function()
    local engine <close> = core.engine()
    local client <close> = open(engine)
    local count, wrong = 0, {}
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        count = count + 1
        if client:changes(request_of(operation)) ~= operation.change then
          wrong[#wrong + 1] = version .. " " .. operation.name
        end
      end
    end
    assert.same({}, wrong)
    assert.is_true(count > 2200, count)
  end)

  it("refuses a change without a permit, whatever the caller calls it", function()
    local engine <close> = core.engine()
    local client <close> = open(engine)
    for _, change in ipairs { false, true } do
      local transfer, err = client:start { method = "POST", path = "/v8/Jobs/1/start",
        change = change, anonymous = true }
      assert.is_nil(transfer)
      assert.equal("journal", err.kind)
      assert.equal("a change of a journaled client cannot be sent without its intent in the "
        .. "journal", err.message)
      assert.equal("POST /v8/Jobs/1/start", err.request)
      assert.is_nil(err.sent)
    end
    local transfer <close> = assert(client:start { path = "/v8/Jobs", anonymous = true })
    transfer:wait()
    assert.equal(404, transfer:status()) -- a read arrives
  end)

  it("takes nothing but a permit of the journal for one", function()
    local engine <close> = core.engine()
    local client <close> = open(engine)
    for _, value in ipairs { true, "permit", {}, io.stdout } do
      local ok, message = pcall(client.start, client,
        { method = "POST", path = "/v8/Jobs/1/start", permit = value })
      assert.is_false(ok)
      assert.matches("bad option 'permit' %(permit expected, got", message)
    end
  end)

  it("judges a request by its method and path", function()
    local engine <close> = core.engine()
    local client <close> = open(engine)
    assert.is_true(client:changes { method = "DELETE", path = "/v8/Jobs/1" })
    assert.is_false(client:changes { path = "/v8/Jobs/1" })
    local ok, message = pcall(client.changes, client, { method = "POST" })
    assert.is_false(ok)
    assert.matches("bad option 'path'", message)
  end)
end)
