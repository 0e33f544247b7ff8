--- Runs a restore: carries out its steps one after another, keeps their outcomes and adds
--- events.  Up to v7 all steps run before the answer; in v8 some at each read of the session, and
--- the rest after some time.

local M = {}

local Work = {}
Work.__index = Work

-- The reads or seconds that a restore of v8 takes, whichever is first.
local looks, seconds = 3, 2

---@class vbo.sim.Step
---@field name string
---@field type string     "Document", "Item", …
---@field size integer?
---@field path string?
---@field run fun(): table   { how=, error= } where how is "created", "overwritten", "merged",
---                          "kept", "unchanged", "skipped" or "failed"

--- Starts a restore in a session.
---@param session table
---@param options { title: string, steps: vbo.sim.Step[], type: string?, target: string?,
---  break_after: integer? }  break_after: the number of steps after which it breaks off
---@return table
function M.new(session, options)
  local work = setmetatable({
    session = session, steps = options.steps, position = 0, started = session.clock(), looks = 0,
    target = options.target, break_after = options.break_after,
    counts = {
      total = #options.steps, created = 0, overwritten = 0, merged = 0, kept = 0, unchanged = 0,
      skipped = 0, failed = 0,
    },
    errors = {}, warnings = {}, outcomes = {},
  }, Work)
  work.event = session:event {
    type = options.type or "Restore", status = "Running", title = options.title,
    message = options.title, target = options.target,
  }
  return work
end

--- Counts the documents and items that were written.
function Work:restored()
  local c = self.counts
  return c.created + c.overwritten + c.merged + c.kept
end

function Work:is_done()
  return self.position >= #self.steps or self.cancelled or self.broken or false
end

local statuses = { unchanged = "Skipped", skipped = "Skipped", failed = "Failed" }

local function note(work, step, outcome)
  work.counts[outcome.how] = work.counts[outcome.how] + 1
  work.outcomes[#work.outcomes + 1] = { step = step, how = outcome.how, error = outcome.error }
  if outcome.error then
    local list = outcome.how == "failed" and work.errors or work.warnings
    list[#list + 1] = outcome.error
  end
  local status = statuses[outcome.how] or "Success"
  local message = outcome.error or ("%s: %s"):format(step.name, outcome.how)
  work.session:event {
    type = work.event.type, status = status, title = step.name, message = message, done = true,
    item = step, target = work.target,
  }
end

--- Carries out the next steps.
---@param count integer
function Work:advance(count)
  local last = math.min(#self.steps, self.position + count, self.break_after or math.huge)
  while self.position < last and not self.cancelled do
    self.position = self.position + 1
    local step = self.steps[self.position]
    local run = step.run
    -- The function holds the request and what it restores; the session keeps only the outcome.
    step.run = nil
    note(self, step, run())
  end
  self.broken = self.broken or self.position == self.break_after and not self:is_done()
  if self:is_done() and self.event.status == "Running" then self:finish() end
end

--- Carries out all steps that are left.
function Work:run() self:advance(#self.steps) end

function Work:result()
  if self.broken then return "Failed" end
  if self.counts.failed > 0 then
    return self:restored() > 0 and "Warning" or "Failed"
  end
  return (self.counts.skipped > 0 or #self.warnings > 0) and "Warning" or "Success"
end

function Work:finish()
  local event = self.event
  -- The functions of steps that are left hold the request, too.
  for i = self.position + 1, #self.steps do self.steps[i].run = nil end
  event.status = self.cancelled and "Cancelled" or self:result()
  event.ended = self.session.clock()
  event.message = ("%s: %d of %d written, %d unchanged, %d skipped, %d failed%s"):format(
    event.title, self:restored(), #self.steps, self.counts.unchanged, self.counts.skipped,
    self.counts.failed, self.cancelled and ", the rest cancelled"
      or self.broken and ", broken off by an internal error" or "")
  self.session:worsen(self.cancelled and "Warning" or self:result())
end

--- Advances because a client reads the session.
function Work:look()
  if self:is_done() then return end
  self.looks = self.looks + 1
  self:advance((#self.steps + looks - 1) // looks)
end

--- Advances to the current time.
function Work:tick()
  if not self:is_done() and self.session.clock() - self.started >= seconds then self:run() end
end

--- Cancels the steps that are left.
function Work:cancel()
  if self:is_done() then return end
  self.cancelled = true
  self:finish()
end

return M
