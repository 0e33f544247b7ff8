--- Runs `vbolua api`: calls any operation of the API from the command line.

local api = require "vbo.client.call"
local arguments_of = require "vbo.cli.api.arguments"
local catalogue = require "vbo.catalogue"
local connect = require "vbo.client.connect"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.cli.common.files"
local formats = require "vbo.cli.common.formats"
local json = require "vbo.base.json"
local login = require "vbo.cli.common.login"
local mask = require "vbo.cli.api.mask"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.cli.common.output"
local pipeline = require "vbo.request.pipeline"
local progress = require "vbo.runtime.progress"
local select = require "vbo.cli.common.select"
local target_of = require "vbo.cli.api.target"
local text = require "vbo.cli.common.text"

local M = {}

M.summary = "call any operation of the API"

M.usage = [[
usage: vbolua api [options] NAME [key=value ...]            Job_StartAction jobId=ID full=true
       vbolua api [options] METHOD PATH [key=value ...]     GET /Jobs
       vbolua api --list [--version V] [WORD ...]           list the operations of a version
       vbolua api --describe [--version V] NAME             describe what one takes and answers
WORDs and NAMEs may be titles of the vendor's reference: "Get Backup Jobs"

arguments
  key=value            a parameter of the path or query, else a property of the body, read as
                       its type; a.b=x and items[0].id=x reach inside, ids[]=x appends,
                       body.key=x is the body's where a parameter has the same name
  key:=JSON            a value as it stands
  key=@FILE            a file's content; a password's file must be its owner's alone
  --body FILE          the body, JSON (-: standard input); key=value adds to it

output
  --json               JSON, over several lines on a terminal (default without --select)
  --ndjson             JSON, one row a line
  --table, --csv       rows and columns (CSV as RFC 4180 has it; text that a spreadsheet would
                       take for a formula gets a ' in front)
  --select FIELDS      results[].name   results[].id,name   items[0].id   list[-1]
                       by itself: values one a line, several with tabs between
  --paginate           request all pages, not only the first
  --output FILE        write a stream to this file (--overwrite replaces it)

sending
  --host H, --port N, --user U, --pin P, --ca FILE, --version V
                       instead of VBO_HOST, VBO_USER, VBO_PIN, VBO_CA, VBO_VERSION
  --password-file FILE instead of VBO_PASSWORD; without either vbolua prompts for it
  --dry-run            show the request (secrets masked) and send nothing; needs no server
  --no-strict          accept properties that the catalogue does not know
  --deadline SECONDS   give up after that long
  --progress[=HOW]     show how a stream stands, on standard error: auto, bar, plain, json, none,
                       plain:FILE, json:FILE; --quiet stands for none
]]

local spec = {
  list = "flag", describe = "flag", help = "flag", json = "flag", ndjson = "flag",
  table = "flag", csv = "flag", paginate = "flag", overwrite = "flag", ["dry-run"] = "flag",
  ["no-strict"] = "flag", select = "value", body = "value", output = "value", host = "value",
  port = "value", user = "value", pin = "value", ca = "value", version = "value",
  progress = "optional", quiet = "flag",
  deadline = "value", ["password-file"] = "value", password = "value",
}

--- The options, as `vbo.cli.common.options` reads them; `vbolua complete` offers them.
M.options = spec

local format_names = { "json", "ndjson", "table", "csv" }

-- Reads "--list=WORD" and "--describe=NAME" as if a blank stood there.
local function spread(arguments)
  local result = {}
  for _, word in ipairs(arguments) do
    local name, value = word:match "^%-%-(%l+)=(.+)$"
    if name == "list" or name == "describe" then
      result[#result + 1] = "--" .. name
      result[#result + 1] = value
    else
      result[#result + 1] = word
    end
  end
  return result
end

--- Returns the version that option, path or environment name; nil without one.
local function wanted_version(options, target)
  local named = options.version and connect.version(options.version)
  local of_path = target and target.version and connect.version(target.version)
  if named and of_path and named ~= of_path then
    errors.usage(("--version must match the path of %s, got %s"):format(of_path, named))
  end
  local variable = os.getenv "VBO_VERSION"
  return named or of_path or variable and variable ~= "" and connect.version(variable) or nil
end

local function newest() return catalogue.versions[#catalogue.versions] end

local number = login.number

local function decode_body(options)
  if not options.body then return nil end
  local value, err = json.decode(files.read(options.body))
  if err then errors.usage(("--body %s: %s"):format(options.body, err.message)) end
  return value
end

--- Returns the operation and arguments that the words mean in one version.
local function prepare(known, request)
  local operation, of_path, entries, body =
    target_of.find(known, request.target, request.entries, request.body)
  for _, entry in ipairs(entries) do
    if type(entry) == "string" then arguments_of.entry(entry) end -- says what is wrong with it
  end
  return operation, arguments_of.build(operation, entries, {
    body = body, arguments = of_path, strict = request.strict })
end

--- Checks a request as sending it would, and returns it.
local function rehearse(known, operation, arguments, strict)
  local found
  local client = { _catalogue = known, gates = { function(request)
    found = request
    return { status = 0 }
  end } }
  local intent = api.intent(operation, arguments)
  intent.strict = strict
  pipeline.call(client, intent)
  return found
end

local function print_request(operation, request, format)
  local shown = operation.body
  if operation.action then shown = { properties = { [operation.action] = operation.body } } end
  local body, path = mask.body(request.body, shown), mask.path(request.path)
  if format == "json" or format == "ndjson" then
    return output.write(json.encode { method = request.method, path = path, body = body }, "\n")
  end
  output.write(request.method, " ", path, "\n")
  if body ~= nil then output.write(text.pretty(body), "\n") end
end

local function perform(client, operation, arguments, options, format)
  local selection = options.select and select.read(options.select)
  local answer = operation.answer
  local how = { format = format, selection = selection, schema = answer.item or answer.schema }
  local call = { strict = not options["no-strict"], deadline = number(options, "deadline") }
  if options.paginate and (format == "ndjson" or not format and selection) then
    for rows in api.pages(client, operation.name, arguments, call) do
      output.print(json.array(rows), how)
    end
    return
  end
  call.paginate = options.paginate
  if options.output and answer.kind ~= "stream" then
    errors.usage(operation.name .. " answers no stream for --output",
      "redirect standard output: > " .. options.output)
  elseif options.output then
    call.to, call.overwrite = options.output, options.overwrite
    how.schema = { order = { "path", "size", "sha256" } }
  elseif answer.kind == "stream" then
    errors.usage(operation.name .. " answers a stream", "name a file with --output")
  end
  output.print(client:call(operation.name, arguments, call), how)
end

local function call(options, words)
  local format = formats.chosen(options, format_names)
  if options.select then select.read(options.select) end
  local target, rest = target_of.split(words)
  local request = { target = target, strict = not options["no-strict"], entries = {} }
  for i, word in ipairs(rest) do
    request.entries[i] = word:find("=", 1, true) and arguments_of.entry(word) or word
  end
  local version = wanted_version(options, target)
  request.body = decode_body(options)
  if options["dry-run"] then
    local known = catalogue.load(version or newest())
    local operation, arguments = prepare(known, request)
    print_request(operation, rehearse(known, operation, arguments, request.strict), format)
    if not version then
      io.stderr:write(("vbolua api: shown for %s; --version picks another\n"):format(newest()))
    end
    return
  end
  local operation, arguments
  if version then
    -- A wrong argument is refused before the prompt for a password.
    local known = catalogue.load(version)
    operation, arguments = prepare(known, request)
    rehearse(known, operation, arguments, request.strict)
  else
    target_of.exists(target)
  end
  local client <close> = login.open(options, version)
  if not operation then operation, arguments = prepare(client._catalogue, request) end
  perform(client, operation, arguments, options, format)
end

local function describe(options, words)
  local target, rest = target_of.split(words)
  local version = wanted_version(options, target)
  if not version then
    local having = target.name and catalogue.having(target.name) or {}
    version = having[#having] or newest()
  end
  local operation = target_of.find(catalogue.load(version), target, rest, nil)
  for _, line in ipairs(require "vbo.cli.api.describe".lines(operation)) do
    output.write(line, "\n")
  end
end

--- Runs the command.
---@param arguments string[]
---@return integer status
function M.run(arguments)
  local options, words = options_of.read(spread(arguments), spec)
  login.check(options)
  if options.quiet then
    progress.configure "none"
  elseif options.progress then
    progress.configure(options.progress == true and "auto" or options.progress)
  end
  if options.help or (not words[1] and not options.list and not options.describe) then
    local stream = options.help and io.stdout or io.stderr
    stream:write(M.usage)
    return options.help and 0 or core.kinds.usage
  end
  if options.list then
    require "vbo.cli.api.list".print(catalogue.load(wanted_version(options) or newest()), words)
  elseif options.describe then
    describe(options, words)
  else
    call(options, words)
  end
  return 0
end

return M
