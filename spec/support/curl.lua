-- curl(1) as a client of a rehearsal server: another program's HTTP, TLS and forms.

local json = require "vbo.base.json"
local program = require "spec.support.program"

local quoted = program.quoted

local M = {}

--- A client of a rehearsal server (`program.sim`); files go to `folder`.
---
--- Gives `client(path, {method=, json=, text=, form= (list of "name=value"), to=})`, which returns
--- { status=, type=, body= (text; nil when saved) }; and `client.token`.
function M.new(sim, folder)
  local client = {}
  local function send(_, path, options)
    options = options or {}
    -- The certificate is the server's own, and other specs look after pins.
    local words = { "curl --silent --show-error --insecure --max-time 60",
      "--write-out " .. quoted "\n%{http_code} %{content_type}" }
    local function add(option, value) words[#words + 1] = option .. " " .. quoted(value) end
    if client.token then add("--header", "Authorization: Bearer " .. client.token) end
    local text = options.text or options.json and json.encode(options.json)
    if text then
      add("--header", "Content-Type: application/json")
      add("--data-binary", text)
    end
    for _, field in ipairs(options.form or {}) do add("--data-urlencode", field) end
    if options.method then add("--request", options.method) end
    if options.to then add("--output", folder .. "/" .. options.to) end
    words[#words + 1] = quoted(sim.listening .. path)
    local output = program.run(table.concat(words, " "))
    local body, status, kind = output:match "^(.*)\n(%d+) (%S*)[^\n]*$"
    assert(status, output)
    return { status = tonumber(status), type = kind:match "^[^;]*",
      body = not options.to and body or nil }
  end
  setmetatable(client, { __call = send })

  --- Logs in with the form that every client of the real server sends.
  function client.login(version)
    local answer = client("/" .. version .. "/token", { form = { "grant_type=password",
      "username=" .. sim.user, "password=" .. sim.password } })
    assert(answer.status == 200, answer.body)
    client.token = assert(json.decode(answer.body)).access_token
    return answer
  end

  --- The decoded answer to a GET.
  function client.get(path)
    local answer = client(path)
    assert(answer.status == 200, path .. " answered " .. answer.status)
    return assert(json.decode(answer.body))
  end

  --- The row of a list that `test` is true of, or that is called so.
  function client.find(path, test)
    local value = client.get(path .. (path:find("?", 1, true) and "&" or "?") .. "limit=1000")
    for _, row in ipairs(value.results or value) do
      if type(test) == "function" and test(row) or row.name == test or row.subject == test then
        return row
      end
    end
    error("nothing of that kind in " .. path)
  end

  return client
end

return M
