-- Saving beside the curl command line: time, CPU time and peak memory, as whole processes.
--
--   vbolua bench/save.lua [RUNS]         (make bench)
--
-- The first rows save the demo world's 1 GiB document from the rehearsal server; the others
-- save documents of other sizes from a small server on the same code, to show that memory
-- does not grow with the file.  Everything goes into tmpfs.  The two programs take turns, and
-- what counts is the ratio: machines are noisy.

local vbo = require "vbo"

local runs = tonumber(arg[1] or "") or 3
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local folder, remove = support.folder()

local function start(command, last)
  return support.start(("sh -c 'echo pid: $$; exec %s'"):format(command), "^" .. last .. ":")
end

local function median(list, field)
  local values = {}
  for i, run in ipairs(list) do values[i] = run[field] end
  return support.median(values)
end

local function compare(label, ours, theirs)
  local us, them = {}, {}
  for i = 0, runs do
    -- Both into a new file: what a file in tmpfs held is slow to reuse.
    os.remove(folder .. "/a")
    local a = support.measured(ours, folder)
    os.remove(folder .. "/b")
    local b = support.measured(theirs, folder)
    -- The first round warms caches and freed memory up.
    if i > 0 then us[i], them[i] = a, b end
  end
  local row = { label }
  for _, field in ipairs { "wall", "cpu", "peak" } do
    local a, b = median(us, field), median(them, field)
    row[#row + 1] = field == "peak" and ("%8.1f %8.1f"):format(a / 1024, b / 1024)
      or ("%8.2f %8.2f"):format(a, b)
    row[#row + 1] = ("%6.2f"):format(a / b)
  end
  print(("%-12s %s %s %s %s %s %s"):format(table.unpack(row)))
end

local function token_of(server)
  local answer = support.shell(("curl -sS --cacert %s/cert.pem "
    .. "-d grant_type=password -d disable_antiforgery_token=true "
    .. "--data-urlencode username=%s --data-urlencode password=%s %s/v8/token"):format(
    folder, server.user, server.password, server.listening))
  return assert(vbo.json.decode(answer)).access_token
end

local function certificate_of(server)
  local host = server.listening:match "^https://(.*)$"
  support.shell(("openssl s_client -connect %s </dev/null 2>/dev/null | openssl x509 > %s/cert.pem")
    :format(host, folder))
end

local saver = [[
local vbo = require "vbo"
local session, drive, document, to = table.unpack(arg)
local client <close> = vbo.connect { version = "v8" }
client:session(session):onedrive(drive):document(document):save { to = to }
]]

local function row(label, server, session, drive, document)
  local script = folder .. "/save.lua"
  local file <close> = assert(io.open(script, "w"))
  file:write(saver)
  file:close()
  local ours = ("env VBO_HOST=%s VBO_USER='%s' VBO_PASSWORD='%s' VBO_PIN=%s %s %s %s %s %s %s/a")
    :format(server.listening, server.user, server.password, server.fingerprint, vbolua, script,
      session, drive, document, folder)
  local theirs = ("curl -sS -f --cacert %s/cert.pem -X POST -H 'Authorization: Bearer %s' "
    .. "-H 'Content-Type: application/json' -d '{}' -o %s/b "
    .. "%s/v8/RestoreSessions/%s/Organization/OneDrives/%s/Documents/%s/save"):format(
    folder, token_of(server), folder, server.listening, session, drive, document)
  compare(label, ours, theirs)
  assert(support.shell(("cmp %s/a %s/b && echo same"):format(folder, folder)):find "same")
  os.remove(folder .. "/a")
  os.remove(folder .. "/b")
end

local _ <close> = setmetatable({}, { __close = remove })

print(("%d runs each, medians; left vbolua, right curl, then the ratio"):format(runs))
print(("%-12s %17s %6s %17s %6s %17s %6s"):format("", "wall s", "", "CPU s", "", "peak MiB", ""))

do
  local server <close> = start(vbolua .. " sim --listen 127.0.0.1:0", "fingerprint")
  certificate_of(server)
  local client <close> = vbo.connect {
    url = server.listening, user = server.user, password = server.password,
    pin = server.fingerprint, version = "v8",
  }
  local session <close> = client:organization "contoso.onmicrosoft.com":explore {
    workload = "onedrive",
  }
  local drive = session:onedrive "alice@contoso.com"
  local video = drive:folder "Videos":documents():where { larger = 1 << 29 }:one()
  row("sim 1 GiB", server, session.id, drive.id, video.id)
end

do
  local server <close> = start(vbolua .. " bench/sizes.lua", "fingerprint")
  certificate_of(server)
  local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
  for _, mebibytes in ipairs { 1, 64, 1024, 4096 } do
    row(mebibytes .. " MiB", server, id, id,
      ("%08x-0000-4000-8000-000000000000"):format(mebibytes))
  end
end
