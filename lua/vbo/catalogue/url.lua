--- Percent-encoding of path and query values (RFC 3986).

local M = {}

local function hex(c) return ("%%%02X"):format(c:byte()) end

--- One path segment: what `pchar` allows stays, so an id such as `AAA==` stays readable.
---@param text string
---@return string
function M.segment(text) return (text:gsub("[^%w%-._~!$&'()*+,;=:@]", hex)) end

--- A query name or value: only unreserved characters stay.
---@param text string
---@return string
function M.query(text) return (text:gsub("[^%w%-._~]", hex)) end

--- The text that a percent-encoded segment stands for.
---@param text string
---@return string
function M.decoded(text)
  return (text:gsub("%%(%x%x)", function(code) return string.char(tonumber(code, 16)) end))
end

return M
