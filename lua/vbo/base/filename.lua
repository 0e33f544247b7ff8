--- Makes names of local files.  A name that a server gave is never used as a path.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local scratch = require "vbo.base.scratch"

local M = {}

-- Names that Windows keeps for devices: a folder of saves may be carried there.
local reserved = { con = true, prn = true, aux = true, nul = true }
for i = 1, 9 do reserved["com" .. i], reserved["lpt" .. i] = true, true end

-- Bytes, not characters: NAME_MAX of the usual file systems is 255, and " (2)" may be added.
local longest = 240

--- Cuts UTF-8 text to at most `size` bytes without cutting a character.
local function cut(text, size)
  if #text <= size then return text end
  while size > 0 and (text:byte(size + 1) & 0xC0) == 0x80 do size = size - 1 end
  return text:sub(1, size)
end

-- The zero-width joiner and non-joiner are letters of some scripts, but two names that differ in
-- nothing that is seen are one too many in a folder.
local joiners = { [0x200C] = true, [0x200D] = true }

--- Drops what steers, hides or turns around text: controls, bidirectional and zero-width
--- characters, line separators.
local function visible(text)
  if not text:find "[\xC2-\xF4]" then return (text:gsub("%c", "")) end
  return (text:gsub(utf8.charpattern, function(character)
    local point = utf8.codepoint(character)
    if core.unsafe(point) or joiners[point] then return "" end
  end))
end

--- Returns a safe file name made of a server's: no separators, control, invisible or reserved
--- characters, never empty, at most 240 bytes with its extension kept.
---@param name string?
---@param fallback string?  for a name of which nothing is left ("unnamed")
---@return string
function M.safe(name, fallback)
  local text = tostring(name or "")
  if not utf8.len(text) then text = text:gsub("[\x80-\xFF]", "_") end
  text = visible(text):gsub('[/\\:*?"<>|]', "_")
  -- ".." and "name. " are traps on one system or another; ".gitignore" is a name.
  text = text:gsub("^%s+", ""):gsub("[.%s]+$", "")
  if text == "" then text = fallback or "unnamed" end
  local stem, extension = text:match "^(.+)(%.[^.]+)$"
  if not stem or #extension > 20 then stem, extension = text, "" end
  -- ".vbolua-…": files that are being saved (csrc/base/partial.c).
  if reserved[ascii.lower(stem)] or text:find "^%.vbolua%-" then stem = "_" .. stem end
  return cut(stem, longest - #extension) .. extension
end

--- Returns a function that gives each name once: the second "a.txt" becomes "a (2).txt".  So does
--- "A.txt": there are file systems that do not tell them apart.
---@param taken string[]?  names that count as used
---@return fun(name: string): string
function M.unique(taken)
  local used = {}
  for _, name in ipairs(taken or {}) do used[core.fold(name)] = true end
  return function(name)
    local candidate, n = name, 1
    while used[core.fold(candidate)] do
      n = n + 1
      local stem, extension = name:match "^(.+)(%.[^.]+)$"
      candidate = ("%s (%d)%s"):format(stem or name, n, extension or "")
    end
    used[core.fold(candidate)] = true
    return candidate
  end
end

--- Returns the path to write to: `to` itself, or `name` inside it when it is a folder (or ends in
--- "/").
---@param to string?    nil: the current folder
---@param name string   already safe
---@return string path
function M.target(to, name)
  if to == nil then return name end
  if to:sub(-1) == "/" then return to .. name end
  local found = core.stat(scratch.found(to))
  if found and found.type == "directory" then return to .. "/" .. name end
  return to
end

return M
