--- Reads paths into JSON as people type them: `a.b`, `items[0].id`, `"a key".b`, `list[]`.
---
--- A path is a list of steps: a string names a member, an integer an element (from 0; below
--- 0 from the end), `keys.each` all elements.

local errors = require "vbo.base.error"

local M = {}

--- The step `[]`: all elements.
M.each = setmetatable({}, { __tostring = function() return "[]" end })

local function fail(text, at, what)
  errors.usage(("'%s': %s at position %d"):format(text, what, at))
end

local function quoted(text, at)
  local parts, i = {}, at + 1
  while true do
    local from, to, mark = text:find("^[^\"\\]*([\"\\])", i)
    if not from then fail(text, at, "a quote without an end") end
    parts[#parts + 1] = text:sub(i, to - 1)
    if mark == "\"" then return table.concat(parts), to + 1 end
    parts[#parts + 1] = text:sub(to + 1, to + 1)
    i = to + 2
  end
end

--- Reads one path.
---@param text string
---@param at integer   its position
---@param stop string  a pattern of the characters that may follow it
---@return table steps
---@return integer past  the position after it
function M.read(text, at, stop)
  local steps = {}
  if text:sub(at, at) == "." then at = at + 1 end
  while at <= #text and not text:find("^" .. stop, at) do
    local mark = text:sub(at, at)
    if mark == "[" then
      local inside, past = text:match("^%[([+-]?%d*)%]()", at)
      if inside then
        steps[#steps + 1] = inside == "" and M.each
          or math.tointeger(tonumber(inside)) or fail(text, at, "no such element")
      else
        local from = text:match("^%[()\"", at) or fail(text, at, "expected [], [0] or [\"name\"]")
        steps[#steps + 1], past = quoted(text, from)
        if text:sub(past, past) ~= "]" then fail(text, past, "expected ]") end
        past = past + 1
      end
      at = past
    elseif mark == "\"" then
      steps[#steps + 1], at = quoted(text, at)
    else
      local name, past = text:match("^([^%.%[%]\"=:,%s]+)()", at)
      if not name then fail(text, at, "expected a name") end
      steps[#steps + 1], at = name, past
    end
    if text:sub(at, at) == "." then
      at = at + 1
      if at > #text or text:find("^" .. stop, at) then
        fail(text, at, "expected a name after the dot")
      end
    elseif at <= #text and not text:find("^%[", at) and not text:find("^" .. stop, at) then
      fail(text, at, "expected a dot")
    end
  end
  return steps, at
end

local function bare(name) return name:match "^[%w_@$+-]+$" ~= nil end

--- Writes a path in the form that `read` takes.
---@param steps table
---@return string
function M.write(steps)
  local parts = {}
  for i, step in ipairs(steps) do
    if step == M.each then
      parts[i] = "[]"
    elseif math.type(step) == "integer" then
      parts[i] = ("[%d]"):format(step)
    else
      parts[i] = (i > 1 and "." or "")
        .. (bare(step) and step or '"' .. step:gsub('[\\"]', "\\%0") .. '"')
    end
  end
  return table.concat(parts)
end

return M
