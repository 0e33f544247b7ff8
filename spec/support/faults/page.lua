--- The fault matrix as docs/faults.md has it: what every row promises.
---
--- The page is the specification.  spec/contract/faults_spec.lua runs each row of its tables,
--- writes the result in the page's words, and compares.

local M = {}

local function trimmed(text) return (text:match "^%s*(.-)%s*$") end

local function cells(line)
  local out = {}
  for cell in line:gmatch "|([^|]*)" do out[#out + 1] = trimmed(cell) end
  out[#out] = nil -- behind the last bar
  return out
end

--- Reads the page.
---@param path string
---@return table tables  by their heading: `columns` (a list), `rows` ({fault=, [column]=} each)
function M.read(path)
  local tables, heading, current = {}, nil, nil
  for line in io.lines(path) do
    if line:match "^## " then heading, current = trimmed(line:sub(4)), nil end
    if line:match "^|" then
      local row = cells(line)
      if row[1] == "fault" then
        current = { columns = row, rows = {} }
        tables[heading] = current
      elseif current and not row[1]:match "^%-+$" then
        local named = {}
        for i, column in ipairs(current.columns) do named[column] = row[i] end
        current.rows[#current.rows + 1] = named
      end
    end
  end
  return tables
end

return M
