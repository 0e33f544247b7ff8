-- The space of a PST file: where blocks and pages lie, and the maps that say so ([MS-PST]
-- section 2.2.2.7).
--
-- Everything is written once, from the front to the back; what a block or a page cannot use before
-- the next map stays free.  The content is kept as pieces in the order of the file.

local checks = require "vbo.sim.formats.pst.checks"

local M = {}

local PAGE = 512
local SLOT = 64 -- what one bit of an allocation map stands for
local SLOTS = 496 * 8
local DENSITY_LIST = 0x4200
local FIRST_MAP = 0x4400
local MAPPED = SLOTS * SLOT -- what one allocation map covers, itself included

-- Maps that readers ignore, and that must exist: one of pages at every 8th allocation
-- map; one of free space from the 128th on at every 496th.
local PAGE_MAPS = 8
local FREE_MAPS_FROM, FREE_MAPS = 128, 496
-- From here on there were a third such map; such large files are not written.
local MOST_MAPS = 128 * 64

local AMAP, PMAP, FMAP, DLIST = 0x84, 0x83, 0x82, 0x86

M.PAGE = PAGE

--- A page: 496 bytes and what proves them.
---@param kind integer
---@param content string
---@param at integer
---@param id? integer  its BID; pages of maps have their place instead, and no signature
---@return string
function M.page(kind, content, at, id)
  content = content .. ("\0"):rep(PAGE - 16 - #content)
  return content .. ("<BB I2 I4 I8"):pack(
    kind, kind, id and checks.signature(at, id) or 0, checks.crc(content), id or at)
end

---@class vbo.sim.pst.Space
local Space = {}
Space.__index = Space

---@return vbo.sim.pst.Space
function M.new()
  local self = setmetatable({ pieces = {}, maps = {}, next = FIRST_MAP }, Space)
  self:enter()
  return self
end

-- Begins the stretch of the next allocation map.
function Space:enter()
  local number = #self.maps
  if number >= MOST_MAPS then error("a PST file of 2 GiB or more is not written here", 0) end
  local map = { at = FIRST_MAP + number * MAPPED, used = {} }
  self.maps[number + 1] = map
  self.next = map.at
  map.piece = self:put(PAGE, "")
  if number % PAGE_MAPS == 0 then
    self:put(PAGE, M.page(PMAP, ("\xff"):rep(496), self.next))
  end
  if number >= FREE_MAPS_FROM and (number - FREE_MAPS_FROM) % FREE_MAPS == 0 then
    self:put(PAGE, M.page(FMAP, ("\xff"):rep(496), self.next))
  end
end

-- Takes the next bytes, which are those of the last map.
function Space:put(size, data)
  local map, piece = self.maps[#self.maps], { at = self.next, data = data }
  map.used[#map.used + 1] = { (self.next - map.at) // SLOT, size // SLOT }
  self.pieces[#self.pieces + 1] = piece
  self.next = self.next + size
  return piece
end

--- Finds the place of a block or a page.
---@param size integer  a multiple of 64
---@param step? integer  what the place is a multiple of
---@return table piece  `at` is its place; `data` is to be filled in
function Space:take(size, step)
  step = step or SLOT
  self.next = (self.next + step - 1) // step * step
  if self.next + size > self.maps[#self.maps].at + MAPPED then self:enter() end
  return self:put(size, "")
end

-- The bits of a map, the first slot's the highest of the first byte; and how many slots are free.
local function bits_of(map)
  local bits, free = {}, SLOTS
  for i = 1, SLOTS do bits[i] = 0 end
  for _, each in ipairs(map.used) do
    for i = each[1] + 1, each[1] + each[2] do bits[i] = 1 end
    free = free - each[2]
  end
  local bytes = {}
  for i = 1, SLOTS, 8 do
    local byte = 0
    for k = i, i + 7 do byte = byte << 1 | bits[k] end
    bytes[#bytes + 1] = string.char(byte)
  end
  return table.concat(bytes), free
end

-- The list of maps that have room, the emptiest first: it holds 119 of them.
local function density_list(maps, id)
  local list = {}
  for i, map in ipairs(maps) do
    if map.free > 0 then list[#list + 1] = { page = i - 1, free = map.free } end
  end
  table.sort(list, function(a, b)
    if a.free ~= b.free then return a.free > b.free end
    return a.page < b.page
  end)
  local rows, count = {}, math.min(#list, 119)
  for i = 1, count do
    rows[i] = ("<I4"):pack(list[i].page | math.min(list[i].free, 0xFFF) << 20)
  end
  local header = ("<BB I2 I4"):pack(1, count, 0, 0) -- 1: complete
  return M.page(DLIST, header .. table.concat(rows), DENSITY_LIST, id)
end

--- Writes the maps.
---@param list_id integer  the BID of the density list
---@return { last: integer, free: integer, size: integer }  the place of the last allocation map,
---  the free bytes of all, the size of the file
function Space:finish(list_id)
  local free = 0
  for _, map in ipairs(self.maps) do
    local bits
    bits, map.free = bits_of(map)
    map.piece.data = M.page(AMAP, bits, map.at)
    free = free + map.free * SLOT
  end
  table.insert(self.pieces, 1,
    { at = DENSITY_LIST, data = density_list(self.maps, list_id) })
  local last = self.maps[#self.maps].at
  return { last = last, free = free, size = last + MAPPED }
end

--- The bytes of the file in pieces, zeros between them.
---@param header string
---@param size integer
---@return string[]
function Space:bytes(header, size)
  local out, at = { header }, #header
  local function zeros(count)
    if count > 0 then out[#out + 1] = ("\0"):rep(count) end
  end
  for _, piece in ipairs(self.pieces) do
    zeros(piece.at - at)
    out[#out + 1] = piece.data
    at = piece.at + #piece.data
  end
  zeros(size - at)
  return out
end

return M
