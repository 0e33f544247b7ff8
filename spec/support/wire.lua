-- A server that writes down requests as they came: `wire.lua LOG`.
--
-- Each request, the login too, becomes one line of JSON in LOG: {"method":…, "target":…,
-- "type":…, "authorization":…, "body": the text}.  It decodes nothing, so that who reads the
-- log judges the bytes.  The token route hands out a token; everything
-- else is answered with the least that its operation may answer.
-- Prints `url:` and `fingerprint:` when it is ready.

local json = require "vbo.base.json"
local plausible = require "spec.support.plausible"
local server = require "vbo.server"

local log = assert(io.open(arg[1], "a"))
log:setvbuf "line"

local listening <close> = assert(server.listen { address = "127.0.0.1", port = 0, signals = true })
print("url: " .. listening:url())
print("fingerprint: " .. listening:fingerprint())
io.stdout:flush()

local token = json.encode {
  access_token = "token-of-records-4711", token_type = "bearer", expires_in = 3600,
  refresh_token = "refresh-4711",
}
local headers = { ["Content-Type"] = "application/json" }

while true do
  local request, why = listening:next(5)
  if why == "interrupted" then break end
  if request then
    log:write(json.encode {
      method = request.method, target = request.target, type = request:header "Content-Type",
      authorization = request:header "Authorization", body = request:body(),
    }, "\n")
    local is_token = request.path:lower():find "/token$" ~= nil
    local sent = not is_token and json.decode(request:body()) or nil
    request:reply { status = 200, headers = headers, body = is_token and token
      or json.encode(plausible.to(request.method, request.path, sent)) }
  end
end
