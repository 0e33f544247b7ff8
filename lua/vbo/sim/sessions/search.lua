--- Reads and matches search queries: every word must occur, in any case.
---
---   plan 2026           both words, in any field
---   "restore day"       a phrase
---   author:alice        in one field alone; an unknown field matches every field
---
--- The real server knows more: ranges of dates and sizes, AND, OR, NOT.  Here "AND" is dropped,
--- since all words must occur anyhow, and the others are ordinary words.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local refusal = require "vbo.sim.base.refusal"

local M = {}

--- Splits a query into its terms, { text=, field=|nil }.
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

--- Reads the terms of a request's body.
---@param context vbo.sim.Context
---@return table[]
function M.terms_of(context)
  local query = context.body.query
  if query == nil then refusal.missing { "Query" } end
  return M.terms(query)
end

--- Checks whether fields hold all terms.
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
