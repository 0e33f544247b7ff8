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
