-- The rehearsal server beside nginx, and what it is to do in what time.
--
--   vbolua bench/serve.lua [RUNS]         (make bench)
--
-- Both send 1 GiB over TLS 1.3 with the same cipher to the same client, curl, which throws it away:
-- the server makes the demo world's document while it sends it, nginx has a file in tmpfs.  They
-- take turns, and what counts is the ratio of the medians.  Without nginx that row is left out.

local core = require "vbo.core"
local vbo = require "vbo"

local runs = math.tointeger(tonumber(arg[1] or "") or 5)
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local folder = ((io.open "/dev/shm/." and "/dev/shm") or os.getenv "TMPDIR" or "/tmp")
  .. "/vbolua-serve." .. tostring(os.time())
local cipher = "TLS_AES_256_GCM_SHA384"
local size = 1 << 30

local function shell(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return output
end

local function has(program) return os.execute("command -v " .. program .. " >/dev/null 2>&1") end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local function start(more)
  local pipe = assert(io.popen(("echo pid: $$; exec %s sim --listen 127.0.0.1:0 %s"):format(vbolua,
    more or "")))
  local found = {}
  for line in pipe:lines() do
    local name, value = line:match "^([%w_]+): (.*)$"
    found[name or ""] = value
    if name == "fingerprint" then break end
  end
  assert(found.fingerprint, "the server did not start")
  return setmetatable(found, { __close = function()
    os.execute("kill " .. found.pid)
    pipe:close()
  end })
end

local function resident(server)
  return tonumber(shell("ps -o rss= -p " .. server.pid)) / 1024
end

local curl = "curl -sSfk --tlsv1.3 --tls13-ciphers " .. cipher

local function token_of(server)
  return assert(vbo.json.decode(shell(("%s -d grant_type=password "
    .. "-d disable_antiforgery_token=true --data-urlencode username=%s "
    .. "--data-urlencode password=%s %s/v8/token"):format(curl, server.user, server.password,
    server.listening))).access_token)
end

--- MiB a second of one download.
local function rate(arguments)
  local seconds, bytes = shell(("%s -o /dev/null -w '%%{time_total} %%{size_download}' %s"):format(
    curl, arguments)):match "^(%S+) (%d+)$"
  assert(tonumber(bytes) == size, "not 1 GiB")
  return size / (1 << 20) / tonumber(seconds)
end

local nginx_settings = [[
daemon off; master_process off; worker_processes 1;
error_log FOLDER/error.log; pid FOLDER/nginx.pid;
events { worker_connections 256; }
http {
  access_log off; sendfile on; default_type application/octet-stream;
  client_body_temp_path FOLDER/body; proxy_temp_path FOLDER/proxy; fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi; scgi_temp_path FOLDER/scgi;
  server {
    listen 127.0.0.1:PORT ssl; root FOLDER/root;
    ssl_certificate FOLDER/cert.pem; ssl_certificate_key FOLDER/key.pem; ssl_protocols TLSv1.3;
  }
}
]]

--- nginx with a file of 1 GiB; nil where there is none.
local function start_nginx()
  if not has "nginx" then return nil end
  shell(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
    .. "-subj /CN=localhost -keyout %s/key.pem -out %s/cert.pem 2>/dev/null"):format(folder,
    folder))
  shell(("mkdir %s/root && head -c %d /dev/urandom >%s/root/file"):format(folder, size, folder))
  -- nginx takes no port 0: a free one is tried until it starts.
  for _ = 1, 20 do
    local port = math.random(20000, 60000)
    local file <close> = assert(io.open(folder .. "/nginx.conf", "w"))
    file:write((nginx_settings:gsub("%u%u%u%u+", { FOLDER = folder, PORT = tostring(port) })))
    file:close()
    local pipe = assert(io.popen(("echo $$; exec nginx -c %s/nginx.conf -e %s/error.log 2>&1")
      :format(folder, folder)))
    local pid = pipe:read "n"
    for _ = 1, 50 do
      if os.execute(("%s -o /dev/null -r 0-0 https://127.0.0.1:%d/file 2>/dev/null"):format(curl,
        port)) then
        return setmetatable({ url = ("https://127.0.0.1:%d/file"):format(port) }, {
          __close = function()
            os.execute("kill " .. pid)
            pipe:close()
          end,
        })
      end
      if not os.execute("kill -0 " .. pid .. " 2>/dev/null") then break end
      os.execute "sleep 0.1"
    end
    os.execute("kill " .. pid .. " 2>/dev/null")
    pipe:close()
  end
  error "nginx did not start"
