-- Covers vbo.sim.http.auth, vbo.sim.base.random.

local core = require "vbo.core"
local guesses = require "vbo.sim.http.guesses"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local jwt_of = require "vbo.sim.http.jwt"
local sim = require "spec.support.sim_app"
local versions = require "spec.support.versions"

local form = { ["content-type"] = "application/x-www-form-urlencoded" }
local as_json = { ["content-type"] = "application/json" }

describe("the rehearsal server's tokens", function()
  local function token(client, body, headers)
    local answer = client:raw("POST", "/" .. client.version .. "/token", body, headers or form)
    return json.decode(answer.body), answer
  end

  local function status_with(client, authorization, cookie)
    return client:raw("GET", "/" .. client.version .. "/Organizations", nil,
      { authorization = authorization, cookie = cookie }).status
  end

  it("come from a form and from JSON, in every version", function()
    for _, version in ipairs(versions.all) do
      local client = sim.new(version)
      assert.equal(200, status_with(client, "Bearer " .. client.token))
      local given = token(client, json.encode {
        grant_type = "password", username = "ADMIN", password = sim.password,
        disable_antiforgery_token = true,
      }, as_json)
      assert.equal(200, status_with(client, "bearer " .. given.access_token))
      assert.equal("bearer", given.token_type)
      assert.equal(3600, given.expires_in)
    end
  end)

  it("carry dates as their version writes them", function()
    local old = token(sim.new "v3", "grant_type=password&username=admin&password=correct%20horse")
    assert.equal("Sat, 21 Nov 2026 08:00:00 GMT", old[".issued"])
    assert.equal("Sat, 21 Nov 2026 09:00:00 GMT", old[".expires"])
    assert.is_nil(old.userName)
    local new = token(sim.new "v6", "grant_type=password&username=admin&password=correct%20horse")
    assert.equal("2026-11-21T09:00:00Z", new[".expires"])
    assert.equal("admin", new.userName)
  end)

  it("are refused for a wrong password, a wrong name and a wrong grant", function()
    local client = sim.new "v8"
    for body, code in pairs {
      ["grant_type=password&username=admin&password=wrong"] = "invalid_grant",
      ["grant_type=password&username=other&password=correct+horse"] = "invalid_grant",
      ["grant_type=password&username=admin&password=correct+hors"] = "invalid_grant",
      ["grant_type=password&username=admin"] = "invalid_request",
      ["username=admin&password=correct+horse"] = "invalid_request",
      ["grant_type=refresh_token&refresh_token=none"] = "invalid_grant",
      ["grant_type=client_credentials"] = "unsupported_grant_type",
      ["grant_type=integration&integration_token=x"] = "unsupported_grant_type",
      -- Refuses users of an organization: only accounts of the server log in.
      ["grant_type=password&username=alice@contoso.com&password=correct+horse"] = "invalid_grant",
      ["grant_type=operator&username=alice@contoso.com"] = "invalid_request",
      ["grant_type=operator&username=alice@contoso.com&password=no"] = "invalid_grant",
      ["grant_type=operator&username=nobody@contoso.com&password=correct+horse"] = "invalid_grant",
      ["grant_type=operator&username=erika.former@contoso.com&password=correct+horse"] =
        "invalid_grant",
      ["grant_type=operator&username=admin&password=correct+horse"] = "invalid_grant",
    } do
      local value, answer = token(client, body)
      assert.equal(400, answer.status)
      assert.equal(code, value.error, body)
      assert.is_string(value.error_description)
      assert.is_nil(value.access_token)
    end
    local _, broken = token(client, "{", as_json)
    assert.equal(400, broken.status)
  end)

  local jwt <const> = "urn:ietf:params:oauth:grant-type:jwt-bearer"

  local function part(value)
    return (ids.base64(type(value) == "string" and value or json.encode(value), true):gsub("=", ""))
  end

  --- Returns the assertion that a server signs for an account.
  local function signed(client, user)
    return client:call("POST", "/sim/assertions", { user = user }).assertion
  end

  local account <const> = "backup@contoso.onmicrosoft.com"
  local app <const> = ids.uuid "contoso.onmicrosoft.com/application"

  it("are given to a tenant for an assertion, as a form and as JSON", function()
    for n = 5, 8 do
      local client = sim.new("v" .. n)
      local token_text = signed(client, account)
      for _, assertion in ipairs { token_text, json.encode { id_token = token_text },
        json.encode { token_type = "Bearer", access_token = signed(client, account:upper()) } } do
        local given = token(client, json.encode { grant_type = jwt, client_id = app,
          assertion = assertion, disable_antiforgery_token = true }, as_json)
        assert.equal(200, status_with(client, "Bearer " .. tostring(given.access_token)))
        if n >= 6 then assert.equal(account, given.userName) end
        local escaped = assertion:gsub("%W", function(c) return ("%%%02X"):format(c:byte()) end)
        given = token(client, ("grant_type=%s&client_id=%s&disable_antiforgery_token=true&"
          .. "assertion=%s"):format(jwt:gsub(":", "%%3A"), app, escaped))
        assert.equal(200, status_with(client, "Bearer " .. tostring(given.access_token)))
      end
      -- The object itself, not its text.
      local given = token(client, json.encode { grant_type = jwt, client_id = app:upper(),
        assertion = { access_token = token_text } }, as_json)
      assert.is_string(given.access_token)
    end
  end)

  it("are refused for an assertion that the server did not sign", function()
    local client = sim.new "v8"
    local good = signed(client, account)
    local head, payload, signature = good:match "^(.-)%.(.-)%.(.*)$"
    local claims = json.decode(ids.unbase64((payload:gsub("[-_]", { ["-"] = "+", ["_"] = "/" }))
      .. ("="):rep(-#payload % 4)))
    assert.same({ account, app }, { claims.upn, claims.aud })
    local more = {}
    for name, value in pairs(claims) do more[name] = value end
    more.exp = client.now + 10 ^ 6 // 1 | 0
    local refused = {
      part { alg = "none" } .. "." .. payload .. ".",
      part { alg = "None", typ = "JWT" } .. "." .. payload .. "." .. signature,
      part { alg = "HS512" } .. "." .. payload .. "." .. signature,
      part { typ = "JWT" } .. "." .. payload .. "." .. signature,
      part { alg = "HS256", jwk = { k = "a" } } .. "." .. payload .. "." .. signature,
      head .. "." .. payload .. ".", head .. "." .. payload,
      head .. "." .. part(more) .. "." .. signature,
      jwt_of.sign("", claims), jwt_of.sign("secret", more),
      -- Of another process, whose key is another.
      signed(sim.new "v8", account),
      -- Refuses a token of this server: it is not an assertion.
      client.token, "", "x", "{}", "a.b.c", "{", "..", part "[]" .. "." .. payload .. ".",
    }
    for _, grant in ipairs { jwt, "operator" } do
      for _, assertion in ipairs(refused) do
        local value, answer = token(client,
          json.encode { grant_type = grant, client_id = app, assertion = assertion }, as_json)
        local code = assertion == "" and "invalid_request" or "invalid_grant"
        assert.same({ 400, code }, { answer.status, value.error }, assertion)
        assert.is_string(value.error_description)
      end
    end
    -- Nor is an assertion an access token, nor a refresh token.
    assert.equal(401, status_with(client, "Bearer " .. good))
    local value = token(client, json.encode { grant_type = "refresh_token", refresh_token = good },
      as_json)
    assert.equal("invalid_grant", value.error)
  end)

  it("are refused for an assertion of another application, user or time", function()
    local client = sim.new "v8"
    local function code_of(fields)
      fields.grant_type = fields.grant_type or jwt
      return token(client, json.encode(fields), as_json).error
    end
    local good = signed(client, account)
    assert.equal("invalid_request", code_of { assertion = good })
    assert.equal("invalid_request", code_of { assertion = good, client_id = "" })
    assert.equal("invalid_client", code_of { assertion = good, client_id = "app" })
    assert.equal("invalid_client", code_of { assertion = good,
      client_id = ids.uuid "fabrikam.onmicrosoft.com/application" })
    -- Refuses a user as a tenant, and a tenant's account as an operator.
    assert.equal("invalid_grant",
      code_of { assertion = signed(client, "alice@contoso.com"), client_id = app })
    assert.equal("invalid_grant",
      code_of { assertion = good, client_id = app, grant_type = "operator" })
    client.now = client.now + 3600
    assert.equal("invalid_grant", code_of { assertion = good, client_id = app })
    for _, version in ipairs { "v1", "v3" } do
      local value = token(sim.new(version), json.encode { grant_type = jwt, client_id = app,
        assertion = good }, as_json)
      assert.equal("unsupported_grant_type", value.error)
    end
    client:login()
    for body, status in pairs { ['{"user":"nobody@contoso.com"}'] = 404, ["{}"] = 400, ["[]"] = 400,
      ['{"user":"alice@contoso.com","application":"x"}'] = 404, [""] = 400 } do
      local _, answer = client:call("POST", "/sim/assertions", body)
      assert.equal(status, answer.status, body)
    end
    client.token = nil
    local _, answer = client:call("POST", "/sim/assertions", { user = account })
    assert.equal(401, answer.status)
  end)

  it("are refused when they were invented, changed or signed by the client", function()
    local client = sim.new "v8"
    local head, payload, signature = client.token:match "^(.-)%.(.-)%.(.*)$"
    for _, forged in ipairs {
      part { alg = "none" } .. "." .. payload .. ".",
      part { alg = "none" } .. "." .. part { sub = "admin", role = "administrator", use = "access",
        exp = client.now + 1000 } .. ".",
      head .. "." .. payload .. "." .. signature:reverse(), head .. "." .. payload .. ".",
      jwt_of.sign("admin", { sub = "admin", role = "administrator", use = "access",
        exp = client.now + 1000, jti = "x" }),
    } do
      assert.equal(401, status_with(client, "Bearer " .. forged))
      local answer = client:raw("GET", "/sim/production", nil,
        { authorization = "Bearer " .. forged })
      assert.equal(401, answer.status)
    end
    assert.equal(200, status_with(client, "Bearer " .. client.token))
  end)

  it("are given to restore operators", function()
    for _, version in ipairs(versions.since "v6") do
      local client = sim.new(version)
      for _, body in ipairs {
        { username = "Bob@contoso.com", password = sim.password },
        { assertion = signed(client, "bob@contoso.com"), client_id = app },
      } do
        body.grant_type, body.disable_antiforgery_token = "operator", "true"
        local given = token(client, json.encode(body), as_json)
        assert.equal("bob@contoso.com", given.userName)
        local answer = client:raw("GET", "/" .. version .. "/Organization/LoggedInUser", nil,
          { authorization = "Bearer " .. given.access_token })
        assert.equal("bob@contoso.com", json.decode(answer.body).name)
        -- A refreshed token is still theirs.
        given = token(client, "grant_type=refresh_token&refresh_token=" .. given.refresh_token)
        assert.equal("bob@contoso.com", given.userName)
        assert.equal(403, status_with(client, "Bearer " .. given.access_token))
      end
      local value = token(client, "grant_type=integration&integration_token=x")
      assert.equal(version == "v8" and "unsupported_grant_type" or "invalid_grant", value.error)
    end
    local value = token(sim.new "v5",
      "grant_type=operator&username=bob@contoso.com&password=correct+horse")
    assert.equal("unsupported_grant_type", value.error)
  end)

  it("expire after their lifetime, and are refreshed once", function()
    local client = sim.new("v3", { token_lifetime = 120 })
    local first = token(client, "grant_type=password&username=admin&password=correct+horse")
    assert.equal(120, first.expires_in)
    client.now = client.now + 119
    assert.equal(200, status_with(client, "Bearer " .. first.access_token))
    client.now = client.now + 1
    assert.equal(401, status_with(client, "Bearer " .. first.access_token))
    local refresh = "grant_type=refresh_token&refresh_token=" .. first.refresh_token
    local second = token(client, refresh)
    assert.equal(200, status_with(client, "Bearer " .. second.access_token))
    local _, again = token(client, refresh)
    assert.equal(400, again.status)
  end)

  it("are needed", function()
    local client = sim.new "v8"
    for _, header in ipairs { "Bearer nonsense", "Basic YWRtaW46Y29ycmVjdCBob3JzZQ==", "Bearer" } do
      assert.equal(401, status_with(client, header))
    end
    local answer = client:raw("GET", "/v8/Organizations")
    assert.equal(401, answer.status)
    assert.equal("Bearer", answer.headers["www-authenticate"])
    assert.is_string(json.decode(answer.body).message)
  end)

  it("of v8 need the antiforgery cookie unless it was declined", function()
    local client = sim.new "v8"
    local given, answer = token(client, "grant_type=password&username=admin&password=correct+horse")
    assert.equal(401, status_with(client, "Bearer " .. given.access_token))
    local cookie = answer.headers["set-cookie"]:match "^[^;]+"
    assert.equal(200, status_with(client, "Bearer " .. given.access_token, "a=b; " .. cookie))
    local _, v7 = token(sim.new "v7", "grant_type=password&username=admin&password=correct+horse")
    assert.is_nil(v7.headers["set-cookie"])
  end)

  it("end with a logout", function()
    local client = sim.new "v8"
    local _, answer = client:call("POST", "/token/logout")
    assert.equal(204, answer.status)
    assert.equal(401, status_with(client, "Bearer " .. client.token))
  end)

  it("are not guessable from one another", function()
    local client, seen = sim.new "v8", {}
    for _ = 1, 20 do
      client:login()
      assert.is_nil(seen[client.token])
      -- 24 random bytes of its own, and a signature.
      assert.equal(3, select(2, client.token:gsub("[^.]+", "")))
      seen[client.token] = true
    end
  end)

  it("are not to be had by guessing: further tries of an address wait", function()
    local client, seconds, logged = sim.new "v8", 0, {}
    client.app.auth.guesses = guesses.new {
      now = function() return seconds end, log = function(text) logged[#logged + 1] = text end,
    }
    local function try(peer, password)
      return client.app:handle {
        method = "POST", path = "/v8/token", headers = form, peer = peer,
        body = "grant_type=password&username=admin&disable_antiforgery_token=true&password="
          .. password,
      }
    end
    for i = 1, 5 do
      local answer = try("192.0.2.7:" .. 1000 + i, "wrong")
      assert.same({ 400, 0 }, { answer.status, answer.delay })
    end
    assert.same({ "5 wrong passwords in a row from 192.0.2.7: its further tries are slowed down" },
      logged)
    -- One a second, the right one like the wrong ones, however many come at once.
    for i = 1, 5 do assert.equal(i, try("192.0.2.7:2000", "wrong").delay) end
    assert.same({ 200, 6 }, { try("192.0.2.7:2001", "correct+horse").status, 6 })
    for _ = 1, 11 do try("192.0.2.7:3000", "wrong") end
    local refused = try("192.0.2.7:3001", "correct+horse")
    assert.same({ 429, "1" }, { refused.status, refused.headers["retry-after"] })
    assert.is_nil(json.decode(refused.body).access_token)
    -- Others are not concerned, nor tokens.
    assert.same({ 200, 0 }, { try("192.0.2.8:1", "correct+horse").status, 0 })
    assert.equal(200, status_with(client, "Bearer " .. client.token))
    seconds = seconds + 2
    assert.equal(200, try("192.0.2.7:3002", "correct+horse").status)
    -- A right one ends it.
    assert.equal(0, try("192.0.2.7:3003", "correct+horse").delay)
  end)

  it("and the server's own interface are guarded alike", function()
    local client = sim.new "v8"
    local function try(password, peer)
      return client.app:handle { method = "GET", path = "/sim/production", peer = peer, headers = {
        authorization = "Basic " .. core.base64("admin:" .. password) } }
    end
    for _ = 1, 5 do assert.equal(401, try("wrong", "[2001:db8::1]:1").status) end
    assert.is_true(try("wrong", "[2001:db8::2]:2").delay > 0)
    for _ = 1, 10 do try("wrong", "[2001:db8::3]:3") end
    assert.equal(429, try(sim.password, "[2001:db8::4]:4").status)
    assert.equal(200, try(sim.password, "[2001:db8:0:1::1]:5").status)
  end)

  it("know addresses by their network", function()
    for peer, address in pairs { ["127.0.0.1:50"] = "127.0.0.1", ["[::1]:50"] = "::/64",
      ["[2001:db8:1:2:3:4:5:6]:7"] = "2001:db8:1:2::/64",
      ["[::ffff:192.0.2.1]:9"] = "192.0.2.1" } do
      assert.equal(address, guesses.address(peer))
    end
  end)
end)
