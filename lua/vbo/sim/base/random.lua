--- Makes random bytes for tokens, keys, passwords and ids, from OpenSSL.

local core = require "vbo.core"

local M = {}

--- Returns `count` random bytes, fit for keys.
---@param count integer
---@return string
function M.bytes(count) return assert(core.random(count)) end

-- Letters and digits without those that look alike.
local readable = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

--- Makes a password of twenty characters (115 bits).
---@return string
function M.password()
  local out = {}
  while #out < 20 do
    local byte = M.bytes(1):byte()
    -- 220 is the largest multiple of 55 in a byte: every character is equally likely.
    if byte < 220 then
      local index = byte % #readable + 1
      out[#out + 1] = readable:sub(index, index)
    end
  end
  return table.concat(out)
end

return M
