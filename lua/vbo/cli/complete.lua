--- Runs `vbolua complete`: prints what may stand at the end of a command line, for the scripts of
--- shells in completions/.  It reads the commands' own tables of options, so that nothing drifts.

local ascii = require "vbo.base.ascii"
local operations = require "vbo.cli.complete.operations"
local output = require "vbo.cli.common.output"
local own = require "vbo.cli.program.own"

local M = {}

M.summary = "print completions of a command line, for shells"

M.usage = [[
usage: vbolua complete [--] [WORD ...]

Prints what the last WORD of a command line of vbolua may become, one candidate a line, with a tab
and its description where it has one.  A last line ":files" or ":folders" stands for paths.  The
completion scripts of bash, zsh and fish call it.
]]

--- The commands.
M.commands = { "api", "catalogue", "complete", "help", "reap", "resume", "retry",
  "runs", "sim", "verify" }

--- The options of the program itself, in the form of `vbo.cli.common.options`.
M.program = {
  ["-e"] = "value", ["-i"] = "flag", ["-l"] = "value", ["-v"] = "flag", ["-E"] = "flag",
  ["-W"] = "flag", ["--"] = "flag", ["--rehearse"] = "optional", ["--progress"] = "optional",
  ["--quiet"] = "flag", ["--strict"] = "flag", ["--trace"] = "flag", ["--version"] = "flag",
  ["--help"] = "flag", ["-h"] = "flag",
}
for name, kind in pairs(own.spec) do M.program["--" .. name] = kind end

