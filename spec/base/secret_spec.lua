-- Where secrets come from, and what of a file is one.

local api = require "vbo.client.call"
local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local json = require "vbo.base.json"
local pipeline = require "vbo.request.pipeline"
local program = require "spec.support.program"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local quoted = program.quoted
local folder, remove

setup(function() folder, remove = program.folder() end)
teardown(function() remove() end)

local function write(name, bytes, mode)
  local path = folder .. "/" .. name
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  assert(os.execute(("chmod %s %s"):format(mode or "600", quoted(path))))
  return path
end

local function failure(fn, ...)
  local ok, err = vbo.try(fn, ...)
  assert.is_nil(ok)
  return err
end

describe("vbo.secret.file", function()
  it("reads one line, without a byte order mark and line ends", function()
    for _, text in ipairs { "hush", "hush\n", "hush\r\n", "\u{FEFF}hush\r\n" } do
      local secret <close> = vbo.secret.file(write("line", text))
      assert.equal(4, #secret)
      assert.equal("***", core.redact "hush")
    end
  end)

  it("refuses a text of several lines before anything is sent, and says how to read one", function()
    for text, says in pairs { ["a\nb"] = "several lines", ["\xFF\xFEa\0"] = "UTF%-16",
      ["0\x82\0"] = "zero byte" } do
      local err = failure(vbo.secret.file, write("none", text))
      assert.equal("usage", err.kind)
      assert.matches(says, err.message)
      assert.matches("whole = true", err.hint)
    end
  end)

  it("reads certificates whole, and as Base64", function()
    local pfx = "0\x82\n\0\r\n\xFF"
    local whole <close> = vbo.secret.file(write("cert.pfx", pfx), { whole = true })
    assert.equal(#pfx, #whole)
    local coded <close> = vbo.secret.file(folder .. "/cert.pfx", { base64 = true })
    assert.equal(#core.base64(pfx), #coded)
    assert.matches("'whole'", failure(vbo.secret.file, "x", { hole = true }).hint
      or failure(vbo.secret.file, "x", { hole = true }).message)
  end)
end)

describe("a certificate in a body", function()
  -- The request that an operation would send.
  local function request_of(version, name, arguments)
    local known = catalogue.load(version)
    local found
    local client = { _catalogue = known, gates = { function(request)
      found = request
      return { status = 0 }
    end } }
    pipeline.call(client, api.intent(known:operation(name), arguments))
    return found
  end

  it("is sent as Base64, whatever it was read as", function()
    local pfx = "0\x82\n\0\r\n\xFF"
    local function is_encoded(version, bytes)
      local whole <close> = vbo.secret.file(write("cert", bytes), { whole = true })
      local body = request_of(version, "OneDrive_RestoreOneDriveAction", {
        restoreSessionId = "61954db6-7278-4d26-86f7-888bda5a4ec4", oneDriveId = "x",
        body = { applicationCertificate = whole },
      }).body
      local sent = (body.restoretoOriginallocation or body).applicationCertificate
      assert.is_true(vbo.secret.is(sent))
      assert.equal(#core.base64(pfx), #sent)
      assert.is_truthy(next((select(2, json.encode(body)))))
    end
    for _, version in ipairs(versions.with_newest("v5", "v6")) do
      for _, bytes in ipairs { pfx, core.base64(pfx), core.base64(pfx) .. "\r\n" } do
        is_encoded(version, bytes)
      end
    end
  end)
end)

describe("vbolua", function()
  it("says when the system locks no memory for secrets", function()
    local code = quoted [[require("vbo").secret.of "long enough"; print "done"]]
    local output = program.run(("prlimit --memlock=0:0 setpriv --reuid=65534 --clear-groups "
      .. "--bounding-set=-all %s -e %s"):format(quoted(program.vbolua), code))
    if output:find "prlimit:" or output:find "setpriv:" then
      return pending "needs root, prlimit and setpriv"
    end
    assert.matches("warning:.*secrets may be swapped to disk", output)
    assert.matches("done", output)
    output = program.run(("%s -e %s"):format(quoted(program.vbolua), code))
    if core.secret.locked() then assert.equal("done\n", output) end
  end)
end)
