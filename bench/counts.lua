-- Instructions of the hot paths, which no other work on the machine changes: `make counts`.
--
--   vbolua bench/counts.lua [--update]
--
-- Counts what runs inside the interpreter (this library, Lua and cjson) under valgrind's
-- callgrind, and compares with bench/counts.txt: more than a tenth above it is a regression, and
-- the status is 1.  Counts are comparable where compiler, Lua and valgrind are the same; elsewhere
-- they are only shown.  What the C library, libcurl and OpenSSL do depends on the processor, and
-- is left out.

local update = arg[1] == "--update"
local vbolua = os.getenv "VBOLUA" or "build/vbolua"
local pages = os.getenv "VBO_PAGES" or "build/pages"
local compiler = os.getenv "CC" or "cc"
local here = arg[0]:match "^(.*)/[^/]*$" or "."
local recorded = here .. "/counts.txt"
package.path = here .. "/?.lua;" .. package.path
local support = require "support"

local function read(path)
  local file = io.open(path)
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

local folder, remove = support.folder()
local _ <close> = setmetatable({}, { __close = remove })

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  return folder .. "/" .. name
end

local connect = [[
local vbo = require "vbo"
local client <close> = vbo.connect { version = "v8" }
]]

local list = connect .. [[
local drive = client:session "15aa649c-af84-41b1-88a9-05e96b4848ab":onedrive(
  "4e036749-2d65-40e4-b49b-b8b8b327fda733226343-4e4d-42a2-b434-3d1d8c04c66e")
local letters = 0
for document in drive:documents():take(%d):each() do letters = letters + #document.name end
]]

local decode = [[
local json = require "vbo.base.json"
local records = {}
for i = 1, 1000 do
  records[i] = ('{"id":"a37c9c95-9724-4709-895d-%%012d","name":"Quarterly report %%d.docx",'
    .. '"sizeBytes":%%d,"isFolder":false,"note":null,"tags":[],"big":9007199254740993,'
    .. '"_links":{"self":{"href":"/v8/RestoreSessions/Organization/OneDrives/Documents/%%d"}}}')
    :format(i, i, i * 1000, i)
end
local text = '{"offset":0,"limit":1000,"results":[' .. table.concat(records, ",") .. "]}"
for _ = 1, %d do assert(json.decode(text)) end
]]

local small = connect .. [[
for _ = 1, %d do assert(client:call("ServiceInstance_Get").name == "bench") end
]]

-- The server's files are 16 MiB.
local save = connect .. [[
local to = os.tmpname()
local document = client:session "15aa649c-af84-41b1-88a9-05e96b4848ab":onedrive(
  "4e036749-2d65-40e4-b49b-b8b8b327fda733226343-4e4d-42a2-b434-3d1d8c04c66e"):document(
  "a37c9c95-9724-4709-895d-916700000001")
for _ = 1, %d do document:save { to = to, overwrite = true, fsync = false } end
os.remove(to)
]]

-- Lists what is counted, the script, how often it does it, how often a second run does it, whose
-- count is taken off (the start), and by what the rest is divided.
local paths = {
  { "an empty program", " ", 1 },
  { "connect and one call", small, 1 },
  { "one more small GET", small, 21, 1, 20 },
  { "list 10,000 documents", list, 11000, 1000, 1 },
  { "save one MiB of sixteen", save, 3, 1, 32 },
  { "decode a page of 1000 records", decode, 6, 1, 5 },
}

--- Instructions in the object of this name, out of a callgrind profile.
local function own(profile, object)
  local names, inside, skip, total = {}, false, false, 0
  for line in io.lines(profile) do
    local id, name = line:match "^ob=(%(%d+%))%s*(.*)$"
    if id then
      if name ~= "" then names[id] = name:match "[^/]*$" == object end
      inside = names[id]
    elseif line:match "^calls=" then
      skip = true -- the next line is what was called
    elseif line:match "^cob=" then
      id, name = line:match "^cob=(%(%d+%))%s*(.*)$"
      if name ~= "" then names[id] = name:match "[^/]*$" == object end
    else
      local cost = line:match "^[%d+*-]%S* (%d+)$"
      if cost then
        if inside and not skip then total = total + tonumber(cost) end
        skip = false
      end
    end
  end
  return total
end

local settings

local function counted(script, times)
  local profile = folder .. "/profile"
  local path = write("script.lua", (script:format(times)))
  support.shell(("env %s valgrind --tool=callgrind --callgrind-out-file=%s %s %s 2>&1"):format(
    settings, profile, vbolua, path))
  return own(profile, vbolua:match "[^/]*$")
end

if not os.execute "command -v valgrind >/dev/null" then
  print "counts: skipped, for valgrind is missing (Debian package: valgrind)"
  return
end

local server <close> = support.start(
  ("%s --certificate %s/cert.pem"):format(pages, folder), "^ready$")
settings = ("VBO_HOST=%s VBO_USER=u VBO_PASSWORD=p VBO_CA=%s/cert.pem"):format(server.url, folder)

local function line_of(command) return (support.shell(command):match "^[^\n]*") end

local made_with = ("%s, Lua %s, %s"):format(line_of(compiler .. " --version"),
  line_of "pkg-config --modversion lua5.4 2>/dev/null || echo unknown",
  line_of "valgrind --version")

local before, comparable = {}, false
for line in (read(recorded) or ""):gmatch "[^\n]+" do
  local count, name = line:match "^%s*(%d+)  (.*)$"
  if count then before[name] = tonumber(count) end
  if line == "# " .. made_with then comparable = true end
end
if not update and not comparable then
  print(("counts: made with %s, and those recorded with something else: nothing is compared")
    :format(made_with))
end

local failed = false
local lines = { "# Instructions inside vbolua; `make counts UPDATE=1` writes this file.",
  "# " .. made_with }
for _, path in ipairs(paths) do
  local name, script, times, less, each = table.unpack(path)
  local count = counted(script, times)
  if less then count = count - counted(script, less) end
  count = count // (each or 1)
  local was = comparable and before[name]
  local note = ""
  if was and count > was * 1.1 then
    note = ("  %+.0f %%: a regression"):format((count / was - 1) * 100)
    failed = not update
  elseif was and count < was * 0.9 then
    note = ("  %+.0f %%: make counts UPDATE=1 keeps it"):format((count / was - 1) * 100)
  end
  print(("%12d  %s%s"):format(count, name, note))
  lines[#lines + 1] = ("%12d  %s"):format(count, name)
end
if update then
  local file <close> = assert(io.open(recorded, "w"))
  file:write(table.concat(lines, "\n"), "\n")
end
if failed then os.exit(1, true) end