local function worlds()
  local list = require("vbo.sim.world").names()
  list[#list + 1] = ":folders"
  return list
end

local function weathers()
  local list = require("vbo.sim.weather.file").names()
  list[#list + 1] = ":files"
  return list
end

-- The values of options, or functions that list them; ":files" and ":folders" stand for paths.
local values = {
  progress = { "auto", "bar", "plain", "json", "none" },
  version = function() return require("vbo.catalogue").versions end,
  workload = function() return require("vbo.record").workloads end,
  weather = weathers, world = worlds, rehearse = worlds,
  journal = { ":files" }, overlap = { "allow" },
  unknown = { "ask", "retry", "skip", "fail" },
  state = function() return require("vbo.run.history").states end,
  to = { ":folders" }, out = { ":files" }, ["password-file"] = { ":files" },
  ["anonymize-key"] = { ":files" }, ca = { ":files" }, body = { ":files" }, output = { ":files" },
}

local function values_of(name)
  local found = values[name] or {}
  return type(found) == "function" and found() or found
end

-- Reads the descriptions of a command's options from its usage.
local function descriptions(usage)
  local found = {}
  for line in usage:gmatch "[^\n]+" do
    local name, text = line:match "^  (%-%-[%w-]+).-  +(%S.*)$"
    if name then found[name] = text end
  end
  return found
end

local function add(found, word, text)
  found[#found + 1] = { word = word, text = text }
end

local function add_values(found, name, before)
  for _, value in ipairs(values_of(name)) do
    add(found, value:sub(1, 1) == ":" and value or before .. value)
  end
end

-- Checks whether the usage names an option: others exist only to be refused with a reason.
local function is_offered(name, usage)
  return name ~= "--" and (usage == "" or usage:find(name:gsub("%-", "%%-") .. "%f[^%w-]") ~= nil)
end

local function add_options(found, options, usage)
  local texts, names = descriptions(usage), {}
  for name in pairs(options) do
    name = name:sub(1, 1) == "-" and name or "--" .. name
    if is_offered(name, usage) then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do add(found, name, texts[name]) end
end

--- Completes an option or its value; returns false for a plain word.
---@param found table[]  receives the candidates
---@param options table<string, string>  by name
---@param usage string
---@param words string[]  the last one is completed
local function option(found, options, usage, words)
  local word, before = words[#words], words[#words - 1] or ""
  local kind = options[before:match "^%-%-([^=]+)$" or before] or options[before]
  local name = word:match "^%-%-([^=]+)="
  if kind == "value" or kind == "list" then
    add_values(found, before:gsub("^%-+", ""), "")
  elseif name then
    add_values(found, name, ("--%s="):format(name))
  elseif word:sub(1, 1) == "-" then
    add_options(found, options, usage)
  else
    return false
  end
  return true
end

-- Lists the words that are neither options nor their values.
local function plain_words(options, words)
  local plain, skip = {}, false
  for i = 1, #words - 1 do
    local name = words[i]:match "^%-%-([^=]+)$"
    if not skip and words[i]:sub(1, 1) ~= "-" then plain[#plain + 1] = words[i] end
    skip = not skip and (options[name] == "value" or options[name] == "list")
  end
  return plain
end

-- The names of the runs of this user's journal; none where it cannot be read.
local function add_runs(found)
  add(found, "last")
  local ok, runs = pcall(require("vbo.run.history").runs)
  for _, run in ipairs(ok and runs or {}) do
    add(found, run.run, ("%s, %s"):format(run.state, run.runbook or run.kind))
  end
end

local function command(found, name, words)
  local module = require("vbo.cli." .. name)
  local options, usage = module.options or {}, module.usage
  local sub = module.subcommands and module.subcommands[words[1]]
  if #words > 1 and sub then
    options, usage = sub.options or {}, sub.usage or usage
    words = table.move(words, 2, #words, 1, {})
  elseif #words == 1 and module.subcommands then
    local names = {}
    for each in pairs(module.subcommands) do names[#names + 1] = each end
    table.sort(names)
    for _, each in ipairs(names) do add(found, each, module.subcommands[each].summary) end
  end
  if option(found, options, usage, words) then return end
  if name == "api" then
    operations.add(found, plain_words(options, words), words, add)
  elseif name == "verify" or sub and sub.files then
    add(found, ":files")
  elseif sub and sub.runs or module.runs then
    add_runs(found)
  end
end

-- Commands; and words of the reference once one has begun, since they are many.
local function add_help(found, word)
  M.list(found)
  if word == "" then return end
  for _, each in ipairs(require("vbo.cli.help.find").words()) do add(found, each) end
end

local function program(found, words)
  for i = 1, #words - 1 do
    local before = M.program[words[i - 1]]
    local value = before == "value" or before == "list"
    if words[i]:sub(1, 1) ~= "-" and not value then
      local rest = table.move(words, i + 1, #words, 1, {})
      if words[i] == "help" then return rest[2] or add_help(found, rest[1]) end
      for _, name in ipairs(M.commands) do
        if name == words[i] then return command(found, name, rest) end
      end
      return add(found, ":files") -- arguments of a script
    end
  end
  if not option(found, M.program, "", words) then
    M.list(found)
    add(found, ":files")
  end
end

--- Adds the commands.
function M.list(found)
  for _, name in ipairs(M.commands) do add(found, name, require("vbo.cli." .. name).summary) end
end

--- Completes a command line.
---@param words string[]  after `vbolua`; the last one is completed, and may be empty
---@return { word: string, text: string? }[]
function M.candidates(words)
  local found, fitting = {}, {}
  program(found, words)
  local wanted = ascii.lower(words[#words])
  for _, each in ipairs(found) do
    if each.word:sub(1, 1) == ":" or ascii.lower(each.word):sub(1, #wanted) == wanted then
      fitting[#fitting + 1] = each
    end
  end
  return fitting
end

--- Runs the command.
---@param arguments string[]
---@return integer status
function M.run(arguments)
  local words = table.move(arguments, arguments[1] == "--" and 2 or 1, #arguments, 1, {})
  if not words[1] then words[1] = "" end
  for _, each in ipairs(M.candidates(words)) do
    output.write(each.word, each.text and "\t" .. each.text or "", "\n")
  end
  return 0
end

return M
