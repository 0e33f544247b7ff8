--- Reads `return { … }` as data: tables, strings, integers and booleans, and nothing that runs.
---
--- A catalogue in the user's folder is not run as Lua, which could loop for ever or
--- fill the memory even without a single global.

local M = {}

local depth_limit = 20

local function fail(text, at, what)
  local _, line = text:sub(1, at - 1):gsub("\n", "")
  error(("line %d: %s"):format(line + 1, what), 0)
end

-- A bracketed string at `at`: its content and the position after it; nil when there is none.
local function read_long(text, at)
  local level, from = text:match("^%[(=*)%[()", at)
  if not level then return nil end
  local to, past = text:find("]" .. level .. "]", from, true)
  if not to then fail(text, at, "a string does not end") end
  return (text:sub(from, to - 1):gsub("^\r?\n", "")), past + 1
end

-- The position of the next word, past blanks and comments.
local function skip(text, at)
  while true do
    at = text:match("^%s*()", at)
    if text:sub(at, at + 1) ~= "--" then return at end
    local _, past = read_long(text, at + 2)
    at = past or text:match("^[^\n]*\n?()", at)
  end
end

local read

local function read_short(text, at)
  local inside, past = text:match('^"([^"\\\n]*)"()', at)
  if not inside then fail(text, at, "expected a string without escapes") end
  return inside, past
end

local function read_table(text, at, depth)
  if depth > depth_limit then fail(text, at, "nested too deeply") end
  local result = {}
  at = skip(text, at + 1)
  while text:sub(at, at) ~= "}" do
    local name, past = text:match("^([%a_][%w_]*)%s*=()", at)
    if not name then fail(text, at, "expected 'name ='") end
    if result[name] ~= nil then fail(text, at, name .. " is given twice") end
    result[name], at = read(text, skip(text, past), depth + 1)
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == "," or mark == ";" then
      at = skip(text, at + 1)
    elseif mark ~= "}" then
      fail(text, at, "expected ',' or '}'")
    end
  end
  return result, at + 1
end

function read(text, at, depth)
  local mark = text:sub(at, at)
  if mark == "{" then return read_table(text, at, depth) end
  if mark == '"' then return read_short(text, at) end
  local long, past = read_long(text, at)
  if long then return long, past end
  local digits, after = text:match("^(%d+)()%f[^%w.]", at)
  local number = digits and math.tointeger(tonumber(digits))
  if number then return number, after end
  local word, rest = text:match("^(%l+)()%f[^%w_]", at)
  if word == "true" or word == "false" then return word == "true", rest end
  fail(text, at, "expected a string, a number or a table")
end

--- Reads the text of a module that returns a table of plain values.
---@param text string
---@return table? value
---@return string? message  with nil: what is wrong, and in which line
function M.read(text)
  local ok, value = pcall(function()
    local at = skip(text, 1)
    local past = text:match("^return%f[%W]()", at)
    if not past then fail(text, at, "expected 'return'") end
    at = skip(text, past)
    if text:sub(at, at) ~= "{" then fail(text, at, "expected a table") end
    local result, after = read_table(text, at, 1)
    after = skip(text, after)
    if after <= #text then fail(text, after, "something follows the table") end
    return result
  end)
  if ok then return value end
  return nil, tostring(value)
end

return M
