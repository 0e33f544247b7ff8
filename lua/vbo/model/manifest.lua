--- Manifests: what a folder of saves holds, for whoever looks at it later.
---
--- `SHA256SUMS` is what `sha256sum --check` reads; `manifest.json` says more of each file.
--- Both are written whole, beside the files, and what they said before of other files stays,
--- also when several processes save into one folder: each merges what it adds, one at a time.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local scratch = require "vbo.base.scratch"
local time = require "vbo.base.time"

local M = {}

--- Names the two files.
M.sums, M.details = "SHA256SUMS", "manifest.json"

-- Of the file that locks them, while they are written (csrc/lua/lfile.c).
local lock_file <const> = ".vbolua-manifest.lock"

--- Tells whether a manifest needs this name in its folder.
---@param name string
---@return boolean
function M.is_reserved(name)
  local folded = core.fold(name)
  return folded == core.fold(M.sums) or folded == core.fold(M.details) or name == lock_file
end

---@class vbo.ManifestEntry
---@field path string      within the folder
---@field sha256 string
---@field size integer?
---@field checked string?  as `vbo.Saved`
---@field saved_at string? ISO 8601
---@field modified string?  ISO 8601: the document's own
---@field original_name string?       as `vbo.Saved`
---@field original_folders string[]?  as `vbo.Saved`
---@field unchecked string?           as `vbo.Saved`

-- --------------------------------------------------------------- SHA256SUMS

local escapes = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r" }
local meant = { ["\\"] = "\\", n = "\n", r = "\r" }

--- Writes one line as sha256sum does: a name with a backslash or a line's end in it is escaped, and
--- a backslash in front of the line says so.
---@param entry vbo.ManifestEntry
---@return string
function M.line(entry)
  local name, count = entry.path:gsub("[\\\n\r]", escapes)
  return ("%s%s  %s\n"):format(count > 0 and "\\" or "", entry.sha256, name)
end

-- Hex digits → the algorithm that most probably made them.
local by_digits = { [32] = "MD5", [40] = "SHA-1", [56] = "SHA-224", [96] = "SHA-384",
  [128] = "SHA-512" }

-- Splits a line into hash and name, whatever wrote it: `sha256sum` (text "  ", binary " *"),
-- `sha256sum --tag`, BSD and `shasum --tag` ("SHA256 (name) = hash"), `openssl dgst`
-- ("SHA2-256(name)= hash"), BSD's `sha256 -r` (one space).
local function split_line(line)
  local algorithm, name, hash = line:match "^([%w/_-]+) ?%((.+)%) ?= ?(%x+)$"
  if algorithm then return hash, name, algorithm end
  hash, name = line:match "^(%x+) [ *](.+)$"
  if not hash then hash, name = line:match "^(%x+) ([^ ].*)$" end
  return hash, name
end

local function unreadable(line)
  return nil, ("must hold a SHA-256 and a file name, got %q"):format(line:sub(1, 60))
end

