--- `vbolua help WORD`: prints what the reference says of a class, a method, an option, an error or
--- an operation.

local catalogue = require "vbo.catalogue"
local describe = require "vbo.cli.api.describe"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.cli.common.output"
local render = require "vbo.cli.help.render"
local titles = require "vbo.catalogue.titles"

local M = {}

M.summary = "explain a command, class, method, option, error or operation"

M.usage = [[
usage: vbolua help [WORD ...]

Without a WORD: the options and commands of vbolua.  A WORD is

  a command                     vbolua help sim
  a page of the reference       vbolua help where    (save, restore, copy, send, export, where,
                                collections, dates, errors, connect, functions, vbo.h)
  a class, or what gives one    vbolua help OneDriveDocument
  a method                      vbolua help onedrive.restore
  an option, a field, an error  vbolua help on_conflict
  an operation or its title     vbolua help Job_StartAction, vbolua help "get backup jobs"

Case does not matter.
]]

--- The options, as `vbo.cli.common.options` reads them.
M.options = {}

-- The newest version that has an operation.
local function operation_of(name)
  for at = #catalogue.versions, 1, -1 do
    local operation = catalogue.load(catalogue.versions[at]):operation(name)
    if operation then return operation end
  end
end

-- The descriptions of operations by name or title.
local function operations(text)
  local found = {}
  local direct = operation_of(text)
  local names = direct and { direct.name } or titles.find(text)
  for i, name in ipairs(names) do
    found[i] = table.concat(describe.lines(operation_of(name)), "\n") .. "\n"
  end
  return found[1] and table.concat(found, "\n")
end

local function unknown(text)
  local find = require "vbo.cli.help.find"
  local words = find.words()
  for _, word in ipairs(require("vbo.cli.complete").commands) do words[#words + 1] = word end
  local near = nearest(text, words) or nearest(text, catalogue.load "v8":names())
    or titles.near(text)
  errors.usage(("help has no page about '%s'"):format(text),
    near and ("did you mean '%s'?"):format(near) or "vbolua help lists the commands")
end

--- Prints the pages about the words.
---@param arguments string[]
function M.run(arguments)
  local _, words = options_of.read(arguments, M.options)
  local text = table.concat(words, " ")
  if text == "" then
    output.write(M.usage)
    return
  end
  local blocks = require("vbo.cli.help.find").blocks(text)
  if not blocks then
    output.write(operations(text) or unknown(text))
    return
  end
  local width, parts = render.width(), {}
  for i, block in ipairs(blocks) do parts[i] = render.text(block, width) end
  output.write(table.concat(parts, "\n"))
end

return M
