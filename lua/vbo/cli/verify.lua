--- Runs `vbolua verify`: compares saved files with their manifest.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local manifest = require "vbo.model.manifest"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.cli.common.output"

local M = {}

M.summary = "check saved files against their manifest"

M.usage = [[
usage: vbolua verify [--deep] [--strict] [--quiet] [--json] FOLDER|FILE…

Checks saved files against the SHA256SUMS and manifest.json beside them, which saves write with
manifest = true.  A FILE is looked up in the manifest of its folder.

  --deep      also check archives, PST files and messages for what they are
  --strict    count files that the manifest does not name as a difference
  --quiet     print differences only
  --json      print one JSON object a line for each FOLDER or FILE

Names what is missing, changed, broken or extra.  Exit status: 0 when all is as it was saved, 12
when something differs, 8 without such a file or manifest.
]]

--- The options, as `vbo.cli.common.options` reads them; `vbolua complete` offers them.
M.options = { deep = "flag", strict = "flag", quiet = "flag", json = "flag" }

-- Returns a name without characters that steer a terminal.
local function shown(name) return core.visible((name:gsub("%c", "?"))) end

local function report_text(report, quiet)
  for _, word in ipairs { "missing", "changed", "extra" } do
    for _, path in ipairs(report[word]) do
      output.write(("%-9s %s/%s\n"):format(word, shown(report.folder), shown(path)))
    end
  end
  for _, word in ipairs { "broken", "unchecked" } do
    for _, each in ipairs(report[word]) do
      output.write(("%-9s %s/%s: %s\n"):format(word, shown(report.folder), shown(each.path),
        shown(each.message)))
    end
  end
  if quiet then return end
  local wrong = #report.missing + #report.changed + #report.broken
  output.write(("%s: %d file%s, %.1f MiB, %s\n"):format(shown(report.folder), report.count,
    report.count == 1 and "" or "s", report.bytes / (1 << 20),
    wrong == 0 and "all as saved" or wrong == 1 and "1 differs" or wrong .. " differ"))
end

--- Shows the file that is read, after a fifth of a second; returns what removes that line.
local function watch(quiet)
  if quiet or not core.isatty(2) then return nil, function() end end
  local last = core.now()
  local drawn = false
  local function on_file(path)
    if core.now() - last < 0.2 then return end
    last, drawn = core.now(), true
    io.stderr:write("\r\27[K", shown(path):sub(1, core.columns() - 1))
  end
  return on_file, function() if drawn then io.stderr:write "\r\27[K" end end
end

---@param arguments string[]
---@return integer status
function M.run(arguments)
  local options, words = options_of.read(arguments, M.options)
  if not words[1] then
    errors.usage("verify needs a folder or a file", "name a folder of saves, or a file in one")
  end
  local status = 0
  for _, path in ipairs(words) do
    local on_file, clear = watch(options.quiet or options.json)
    local report = manifest.verify(path, { deep = options.deep, on_file = on_file })
    clear()
    if options.strict and #report.extra > 0 then report.ok = false end
    if not report.ok then status = core.kinds.integrity end
    if options.json then
      output.write(json.encode(report), "\n")
    else
      report_text(report, options.quiet)
    end
  end
  return status
end

return M
