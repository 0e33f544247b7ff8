--- Runs `vbolua catalogue`: lists, imports and exports the facts of API versions.

local catalogue = require "vbo.catalogue"
local errors = require "vbo.base.error"
local files = require "vbo.cli.common.files"
local imported = require "vbo.catalogue.imported"
local nearest = require "vbo.base.nearest"
local options_of = require "vbo.cli.common.options"
local output = require "vbo.cli.common.output"
local vbo = require "vbo"

local M = {}

M.summary = "list the API versions, import another, export one"

M.usage = [[
usage: vbolua catalogue list
       vbolua catalogue import FILE [--to DIR]
       vbolua catalogue export [--version V] [--out FILE]

  list      list the API versions, their operations and where their facts come from
  import    read the OpenAPI document of a server (JSON; - is standard input) and keep the
            catalogue of its version, so that vbolua speaks it from now on
  export    write the facts of a version (default the newest) as an OpenAPI 3.0 document, for
            generators of clients and validators; a rehearsal server (vbolua sim) serves the
            same at /swagger/docs/v8

Imported catalogues are kept in DIR, or in $VBO_CATALOGUES, or in vbolua/catalogues in
$XDG_DATA_HOME or ~/.local/share.
]]

--- The subcommands, as `vbolua complete` offers them.
M.subcommands = {
  list = { summary = "list the API versions", options = {} },
  import = { summary = "read the OpenAPI document of a server", options = { to = "value" },
    files = true },
  export = { summary = "write an OpenAPI document",
    options = { version = "value", out = "value" } },
}

local commands = {}

local function count_lines(known)
  local count = 0
  for _ in known:resources() do count = count + 1 end
  return count
end

-- Prints a line for each version.
function commands.list(arguments)
  local _, words = options_of.read(arguments, M.subcommands.list.options)
  if words[1] then errors.usage("unexpected argument: " .. words[1]) end
  for _, version in ipairs(catalogue.versions) do
    local path = catalogue.source(version)
    local ok, known = pcall(catalogue.load, version)
    if ok then
      local lines, names = count_lines(known), #known:names()
      output.write(("%-4s %4d operations%-24s %s\n"):format(version, lines,
        names > lines and (", %d with each action"):format(names) or "",
        path or "ships with vbolua " .. vbo.version))
    else
      output.write(("%-4s cannot be used: %s\n"):format(version, path))
      io.stderr:write("vbolua catalogue: ", tostring(known), "\n")
    end
  end
  return 0
end

-- Returns the operations of a version that the one before it lacks.
local function new_names(known)
  local before
  for _, version in ipairs(catalogue.versions) do
    local number = math.tointeger(tonumber(version:match "%d+"))
    if number < known.number then before = version end
  end
  local names = {}
  local ok, older = pcall(catalogue.load, before)
  if not ok then return names, before end
  for _, name in ipairs(known:names()) do
    if not older:has(name) then names[#names + 1] = name end
  end
  return names, before
end

-- Imports an OpenAPI document.
function commands.import(arguments)
  local options, words = options_of.read(arguments, M.subcommands.import.options)
  if not words[1] then errors.usage("catalogue import needs a file", "name the document's file") end
  if words[2] then errors.usage("unexpected argument: " .. words[2]) end
  if options.to == "" then errors.usage "--to must not be empty" end
  local folder = options.to and options.to:gsub("(.)/+$", "%1")
  local module, path = imported.import(files.read(words[1]), folder)
  local known = catalogue.add(module)
  local names, before = new_names(known)
  output.write(("%s: %d operations, %d of them not in %s; kept in %s\n"):format(
    known.version, count_lines(known), #names, before, path))
  for i, name in ipairs(names) do
    if i > 20 then
      output.write(("  and %d more\n"):format(#names - 20))
      break
    end
    local method, route = known:route(name)
    output.write(("  %-6s  %s  %s\n"):format(method, route, name))
  end
  if folder and folder ~= imported.folder() then
    io.stderr:write(("vbolua catalogue: set VBO_CATALOGUES=%s to use it\n"):format(folder))
  end
  return 0
end

-- Exports an OpenAPI document.
function commands.export(arguments)
  local options, words = options_of.read(arguments, M.subcommands.export.options)
  if words[1] then errors.usage("unexpected argument: " .. words[1]) end
  local version = options.version or catalogue.versions[#catalogue.versions]
  local known = false
  for _, each in ipairs(catalogue.versions) do known = known or each == version end
  if not known then
    errors.usage(("there is no API version '%s'"):format(version),
      "known: " .. table.concat(catalogue.versions, ", "))
  end
  if options.out == "" then errors.usage "--out must not be empty" end
  local text = require "vbo.catalogue.export".document(catalogue.load(version))
  if options.out then imported.write_whole(options.out, text) else output.write(text) end
  return 0
end

--- Runs the command.
---@param arguments string[]
---@return integer status
function M.run(arguments)
  local name = arguments[1]
  local command = commands[name]
  if not command then
    if not name then
      io.stderr:write(M.usage)
      return require "vbo.core".kinds.usage
    end
    local near = nearest(name, { "export", "import", "list" })
    errors.usage(("catalogue has no command '%s'"):format(name),
      near and ("did you mean %s?"):format(near) or "it has list, import and export")
  end
  return command(table.move(arguments, 2, #arguments, 1, {}))
end

return M
