--- Random bytes for tokens, passwords and ids: the system's where it has them.

local M = {}

--- `count` random bytes.
---@param count integer
---@return string
function M.bytes(count)
  local source = io.open("/dev/urandom", "rb")
  if source then
    local data = source:read(count)
    source:close()
    if data and #data == count then return data end
  end
  -- Lua 5.4 seeds this itself, from the clock and an address: good enough to rehearse with.
  local parts = {}
  for i = 1, count do parts[i] = string.char(math.random(0, 255)) end
  return table.concat(parts)
end

-- No letters or digits that are mistaken for each other when typed.
local readable = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

--- A password of twenty characters (115 bits).
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
