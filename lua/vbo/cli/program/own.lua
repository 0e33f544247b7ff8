--- Reads the options of a run, which stand before the script (`vbolua --max-changes 10 x.lua`) or
--- behind `resume` and `retry`: csrc/program notes them as text, this checks what they say.

local errors = require "vbo.base.error"

local M = {}

--- The options, as `vbo.cli.common.options` reads them.
M.spec = {
  journal = "value", ["no-journal"] = "flag", reason = "value", overlap = "value",
  ["max-changes"] = "value", ["max-items"] = "value", only = "list", canary = "value",
  ["stop-after-failures"] = "value", notify = "value",
}

--- The options that stop a run, by the name in `core.program().options`.
M.limits = { "max_changes", "max_items", "only", "canary", "stop_after_failures" }

local function refuse(option, rule, value, hint)
  errors.usage(("%s must be %s, got '%s'"):format(option, rule, value), hint)
end

-- A number of digits alone: "1e3", "0x10" and " 7" are mistakes more often than meant.
local function whole(option, least)
  return function(text)
    local number = text:match "^%d+$" and math.tointeger(tonumber(text))
    if not number or number < least then
      refuse(option, ("a whole number, %d or more"):format(least), text)
    end
    return number
  end
end

local function one_line(option)
  return function(text)
    if not utf8.len(text) then refuse(option, "UTF-8", (text:gsub("[\x80-\xFF]", "?"))) end
    if text:find "%c" then refuse(option, "one line of text", (text:gsub("%c", " "))) end
    if not text:find "%S" then refuse(option, "a text", text) end
    return text
  end
end

local function failures(text)
  local digits, percent = text:match "^(%d+)(%%?)$"
  local number = digits and math.tointeger(tonumber(digits))
  if not number or number < 1 or percent == "%" and number > 100 then
    refuse("--stop-after-failures", "a number of failures or a percentage, such as 3 or 10%", text)
  end
  return text
end

local function overlap(text)
  if text ~= "allow" then
    refuse("--overlap", "'allow'", text, "without the option an overlap stops the run")
  end
  return text
end

local function patterns(list)
  for _, text in ipairs(list) do
    if not text:find "^%l+:." then
      refuse("--only", "a kind and a pattern, such as 'mailbox:*@contoso.com'", text)
    end
  end
  return list
end

local function file(text)
  if text:sub(-1) == "/" then
    refuse("--journal", "a file", text, "name the file in that folder")
  end
  return text
end

local readers = {
  journal = file, reason = one_line "--reason", notify = one_line "--notify", overlap = overlap,
  max_changes = whole("--max-changes", 0), max_items = whole("--max-items", 0),
  canary = whole("--canary", 1), stop_after_failures = failures, only = patterns,
}

--- Replaces the texts of options by their values; raises `usage` for a wrong one, before anything
--- of a runbook's runs.
---@param options table  by name, as `core.program().options`
---@return table options
function M.check(options)
  for name, read in pairs(readers) do
    if options[name] ~= nil then options[name] = read(options[name]) end
  end
  return options
end

--- Reads the options of a program that begins: their values, and what a limit or `--notify` needs,
--- before anything of a runbook's runs.
---@param options table  as `core.program().options`, whose texts are replaced
function M.start(options)
  M.check(options)
  for _, name in ipairs(M.limits) do
    if options[name] ~= nil then
      require("vbo.run.policy").load()
      break
    end
  end
  -- It hears of a script that ends before it connects, too.
  if options.notify then require "vbo.run" end
end

--- Takes the options of a run out of those of a command, and checks them.
---@param options table  as `vbo.cli.common.options` returns them
---@return table own  by name, as `core.program().options`
function M.take(options)
  local own = {}
  for name in pairs(M.spec) do
    own[name:gsub("-", "_")], options[name] = options[name], nil
  end
  if own.journal and own.no_journal then
    errors.usage "--journal and --no-journal exclude each other"
  end
  return M.check(own)
end

return M