-- Parses a line of a SHA256SUMS; nil and why it cannot be one.
local function parse_line(line)
  local mark, rest = line:match "^(\\?)(.*)$"
  local hash, name, algorithm = split_line(rest)
  if not hash then return unreadable(line) end
  if algorithm and not ascii.upper(algorithm):find "^SHA2?%-?256$"
      or not algorithm and #hash ~= 64 then
    local other = algorithm or by_digits[#hash]
    if not other then return unreadable(line) end
    return nil, ("holds %s; only SHA-256 is read"):format(other)
  end
  if #hash ~= 64 then return unreadable(line) end
  if mark ~= "" then
    local good = true
    name = name:gsub("\\(.?)", function(letter)
      good = good and meant[letter] ~= nil
      return meant[letter]
    end)
    if not good then return nil, "escapes its name wrongly" end
  end
  return { path = name, sha256 = ascii.lower(hash) }
end

local function read_file(path)
  local file <close> = io.open(path, "rb")
  if not file then return nil end
  local text, why = file:read "a"
  if not text then
    errors.raise { kind = "disk", message = ("cannot read %s: %s"):format(path, tostring(why)) }
  end
  return text
end

local function broken(path, what)
  errors.raise { kind = "integrity", message = ("%s is broken: %s"):format(path, what) }
end

-- Raises for a name that leads out of the folder: `verify` would read other files.
local function check_name(path, name)
  local inside = type(name) == "string" and name ~= "" and name:sub(1, 1) ~= "/"
    and not name:find "\0"
  for part in (inside and name or ".."):gmatch "[^/]+" do inside = inside and part ~= ".." end
  if not inside then
    broken(path, ("it names %s, which is not in its folder"):format(tostring(name)))
  end
end

local function read_sums(path, entries)
  local text = read_file(path)
  if not text then return false end
  local number = 0
  -- `sha256sum --zero` ends lines with a NUL, and then escapes no names.
  local zero = text:find("\0", 1, true) ~= nil
  for line in text:gsub("^\xEF\xBB\xBF", ""):gmatch(zero and "([^\0]*)\0?" or "([^\n]*)\n?") do
    number = number + 1
    if not zero then line = line:gsub("\r$", "") end
    if line ~= "" and line:sub(1, 1) ~= "#" then
      local entry, why = parse_line(line)
      if not entry then broken(path, ("line %d %s"):format(number, why)) end
      entry.path = entry.path:gsub("^%./", "")
      check_name(path, entry.path)
      entries[entry.path] = entry
    end
  end
  return true
end

local function hash_of(path)
  local found = core.examine(path)
  return found and found.sha256
end

local no_list <const> = 'it must hold a list "files" of objects with a "sha256"'

local function read_details(path, entries, sums)
  local text = read_file(path)
  if not text then return false end
  local data = json.decode(text)
  if type(data) ~= "table" or type(data.files) ~= "table" then broken(path, no_list) end
  -- The details are written first: those that were written beside these very sums are the newer
  -- ones, and a crash came between.
  local newer = data.replaces ~= nil and data.replaces == hash_of(sums)
  for _, entry in ipairs(data.files) do
    if type(entry) ~= "table" or type(entry.sha256) ~= "string" then
      broken(path, no_list)
    end
    check_name(path, entry.path)
    entry.sha256 = ascii.lower(entry.sha256)
    local known = entries[entry.path]
    if known and known.sha256 ~= entry.sha256 and not newer then
      broken(path, ("it and %s do not agree about %s"):format(M.sums, entry.path))
    end
    entries[entry.path] = entry
  end
  return true
end

local function read_both(folder)
  local entries = {}
  local path = folder .. "/" .. M.sums
  local sums = read_sums(path, entries)
  local details = read_details(folder .. "/" .. M.details, entries, path)
  return (sums or details) and entries or nil
end

--- Reads the manifests of a folder.
---
--- Raises `integrity` for one that is broken, and when the two contradict each other.
---@param folder string
---@return table<string, vbo.ManifestEntry>? entries  by path; nil when there is no manifest
function M.read(folder)
  local sums = folder .. "/" .. M.sums
  for attempt = 1, 5 do
    local before = hash_of(sums)
    local ok, result = pcall(read_both, folder)
    if ok then return result end
    -- Written by another process between our two looks?
    if attempt == 5 or hash_of(sums) == before then error(result, 0) end
  end
end

-- ------------------------------------------------------------------ writing

---@class vbo.Manifest
---@field folder string
local Manifest = {}

local meta = { __name = "vbo.manifest", __index = Manifest }

-- A file's name within the folder.
local function within(folder, path)
  local lead = folder == "/" and "/" or folder .. "/"
  local inside
  if path:sub(1, #lead) == lead then
    inside = path:sub(#lead + 1):gsub("^/+", "")
  elseif folder == "." and path:sub(1, 1) ~= "/" then
    inside = path
  else
    errors.usage(("%s is not in the folder of the manifest, %s"):format(path, folder))
  end
  return inside
end

--- Notes what was saved; it is written by `write`, or at the end of the `<close>` variable.
---@param saved vbo.Saved|vbo.Saved[]  in the manifest's folder, or a folder of it
---@return vbo.Manifest self
function Manifest:add(saved)
  if type(saved) ~= "table" then errors.usage "manifest:add takes what a save returned" end
  if saved.path == nil then
    for _, each in ipairs(saved) do self:add(each) end
    return self
  end
  if type(saved.sha256) ~= "string" then
    errors.usage(("%s has no SHA-256: a manifest is made of those"):format(tostring(saved.path)),
      "save it without sha256 = false")
  end
  local path = within(self.folder, saved.path)
  if M.is_reserved(path) then
    errors.usage(("a manifest cannot name %s: that is where it is written"):format(saved.path),
      "save the file under another name")
  end
  self._new[path] = {
    path = path, sha256 = saved.sha256, size = saved.size, checked = saved.checked,
    unchecked = saved.unchecked, saved_at = time.iso(core.time() // 1), modified = saved.modified,
    original_name = saved.original_name, original_folders = saved.original_folders,
  }
  return self
end

-- Waits for the turns of others, each as long as two files take to write.
local function lock(folder)
  local due = core.now() + 60
  while true do
    local held, err = core.lock(folder, 0.1)
    if held then return held end
    if err.kind ~= "busy" or core.now() > due then errors.raise(err) end
    -- Other tasks go on; after Ctrl-C what was saved is still to be noted, but soon.
    local ok = require("vbo.runtime.loop").sleep(require("vbo.runtime.engine").get(), 0.02)
    if not ok then due = math.min(due, core.now() + 5) end
  end
end

--- Writes both files: what they hold already, and what was added since.
---@return vbo.Manifest self
function Manifest:write()
  local held <close> = lock(self.folder) -- luacheck: ignore held
  local entries = M.read(self.folder) or {}
  for path, entry in pairs(self._new) do entries[path] = entry end
  local list = json.array {}
  for _, entry in pairs(entries) do list[#list + 1] = entry end
  table.sort(list, function(a, b) return a.path < b.path end)
  local lines = {}
  for i, entry in ipairs(list) do lines[i] = M.line(entry) end
  local text = json.encode {
    version = 1, tool = "vbolua " .. core.version, files = list,
    replaces = hash_of(self.folder .. "/" .. M.sums),
  }
  -- The sums last: they are what is believed, and the details must not say less.
  for _, each in ipairs { { M.details, text .. "\n" }, { M.sums, table.concat(lines) } } do
    local ok, err = core.write(self.folder .. "/" .. each[1], each[2], { overwrite = true })
    if not ok then errors.raise(err) end
  end
  self._new = {}
  return self
end

--- Writes what is not written yet, also when an error ends the block: what was saved is there.
function Manifest:close()
  if next(self._new) ~= nil then self:write() end
end

-- An error on its way out is not to be hidden by one of the manifest.
function meta:__close(err)
  if err ~= nil then pcall(self.close, self) else self:close() end
end

--- Returns the manifest of a folder that is there, without a look at what it says already.
---@param folder string
---@return vbo.Manifest
function M.at(folder) return setmetatable({ folder = folder, _new = {} }, meta) end

--- Makes a manifest of a folder, for the caller's own loops.  One that is there already and broken
--- raises at once, not when all is saved.
---
---     local manifest <close> = vbo.manifest "export"
---     for drive in drives:each() do manifest:add(drive:save { to = "export/" }) end
---@param folder string  made when it is not there, as by a save
---@return vbo.Manifest
function M.new(folder)
  if type(folder) ~= "string" then errors.usage "manifest takes the name of a folder" end
  local made = M.at(scratch.folder(folder))
  M.read(made.folder)
  return made
end

--- Returns whether a value is a manifest.
---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == meta end

-- ------------------------------------------------------------------ checking

---@class vbo.Verified
---@field ok boolean            nothing is missing, changed or broken
---@field folder string
---@field count integer         files that the manifest names and that were checked
---@field bytes integer         of them
---@field missing string[]      paths, in order
---@field changed string[]
---@field broken table[]        {path=, message=}: failed the check of its kind, or cannot be read
---@field extra string[]        files that the manifest does not name
---@field unchecked table[]     {path=, message=}: its kind has a check that could not be made

local by_extension = { zip = "zip", pst = "pst", msg = "msg" }

-- Maps each value of `checked` that can be checked again from the file alone to its check.
local again = { zip = "zip", pst = "pst", msg = "msg", eml = "eml", html = "html" }

local function check_of(entry)
  if entry.checked then return again[entry.checked] end
  return by_extension[ascii.lower(entry.path:match "%.(%w+)$" or "")]
end

local function look_at(report, entry, deep)
  local path = report.folder .. "/" .. entry.path
  local found, err = core.examine(path)
  if not found then
    if err.kind == "not_found" then
      table.insert(report.missing, entry.path)
    else
      table.insert(report.broken, { path = entry.path, message = err.message })
    end
    return
  end
  report.bytes = report.bytes + found.size
  if found.sha256 ~= entry.sha256 or entry.size and entry.size ~= found.size then
    table.insert(report.changed, entry.path)
    return
  end
  local check = deep and check_of(entry)
  if not check then return end
  found, err = core.examine(path, check)
  if not found then
    table.insert(report.broken, { path = entry.path, message = err.message })
  elseif not found.checked then
    table.insert(report.unchecked, { path = entry.path, message = found.unchecked })
  end
end

local function find_extra(report, entries, inside)
  local list, err = core.list(report.folder .. (inside ~= "" and "/" .. inside or ""))
  if not list then errors.raise(err) end
  for name, kind in pairs(list) do
    local path = inside ~= "" and inside .. "/" .. name or name
    if kind == "directory" then
      find_extra(report, entries, path)
    elseif not entries[path] and not (inside == "" and M.is_reserved(name)) then
      report.extra[#report.extra + 1] = path
    end
  end
end

--- Checks a folder, or one file of it, against its manifest.
---
--- Raises `not_found` when there is no manifest, `integrity` when that is broken.
---@param path string  the folder, a file in it, or its SHA256SUMS
---@param given? {deep?: boolean, on_file?: fun(path: string)}  deep: archives, PST files and
---  messages are checked for what they are, too; on_file: called before each file
---@return vbo.Verified
function M.verify(path, given)
  given = require("vbo.base.options")
    .check(given, { deep = "boolean", on_file = "function" }, "verify")
  if type(path) ~= "string" or path == "" then errors.usage "verify takes the name of a folder" end
  local folder, only = scratch.found(path:gsub("(.)/+$", "%1") .. ""), nil
  local found = core.stat(folder)
  if not found or found.type ~= "directory" then
    folder, only = folder:match "^(.*)/([^/]+)$", folder:match "[^/]+$"
    if not folder then folder = "." elseif folder == "" then folder = "/" end
    if only == M.sums or only == M.details then only = nil end
  end
  local entries = M.read(folder)
  if not entries then
    errors.raise {
      kind = "not_found", message = found and ("there is no manifest in %s"):format(folder)
        or ("there is no %s, and no manifest in %s that names it"):format(path, folder),
      hint = ("a manifest is %s or %s; saves write them with manifest = true"):format(M.sums,
        M.details),
    }
  end
  if only and not entries[only] then
    errors.raise { kind = "not_found",
      message = ("the manifest of %s does not name %s"):format(folder, only) }
  end
  local report = {
    folder = folder, count = 0, bytes = 0, missing = json.array {}, changed = json.array {},
    broken = json.array {}, extra = json.array {}, unchecked = json.array {},
  }
  local order = {}
  for name in pairs(entries) do
    if not only or name == only then order[#order + 1] = name end
  end
  table.sort(order)
  for _, name in ipairs(order) do
    if given.on_file then given.on_file(name) end
    look_at(report, entries[name], given.deep)
    report.count = report.count + 1
  end
  if not only then
    find_extra(report, entries, "")
    table.sort(report.extra)
  end
  report.ok = #report.missing + #report.changed + #report.broken == 0
  return report
end

return M
