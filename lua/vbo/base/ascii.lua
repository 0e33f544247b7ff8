--- Changes the case of ASCII letters, whatever the locale.
---
--- `string.lower` asks the C library's locale, which a program around us may have set: in a
--- Turkish one "I" is not the capital of "i", and no field, option or header would be found.  For
--- the words of protocols; `vbo.core.fold` compares names that people gave to things.

local M = {}

-- The core is faster; what generates the types runs without it.
local has_core, core = pcall(require, "vbo.core")

local lowered, raised = {}, {}
for byte = ("A"):byte(), ("Z"):byte() do
  local capital, small = string.char(byte), string.char(byte + 32)
  lowered[capital], raised[small] = small, capital
end

--- Returns the text with its ASCII capitals lowered; other bytes stay.
---@param text string
---@return string
function M.lower(text)
  if not text:find "[A-Z]" then return text end
  return (text:gsub("[A-Z]", lowered))
end

--- Returns the text with its small ASCII letters as capitals; other bytes stay.
---@param text string
---@return string
function M.upper(text) return (text:gsub("[a-z]", raised)) end

if has_core then M.lower = core.lower end

return M
