-- A server that writes down what it is sent: `recorder.lua LOG [ANSWERS]`.
--
-- Each request becomes one line of JSON in LOG: {"method":…,"path":…,"body":…}.  The token
-- route hands out a token; everything else is answered from ANSWERS (a Lua file that
-- returns a list of {method=, path= (a pattern), query= (another, if any), status=, body=})
-- or with the least that the operation may answer.
-- Prints `url:` and `fingerprint:` when it is ready and ends when its input does.

local core = require "vbo.core"
local json = require "vbo.base.json"
local plausible = require "spec.support.plausible"
local server = require "vbo.server"

local log = assert(io.open(arg[1], "a"))
log:setvbuf "line"
local answers = arg[2] and dofile(arg[2]) or {}

local listening <close> = assert(server.listen {
  address = "127.0.0.1", port = 0, signals = true,
})
print("url: " .. listening:url())
print("fingerprint: " .. listening:fingerprint())
io.stdout:flush()

local token = json.encode {
  access_token = "token-of-records-4711", token_type = "bearer", expires_in = 3600,
  refresh_token = "refresh-4711",
}

local function answer_to(request, decoded)
  for _, answer in ipairs(answers) do
    if request.method == answer.method and request.path:find(answer.path)
        and (not answer.query or (request.query or ""):find(answer.query)) then
      return answer
    end
  end
  return { status = 200, body = plausible.to(request.method, request.path, decoded) }
end

while true do
  local request, why = listening:next(0.2)
  if why == "interrupted" then break end
  if request then
    local body = request:body()
    if request.path:lower():find "/token$" then
      request:reply { status = 200, headers = { ["Content-Type"] = "application/json" },
        body = token }
    else
      local decoded = body ~= "" and json.decode(body) or nil
      log:write(json.encode {
        method = request.method, path = request.path, query = request.query, body = decoded,
        sent = body ~= "",
      }, "\n")
      local answer = answer_to(request, decoded)
      request:reply { status = answer.status,
        headers = { ["Content-Type"] = answer.type or "application/json" },
        body = answer.bytes and core.unbase64(answer.bytes)
          or type(answer.body) == "table" and json.encode(answer.body) or answer.body or "" }
    end
  end
end
