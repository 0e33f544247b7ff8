--- Reads Lua and C sources as far as the lints need them: comments, strings, names and symbols.

local M = {}

---@class lint.Token
---@field kind "comment"|"string"|"name"|"symbol"
---@field text string  of a comment or string: the text between its marks
---@field line integer  of its first character

-- Where the next token of Lua begins at or after `at`: kind, text and the position behind it.
local function lua_token(text, at)
  local level, body = text:match("^%-%-%[(=*)%[()", at)
  if not level then level, body = text:match("^%[(=*)%[()", at) end
  if level then
    local close, last = text:find("]" .. level .. "]", body, true)
    return text:sub(at, at) == "-" and "comment" or "string", text:sub(body, (close or 0) - 1),
      (last or #text) + 1
  end
  local comment, behind = text:match("^%-%-([^\n]*)()", at)
  if comment then return "comment", comment, behind end
  local quote = text:match("^[\"']", at)
  if quote then
    local last = at + 1
    while last <= #text and text:sub(last, last) ~= quote do
      last = last + (text:sub(last, last) == "\\" and 2 or 1)
    end
    return "string", text:sub(at + 1, last - 1), last + 1
  end
  local name, after = text:match("^([%a_][%w_]*)()", at)
  if name then return "name", name, after end
  local symbol = text:match("^%.%.%.?", at) or text:sub(at, at)
  return "symbol", symbol, at + #symbol
end

-- The same of C.  A character is read as a string; a directive is symbols and names.
local function c_token(text, at)
  local comment, behind = text:match("^/%*(.-)%*/()", at)
  if not comment then comment, behind = text:match("^//([^\n]*)()", at) end
  if comment then return "comment", comment, behind end
  if text:match("^/%*", at) then return "comment", text:sub(at + 2), #text + 1 end
  if text:match("^[\"']", at) then return lua_token(text, at) end
  local name, after = text:match("^([%a_][%w_]*)()", at)
  if name then return "name", name, after end
  return "symbol", text:sub(at, at), at + 1
end

--- Returns the tokens of a source, without blanks.
---@param text string
---@param language "lua"|"c"
---@return lint.Token[]
function M.tokens(text, language)
  local next_token = language == "c" and c_token or lua_token
  local tokens, at, line = {}, 1, 1
  if language == "lua" then at = text:match "^#[^\n]*()" or 1 end
  while true do
    local start = text:find("%S", at)
    if not start then return tokens end
    line = line + select(2, text:sub(at, start - 1):gsub("\n", ""))
    local kind, body, behind = next_token(text, start)
    tokens[#tokens + 1] = { kind = kind, text = body, line = line }
    line = line + select(2, text:sub(start, behind - 1):gsub("\n", ""))
    at = behind
  end
end

return M
