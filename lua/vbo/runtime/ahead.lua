--- Begins work of the library ahead of its need.
---
--- It runs in a coroutine of the library's own.  Where that would wait it hands the waiting over
--- to whoever finishes it, so that all waiting is done in the consumer's own context.

local loop = require "vbo.runtime.loop"

local M = {}

---@class vbo.ReadAhead  work that was begun and is finished later, or not at all
local Ahead = {}

local meta = { __name = "vbo.ahead", __index = Ahead }

--- Ends the work where it stands: what it holds in `<close>` variables is closed, its
--- transfer with it.  Nothing happens to one that is over.
function Ahead:cancel()
  if coroutine.status(self._thread) == "suspended" then
    self._cancelled = true
    coroutine.close(self._thread)
  end
end

meta.__close, meta.__gc = Ahead.cancel, Ahead.cancel

local function step(work, ...)
  work._stands = table.pack(coroutine.resume(work._thread, ...))
  -- An error alone leaves the `<close>` variables of a coroutine as they are.
  if not work._stands[1] then coroutine.close(work._thread) end
end

-- Does what suspended work waits for; its results.
local function serve(stands)
  if stands[2] == loop.waiting then return loop.await(stands[3], stands[4]) end
  return coroutine.yield(table.unpack(stands, 2, stands.n))
end

--- Runs `fn(...)` up to where it would wait for the first time.
---@param fn function  at its first wait its errors are kept for `finish`
---@return vbo.ReadAhead
function M.begin(fn, ...)
  local thread = coroutine.create(fn)
  loop.host(thread)
  local work = { _thread = thread }
  step(work, ...)
  -- Finalizers run in the reverse order of their making: work that is never finished closes
  -- its transfer before the collector finds that one open.
  return setmetatable(work, meta)
end

--- Goes on to the end of the work, waiting here for what it waits for.  Once only.
---@return any ...  what the function returns; what it raises is raised
function Ahead:finish()
  -- An interrupt that ends the wait also ends the work that was waited for.
  local held <close> = self -- luacheck: ignore held
  while coroutine.status(self._thread) == "suspended" do
    step(self, serve(self._stands))
  end
  local stands = self._stands
  self._stands = nil
  if self._cancelled or not stands then error("the work was cancelled or finished before", 2) end
  if not stands[1] then error(stands[2], 0) end
  return table.unpack(stands, 2, stands.n)
end

return M
