--- Searching in the rehearsal server: words that must all be there, in any case.
---
---   plan 2026           both words, in any field
---   "restore day"       a phrase
---   author:alice        in one field alone; an unknown field is like none
---
--- The real server's language has more (ranges of dates and sizes, AND, OR, NOT); "AND" is taken
--- for what it means here anyhow, the rest are words like others.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"

local M = {}

--- The terms of a query: { text=, field=|nil }.
---@param query string
---@return table[]
function M.terms(query)
  local terms, at = {}, 1
  while true do
    at = query:find("%S", at)
    if not at then return terms end
    local field, after = query:match("^([%a]+):()", at)
    at = after or at
    local text, stop = query:match('^"([^"]*)"()', at)
    if not text then text, stop = query:match("^(%S*)()", at) end
    at = stop
    if text ~= "" and not (text == "AND" and not field) then
      terms[#terms + 1] = { text = core.fold(text), field = field and ascii.lower(field) }
    end
  end
end

--- Whether fields hold all terms.
---@param terms table[]
---@param fields table<string, string?>  by lower-case name
---@return boolean
function M.matches(terms, fields)
  for _, term in ipairs(terms) do
    local found = false
    for name, value in pairs(fields) do
      if not term.field or fields[term.field] == nil or term.field == name then
        found = found or core.fold(tostring(value)):find(term.text, 1, true) ~= nil
      end
    end
    if not found then return false end
  end
  return true
end

return M
