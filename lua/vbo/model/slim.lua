--- Pages whose records are decoded when they are read (`csrc/json/page.h`).
---
--- The document as a whole was looked through: what is no JSON, or nested too deeply, never
--- becomes such a page but an error of `json.decode`.

local json = require "vbo.base.json"

local M = {}

-- Whoever looks at the data of the answer (a gate) sees all of it, decoded.
local meta = {
  __index = function(answer, key)
    if key ~= "data" then return nil end
    local data = assert(json.decode(answer.page:whole()))
    rawset(answer, "data", data)
    return data
  end,
}

--- The answer of a server that holds such a page.
---@param status integer
---@param page userdata
---@return vbo.Answer
function M.answer(status, page) return setmetatable({ status = status, page = page }, meta) end

--- The page of an answer, unless somebody has had its data: then that counts.
---@param answer vbo.Answer
---@return userdata? page
function M.page(answer) return rawget(answer, "data") == nil and answer.page or nil end

--- What is around the records of a page: nil for a bare array.
---@param page userdata
---@return table?
function M.envelope(page)
  if page:bare() then return nil end
  return assert(json.decode(page:rest()))
end

--- A record of a page, decoded, or of a list.
---@param records userdata|any[]
---@param at integer
---@return any
function M.record(records, at)
  if type(records) == "table" then return records[at] end
  return assert(json.decode(records:text(at)))
end

--- All of them.
---@param records userdata|any[]
---@return any[]
function M.all(records)
  if type(records) == "table" then return records end
  local list = {}
  for i = 1, #records do list[i] = M.record(records, i) end
  return json.array(list)
end

return M
