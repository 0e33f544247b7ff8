--- Statistics of job sessions in the same words and units for every version.
---
--- v1 and v2 write them for people ("1.2 MB", "99.1 KB/s (6 items/s)"), later versions
--- in numbers.

local ascii = require "vbo.base.ascii"
local fields = require "vbo.model.fields"

local M = {}

---@class vbo.TransferRates
---@field processed integer?         objects
---@field transferred integer?       bytes
---@field read_rate number?          bytes a second
---@field write_rate number?         bytes a second
---@field processing_rate number?    bytes a second
---@field processing_items number?   items a second
---@field bottleneck string?         Source, Target, Detecting, NA

local units = { B = 1, KB = 1024, MB = 1024 ^ 2, GB = 1024 ^ 3, TB = 1024 ^ 4, PB = 1024 ^ 5 }

-- "99.1 KB/s (6 items/s)" → bytes, items.  A comma is some servers' decimal point.
local function worded(text)
  if type(text) == "number" then return text end
  if type(text) ~= "string" then return nil end
  local number, unit = text:match "([%d.,]+)%s*(%a*[bB])%f[%A]"
  local bytes = number and units[ascii.upper(unit)] and tonumber((number:gsub(",", ".")))
  local items = text:match "([%d.,]+)%s*items"
  return bytes and bytes * units[ascii.upper(unit)],
    items and tonumber((items:gsub(",", ".")))
end

local function whole(number) return number and (math.tointeger(number) or number // 1 | 0) end

--- Reads the statistics of a record.
---@param statistics table?
---@return vbo.TransferRates  empty when there are none
function M.read(statistics)
  if type(statistics) ~= "table" then return {} end
  local function field(name) return fields.read(statistics, name) end
  local rate, items = worded(field "processingRate")
  return {
    processed = field "processedObjects",
    transferred = field "transferredDataBytes" or whole((worded(field "transferredData"))),
    read_rate = field "readRateBytesPS" or (worded(field "readRate")),
    write_rate = field "writeRateBytesPS" or (worded(field "writeRate")),
    processing_rate = field "processingRateBytesPS" or rate,
    processing_items = field "processingRateItemsPS" or items,
    bottleneck = field "bottleneck",
  }
end

return M
