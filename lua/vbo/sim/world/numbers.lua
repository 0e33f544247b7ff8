--- Converts numbers to ids and back, for generated worlds.  A record is the n-th of its kind; its
--- id holds n, scrambled, so that the record is found without a table.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"

local M = {}

-- Mixes 64 bits by the last step of splitmix64.
local function mix(z)
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return z ~ (z >> 31)
end

--- Returns the key of one kind of records in one world.
---@param seed string
---@return integer
function M.key(seed) return ids.hash(seed) end

--- Returns the n-th number of a key, without computing those before it.
---@param key integer
---@param n integer
---@return integer  64 bits
function M.hash(key, n) return mix(key + (n + 1) * 0x9E3779B97F4A7C15) end

-- Scrambles 48 bits, the size of a UUID's last group; each step is reversible.
local mask <const> = (1 << 48) - 1
local first <const>, second <const> = 0x5851F42D4C95, 0x14057B7EF767

local function inverse(odd)
  local found = odd
  for _ = 1, 6 do found = found * (2 - odd * found) & mask end
  return found
end

local undo_first <const>, undo_second <const> = inverse(first), inverse(second)

local function scramble(key, n)
  n = (n ~ key) * first & mask
  n = (n ~ n >> 24) * second & mask
  return n ~ n >> 24
end

local function unscramble(key, n)
  n = (n ~ n >> 24) * undo_second & mask
  n = (n ~ n >> 24) * undo_first & mask
  return n ~ key & mask
end

--- Returns the id of the n-th record, in the form of a version 4 UUID.
---@param key integer
---@param n integer  below 2^48
---@return string
function M.uuid(key, n)
  local h = M.hash(key, n)
  return ("%08x-%04x-4%03x-%04x-%012x"):format(h & 0xFFFFFFFF, h >> 32 & 0xFFFF, h >> 48 & 0xFFF,
    (h >> 60 | h << 4) & 0x3FFF | 0x8000, scramble(key, n))
end

--- Returns the number of the record of an id.
---@param key integer
---@param id string    of `uuid`, in any case
---@param count integer  the number of records
---@return integer?  nil for another id
function M.index(key, id, count)
  id = core.fold(id)
  local node = id:match "^[%x-]+%-(%x%x%x%x%x%x%x%x%x%x%x%x)$"
  local n = node and unscramble(key, tonumber(node, 16))
  return n and n < count and M.uuid(key, n) == id and n or nil
end

--- Returns an id in the form of Exchange (`world/mail.lua`).
---@param key integer
---@param n integer
---@param bytes integer  46 of folders, 70 of items
---@return string
function M.entry(key, n, bytes)
  local parts = { "\0\0\0\0", ("<i8"):pack(key) }
  for i = 1, (bytes - 22 + 7) // 8 do parts[i + 2] = ("<i8"):pack(M.hash(key ~ i, n)) end
  local body = table.concat(parts):sub(1, bytes - 10)
  return ids.base64(body .. ("<I6I4"):pack(scramble(key, n), M.hash(key, n) & 0xFFFFFFFF), true)
end

--- Returns the number of the record of an id of Exchange.
---@return integer?
function M.entry_index(key, id, bytes, count)
  local raw = ids.unbase64((id:gsub("[-_]", { ["-"] = "+", ["_"] = "/" })))
  if not raw or #raw ~= bytes then return nil end
  local n = unscramble(key, (("<I6"):unpack(raw, bytes - 9)))
  return n < count and M.entry(key, n, bytes) == id and n or nil
end

--- Distributes `total` things over `count` owners in a row, as evenly as possible.
---@return fun(owner: integer): integer, integer  the first of an owner (0 …), and their number
---@return fun(n: integer): integer               the owner of the n-th
function M.dealt(total, count)
  local function share(owner)
    local from = owner * total // count
    return from, (owner + 1) * total // count - from
  end
  local function owner(n) return ((n + 1) * count - 1) // total end
  return share, owner
end

--- Counts and finds the numbers whose remainder by `stride` is in `slots`.
---@param slots integer[]  ascending, below stride
---@return fun(limit: integer): integer  counts those below a number
---@return fun(k: integer): integer      the k-th (0 …)
function M.slots(slots, stride)
  local function below(limit)
    local found, rest = limit // stride * #slots, limit % stride
    for _, slot in ipairs(slots) do
      if slot < rest then found = found + 1 end
    end
    return found
  end
  local function nth(k) return k // #slots * stride + slots[k % #slots + 1] end
  return below, nth
end

return M
