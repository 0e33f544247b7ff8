-- Heaps: small values in the blocks of a node, and B-trees of them ([MS-PST] sections 2.3.1 and
-- 2.3.2).

local ndb = require "vbo.sim.formats.pst.ndb"

local M = {}

--- The largest value of a heap; longer ones live in nodes of their own.
M.LARGEST = 3580

M.PROPERTIES, M.TABLE = 0xBC, 0x7C -- what the heap is for

local MOST = 2047 -- values in one block

-- How full a block is, in nibbles: bytes that are free at least.
local LEVELS = { 3584, 2560, 2048, 1792, 1536, 1280, 1024, 768, 512, 256, 128, 64, 32, 16, 8 }

local function level(free)
  for i, least in ipairs(LEVELS) do
    if free >= least then return i - 1 end
  end
  return 15
end

-- The first block has a header; the 9th and every 128th after it say how full those up to the next
-- such are.
local function header_size(number)
  if number == 0 then return 12 end
  return (number - 8) % 128 == 0 and 66 or 2
end

---@class vbo.sim.pst.Heap
local Heap = {}
Heap.__index = Heap

---@param kind integer  PROPERTIES or TABLE
---@return vbo.sim.pst.Heap
function M.new(kind)
  return setmetatable({ kind = kind, pages = { { size = header_size(0) } } }, Heap)
end

-- Returns the size of a block with one more value; the map of `count` values starts at an even
-- place.
local function filled(size, count) return (size + 1) // 2 * 2 + 4 + 2 * (count + 1) end

--- Adds a value; returns its HID.
---@param data string  1 to 3580 bytes
---@return integer
function Heap:add(data)
  assert(#data > 0 and #data <= M.LARGEST)
  local page = self.pages[#self.pages]
  if #page == MOST or filled(page.size + #data, #page + 1) > ndb.BLOCK then
    page = { size = header_size(#self.pages) }
    self.pages[#self.pages + 1] = page
  end
  page[#page + 1] = data
  page.size = page.size + #data
  return (#self.pages - 1) << 16 | #page << 5
end

--- Writes over the first value, which was reserved for it: what the heap is found by.
---@param data string  as long as what was reserved
function Heap:root(data)
  assert(#data == #self.pages[1][1])
  self.pages[1][1] = data
end

--- A B-tree of entries of one size, sorted by their keys.
---@param key integer  bytes of a key
---@param value integer  bytes of a value
---@param entries string[]  key and value
---@return string header
function Heap:tree(key, value, entries)
  local size, depth = key + value, 0
  while #entries * size > M.LARGEST do
    local most, above = M.LARGEST // size, {}
    for first = 1, #entries, most do
      local last = math.min(first + most - 1, #entries)
      above[#above + 1] = entries[first]:sub(1, key)
        .. ("<I4"):pack(self:add(table.concat(entries, "", first, last)))
    end
    entries, size, depth = above, key + 4, depth + 1
  end
  local root = #entries > 0 and self:add(table.concat(entries)) or 0
  return ("<BBBB I4"):pack(0xB5, key, value, depth, root)
end

--- The blocks of the heap.
---@return string[]
function Heap:finish()
  local levels, blocks = {}, {}
  for i, page in ipairs(self.pages) do levels[i] = level(ndb.BLOCK - filled(page.size, #page)) end
  -- The levels of `count` blocks from `first` on; nothing follows the last.
  local function fill(first, count)
    local bytes = {}
    for i = first, first + count - 1, 2 do
      bytes[#bytes + 1] = string.char((levels[i + 1] or 0) | (levels[i + 2] or 0) << 4)
    end
    return table.concat(bytes)
  end
  for i, page in ipairs(self.pages) do
    local number = i - 1
    local places, at = { header_size(number) }, header_size(number)
    for k, data in ipairs(page) do
      at = at + #data
      places[k + 1] = at
    end
    local map = (at + 1) // 2 * 2
    local head
    if number == 0 then
      head = ("<I2 BB I4"):pack(map, 0xEC, self.kind, 0x20) .. fill(0, 8)
    elseif header_size(number) == 66 then
      head = ("<I2"):pack(map) .. fill(number, 128)
    else
      head = ("<I2"):pack(map)
    end
    local parts = { head, table.concat(page), ("\0"):rep(map - at), ("<I2 I2"):pack(#page, 0) }
    for k, place in ipairs(places) do parts[4 + k] = ("<I2"):pack(place) end
    blocks[i] = table.concat(parts)
  end
  return blocks
end

return M
