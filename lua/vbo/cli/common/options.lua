--- Reads a command line: "--name value", "--name=value", flags and plain words, in any order.

local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"

local M = {}

--- Splits a command line.
---
--- Raises `usage` for an unknown option (with the nearest), a missing value and a repeated option.
--- Words after "--" are plain.
---@param arguments string[]
---@param spec table<string, "flag"|"value"|"optional"|"list">  by name, without the dashes; an
---  optional value follows "=", and is true without; a list is repeatable
---@return table<string, string|boolean|string[]> options
---@return string[] words
function M.read(arguments, spec)
  local found, words, i = {}, {}, 1
  while arguments[i] do
    local word = arguments[i]
    if word == "--" then
      table.move(arguments, i + 1, #arguments, #words + 1, words)
      break
    elseif word:sub(1, 1) ~= "-" or word == "-" then
      words[#words + 1] = word
    else
      local name, value = word:match "^%-%-([^=]+)=(.*)$"
      name = name or word:match "^%-%-(.+)$" or word
      if name == "-h" then name = "help" end
      local kind = spec[name]
      if not kind then
        local names = {}
        for known in pairs(spec) do names[#names + 1] = "--" .. known end
        table.sort(names)
        local near = nearest("--" .. name, names)
        errors.usage("unknown option: " .. word, near and ("did you mean %s?"):format(near) or nil)
      end
      if kind == "flag" then
        if value then errors.usage(("--%s takes no value"):format(name)) end
        value = true
      elseif kind == "optional" then
        value = value or true
      elseif not value then
        i = i + 1
        value = arguments[i] or errors.usage(("--%s needs a value"):format(name))
      end
      if kind == "list" then
        value = table.move({ value }, 1, 1, #(found[name] or {}) + 1, found[name] or {})
      elseif found[name] ~= nil and kind ~= "flag" then
        errors.usage(("--%s is given twice"):format(name))
      end
      found[name] = value
    end
    i = i + 1
  end
  return found, words
end

return M
