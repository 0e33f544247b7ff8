-- Writes compound files ([MS-CFB], version 3), the container of .msg files: a small file system of
-- "storages" (folders) and "streams" (files) in sectors of 512 bytes.

local ascii = require "vbo.base.ascii"

local M = {}

local SECTOR = 512
local MINI_SECTOR = 64
local MINI_CUTOFF = 4096 -- a smaller stream lives in the mini stream
local END_OF_CHAIN = 0xFFFFFFFE
local FREE = 0xFFFFFFFF
local FAT_SECTOR = 0xFFFFFFFD
local DIFAT_SECTOR = 0xFFFFFFFC
local NO_STREAM = 0xFFFFFFFF
local PER_SECTOR = SECTOR // 4 -- numbers in a sector of an allocation table
local IN_HEADER = 109 -- places of FAT sectors that the header itself holds

---@class vbo.sim.cfb.Stream
---@field name string  up to 31 UTF-16 units
---@field data string

---@class vbo.sim.cfb.Storage
---@field name string
---@field class? string  16 bytes
---@field children (vbo.sim.cfb.Storage|vbo.sim.cfb.Stream)[]

local function pad(data, size)
  local over = #data % size
  return over == 0 and data or data .. ("\0"):rep(size - over)
end

local function sectors(size, sector) return (size + sector - 1) // sector end

