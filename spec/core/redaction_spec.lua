-- No text that leaves the program shows a secret, whoever wrote it there and in which encoding.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local program = require "spec.support.program"
local vbo = require "vbo"

local password <const> = "S3cr3t&W\u{F6}rd"

describe("core.redact", function()
  it("replaces every secret that lives, encoded or not", function()
    local secret <close> = vbo.secret.of(password)
    for _, form in ipairs { password, "S3cr3t%26W%C3%B6rd", "S3cr3t&amp;W&#246;rd",
      "S3cr3t\\u0026W\\u00f6rd", core.base64("user:" .. password), "S3cr3t\\x26W\xF6rd" } do
      assert.equal("<***>", core.redact("<" .. form .. ">"))
    end
    assert.equal("S3cr3t", core.redact "S3cr3t")
    assert.equal(2, #secret - #"S3cr3t&Wrd")
  end)

  it("leaves secrets that are closed, and those of fewer than four bytes", function()
    local secret = vbo.secret.of(password)
    secret:close()
    local short <close> = vbo.secret.of "abc"
    assert.equal(password .. " abc", core.redact(password .. " abc"))
    assert.equal(3, #short)
  end)
end)

describe("an error", function()
  it("holds no secret in any of its fields", function()
    local secret <close> = vbo.secret.of(password)
    local err = errors.new {
      kind = "partial", message = "no " .. password, code = password, hint = "S3cr3t%26W%C3%B6rd",
      request = "GET /" .. password, statistics = { errors = { "item " .. password } },
    }
    assert.same({ "no ***", "***", "***", "GET /***", "item ***" },
      { err.message, err.code, err.hint, err.request, err.statistics.errors[1] })
    err.message = password .. " again"
    assert.matches("^[^:]+:%d+: %*%*%* again %[partial", tostring(err))
    assert.equal(12, #secret)
  end)
end)

describe("vbolua", function()
  local function run(code)
    return program.run(("VBO_TEST_PW=%s %s -e %s"):format(program.quoted(password),
      program.quoted(program.vbolua), program.quoted(code)))
  end

  it("shows no secret in the error that ends a runbook, nor in its trace", function()
    local output, status = run [[
      local vbo = require "vbo"
      held = vbo.secret.env "VBO_TEST_PW"
      error("the server said: " .. os.getenv "VBO_TEST_PW")]]
    assert.equal(1, status)
    assert.matches("the server said: %*%*%*", output)
    assert.is_nil(output:find("S3cr3t", 1, true))
  end)

  it("shows no secret in the error of a task without a waiting caller", function()
    local output = run [[
      local vbo = require "vbo"
      held = vbo.secret.env "VBO_TEST_PW"
      vbo.spawn(function() vbo.sleep(0) error("task: " .. os.getenv "VBO_TEST_PW", 0) end)]]
    assert.matches("task: %*%*%*", output)
    assert.is_nil(output:find("S3cr3t", 1, true))
  end)

  it("takes a proxy's password out of its URL, and shows it nowhere", function()
    for _, url in ipairs { "http://svc:S3cr3t@pw@127.0.0.1:1", "http://svc:S3cr3t/pw@127.0.0.1:1",
      "http://svc:S3cr3t@[::1:3128", "http://svc:S3cr3t@127.0.0.1:1", "http://svc:S3cr3t",
      "https://svc:S3cr3t@127.0.0.1:1", "S3cr3t://x@y:1" } do
      local output, status = program.run(("HTTPS_PROXY=%s VBO_PASSWORD=x %s api GET /Organizations"
        .. " --host vbo.invalid --user u --version v8"):format(program.quoted(url),
        program.quoted(program.vbolua)))
      assert.is_true(status == 2 or status == 5, output)
      assert.matches("the proxy", output)
      assert.matches("HTTPS_PROXY", output)
      assert.is_nil(output:find("S3cr3t", 1, true), output)
    end
  end)
end)

describe("a password given as a plain string", function()
  local hidden = require "vbo.request.hidden"
  local json = require "vbo.base.json"

  it("goes out as a secret does, and only it", function()
    local items = json.array { "a", "b" }
    local body = { userPassword = "S3cr3tW0rd", name = "S3cr3t", isPasswordSet = true,
      items = items,
      account = { applicationSecret = "An0therW0rd", empty = { password = "" } } }
    local sent = hidden.body(body)
    assert.is_true(vbo.secret.is(sent.userPassword))
    assert.is_true(vbo.secret.is(sent.account.applicationSecret))
    assert.same({ "S3cr3t", true, "" },
      { sent.name, sent.isPasswordSet, sent.account.empty.password })
    assert.equal(items, sent.items)
    assert.equal("S3cr3tW0rd", body.userPassword)
    local plain = { name = "x", items = items }
    assert.equal(plain, hidden.body(plain))
    assert.equal("*** and ***", core.redact "S3cr3tW0rd and An0therW0rd")
    assert.is_truthy(sent)
  end)
end)
