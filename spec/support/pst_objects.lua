-- Objects and tables of a PST, read as strictly as [MS-PST] section 2.3 has them: the programs that
-- read PST files forgive a good deal.

local M = {}

--- The bytes of a node's data: its blocks in order.
local function blocks_of(found, id, list)
  list = list or {}
  if id == 0 then return list end
  local content = assert(found.blocks[id])
  if id & 2 == 0 then
    list[#list + 1] = content
    return list
  end
  local kind, _, count = ("<BB I2"):unpack(content)
  assert(kind == 1)
  for i = 0, count - 1 do blocks_of(found, ("<I8"):unpack(content, 9 + 8 * i), list) end
  return list
end

--- Returns what is below a node, by NID: { data=, sub= }.
function M.below(found, id, into)
  into = into or {}
  if id == 0 then return into end
  local content = assert(found.blocks[id])
  local kind, level, count = ("<BB I2"):unpack(content)
  assert(kind == 2)
  local last
  for i = 0, count - 1 do
    if level == 0 then
      local nid, data, sub = ("<I8 I8 I8"):unpack(content, 9 + 24 * i)
      assert((not last or nid > last) and not into[nid], "what is below is out of order")
      into[nid], last = { data = data, sub = sub }, nid
    else
      M.below(found, (select(2, ("<I8 I8"):unpack(content, 9 + 16 * i))), into)
    end
  end
  return into
end

-- How full a block says it is must be what it is.
local least = { 3584, 2560, 2048, 1792, 1536, 1280, 1024, 768, 512, 256, 128, 64, 32, 16, 8, 0 }

-- A heap: a function that gives the value of an HID, the one that all begins with, and the kind.
local function heap(found, node)
  local blocks = blocks_of(found, node.data)
  local levels, values = {}, {}
  for i, block in ipairs(blocks) do
    local number, map = i - 1, ("<I2"):unpack(block)
    local header = number == 0 and 12 or (number - 8) % 128 == 0 and 66 or 2
    local from = number == 0 and 9 or 3
    for at = from, header do
      local pair = header > 2 and block:byte(at) or nil
      if pair then
        levels[number + (at - from) * 2] = pair & 15
        levels[number + (at - from) * 2 + 1] = pair >> 4
      end
    end
    local count, freed = ("<I2 I2"):unpack(block, map + 1)
    assert(map % 2 == 0 and freed == 0 and #block == map + 4 + 2 * (count + 1))
    local place = ("<I2"):unpack(block, map + 5)
    assert(place == header)
    values[number] = {}
    for k = 1, count do
      local next_place = ("<I2"):unpack(block, map + 5 + 2 * k)
      local size = next_place - place
      assert(size > 0 and size <= 3580, "a value too long for a heap")
      values[number][k] = block:sub(place + 1, next_place)
      place = next_place
    end
    assert(place <= map and map - place < 2)
    local level, free = levels[number] + 1, 8176 - #block
    assert(free >= least[level] and (level == 1 or free < least[level - 1]), "how full a block is")
  end
  local _, mark, kind, root = ("<I2 BB I4"):unpack(blocks[1])
  assert(mark == 0xEC)
  return function(id)
    assert(id & 31 == 0)
    return (assert(values[id >> 16][id >> 5 & 0x7FF], "no such value"))
  end, root, kind
end

-- The records of a B-tree on a heap, in order.
local function records(get, id, key, value)
  local mark, keys, size, depth, root = ("<BBBB I4"):unpack(get(id))
  assert(mark == 0xB5 and keys == key and size == value)
  local list, last = {}, -1
  local function walk(at, level)
    local data = get(at)
    local width = key + (level == 0 and value or 4)
    assert(#data % width == 0)
    for i = 1, #data, width do
      local number = ("<I" .. key):unpack(data, i)
      if level > 0 then
        walk(("<I4"):unpack(data, i + key), level - 1)
      else
        assert(number > last, "keys out of order")
        last = number
        list[#list + 1] = data:sub(i, i + width - 1)
      end
    end
  end
  if root ~= 0 then walk(root, depth) end
  return list
end

-- A value that lies in the heap or in a node of its own.
local function value_of(found, get, below, place)
  if place == 0 then return "" end
  if place & 31 == 0 then return get(place) end
  return table.concat(blocks_of(found, assert(below[place], "no such node below").data))
end

--- The properties of an object: numbers, and bytes of all else, by id.
---@param node { data: integer, sub: integer }
function M.object(found, node)
  local get, root, kind = heap(found, node)
  assert(kind == 0xBC)
  local below, values = M.below(found, node.sub), {}
  for _, record in ipairs(records(get, root, 2, 6)) do
    local id, form, place = ("<I2 I2 I4"):unpack(record)
    if form == 0x0003 or form == 0x000B then
      values[id] = place
    else
      values[id] = value_of(found, get, below, place)
      assert(form ~= 0x0040 or #values[id] == 8)
    end
  end
  return values, below
end

--- The rows of a table by their ids: values as `object` gives them, nil where a row has none.
function M.table(found, node)
  local get, root, kind = heap(found, node)
  assert(kind == 0x7C)
  local info, below = get(root), M.below(found, node.sub)
  local mark, count, four, two, one, size, index, place = ("<BB I2 I2 I2 I2 I4 I4"):unpack(info)
  assert(mark == 0x7C and four == two and size == one + (count + 7) // 8)
  assert(#info == 22 + 8 * count)
  local columns, taken, last = {}, {}, -1
  for i = 1, count do
    local tag, at, width, bit = ("<I4 I2 BB"):unpack(info, 15 + 8 * i)
    assert(tag > last and not taken["bit" .. bit] and bit < count, "columns out of order")
    last, taken["bit" .. bit] = tag, true
    for k = at, at + width - 1 do
      assert(not taken[k] and k < (width > 1 and four or one))
      taken[k] = true
    end
    columns[i] = { id = tag >> 16, form = tag & 0xFFFF, at = at, width = width, bit = bit }
  end
  local matrix = place == 0 and {} or place & 31 == 0 and { get(place) }
    or blocks_of(found, below[place].data)
  local rows = {}
  for _, record in ipairs(records(get, index, 4, 4)) do
    local id, number = ("<I4 I4"):unpack(record)
    local most = place & 31 == 0 and math.maxinteger or 8176 // size
    local block = matrix[number // most + 1]
    assert(number // most + 1 == #matrix or #block == 8176, "a block of rows is not full")
    local at = number % most * size
    local bytes = block:sub(at + 1, at + size)
    local row = {}
    for _, column in ipairs(columns) do
      local cell = bytes:sub(column.at + 1, column.at + column.width)
      if bytes:byte(one + column.bit // 8 + 1) & 0x80 >> column.bit % 8 == 0 then
        assert(cell == ("\0"):rep(column.width), "a cell that its row does not have")
      elseif column.form == 0x0003 or column.form == 0x000B then
        row[column.id] = ("<I" .. column.width):unpack(cell)
      elseif column.width == 8 then
        row[column.id] = cell
      else
        row[column.id] = value_of(found, get, below, ("<I4"):unpack(cell))
      end
    end
    assert(row[0x67F2] == id)
    rows[id] = row
  end
  return rows
end

return M
