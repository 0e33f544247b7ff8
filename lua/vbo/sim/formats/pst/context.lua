-- Objects and tables of a PST file: properties ([MS-PST] section 2.3.3) and rows of them (2.3.4).

local heaps = require "vbo.sim.formats.pst.heap"
local mapi = require "vbo.sim.formats.mapi"
local ndb = require "vbo.sim.formats.pst.ndb"

local M = {}

-- Types of properties ([MS-OXCDATA] section 2.11.1).
local INTEGER, BOOLEAN, OBJECT, LONG = 0x0003, 0x000B, 0x000D, 0x0014
local STRING, TIME, BINARY = 0x001F, 0x0040, 0x0102

-- Bytes that a row holds of each type; of all others it has the place of the value, in 4 bytes.
local FIXED = { [INTEGER] = 4, [BOOLEAN] = 1, [LONG] = 8, [TIME] = 8 }

local ROW_ID, ROW_VERSION = 0x67F2, 0x67F3

local LTP = 0x1F -- the type of nodes of this layer

---@class vbo.sim.pst.Properties  a writer of properties, see `formats/mapi.lua`
---@field values table<integer, { kind: integer, value: any }>

--- An empty set of properties.
---@return vbo.sim.pst.Properties
function M.properties()
  local self = { values = {} }
  local function put(id, kind, value)
    if value ~= nil then self.values[id] = { kind = kind, value = value } end
  end
  function self.integer(id, value) put(id, INTEGER, value) end
  function self.boolean(id, value) put(id, BOOLEAN, value and 1 or 0) end
  function self.time(id, at) put(id, TIME, at and ("<I8"):pack(mapi.filetime(at))) end
  function self.string(id, text) put(id, STRING, text and mapi.utf16(text)) end
  function self.binary(id, data) put(id, BINARY, data) end
  function self.object(id, nid, size) put(id, OBJECT, ("<I4 I4"):pack(nid, size)) end
  function self.drop(id) self.values[id] = nil end
  --- The bytes of all values.
  function self.size()
    local sum = 0
    for _, each in pairs(self.values) do
      sum = sum + (type(each.value) == "string" and #each.value or 4)
    end
    return sum
  end
  return self
end

-- Where values go: a heap, or nodes below for what is too long for it.
local function new_store(db, kind, root_size, below)
  local store = { heap = heaps.new(kind), below = below or {} }
  store.heap:add(("\0"):rep(root_size))
  --- Data in a node of its own; returns its NID.
  function store.node(data)
    local nid = db:nid(LTP)
    store.below[#store.below + 1] = { nid = nid, data = db:data(data), sub = 0 }
    return nid
  end
  --- A value; returns its HID or NID.
  function store.value(data)
    if #data == 0 then return 0 end
    return #data <= heaps.LARGEST and store.heap:add(data) or store.node(data)
  end
  function store.finish() return db:data(store.heap:finish()), db:subnodes(store.below) end
  return store
end

local function sorted_ids(values)
  local ids = {}
  for id in pairs(values) do ids[#ids + 1] = id end
  table.sort(ids)
  return ids
end

--- Writes an object.
---@param db vbo.sim.pst.Database
---@param properties vbo.sim.pst.Properties
---@param below? table[]  what else is below its node
---@return integer data, integer sub  BIDs
function M.object(db, properties, below)
  local store, entries = new_store(db, heaps.PROPERTIES, 8, below), {}
  for _, id in ipairs(sorted_ids(properties.values)) do
    local each = properties.values[id]
    local value
    if each.kind == INTEGER or each.kind == BOOLEAN then
      value = each.value & 0xFFFFFFFF
    else
      value = store.value(each.value)
    end
    entries[#entries + 1] = ("<I2 I2 I4"):pack(id, each.kind, value)
  end
  store.heap:root(store.heap:tree(2, 6, entries))
  return store.finish()
end

-- The columns of a table with their places in a row: those of 8 and 4 bytes first, then those of 1,
-- then a bit for each that says whether the row has it.
local function layout(columns)
  local list, at, bit = {}, 8, 2
  for i, tag in ipairs(columns) do
    list[i] = { tag = tag, id = tag >> 16, kind = tag & 0xFFFF, size = FIXED[tag & 0xFFFF] or 4 }
  end
  table.sort(list, function(a, b) return a.tag < b.tag end)
  local function place(column)
    column.at, at = at, at + column.size
  end
  for _, column in ipairs(list) do
    if column.id == ROW_ID then
      column.at, column.bit = 0, 0
    elseif column.id == ROW_VERSION then
      column.at, column.bit = 4, 1
    else
      column.bit, bit = bit, bit + 1
      if column.size > 1 then place(column) end
    end
  end
  local words = at
  for _, column in ipairs(list) do
    if column.size == 1 then place(column) end
  end
  local bytes = at
  return list, words, bytes, bytes + (bit + 7) // 8
end

-- The bytes of one row.
local function row_bytes(store, columns, row, number, bytes, size)
  local cells, present = {}, {}
  for i = 1, size - bytes do present[i] = 0 end
  for i, column in ipairs(columns) do
    local cell = row.properties.values[column.id]
    local value
    if column.id == ROW_ID then
      value = ("<I4"):pack(row.id)
    elseif column.id == ROW_VERSION then
      value = ("<I4"):pack(number)
    elseif cell and cell.kind == column.kind then
      if column.size == 1 then
        value = string.char(cell.value)
      elseif column.kind == INTEGER then
        value = ("<I4"):pack(cell.value & 0xFFFFFFFF)
      else
        value = FIXED[column.kind] and cell.value or ("<I4"):pack(store.value(cell.value))
      end
    end
    if value then
      local byte = column.bit // 8 + 1
      present[byte] = present[byte] | 0x80 >> column.bit % 8
    end
    cells[i] = { column.at, value or ("\0"):rep(column.size) }
  end
  table.sort(cells, function(a, b) return a[1] < b[1] end)
  for i, cell in ipairs(cells) do cells[i] = cell[2] end
  return table.concat(cells) .. string.char(table.unpack(present))
end

-- The rows one behind the other; in blocks, where none is cut, when there are many.
local function matrix(store, rows, size)
  if #rows == 0 then return 0 end
  if #rows * size <= heaps.LARGEST then return store.heap:add(table.concat(rows)) end
  local blocks, most = {}, ndb.BLOCK // size
  for first = 1, #rows, most do
    local last = math.min(first + most - 1, #rows)
    local data = table.concat(rows, "", first, last)
    -- All but the last are full: a reader finds a row by counting.
    if last < #rows then data = data .. ("\0"):rep(ndb.BLOCK - #data) end
    blocks[#blocks + 1] = data
  end
  return store.node(blocks)
end

--- Writes a table.
---@param db vbo.sim.pst.Database
---@param columns integer[]  tags: id and type
---@param rows { id: integer, properties: vbo.sim.pst.Properties }[]
---@return integer data, integer sub  BIDs
function M.table(db, columns, rows)
  local list, words, bytes, size = layout(columns)
  local store = new_store(db, heaps.TABLE, 22 + 8 * #list)
  local index, packed = {}, {}
  for i, row in ipairs(rows) do
    index[i] = { row.id, ("<I4 I4"):pack(row.id, i - 1) }
    packed[i] = row_bytes(store, list, row, i, bytes, size)
  end
  table.sort(index, function(a, b) return a[1] < b[1] end)
  for i, each in ipairs(index) do index[i] = each[2] end
  local index_at = store.heap:add(store.heap:tree(4, 4, index))
  local parts = { ("<BB I2 I2 I2 I2 I4 I4 I4"):pack(heaps.TABLE, #list, words, words, bytes, size,
    index_at, matrix(store, packed, size), 0) }
  for i, column in ipairs(list) do
    parts[i + 1] = ("<I4 I2 BB"):pack(column.tag, column.at, column.size, column.bit)
  end
  store.heap:root(table.concat(parts))
  return store.finish()
end

return M
