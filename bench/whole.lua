-- Saves that are checked while they come in, beside what a shell would do after curl:
--
--   vbolua bench/whole.lua [RUNS] [MIB…]        (make bench: 3 1024)
--
--   an archive with SHA-256 and every CRC      curl -o f && sha256sum f && unzip -t f
--   a file with SHA-256                        curl | tee f | openssl dgst -sha256
--   a file, neither hashed nor checked         curl -o f
--
-- Everything over TLS from one server of bench/sizes.lua, into tmpfs where there is one.

local here = arg[0]:match "^(.*)/[^/]*$" or "."
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local runs = math.tointeger(tonumber(arg[1] or "")) or 3
local sizes = #arg > 1 and table.move(arg, 2, #arg, 1, {}) or { "1024" }
local vbolua = os.getenv "VBOLUA" or "build/vbolua"

local folder, remove = support.folder()
local _ <close> = setmetatable({}, { __close = remove })
local server <close> = support.start(
  ("sh -c 'echo pid: $$; exec %s %s/sizes.lua'"):format(vbolua, here), "^fingerprint")
support.shell(("openssl s_client -connect %s </dev/null 2>/dev/null | openssl x509 >%s/cert.pem")
  :format(server.listening:match "^https://(.*)$", folder))

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  return folder .. "/" .. name
end

local saver = write("save.lua", [[
local vbo = require "vbo"
local document, to, check, sha256 = table.unpack(arg)
local client <close> = vbo.connect { version = "v8" }
local id = "61954db6-7278-4d26-86f7-888bda5a4ec4"
local saved = client:session(id):onedrive(id):document(document):save {
  to = to, check = check ~= "no" and check or false, sha256 = sha256 ~= "no",
}
assert(check == "no" or saved.checked == check, saved.unchecked)
]])

local function ours(document, check, sha256)
  return ("VBO_HOST=%s VBO_USER=bench VBO_PASSWORD=bench VBO_PIN=%s %s %s %s %s/ours %s %s"):format(
    server.listening, server.fingerprint, vbolua, saver, document, folder, check, sha256)
end

local function theirs(document, before, after)
  return "sh " .. write("theirs.sh", ("%scurl -sS -f --cacert %s/cert.pem -X POST "
    .. "-H 'Authorization: Bearer bench' -H 'Content-Type: application/json' -d '{}' "
    .. "%s/v8/RestoreSessions/s/Organization/OneDrives/d/Documents/%s/save%s\n"):format(
    before, folder, server.listening, document, (after:gsub("@", folder .. "/theirs"))))
end

-- A file that is there already is slow to be written anew in tmpfs.
local function gone(name) return function() os.remove(folder .. "/" .. name) end end

local function row(title, document, check, sha256, label, after)
  support.compare(title, {
    { "vbolua", ours(document, check, sha256), before = gone "ours" },
    { label, theirs(document, "", after), before = gone "theirs" },
  }, runs, folder)
  assert(support.there(("cmp %s/ours %s/theirs"):format(folder, folder)), "the files differ")
  gone "ours" ()
  gone "theirs" ()
end

for _, mebibytes in ipairs(sizes) do
  local plain = ("%08x-0000-4000-8000-000000000000"):format(tonumber(mebibytes))
  local archive = ("%08x-0001-4000-8000-000000000000"):format(tonumber(mebibytes))
  if support.there "command -v unzip" then
    row(mebibytes .. " MiB archive, SHA-256 and every CRC", archive, "zip", "yes",
      "curl && sha256sum && unzip", " -o @ && sha256sum @ >/dev/null && unzip -tqq @")
  end
  row(mebibytes .. " MiB, SHA-256", plain, "no", "yes", "curl | tee | openssl",
    " | tee @ | openssl dgst -sha256 >/dev/null")
  row(mebibytes .. " MiB, neither", plain, "no", "no", "curl -o", " -o @")
end
