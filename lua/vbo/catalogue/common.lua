--- One index for all versions: what each has, in the order of its document, said once.
---
--- A line is a mark for each version, a name, and aliases: `------78 logout` is in v7, whose
--- own lines hold it, and in v8, which brought a line of its own; `-` is a version without it.
--- A version's list is the lines with its mark, so lines stand in an order that suits all
--- versions; where two versions disagree, a name has a second line.

local M = {}

--- Iterates over the names of a version.
---@param text string
---@param number integer
---@return fun(): string?, string, string  name, origin ("v6"), aliases (each with a blank before)
function M.each(text, number)
  -- Lines without the version's mark never leave the matcher: this is run by every connect.
  local next_line = text:gmatch("\n" .. ("%S"):rep(number - 1) .. "([^-%s])%S* (%S+)([^\n]*)")
  return function()
    local mark, name, aliases = next_line()
    if name then return name, "v" .. tonumber(mark, 36), aliases end
  end
end

--- Returns the origin of one name in a version, without going through all of them.
---@param text string
---@param number integer
---@param name string  as it is spelled there
---@return string? origin  "v6"; nil when the version has none
function M.origin(text, number, name)
  local width = text:find(" ", 1, true) - 2 -- of the marks, behind the first line feed
  local wanted = " " .. name
  local from, to = text:find(wanted, 1, true)
  while from do
    local after = text:byte(to + 1)
    -- Directly behind the marks: elsewhere it is an alias, or a part of another name.
    if text:byte(from - width - 1) == 10 and (after == 10 or after == 32 or after == nil) then
      local at = from - width + number - 1
      local mark = text:sub(at, at)
      -- Where versions disagree a name has a second line.
      if mark ~= "-" then return "v" .. tonumber(mark, 36) end
    end
    from, to = text:find(wanted, to, true)
  end
end

return M
