local ids = require "vbo.sim.ids"
local json = require "vbo.json"
local sim = require "spec.support.sim_app"

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
    for n = 1, 8 do
      local client = sim.new("v" .. n)
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
      -- Users of an organization are no tenants of the server.
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

  --- A token of Microsoft's shape, with these claims.
  local function signed(claims)
    local function part(value)
      return (ids.base64(json.encode(value), true):gsub("=", ""))
    end
    return part { alg = "none" } .. "." .. part(claims) .. ".c2ln"
  end

  local account <const> = "backup@contoso.onmicrosoft.com"

  it("are given to a tenant for an assertion, as a form and as JSON", function()
    local text = json.encode { token_type = "Bearer", access_token = signed { upn = account } }
    for n = 5, 8 do
      local client = sim.new("v" .. n)
      for _, assertion in ipairs { text, signed { preferred_username = account:upper() },
        json.encode { id_token = signed { upn = account, exp = client.now + 1 } } } do
        local given = token(client, json.encode { grant_type = jwt, client_id = "app",
          assertion = assertion, disable_antiforgery_token = true }, as_json)
        assert.equal(200, status_with(client, "Bearer " .. tostring(given.access_token)))
        if n >= 6 then assert.equal(account, given.userName) end
        local escaped = assertion:gsub("%W", function(c) return ("%%%02X"):format(c:byte()) end)
        given = token(client, ("grant_type=%s&client_id=app&disable_antiforgery_token=true&"
          .. "assertion=%s"):format(jwt:gsub(":", "%%3A"), escaped))
        assert.equal(200, status_with(client, "Bearer " .. tostring(given.access_token)))
      end
      -- The object itself, not its text.
      local given = token(client, json.encode { grant_type = jwt, client_id = "app",
        assertion = { access_token = signed { upn = account } } }, as_json)
      assert.is_string(given.access_token)
    end
  end)

  it("are refused for a wrong assertion", function()
    local client = sim.new "v8"
    for assertion, code in pairs {
      [""] = "invalid_request", ["x"] = "invalid_grant", ["{}"] = "invalid_grant",
      ["a.b.c"] = "invalid_grant", ["{"] = "invalid_grant",
      [signed { upn = "alice@contoso.com" }] = "invalid_grant",
      [signed { upn = "admin" }] = "invalid_grant", [signed { sub = account }] = "invalid_grant",
      [signed { upn = account, exp = client.now }] = "invalid_grant",
    } do
      local value, answer = token(client,
        json.encode { grant_type = jwt, client_id = "app", assertion = assertion }, as_json)
      assert.same({ 400, code }, { answer.status, value.error }, assertion)
      assert.is_string(value.error_description)
    end
    local value = token(client, json.encode { grant_type = jwt,
      assertion = signed { upn = account } }, as_json)
    assert.equal("invalid_request", value.error)
    for _, version in ipairs { "v1", "v3" } do
      value = token(sim.new(version), json.encode { grant_type = jwt, client_id = "app",
        assertion = signed { upn = account } }, as_json)
      assert.equal("unsupported_grant_type", value.error)
    end
  end)

  it("are given to restore operators", function()
    for _, version in ipairs { "v6", "v7", "v8" } do
      local client = sim.new(version)
      for _, body in ipairs {
        { username = "Bob@contoso.com", password = sim.password },
        { assertion = signed { upn = "bob@contoso.com" }, client_id = "app" },
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
      assert.equal(64, #client.token)
      seen[client.token] = true
    end
  end)
end)
