--- Does a client's rounds of the soak, one kind after the other.  Checks at once what can be
--- checked at once; reports what was changed, to be compared with production.

local core = require "vbo.core"
local pipeline = require "vbo.request.pipeline"
local vbo = require "vbo"

local M = {}

local small = 4 << 20 -- the demo world has a document of 1 GiB, which has a bench of its own

local function pick(list)
  return list[math.random(#list)]
end

local function check(good, format, ...)
  if not good then error((format):format(...), 2) end
  return good
end

--- A request to the rehearsal server's own interface.
local function ask(client, path, file)
  local answer = pipeline.send(client, {
    operation = "sim", method = "GET", path = path, change = false,
    sink = file and { file = file, overwrite = true, fsync = false } or nil,
  })
  return file and answer.saved or answer.data
end

local function escaped(text)
  return (text:gsub("[^%w._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- All of a collection, which never gives one twice.
local function all(collection)
  local list, seen = {}, {}
  for each in collection:each() do
    check(not seen[each.id], "%s came twice in a list", each.id)
    seen[each.id], list[#list + 1] = true, each
  end
  return list
end

local function first_bytes(path, count)
  local file <close> = assert(io.open(path, "rb"))
  return file:read(count) or ""
end

--- A client's own place for a file.
local function place(it, name)
  it.files = (it.files or 0) + 1
  return ("%s/%d-%d-%s"):format(it.folder, it.round, it.files, name)
end

--- Exports to PST go one at a time: an engine sees to that for itself, and a second process would
--- break its export off, as on a real server.
local function export_turn(it)
  local path = it.folder .. "/../export"
  while not core.write(path, "") do vbo.sleep(0.05) end
  return setmetatable({}, { __close = function() os.remove(path) end })
end

--- Saves twice: two reads of one thing give the same bytes.
local function save_twice(it, thing, name, magic, method)
  local one = thing[method or "save"](thing, { to = place(it, name), fsync = false })
  local two = thing[method or "save"](thing, { to = place(it, name), fsync = false })
  check(one.sha256 == two.sha256 and one.size == two.size, "two reads of one %s differ: %d and %d",
    name, one.size, two.size)
  if magic then
    check(first_bytes(one.path, #magic) == magic, "%s begins with %q", name,
      first_bytes(one.path, #magic))
  end
  os.remove(one.path)
  os.remove(two.path)
  return one
end

--- Does a restore and compares what was answered with the changes that production has of this
--- session: those, and whether production has that person.  A restore whose answer was lost is
--- looked for in the end.
local function restored(it, client, session, thing, options, method)
  local before = #ask(client, "/sim/changes?session=" .. session.id)
  it.say { began = session.id }
  local result, err = vbo.try(thing[method or "restore"], thing, options)
  if not result and err.kind == "partial" and (#err.statistics.errors == 0
      or err.message:find "was not found in production") then
    -- Skips users who have left: no mailbox or OneDrive to restore to; up to v5 no answer says so.
    result = err.statistics
  elseif not result then
    it.say { unsure = session.id, kind = err.kind }
    err.session = session.id
    error(err, 0)
  else
    check(result.failed == 0, "%d of %d failed", result.failed, result.total)
  end
  local changes = ask(client, "/sim/changes?session=" .. session.id)
  check(result.total == result.restored + result.skipped + result.failed,
    "%d of %d restored, %d skipped, %d failed", result.restored, result.total, result.skipped,
    result.failed)
  check(#changes - before == result.restored, "%d restored, and production has %d changes",
    result.restored, #changes - before)
  it.say { session = session.id, restored = result.restored }
  return table.move(changes, before + 1, #changes, 1, {}), result.failed == 0
end

--- A restore session of an organization that has a backup of a workload.
local function explore(client, workload, at)
  local organizations = client:organizations():all()
  local first = math.random(#organizations)
  for i = 0, #organizations - 1 do
    local organization = organizations[(first + i) % #organizations + 1]
    local session, err = vbo.try(organization.explore, organization,
      { workload = workload, at = at })
    if session then return session end
    if not err.message:find "there is no restore point" then error(err, 0) end
  end
  error(("no organization has a backup of %s"):format(workload))
end

local conflicts = { "keep", "overwrite" }

function M.onedrive(it, client)
  local session <close> = explore(client, "onedrive")
  local drives = all(session:onedrives { page_size = 7 })
  if #drives == 0 then return end
  local drive = pick(drives)
  local found = {}
  for _, document in ipairs(all(drive:documents { page_size = 20 })) do
    if document.size > 0 and document.size < small then found[#found + 1] = document end
  end
  if #found == 0 then return end
  local document = pick(found)
  local saved = save_twice(it, document, "document")
  check(saved.size == document.size, "%s has %d bytes, saved were %d", document.name,
    document.size, saved.size)
  for _, change in ipairs(restored(it, client, session, document,
    { version = "last", on_conflict = pick(conflicts) })) do
    -- Others write the same document: what was kept beside it is this client's alone.
    if change.how == "kept" then
      local there = ask(client, ("/sim/content?user=%s&path=%s"):format(escaped(change.user),
        escaped(change.path)), place(it, "production"))
      check(there.sha256 == saved.sha256, "%s is not what was saved", change.path)
      os.remove(there.path)
    end
  end
end

function M.folders(it, client)
  local session <close> = explore(client, "onedrive")
  local drives = all(session:onedrives())
  if #drives == 0 then return end
  local some = {}
  for _, folder in ipairs(all(pick(drives):folders())) do
    local bytes = 0
    for document in folder:documents():each() do bytes = bytes + document.size end
    if bytes > 0 and bytes < small then some[#some + 1] = folder end
    if #some == 2 then break end
  end
  if #some > 0 then save_twice(it, pick(some), "folder.zip", "PK\3\4") end
end

function M.exchange(it, client)
  local session <close> = explore(client, "exchange")
  local mailboxes = all(session:mailboxes { page_size = 7 })
  if #mailboxes == 0 then return end
  local mailbox = pick(mailboxes)
  local folders = all(mailbox:folders())
  if #folders == 0 then return end
  local folder = pick(folders)
  local items = all(folder:items { page_size = 7 })
  if #items == 0 then return end
  save_twice(it, pick(items), "item.msg", "\xD0\xCF\x11\xE0")
  local _, lives = restored(it, client, session, pick(items), {})
  if lives then
    -- Everybody has a folder of their own, into which an item goes once.
    restored(it, client, session, pick(items), { mailbox = mailbox.email,
      folder = ("Soak %d.%d"):format(it.number, it.round) }, "restore_to")
  end
  local turn <close> = export_turn(it) -- luacheck: ignore turn
  save_twice(it, folder, "folder.pst", "!BDN", "export")
end

function M.sharepoint(it, client)
  local session <close> = explore(client, "sharepoint")
  local sites = all(session:sites())
  if #sites == 0 then return end
  local libraries = all(pick(sites):libraries())
  if #libraries == 0 then return end
  local documents = {}
  for _, each in ipairs(all(pick(libraries):documents { page_size = 5 })) do
    if each.size > 0 and each.size < small then documents[#documents + 1] = each end
  end
  if #documents == 0 then return end
  local document = pick(documents)
  save_twice(it, document, "page")
  restored(it, client, session, document, {})
end

function M.teams(it, client)
  local session <close> = explore(client, "teams")
  local teams = all(session:teams())
  if #teams == 0 then return end
  local team = pick(teams)
  for _, channel in ipairs(all(team:channels())) do
    all(channel:posts { page_size = 15 })
    local files = {}
    for _, each in ipairs(all(channel:files())) do
      if each.size and each.size > 0 and each.size < small then files[#files + 1] = each end
    end
    if #files > 0 then return save_twice(it, pick(files), "file") end
  end
end

function M.past(_, client)
  local session <close> = explore(client, pick { "onedrive", "exchange" }, "2026-11-01T00:00:00Z")
  if session.type == "Veod" then all(session:onedrives()) else all(session:mailboxes()) end
  all(session:events())
end

function M.job(it, client)
  local organization = pick(client:organizations():all())
  local name = ("Soak %d.%d"):format(it.number, it.round)
  local job = organization:create_job {
    name = name, backup_type = "EntireOrganization", description = "by hand",
    repository = client:backup_repositories():first().id,
  }
  check(client:job(name).id == job.id, "%s is not there", name)
  check(job:edit({ description = "by the book" }).description == "by the book", "edit")
  job:disable()
  all(client:jobs():first():job_sessions { page_size = 10 })
  job:remove()
  local left, err = vbo.try(function() return client:job(name).id end)
  check(not left and err.kind == "not_found", "%s is still there", name)
end

M.kinds = { "onedrive", "exchange", "folders", "sharepoint", "teams", "past", "job" }

--- A round with a client of its own.
function M.run(kind, version, it)
  local client <close> = vbo.connect { version = version }
  M[kind](it, client)
end

return M
