--- Writes values as text: JSON for people, cells of a table, fields of CSV.

local core = require "vbo.core"
local json = require "vbo.base.json"

local M = {}

--- Escapes what steers a terminal.
---@param text string
---@return string
function M.plain(text)
  if not utf8.len(text) then text = text:gsub("[\x80-\xFF]", "?") end
  return core.visible((text:gsub("%c+", " "):gsub("\xC2[\x80-\x9F]", " ")))
end

local function escaped(character)
  local point = utf8.codepoint(character)
  if not core.unsafe(point) then return nil end
  if point < 0x10000 then return ("\\u%04x"):format(point) end
  point = point - 0x10000
  return ("\\u%04x\\u%04x"):format(0xD800 + (point >> 10), 0xDC00 + (point & 0x3FF))
end

--- Escapes in JSON what steers a terminal or hides text and JSON itself leaves as it is (DEL, C1,
--- bidirectional and zero-width characters).
---@param text string
---@return string
function M.harmless(text)
  if not text:find "[\127\xC2-\xF4]" then return text end
  return (text:gsub("[\127\xC2-\xF4][\x80-\xBF]*", escaped))
end

local function sorted(object)
  local names = {}
  for name in pairs(object) do names[#names + 1] = name end
  table.sort(names)
  return names
end

local function pretty(value, indent, parts)
  local function add(text) parts[#parts + 1] = text end
  if type(value) ~= "table" or next(value) == nil then return add((json.encode(value))) end
  local inner = indent .. "  "
  local is_list = json.is_array(value) or #value > 0
  add(is_list and "[" or "{")
  for i, key in ipairs(is_list and value or sorted(value)) do
    add((i > 1 and "," or "") .. "\n" .. inner)
    if not is_list then add(json.encode(key) .. ": ") end
    pretty(is_list and key or value[key], inner, parts)
  end
  add("\n" .. indent .. (is_list and "]" or "}"))
end

--- Writes JSON over several lines, names sorted.
---@param value any
---@param harmful boolean?  keeps characters that control a terminal
---@return string
function M.pretty(value, harmful)
  local parts = {}
  pretty(value, "", parts)
  local text = table.concat(parts)
  return harmful and text or M.harmless(text)
end

--- Writes a value in one line: text as it is, nothing for null, JSON for the rest.
---@param value any
---@return string
function M.cell(value)
  if value == nil or value == json.null then return "" end
  if type(value) == "string" then return value end
  return (json.encode(value))
end

-- Checks whether a spreadsheet would run a text as a formula, which may start programs and send
-- cells away.  Numbers with a sign, such as telephone numbers, do not count.
local function is_formula(text)
  return text:find "^[=@\t\r]" ~= nil
    or text:find "^[+-]" ~= nil and not text:find "^[+-][%d%s().,/-]*$"
end

--- Writes one field of CSV (RFC 4180).  Text that a spreadsheet would take for a formula gets a
--- "'" in front, by which it knows text.
---@param value any
---@return string
function M.field(value)
  local text = M.cell(value)
  if type(value) == "string" and is_formula(text) then text = "'" .. text end
  if not text:find "[\",\r\n]" then return text end
  return '"' .. text:gsub('"', '""') .. '"'
end

--- Cuts text to a number of columns.
---@param text string
---@param width integer
---@return string text
---@return integer taken
function M.cut(text, width)
  local taken = core.display_width(text)
  if taken <= width then return text, taken end
  local parts, used = {}, 0
  for _, code in utf8.codes(text) do
    local character = utf8.char(code)
    local own = core.display_width(character)
    if used + own > width - 1 then break end
    parts[#parts + 1] = character
    used = used + own
  end
  return table.concat(parts) .. "…", used + 1
end

return M