end

shell("mkdir -m 700 " .. folder)
local _ <close> = setmetatable({}, { __close = function() os.execute("rm -rf " .. folder) end })

print(("%d runs each, medians"):format(runs))

do
  local times = {}
  for i = 1, runs do
    local begun = core.now()
    local server <close> = start()
    token_of(server)
    times[i] = core.now() - begun
  end
  print(("ready: first token after %.0f ms (goal 300)"):format(median(times) * 1000))
end

do
  local server <close> = start()
  local nginx <close> = start_nginx()
  local client <close> = vbo.connect {
    url = server.listening, user = server.user, password = server.password,
    pin = server.fingerprint, version = "v8",
  }
  local session <close> = client:organization "contoso.onmicrosoft.com":explore {
    workload = "onedrive",
  }
  local drive = session:onedrive "alice@contoso.com"
  local video = drive:folder "Videos":documents():where { larger = 1 << 29 }:one()
  local bearer = ("-H 'Authorization: Bearer %s'"):format(token_of(server))
  local save = ("-X POST %s -H 'Content-Type: application/json' -d '{}' "
    .. "%s/v8/RestoreSessions/%s/Organization/OneDrives/%s/Documents/%s/save"):format(bearer,
    server.listening, session.id, drive.id, video.id)
  local ours, theirs = {}, {}
  for i = 0, runs do
    local us, them = rate(save), nginx and rate(nginx.url)
    if i > 0 then ours[i], theirs[i] = us, them end
  end
  local us = median(ours)
  if nginx then
    local them = median(theirs)
    print(("1 GiB over TLS: %.0f MiB/s, nginx %.0f MiB/s: ratio %.2f (goal 0.8)"):format(us, them,
      us / them))
  else
    print(("1 GiB over TLS: %.0f MiB/s (nginx is not installed)"):format(us))
  end

  -- 64 clients at once, each with one connection, that ask again and again.
  local before, requests = resident(server), 6400
  for _ = 1, 3 do
    local begun = core.now()
    shell(("%s -Z --parallel-max 64 -o /dev/null %s '%s/v8/Jobs?limit=30&n=[1-%d]' 2>&1"):format(
      curl, bearer, server.listening, requests))
    local seconds = core.now() - begun
    print(("64 clients, %d requests: %.0f a second; server %.1f MiB, %.1f before"):format(requests,
      requests / seconds, resident(server), before))
  end
end

do
  local server <close> = start "--world big:users=1,docs=20000,seed=7"
  local client <close> = vbo.connect {
    url = server.listening, user = server.user, password = server.password,
    pin = server.fingerprint, version = "v8",
  }
  local session <close> = client:organization "big.onmicrosoft.com":explore {
    workload = "onedrive",
  }
  local drive, token = session:onedrive "user000001@big.example", token_of(server)
  local times = {}
  for i = 1, runs do
    times[i] = tonumber(shell(("%s -o /dev/null -w '%%{time_total}' -H 'Authorization: Bearer %s' "
      .. "'%s/v8/RestoreSessions/%s/Organization/OneDrives/%s/Documents?limit=10000'"):format(curl,
      token, server.listening, session.id, drive.id)))
  end
  print(("10000 documents in one page: %.2f s (goal 1)"):format(median(times)))
end
