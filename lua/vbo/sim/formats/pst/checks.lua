-- Check sums of PST files ([MS-PST] section 5).

local M = {}

-- The table of a reflected CRC-32, and three that look one, two and three bytes further ahead: the
-- sum goes over words at a time.
local T0, T1, T2, T3 = {}, {}, {}, {}
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = c & 1 == 1 and c >> 1 ~ 0xEDB88320 or c >> 1 end
  T0[i] = c
end
for i = 0, 255 do
  T1[i] = T0[i] >> 8 ~ T0[T0[i] & 0xFF]
  T2[i] = T1[i] >> 8 ~ T0[T1[i] & 0xFF]
  T3[i] = T2[i] >> 8 ~ T0[T2[i] & 0xFF]
end

--- The CRC-32 of a PST: the usual polynomial, but begun with 0 and not inverted at the end
--- (section 5.3).
---@param data string
---@return integer
function M.crc(data)
  local c, at, unpack = 0, 1, string.unpack
  local whole = #data & ~15
  while at <= whole do
    local a, b, d, e = unpack("<I4I4I4I4", data, at)
    c = c ~ a
    c = T3[c & 255] ~ T2[c >> 8 & 255] ~ T1[c >> 16 & 255] ~ T0[c >> 24]
    c = c ~ b
    c = T3[c & 255] ~ T2[c >> 8 & 255] ~ T1[c >> 16 & 255] ~ T0[c >> 24]
    c = c ~ d
    c = T3[c & 255] ~ T2[c >> 8 & 255] ~ T1[c >> 16 & 255] ~ T0[c >> 24]
    c = c ~ e
    c = T3[c & 255] ~ T2[c >> 8 & 255] ~ T1[c >> 16 & 255] ~ T0[c >> 24]
    at = at + 16
  end
  for i = at, #data do c = c >> 8 ~ T0[(c ~ data:byte(i)) & 255] end
  return c
end

--- The signature of a block or a page: it ties what is stored to where it is (section 5.5).
---@param at integer  its place in the file
---@param id integer  its BID
---@return integer
function M.signature(at, id)
  local mixed = at ~ id
  return (mixed >> 16 ~ mixed) & 0xFFFF
end

return M
