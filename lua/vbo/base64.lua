--- Base64 (RFC 4648 section 4): how files travel in bodies.

local M = {}

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Encodes bytes, padded.
---@param data string
---@return string
function M.encode(data)
  local out = {}
  for i = 1, #data, 3 do
    local a, b, c = data:byte(i, i + 2)
    local group = a << 16 | (b or 0) << 8 | (c or 0)
    local count = c and 4 or b and 3 or 2
    for k = 1, 4 do
      local index = (group >> (24 - 6 * k) & 63) + 1
      out[#out + 1] = k <= count and alphabet:sub(index, index) or "="
    end
  end
  return table.concat(out)
end

return M
