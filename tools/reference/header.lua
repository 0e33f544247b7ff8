--- Writes the page of the C interface from the comments of its header.

local M = {}

-- The text of a comment, without its marks.
local function comment_text(lines)
  local out = {}
  for _, line in ipairs(lines) do
    line = line:gsub("^%s*/%*%s?", ""):gsub("%s*%*/%s*$", ""):gsub("^ %*%s?", "")
    out[#out + 1] = line
  end
  while out[1] == "" do table.remove(out, 1) end
  while out[#out] == "" do table.remove(out) end
  return table.concat(out, "\n")
end

local Page = {}
Page.__index = Page

function Page:add(text) self.out[#self.out + 1] = text .. "\n" end

function Page:flush()
  if #self.code == 0 then return end
  self:add("```c\n" .. table.concat(self.code, "\n") .. "\n```")
  self.code = {}
end

-- One line of the header; a macro is left out with the lines that continue it.
function Page:line(line)
  local section = line:match "^/%* %-+ (.-) %*/$"
  if self.comment or line:find "^/%*" and not section then
    self:flush()
    self.comment = self.comment or {}
    table.insert(self.comment, line)
    if line:find "%*/%s*$" then
      self:add(comment_text(self.comment))
      self.comment = nil
    end
  elseif section then
    self:flush()
    self:add("## " .. section:sub(1, 1):upper() .. section:sub(2))
  elseif self.macro or line:find "^#" then
    self.macro = line:find "\\$" ~= nil
  elseif line == "" then
    self:flush()
  elseif not line:find '^extern "C"' and line ~= "}" then
    self.code[#self.code + 1] = line
  end
end

--- Returns the page.
---@param source string  the header's text
---@param head string
---@return string
function M.text(source, head)
  local page = setmetatable({ out = {}, code = {} }, Page)
  page:add(head .. "# vbo.h")
  page:add("The C interface, from the comments of `csrc/vbo.h`.  [Embedding](../embedding.md) has\n"
    .. "a program; the kinds of errors are on [a page of their own](errors.md).")
  for line in source:gmatch "([^\n]*)\n" do page:line(line) end
  page:flush()
  return (table.concat(page.out, "\n"):gsub("\n+$", "\n"))
end

return M
