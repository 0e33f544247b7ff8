--- Runs `vbolua sim record`: writes a real server as a folder that `vbolua sim --world` serves.

local ascii = require "vbo.base.ascii"
local connect = require "vbo.client.connect"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.cli.common.files"
local login = require "vbo.cli.common.login"
local nearest = require "vbo.base.nearest"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.record.output"
local record = require "vbo.record"
local time = require "vbo.base.time"

local M = {}

M.usage = [[
usage: vbolua sim record --out DIR [options]

Walks a server, reading only, and writes a folder that `vbolua sim --world DIR` serves: names,
sizes, dates and structure.  Contents are generated when they are served; --contents stores them.

  --out DIR                  the folder to write: one that does not exist, or an empty one
  --organization NAME        record this organization (may be given several times; default all)
  --only ADDRESS             record the mail and OneDrive of this user (several times)
  --workload NAME            exchange, onedrive, sharepoint or teams (several times; default all)
  --at DATE                  record the backup as of then (default the latest)
  --limit N                  at most N documents, mails … of each mailbox, OneDrive, site, team
  --no-versions              record the last version of documents only (one request less for each)
  --contents                 store contents: documents, attachments of lists, mail as .msg
  --anonymize                replace names and addresses by words that say nothing, equal names by
                             equal words, with a key that is not kept
  --anonymize-key FILE       the same with the key in a file: two recordings then agree
  --keep-going               leave out a mailbox, OneDrive, site or team that cannot be read and
                             end with status 10, instead of ending the recording there
  --quiet                    print errors only

  --host H, --port N, --user U, --pin P, --ca FILE, --version V, --password-file FILE
                             instead of VBO_HOST, VBO_USER, VBO_PIN, VBO_CA, VBO_VERSION,
                             VBO_PASSWORD; without either the password is asked for
]]

local spec = {
  out = "value", organization = "list", only = "list", workload = "list", at = "value",
  limit = "value", ["no-versions"] = "flag", contents = "flag", anonymize = "flag",
  ["anonymize-key"] = "value", ["keep-going"] = "flag", quiet = "flag", help = "flag",
}
for name, kind in pairs(login.spec) do spec[name] = kind end

--- The options, as `vbo.cli.common.options` reads them; `vbolua complete` offers them.
M.options = spec

local function limit_of(options)
  local value = login.number(options, "limit")
  if value and (not math.tointeger(value) or value < 1) then
    errors.usage(("--limit must be a whole number above 0, got '%s'"):format(options.limit))
  end
  return value and math.tointeger(value)
end

local function workloads_of(options)
  local list = options.workload
  for i, name in ipairs(list or {}) do
    list[i] = ascii.lower(name)
    local known = false
    for _, each in ipairs(record.workloads) do known = known or each == list[i] end
    if not known then
      local near = nearest(list[i], record.workloads)
      errors.usage(("--workload: there is no workload '%s'"):format(name),
        near and ("did you mean %s?"):format(near) or "there are: exchange, onedrive, sharepoint, "
          .. "teams")
    end
  end
  return list
end

local function key_of(options)
  local path = options["anonymize-key"]
  if not path then return options.anonymize and output.random(32) or nil end
  local key = files.read(path)
  if #key < 16 then
    errors.usage(("--anonymize-key must name a file of at least 16 bytes, got %s"):format(path))
  end
  return key
end

-- Returns a name of the server without control characters.
local function shown(text) return core.visible((text:gsub("%c", "?"))) end

--- Returns a function that shows progress (one line that changes on a terminal, a line each
--- elsewhere), and one that removes it.
local function speaker(options)
  local isatty = core.isatty(2)
  if options.quiet then return function() end, function() end end
  local function say(text)
    if isatty and not text:find "^left out" then
      local width = math.max(20, core.columns(2) or 80) - 1
      text = shown(text)
      if #text > width then text = text:sub(1, (utf8.offset(text, 0, width) or width) - 1) end
      io.stderr:write("\r\27[K", text)
    else
      io.stderr:write(isatty and "\r\27[K" or "", "vbolua sim record: ", shown(text), "\n")
    end
  end
  return say, function() if isatty then io.stderr:write "\r\27[K" end end
end

--- Runs the command.
---@param arguments string[]  after `record`
---@return integer status
function M.run(arguments)
  local options, words = options_of.read(arguments, spec)
  if options.help then
    io.stdout:write(M.usage)
    return 0
  end
  login.check(options)
  if words[1] then errors.usage("unexpected argument: " .. words[1]) end
  if not options.out then
    errors.usage("sim record needs --out DIR", "see vbolua sim record --help")
  end
  local how = {
    to = options.out, organizations = options.organization, only = options.only,
    workloads = workloads_of(options), at = options.at, limit = limit_of(options),
    versions = not options["no-versions"], contents = options.contents, key = key_of(options),
    keep_going = options["keep-going"],
  }
  if how.key and how.contents then
    errors.usage "--contents and --anonymize exclude each other: contents would show the names"
  end
  if options.at then time.point(options.at, "--at") end
  output.check(options.out)
  local version = options.version or os.getenv "VBO_VERSION"
  version = version and version ~= "" and connect.version(version) or nil
  local say, done = speaker(options)
  how.say = say
  local client <close> = login.open(options, version)
  local good, counts, skipped = pcall(record.run, client, how)
  done()
  if not good then error(counts, 0) end
  io.stdout:write("recorded ", options.out, ": ", record.summary(counts, #skipped), "\n")
  return counts.failed and core.kinds.partial or 0
end

return M
