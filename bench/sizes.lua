-- A server whose documents have the size that their id says: `bench/save.lua` uses it.
-- The first eight hexadecimal digits of a document's id are its size in MiB.  Where `0001`
-- follows it is an archive of so many files of 1 MiB, stored.

local json = require "vbo.base.json"
local server = require "vbo.server"

local listening <close> = assert(server.listen { address = "127.0.0.1", port = 0 })
print("listening: " .. listening:url())
print("user: bench")
print("password: bench")
print("fingerprint: " .. listening:fingerprint())
io.stdout:flush()

local token = json.encode {
  access_token = "bench", token_type = "bearer", expires_in = 3600, refresh_token = "bench",
}

local function archive(count)
  local entries = {}
  for i = 1, count do
    entries[i] = { name = ("folder/%05d.bin"):format(i), method = "store",
      stream = server.stream.generate { seed = i, size = 1 << 20 } }
  end
  return server.stream.zip(entries)
end

while true do
  local request, why = listening:next(1)
  if why == "interrupted" then break end
  if request then
    local mebibytes, kind = request.path:match "/Documents/(%x%x%x%x%x%x%x%x)%-(%x%x%x%x)"
    if mebibytes then
      request:reply { status = 200, headers = { ["Content-Type"] = "application/octet-stream" },
        stream = kind == "0001" and archive(tonumber(mebibytes, 16))
          or server.stream.generate { seed = 7, size = tonumber(mebibytes, 16) << 20 } }
    else
      request:reply { status = 200, headers = { ["Content-Type"] = "application/json" },
        body = token }
    end
  end
end
