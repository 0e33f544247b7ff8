--- Runs a job: processes objects one after another, keeps their results and writes the log.  A run
--- ends after a number of reads or seconds, whichever is first.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local later = require "vbo.sim.base.later"

local M = {}

local Run = {}
Run.__index = Run

local looks, seconds = 3, 2

---@class vbo.sim.Object
---@field id string
---@field type "User"|"Group"|"Site"|"Team"
---@field name string
---@field status "Success"|"Warning"|"Failed"
---@field items integer
---@field bytes integer
---@field message string?

--- Returns a run that starts now, or, with `history`, a finished one.
---@param options table  id, job, kind ("Backup" or "Copy"), created, process (returns the result of
---  an object: fun(object): vbo.sim.Object), objects (to process), connected (a line of the log),
---  why (the cause, where no user started it), retry, main, full, finished (called at the end)
---@return table
function M.new(options)
  local self = setmetatable(options, Run)
  self.status, self.position, self.looks, self.done = "Running", 0, 0, {}
  self.progress, self.retry = 0, self.retry or 0
  self.main, self.log = self.main or self.id, {}
  if self.why then self:say("Success", self.why) end
  self:say("Success", self.connected)
  self:say("Success", ("Found %d object(s) to process"):format(#self.objects))
  return self
end

--- Adds a line to the log; its id is made from that of the run.
---@param text string|fun(): string  a function is called when the line is read
function Run:say(kind, text, at)
  local n = #self.log + 1
  local line = {
    id = ids.uuid(self.id .. "/log/" .. n), usn = n, type = kind,
    at = at or self.now or self.created,
  }
  if type(text) == "function" then
    later.fields(line, { "text" }, function() line.text = text() end)
  else
    line.text = text
  end
  self.log[n] = line
end

local kinds = { Success = "Success", Warning = "Warning", Failed = "Error" }

--- Advances to a share of the work, 0 to 1.
function Run:advance(share, now)
  if self.status ~= "Running" then return end
  self.now = now
  local last = share >= 1 and #self.objects or math.floor(#self.objects * share)
  while self.position < last do
    self.position = self.position + 1
    local object = self.process(self.objects[self.position])
    self.done[self.position] = object
    self:say(kinds[object.status], object.message or function()
      return ("Processing %s %s: %d item(s), %d bytes"):format(core.fold(object.type), object.name,
        object.items, object.bytes)
    end)
  end
  self.progress = math.max(self.progress, math.min(99, share * 100 // 1 | 0))
  if share >= 1 then self:finish(self:result()) end
end

--- Advances because a client reads the run.
function Run:look(now)
  if self.status ~= "Running" then return end
  self.looks = self.looks + 1
  self:advance(self.looks / looks, now)
end

--- Advances to the current time.
function Run:tick(now)
  if self.status ~= "Running" then return end
  local share = (now - self.created) / seconds
  -- A run that should have ended by now ends at that time, however late it is read.
  if share >= 1 then
    self:advance(1, self.created + seconds)
  elseif share > self.progress / 100 then
    self:advance(share, now)
  end
end

--- Sums up the objects.
function Run:result()
  local failed, warned = 0, 0
  for _, object in ipairs(self.done) do
    if object.status == "Failed" then failed = failed + 1 end
    if object.status == "Warning" then warned = warned + 1 end
  end
  if #self.done > 0 and failed == #self.done then return "Failed" end
  local idle = #self.done == 0 and self.kind == "Backup"
  return (failed + warned > 0 or idle) and "Warning" or "Success"
end

local ends = { Success = "Success", Warning = "Warning", Failed = "Error", Stopped = "Stop" }

--- Ends the run.
---@param status string
function Run:finish(status)
  self.ended = self.now or self.created
  if status ~= "Stopped" then self.progress = 100 end
  if #self.objects == 0 then
    self:say(self.kind == "Backup" and "Warning" or "Success", "Nothing to process")
  end
  self.status = status
  if self.finished then self:finished() end
  local words = { Success = "Job finished", Warning = "Job finished with warnings",
    Failed = "Job failed", Stopped = "Stopped by user" }
  self:say(ends[status], words[status])
end

--- Stops the run.
function Run:stop(now)
  self.now = now
  self:finish "Stopped"
end

--- Returns the rates so far: whole bytes and items a second.
function Run:statistics()
  local items, bytes = 0, 0
  for _, object in ipairs(self.done) do
    items, bytes = items + object.items, bytes + object.bytes
  end
  local span = math.max(1, (self.ended or self.now or self.created) - self.created)
  local rate = math.tointeger(bytes // span // 1) or 0
  return {
    items = items, bytes = bytes, bytes_rate = rate,
    items_rate = math.tointeger(items // span // 1) or 0,
    bottleneck = bytes > 0 and "Source" or "NA",
  }
end

return M