-- Packs in pieces: the number of values of a call is limited.
local function pack_numbers(numbers)
  local parts = {}
  for i = 1, #numbers, PER_SECTOR do
    local last = math.min(i + PER_SECTOR - 1, #numbers)
    parts[#parts + 1] = ("<" .. ("I4"):rep(last - i + 1)):pack(table.unpack(numbers, i, last))
  end
  return table.concat(parts)
end

-- Converts a name to UTF-16; names are ASCII here.
local function utf16(name) return (name:gsub(".", "%0\0")) end

-- The order of siblings (section 2.6.4): the shorter name first, then by upper case.
local function before(a, b)
  if #a.name ~= #b.name then return #a.name < #b.name end
  return ascii.upper(a.name) < ascii.upper(b.name)
end

-- Makes a red-black tree of the sorted children and returns its root: a list that is halved again
-- and again fills all levels but the lowest, and only that level is red.
local function tree(list)
  local full = 0
  while (1 << (full + 1)) - 1 <= #list do full = full + 1 end
  local function build(first, last, depth)
    if first > last then return nil end
    local middle = (first + last) // 2
    local entry = list[middle]
    entry.left = build(first, middle - 1, depth + 1)
    entry.right = build(middle + 1, last, depth + 1)
    entry.black = depth < full
    return entry
  end
  return build(1, #list, 0)
end

-- Lists all entries of the directory in the order of their numbers, the root first.
local function flatten(root)
  local entries = {}
  local function add(node)
    assert(#node.name > 0 and #node.name <= 31 and not node.name:find "[^\32-\126]"
      and not node.name:find "[/\\:!]", "a compound file cannot hold such a name")
    local entry = { name = node.name, class = node.class, data = node.data, id = #entries }
    entries[#entries + 1] = entry
    if node.children then
      local list, seen = {}, {}
      for i, child in ipairs(node.children) do
        list[i] = add(child)
        local key = ascii.upper(child.name)
        assert(not seen[key], "two streams of one name")
        seen[key] = true
      end
      table.sort(list, before)
      entry.child = tree(list)
    end
    return entry
  end
  add(root)
  return entries
end

local function id_of(entry) return entry and entry.id or NO_STREAM end

local function directory_entry(entry, kind)
  local name = utf16(entry.name) .. "\0\0"
  return ("<c64 I2 B B I4 I4 I4 c16 I4 I8 I8 I4 I8"):pack(
    name, #name, kind, entry.black == false and 0 or 1, id_of(entry.left), id_of(entry.right),
    id_of(entry.child), entry.class or ("\0"):rep(16), 0, 0, 0, entry.start or 0, entry.size or 0)
end

-- Makes an allocation table and its sectors.
local function new_area(size)
  local area = { table = {}, parts = {}, size = size }
  --- Adds a chain; returns its first sector.
  function area.add(data)
    local count = sectors(#data, size)
    if count == 0 then return END_OF_CHAIN end
    local first = #area.table
    for i = 1, count do
      area.table[first + i] = i < count and first + i or END_OF_CHAIN
    end
    area.parts[#area.parts + 1] = pad(data, size)
    return first
  end
  return area
end

-- Counts the sectors of the FAT and the DIFAT that cover `used` sectors and themselves.
local function table_sizes(used)
  local fat, difat = 0, 0
  repeat
    local fat_now, difat_now = fat, difat
    fat = sectors(used + fat + difat, PER_SECTOR)
    difat = fat > IN_HEADER and sectors(fat - IN_HEADER, PER_SECTOR - 1) or 0
  until fat == fat_now and difat == difat_now
  return fat, difat
end

--- Writes a compound file.
---@param root vbo.sim.cfb.Storage  its name is always "Root Entry"
---@return string
function M.write(root)
  local entries = flatten { name = "Root Entry", class = root.class, children = root.children }
  local main, mini = new_area(SECTOR), new_area(MINI_SECTOR)
  for _, entry in ipairs(entries) do
    if entry.data then
      entry.size = #entry.data
      entry.start = (entry.size < MINI_CUTOFF and mini or main).add(entry.data)
    end
  end
  -- The mini stream is a stream of the main area that the root entry owns.
  local mini_stream = table.concat(mini.parts)
  entries[1].start, entries[1].size = main.add(mini_stream), #mini_stream
  local mini_table = pack_numbers(mini.table)
  local mini_sectors = sectors(#mini_table, SECTOR)
  mini_table = mini_table .. ("\xff"):rep(mini_sectors * SECTOR - #mini_table)
  local mini_start = main.add(mini_table)

  local rows = {}
  for i, entry in ipairs(entries) do
    rows[i] = directory_entry(entry, i == 1 and 5 or entry.data and 2 or 1)
  end
  while #rows % (SECTOR // 128) ~= 0 do
    rows[#rows + 1] = ("\0"):rep(68) .. ("\xff"):rep(12) .. ("\0"):rep(48) -- unused
  end
  local directory_start = main.add(table.concat(rows))

  -- The tables come last, since they cover themselves.
  local fat, fat_numbers = main.table, {}
  local used = #fat
  local fat_count, difat_count = table_sizes(used)
  for i = 1, fat_count do
    fat[used + i] = FAT_SECTOR
    fat_numbers[i] = used + i - 1
  end
  for i = 1, difat_count do fat[used + fat_count + i] = DIFAT_SECTOR end
  while #fat % PER_SECTOR ~= 0 do fat[#fat + 1] = FREE end
  main.parts[#main.parts + 1] = pack_numbers(fat)

  -- The DIFAT: where the FAT's sectors are; 109 in the header, 127 a sector and then the next one.
  local first_difat = used + fat_count
  local in_header = table.move(fat_numbers, 1, math.min(#fat_numbers, IN_HEADER), 1, {})
  while #in_header < IN_HEADER do in_header[#in_header + 1] = FREE end
  for i = 1, difat_count do
    local row = {}
    for k = 1, PER_SECTOR - 1 do
      row[k] = fat_numbers[IN_HEADER + (i - 1) * (PER_SECTOR - 1) + k] or FREE
    end
    row[PER_SECTOR] = i < difat_count and first_difat + i or END_OF_CHAIN
    main.parts[#main.parts + 1] = pack_numbers(row)
  end

  local header = ("<c8 c16 I2 I2 I2 I2 I2 c6 I4 I4 I4 I4 I4 I4 I4 I4 I4"):pack(
    "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ("\0"):rep(16), 0x3E, 3, 0xFFFE, 9, 6, ("\0"):rep(6),
    0, fat_count, directory_start, 0, MINI_CUTOFF, mini_start, mini_sectors,
    difat_count > 0 and first_difat or END_OF_CHAIN, difat_count)
  return header .. pack_numbers(in_header) .. table.concat(main.parts)
end

return M
