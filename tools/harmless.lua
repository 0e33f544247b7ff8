--- Makes the C table of the requests that are not changes although they are POSTs.
---
---     lua5.4 tools/harmless.lua [OUT_FILE]
---
--- writes `csrc/client/harmless.h`, the same bytes every time, from the catalogue's facts.  By it,
--- and not by a caller's word, the core decides which requests of a journaled client need a permit.

local is_program = arg and arg[0] and arg[0]:match "tools/harmless%.lua$" ~= nil
if is_program then
  local root = arg[0]:gsub("/?tools/harmless%.lua$", "")
  root = root == "" and "." or root
  package.path = ("%s/?.lua;%s/lua/?.lua;%s/lua/?/init.lua;%s"):format(root, root, root,
    package.path)
end

local common = require "vbo.catalogue.common"
local output = require "tools.output"

local M = {}

local NEWEST = 8

local HEAD = [[
/* Made by tools/harmless.lua from the facts of the catalogue: do not edit. */
#ifndef VBO_HARMLESS_H
#define VBO_HARMLESS_H

/* POST requests that only read (search, save, export, report, token) or are housekeeping (explore,
 * stop, log out): the path below the version in lower case, "*" for a parameter; the one member of
 * the body, "" where the path says it all; a bit for each version, v1 the lowest. */
/* clang-format off */
#define VBO_HARMLESS_NEWEST %d
#define VBO_HARMLESS(X) \
%s
/* clang-format on */

#endif
]]

-- Iterates over the operations of a version: method, path below it, action key, whether it changes
-- something.
local function operations(number)
  local index = require("vbo.catalogue.facts.index").operations
  local next_name = common.each(index, number)
  return function()
    local name, origin = next_name()
    if not name then return nil end
    local text = "\n" .. require("vbo.catalogue.facts.operations_" .. origin)
    local _, from = assert(text:find("\n" .. name .. "\t", 1, true))
    local method, path, action, flags =
      text:match("^(%S+)\t(%S+)\t(%S+)\t[^\n]*\t(%S+)", from + 1)
    return method, path:gsub("{[^}]*}", "*"):lower():sub(2), action == "-" and "" or
      action:lower(), flags:find("c", 1, true) ~= nil
  end
end

-- Whether some path fits both patterns.
local function meet(one, other)
  local next_part = other:gmatch "[^/]+"
  for part in one:gmatch "[^/]+" do
    local beside = next_part()
    if not beside or part ~= beside and part ~= "*" and beside ~= "*" then return false end
  end
  return next_part() == nil
end

-- Fails for a request that could be read both ways.
local function check(harmless, changes, number)
  for _, one in ipairs(harmless) do
    for _, other in ipairs(changes) do
      assert(one.action ~= other.action or not meet(one.path, other.path),
        ("v%d: %s is a read or a change"):format(number, one.path))
    end
  end
end

--- Returns the text of the header.
---@return string
function M.text()
  local rows, masks = {}, {}
  for number = 1, NEWEST do
    local harmless, changes = {}, {}
    for method, path, action, change in operations(number) do
      assert(method == "GET" or change or method == "POST", "only POSTs are in the table")
      if method == "POST" then
        table.insert(change and changes or harmless, { path = path, action = action })
      end
    end
    check(harmless, changes, number)
    for _, one in ipairs(harmless) do
      local key = ('  X("%s", "%s", '):format(one.path, one.action)
      if not masks[key] then rows[#rows + 1] = key end
      masks[key] = (masks[key] or 0) | 1 << number - 1
    end
  end
  table.sort(rows)
  for i, key in ipairs(rows) do rows[i] = ("%s0x%02X)"):format(key, masks[key]) end
  return HEAD:format(NEWEST, table.concat(rows, " \\\n"))
end

if is_program then
  local path = arg[1] or "csrc/client/harmless.h"
  local text = output.plainly(M.text)
  if output.read(path) ~= text then
    local file <close> = assert(io.open(path, "wb"))
    assert(file:write(text))
  end
end

return M
