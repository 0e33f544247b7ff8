-- A server that answers each request with the least that its operation may answer, but for the
-- operations that a client broke: `wrong_server.lua`.  Prints `url:` and `fingerprint:` when it is
-- ready.
--
--   GET /wrong/OPERATION/SHAPE   from now on that operation's answer has that shape, of
--                                spec/support/wrong_answers.lua; "*": every operation's

local json = require "vbo.base.json"
local plausible = require "spec.support.plausible"
local server = require "vbo.server"
local wrong = require "spec.support.wrong_answers"

local listening <close> = assert(server.listen { address = "127.0.0.1", port = 0, signals = true })
print("url: " .. listening:url())
print("fingerprint: " .. listening:fingerprint())
io.stdout:flush()

local token = json.encode {
  access_token = "recorded", token_type = "bearer", expires_in = 36000, refresh_token = "again",
}
local struck, shape

local function reply(request, status, kind, body)
  request:reply { status = status, headers = { ["Content-Type"] = kind }, body = body }
end

local function answer(request)
  local sent = request:body() ~= "" and json.decode(request:body()) or nil
  local operation = plausible.operation(request.method, request.path, sent)
  if not operation then return reply(request, 404, "application/json", '{"message":"none"}') end
  if shape and (struck == "*" or struck == operation.name) then
    return reply(request, shape.status, shape.type, shape.body)
  end
  if operation.answer.kind == "stream" then
    return reply(request, 200, "application/octet-stream", "some bytes")
  end
  reply(request, 200, "application/json", json.encode(plausible.answer(operation)))
end

while true do
  local request, why = listening:next(5)
  if why == "interrupted" then break end
  if request then
    local operation, name = request.path:match "^/wrong/([^/]+)/([^/]+)$"
    if operation then
      struck, shape = operation, wrong.by_name[name]
      reply(request, 200, "application/json", "[]")
    elseif request.path:find "/[Tt]oken$" then
      reply(request, 200, "application/json", token)
    else
      answer(request)
    end
  end
end
