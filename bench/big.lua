-- Measures a generated world: how soon it serves, how long a page of 10,000 takes, and how much
-- memory the server has while a client walks through all documents.
--
--   vbolua bench/big.lua [DOCUMENTS] [VERSION]        (1000000, v8)
--
-- One OneDrive holds all of them.  Pages are fetched by curl over TLS: the seconds are those until
-- its last byte is there.

local vbo = require "vbo"

local documents = tonumber(arg[1] or "") or 1000000
local version = arg[2] or "v8"
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local page = 10000

local function shell(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return output
end

local function now() return tonumber(shell "date +%s.%N") end

local begun = now()
local pipe = assert(io.popen(("echo pid: $$; exec %s sim --listen 127.0.0.1:0 --password bench "
  .. "--world big:users=1,docs=%d,seed=7"):format(vbolua, documents)))
local server = {}
for line in pipe:lines() do
  local name, value = line:match "^([%w_]+): (.*)$"
  server[name or ""] = value
  if name == "fingerprint" then break end
end
local _ <close> = setmetatable({}, { __close = function()
  os.execute("kill " .. server.pid)
  pipe:close()
end })
print(("ready after %.2f s"):format(now() - begun))

local function resident() return tonumber(shell("ps -o rss= -p " .. server.pid)) / 1024 end

local token = vbo.json.decode(shell(("curl -sSk -d grant_type=password -d username=%s "
  .. "-d password=bench -d disable_antiforgery_token=true %s/%s/token"):format(
  server.user, server.listening, version))).access_token
local client <close> = vbo.connect {
  url = server.listening, user = server.user, password = "bench", pin = server.fingerprint,
  version = version,
}
local session <close> = client:organization "big.onmicrosoft.com":explore { workload = "onedrive" }
local drive = session:onedrive "user000001@big.example"
local base = ("%s/%s/RestoreSessions/%s/Organization/OneDrives/%s/Documents"):format(
  server.listening, version, session.id, drive.id)

local times, bytes, at = {}, 0, 0
print(("before: %.0f MiB"):format(resident()))
while at < documents do
  local seconds, size, status = shell(("curl -sSk -o /dev/null -w '%%{time_total} "
    .. "%%{size_download} %%{http_code}' -H 'Authorization: Bearer %s' '%s?offset=%d&limit=%d'")
    :format(token, base, at, page)):match "^(%S+) (%d+) (%d+)$"
  assert(status == "200", status)
  times[#times + 1], bytes, at = tonumber(seconds), bytes + tonumber(size), at + page
  if #times % 10 == 0 then
    print(("%8d documents: page %.2f s, server %.0f MiB"):format(at, times[#times], resident()))
  end
end
table.sort(times)
print(("%d pages of %d: median %.2f s, slowest %.2f s; %.1f MiB a page"):format(#times, page,
  times[(#times + 1) // 2], times[#times], bytes / #times / (1 << 20)))
