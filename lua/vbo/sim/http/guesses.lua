--- Slows down guesses of a password.
---
--- Every address has a few tries that are answered at once.  After that its tries, right or wrong,
--- are answered one a second, so that parallel guesses gain nothing; a try that would wait too long
--- is refused unexamined (429).  Other addresses, issued tokens and refresh tokens are not
--- affected.

local ascii = require "vbo.base.ascii"

local M = {}

local Guesses = {}
Guesses.__index = Guesses

local free <const> = 5       -- wrong tries in a row that cost nothing
local pace <const> = 1       -- seconds between two tries after that
local patience <const> = 5   -- seconds that a try may wait
local memory <const> = 900   -- seconds until an address without tries is forgotten
local most <const> = 10000   -- addresses kept

---@param options { now: (fun(): number), log: fun(text: string) }  now: seconds, never set back
---@return table
function M.new(options)
  return setmetatable({ now = options.now, log = options.log, addresses = {}, count = 0 }, Guesses)
end

--- Returns the address of a peer without its port; IPv6 addresses by their network (/64), since
--- one machine has all of its addresses.
---@param peer string?  "127.0.0.1:50000", "[::1]:50000"
---@return string
function M.address(peer)
  local inner = (peer or ""):match "^%[(.*)%]:%d+$"
  if not inner then return ((peer or ""):gsub(":%d+$", "")) end
  local mapped = ascii.lower(inner):match "^::ffff:(%d+%.%d+%.%d+%.%d+)$"
  if mapped then return mapped end
  local front = inner:match "^(.-)::" or inner
  local groups = {}
  for group in front:gmatch "[^:]+" do groups[#groups + 1] = group end
  return table.concat(groups, ":", 1, math.min(4, #groups)) .. "::/64"
end

-- Forgets addresses that were idle for long; when all are busy, all of them.
local function trim(self, now)
  for address, entry in pairs(self.addresses) do
    if now - entry.last > memory then
      self.addresses[address], self.count = nil, self.count - 1
    end
  end
  if self.count >= most then self.addresses, self.count = {}, 0 end
end

local function entry_of(self, address, now)
  local entry = self.addresses[address]
  if entry and now - entry.last <= memory then return entry end
  if not entry then
    if self.count >= most then trim(self, now) end
    self.count = self.count + 1
  end
  entry = { failures = 0, next = now, last = now }
  self.addresses[address] = entry
  return entry
end

--- Admits a try.
---@param address string
---@return number? delay  seconds until its answer may leave; nil: do not examine it
---@return integer? retry  seconds until the next try then
function Guesses:try(address)
  local now = self.now()
  local entry = self.addresses[address]
  -- A request without an address comes from this process.
  if address == "" or not entry or entry.failures < free then return 0 end
  local wait = math.max(0, entry.next - now)
  if wait > patience then return nil, math.ceil(wait - patience) end
  entry.next = math.max(now, entry.next) + pace
  return wait + pace
end

--- Notes a wrong try, and logs when an address begins to be slowed.
---@param address string
function Guesses:failed(address)
  if address == "" then return end
  local now = self.now()
  local entry = entry_of(self, address, now)
  entry.failures, entry.last = entry.failures + 1, now
  if entry.failures == free then
    self.log(("%d wrong passwords in a row from %s: its further tries are slowed down"):format(
      free, address))
  elseif entry.failures % 100 == 0 then
    self.log(("%d wrong passwords in a row from %s"):format(entry.failures, address))
  end
end

--- Notes a right try.
---@param address string
function Guesses:succeeded(address)
  if self.addresses[address] then
    self.addresses[address], self.count = nil, self.count - 1
  end
end

return M
