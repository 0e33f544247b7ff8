--- Writes to the journal: at once, with others in one commit, or with the next commit.
---
--- A commit waits for the disk.  Steps of tasks that run at the same time share one: what they want
--- written is collected until no task can go on.

local engines = require "vbo.runtime.engine"
local errors = require "vbo.base.error"
local loop = require "vbo.runtime.loop"

local M = {}

---@class vbo.Store
---@field handle vbo.JournalHandle  `core.journal()`
local Store = {}
Store.__index = Store

---@param handle vbo.JournalHandle
---@return vbo.Store
function M.new(handle)
  return setmetatable({ handle = handle, due = {}, queue = {} }, Store)
end

--- Executes a statement that writes; raises the journal's error.
---@param sql string
---@param ... any
---@return integer rowid
---@return integer changes
function Store:write(sql, ...)
  local id, changes = self.handle:write(sql, ...)
  if not id then errors.raise(changes) end
  return id, changes
end

--- Returns the rows of a query; raises the journal's error.
---@param sql string
---@param ... any
---@return table[]
function Store:rows(sql, ...)
  local rows, err = self.handle:rows(sql, ...)
  return rows or errors.raise(err)
end

--- Returns the first row of a query; nil without one.
---@param sql string
---@param ... any
---@return table?
function Store:row(sql, ...) return self:rows(sql, ...)[1] end

-- Ends the writing of the whole program: a change without its intent must not go out.
local function latch(self, err)
  if errors.is(err) or type(err) == "table" and err.kind then
    self.handle:latch { kind = "journal", message = err.message, hint = err.hint }
  end
  return err
end

-- Writes what is due and what the list holds, in one commit.
local function transaction(self, list)
  local handle = self.handle
  local due = self.due
  self.due = {}
  local ok, err = handle:begin()
  if not ok then return latch(self, err) end
  for _, writes in ipairs { due, list } do
    for _, write in ipairs(writes) do
      local good, why = pcall(write, self)
      if not good then
        handle:rollback()
        return latch(self, why)
      end
    end
  end
  ok, err = handle:commit()
  if ok then return nil end
  handle:rollback()
  return latch(self, err)
end

--- Commits the writes of a function, with what is due.  Raises when that fails: then nothing of it
--- is written, and no later change of the program is sent.
---@param write fun(store: vbo.Store)
function Store:now(write)
  local err = transaction(self, { write })
  if err then errors.raise(err) end
end

--- Adds writes to the next commit, which need not be soon.
---@param write fun(store: vbo.Store)
function Store:later(write) self.due[#self.due + 1] = write end

--- Commits what is due.
function Store:flush()
  if self.due[1] then self:now(function() end) end
end

-- Commits what tasks wait for.  Returns whether there was any.
local function flush_group(self)
  local queue = self.queue
  if not queue[1] then return false end
  self.queue = {}
  local writes = {}
  for i, entry in ipairs(queue) do writes[i] = entry.write end
  local err = transaction(self, writes)
  for _, entry in ipairs(queue) do
    entry.done, entry.err = true, err
    entry.event:signal()
  end
  return true
end

local function withdraw(self, entry)
  for i, other in ipairs(self.queue) do
    if other == entry then return table.remove(self.queue, i) end
  end
end

--- Commits the writes of a function, together with those of other tasks.  As `now` in the main
--- program.  A wait that ends before (a signal, a cancelled task) withdraws them.
---@param write fun(store: vbo.Store)
function Store:group(write)
  if not loop.current() then return self:now(write) end
  local entry = { write = write, event = loop.event() }
  self.queue[#self.queue + 1] = entry
  loop.idle = function() return flush_group(self) end
  local ok, err = loop.await(engines.get(), {
    event = entry.event, over = function() return entry.done end,
  })
  if not ok and not entry.done and withdraw(self, entry) then errors.raise(err) end
  if entry.err then errors.raise(entry.err) end
end

return M
