-- The lowest layer of a PST file: blocks of data, nodes that own them, and the two B-trees that
-- find both ([MS-PST] section 2.2).

local checks = require "vbo.sim.formats.pst.checks"
local spaces = require "vbo.sim.formats.pst.space"

local M = {}

--- Bytes of data in the largest block.
M.BLOCK = 8192 - 16

local BBT, NBT = 0x80, 0x81
local IN_LIST = (M.BLOCK - 8) // 8 -- blocks that a list of blocks names
local IN_SUBNODES, IN_SUBNODE_INDEX = (M.BLOCK - 8) // 24, (M.BLOCK - 8) // 16

-- The last index that is given for each type of node before any is (section 2.2.2.6); that of
-- folders after those that each file has.
local FIRST_INDEX = { [2] = 0x403, [3] = 0x4000, [4] = 0x10000, [8] = 0x8000 }

---@class vbo.sim.pst.Database
local Database = {}
Database.__index = Database

---@return vbo.sim.pst.Database
function M.new()
  return setmetatable({
    space = spaces.new(), blocks = {}, nodes = {}, next_block = 4, next_page = 4, indexes = {},
  }, Database)
end

-- Stores a block; internal ones hold what this layer itself reads.
function Database:block(data, internal)
  assert(#data > 0 and #data <= M.BLOCK)
  local id = self.next_block | (internal and 2 or 0)
  self.next_block = self.next_block + 4
  local size = (#data + 16 + 63) // 64 * 64
  local piece = self.space:take(size)
  piece.data = data .. ("\0"):rep(size - 16 - #data)
    .. ("<I2 I2 I4 I8"):pack(#data, checks.signature(piece.at, id), checks.crc(data), id)
  self.blocks[#self.blocks + 1] = { id = id, at = piece.at, size = #data }
  return id
end

-- A block that names blocks; `level` 2 names such blocks.
function Database:list(ids, first, last, level, total)
  return self:block(("<BB I2 I4"):pack(1, level, last - first + 1, total)
    .. ("<" .. ("I8"):rep(last - first + 1)):pack(table.unpack(ids, first, last)), true)
end

--- Stores data of any size.
---@param data string|string[]  a list: the blocks, as they shall be
---@return integer bid  0 for no data
function Database:data(data)
  local ids, sizes, total = {}, {}, 0
  local function add(part)
    ids[#ids + 1], sizes[#sizes + 1] = self:block(part), #part
    total = total + #part
  end
  if type(data) == "table" then
    for _, part in ipairs(data) do add(part) end
  else
    for at = 1, #data, M.BLOCK do add(data:sub(at, at + M.BLOCK - 1)) end
  end
  if #ids <= 1 then return ids[1] or 0 end
  if #ids <= IN_LIST then return self:list(ids, 1, #ids, 1, total) end
  assert(#ids <= IN_LIST * IN_LIST, "too long for a PST")
  local lists = {}
  for first = 1, #ids, IN_LIST do
    local last, sum = math.min(first + IN_LIST - 1, #ids), 0
    for i = first, last do sum = sum + sizes[i] end
    lists[#lists + 1] = self:list(ids, first, last, 1, sum)
  end
  return self:list(lists, 1, #lists, 2, total)
end

--- Stores what is below a node.
---@param list { nid: integer, data: integer, sub: integer }[]
---@return integer bid  0 for nothing
function Database:subnodes(list)
  if #list == 0 then return 0 end
  table.sort(list, function(a, b) return a.nid < b.nid end)
  local leaves = {}
  for first = 1, #list, IN_SUBNODES do
    local last = math.min(first + IN_SUBNODES - 1, #list)
    local rows = {}
    for i = first, last do
      rows[#rows + 1] = ("<I8 I8 I8"):pack(list[i].nid, list[i].data, list[i].sub)
    end
    leaves[#leaves + 1] = {
      list[first].nid,
      self:block(("<BB I2 I4"):pack(2, 0, #rows, 0) .. table.concat(rows), true),
    }
  end
  if #leaves == 1 then return leaves[1][2] end
  assert(#leaves <= IN_SUBNODE_INDEX, "too much below one node of a PST")
  local rows = {}
  for i, leaf in ipairs(leaves) do rows[i] = ("<I8 I8"):pack(leaf[1], leaf[2]) end
  return self:block(("<BB I2 I4"):pack(2, 1, #rows, 0) .. table.concat(rows), true)
end

--- Returns an id to a node, in the file's own tree or below another: no two of a file are the same,
--- since readers look for those below a node also in what is around it.
---@param kind integer  the type of the node
---@return integer nid
function Database:nid(kind)
  local index = (self.indexes[kind] or FIRST_INDEX[kind] or 0x400) + 1
  self.indexes[kind] = index
  return index << 5 | kind
end

--- Adds a node.
---@param nid integer
---@param data integer  the BID of its data, 0 for none
---@param sub? integer  the BID of what is below it
---@param parent? integer  the NID of the folder that it is in
function Database:node(nid, data, sub, parent)
  self.nodes[#self.nodes + 1] = { nid = nid, data = data, sub = sub or 0, parent = parent or 0 }
end

function Database:page_id()
  local id = self.next_page
  self.next_page = id + 4
  return id
end

-- Writes a B-tree from sorted entries { key, packed }; returns where its root is, packed.
function Database:tree(kind, entries, size)
  local level = 0
  repeat
    local most, above = 488 // size, {}
    for first = 1, #entries, most do
      local last, rows = math.min(first + most - 1, #entries), {}
      for i = first, last do rows[#rows + 1] = entries[i][2] end
      local content = table.concat(rows)
      content = content .. ("\0"):rep(488 - #content)
        .. ("<BBBB I4"):pack(#rows, most, size, level, 0)
      local id, piece = self:page_id(), self.space:take(spaces.PAGE, spaces.PAGE)
      piece.data = spaces.page(kind, content, piece.at, id)
      above[#above + 1] = {
        entries[first][1], ("<I8 I8 I8"):pack(entries[first][1], id, piece.at),
      }
    end
    entries, size, level = above, 24, level + 1
  until #entries == 1
  return entries[1][2]:sub(9)
end

local function header(self, found, nodes, blocks)
  local indexes = {}
  for kind = 0, 31 do
    indexes[kind + 1] = (self.indexes[kind] or FIRST_INDEX[kind] or 0x400) << 5 | kind
  end
  local root = ("<I4 I8 I8 I8 I8"):pack(0, found.size, found.last, found.free, 0)
    .. nodes .. blocks .. ("<BB I2"):pack(2, 0, 0) -- 2: the allocation maps are valid
  local body = "SM" .. ("<I2 I2 BB I4 I4"):pack(23, 19, 1, 1, 0, 0)
    .. ("<I8 I8 I4"):pack(0, self.next_page, 1)
    .. ("<" .. ("I4"):rep(32)):pack(table.unpack(indexes)) .. ("<I8"):pack(0)
    .. root .. ("<I4"):pack(0) .. ("\xff"):rep(256)
    .. ("<BB I2 I8"):pack(0x80, 0, 0, self.next_block) -- 0: the data is not encoded
  assert(#body == 516)
  return "!BDN" .. ("<I4"):pack(checks.crc(body:sub(1, 471))) .. body
    .. ("<I4"):pack(checks.crc(body)) .. ("\0"):rep(36)
end

--- Writes trees, maps and header.
---@return string[] pieces, integer size  the file's bytes, and how many they are
function Database:finish()
  local nodes, blocks = {}, {}
  table.sort(self.nodes, function(a, b) return a.nid < b.nid end)
  for i, node in ipairs(self.nodes) do
    assert(i == 1 or self.nodes[i - 1].nid < node.nid, "two nodes of one id")
    nodes[i] = { node.nid,
      ("<I8 I8 I8 I4 I4"):pack(node.nid, node.data, node.sub, node.parent, 0) }
  end
  -- Two references: the one in here, and what uses the block.
  table.sort(self.blocks, function(a, b) return a.id < b.id end)
  for i, block in ipairs(self.blocks) do
    blocks[i] = { block.id, ("<I8 I8 I2 I2 I4"):pack(block.id, block.at, block.size, 2, 0) }
  end
  local node_root = self:tree(NBT, nodes, 32)
  local block_root = self:tree(BBT, blocks, 24)
  local found = self.space:finish(self:page_id())
  return self.space:bytes(header(self, found, node_root, block_root), found.size), found.size
end

return M
