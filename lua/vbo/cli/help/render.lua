--- Writes pages of the reference, which are Markdown, for a terminal.

local core = require "vbo.core"

local M = {}

--- Returns the width of a page: the terminal's, 80 elsewhere.
---@return integer
function M.width()
  return math.max(40, math.min(core.isatty(1) and core.columns() or 80, 100))
end

local function plain(text) return (text:gsub("%*%*", ""):gsub("`", ""):gsub("\\|", "|")) end

local function length(text) return utf8.len(text) or #text end

-- Adds words, broken at the width, behind what the first line begins with.
local function wrap(out, first, indent, text, width)
  local line, blank = first, true
  for word in text:gmatch "%S+" do
    if not blank and length(line) + length(word) + 1 > width then
      out[#out + 1] = line
      line, blank = indent, true
    end
    line = blank and line .. word or line .. " " .. word
    blank = false
  end
  out[#out + 1] = (line:gsub("%s+$", ""))
end

--- Returns the cells of a row of a table.
---@param line string
---@return string[]
function M.cells(line)
  local cells = {}
  for cell in line:gsub("\\|", "\0"):sub(2):gmatch "%s*([^|]-)%s*|" do
    cells[#cells + 1] = plain((cell:gsub("%z", "|")))
  end
  return cells
end

local said = { ["REST property"] = "REST %s", default = "default %s",
  versions = "in %s", ["exit status"] = "exit status %s",
  changes = "changes", raises = "raises %s", returns = "returns %s", operations = "(%s)",
  one = "one in %s", ["a selection"] = "a selection in %s" }

-- One row below the head of its table: its first cell, and the others behind it.
local function add_row(out, head, line, width)
  local cells, parts, last = M.cells(line), {}, nil
  for i = 2, #cells do
    local name = head[i] or ""
    if cells[i] ~= "" then
      if name == "meaning" or name == "does" then
        last = cells[i]
      else
        parts[#parts + 1] = (said[name] or "%s"):format(cells[i])
      end
    end
  end
  local facts = table.concat(parts, "; ")
  local text = facts .. (last and facts ~= "" and ".  " .. last or last or "")
  local column = 20
  local term = "  " .. cells[1]
  if length(term) + 2 > column then
    out[#out + 1] = term
    term = (" "):rep(column)
  else
    term = term .. (" "):rep(column - length(term))
  end
  if text == "" then out[#out] = (term:gsub("%s+$", "")) return end
  wrap(out, term, (" "):rep(column), text, width)
end

-- Paragraphs run until a line that begins something else.
local function is_text(line)
  return line ~= "" and not line:find "^[#|]" and not line:find "^%- " and not line:find "^```"
end

local function add_list(out, line, width)
  wrap(out, "  - ", "    ", plain(line:sub(3)), width)
end

--- Writes lines of Markdown as plain text.
---@param lines string[]
---@param width integer
---@return string
function M.text(lines, width)
  local out, at, head, code = {}, 1, nil, false
  while lines[at] do
    local line = lines[at]
    if line:find "^```" then
      code = not code
    elseif code then
      out[#out + 1] = "    " .. line
    elseif line:find "^|" then
      if head then add_row(out, head, line, width) else head = M.cells(line) end
    elseif line:find "^#" then
      if out[1] and out[#out] ~= "" then out[#out + 1] = "" end
      out[#out + 1] = plain(line:gsub("^#+ ", ""))
    elseif line:find "^%- " then
      add_list(out, line, width)
    elseif line == "" then
      if out[1] and out[#out] ~= "" then out[#out + 1] = "" end
    else
      local words = { line }
      while lines[at + 1] and is_text(lines[at + 1]) do
        at = at + 1
        words[#words + 1] = lines[at]
      end
      wrap(out, "", "", plain(table.concat(words, " ")), width)
    end
    if not line:find "^|" then head = nil end
    at = at + 1
  end
  while out[#out] == "" do out[#out] = nil end
  return table.concat(out, "\n") .. "\n"
end

return M
