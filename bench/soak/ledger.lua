--- Compares what the clients of the soak wrote down with what production shows.

local vbo = require "vbo"

local M = {}

-- Lists the errors that weather explains in a correct client: the answer to a change is lost.
local explained = { unknown_outcome = true }

--- Reads what the clients wrote down.
---@param folder string
---@param count integer  how many clients there were
---@return table  { rounds =, kinds = { [kind] = rounds }, claims = { [session] = restored },
---  unsure = { [session] = true }, excused =, faults = { text, … } }
function M.read(folder, count)
  local self = { rounds = 0, kinds = {}, claims = {}, unsure = {}, excused = 0, faults = {},
    restored = 0, ends = 0 }
  local function fault(format, ...) self.faults[#self.faults + 1] = format:format(...) end
  for n = 1, count do
    local file <close> = io.open(("%s/%d.jsonl"):format(folder, n))
    for line in file and file:lines() or function() end do
      local row = vbo.json.decode(line)
      if row.round then
        self.rounds = self.rounds + 1
        self.kinds[row.round] = (self.kinds[row.round] or 0) + 1
      elseif row.failed and explained[row.kind] then
        self.excused = self.excused + 1
      elseif row.failed then
        fault("client %d, %s with %s: %s: %s (%s, status %s)", n, row.failed, row.version, row.kind,
          row.message, row.operation, row.status)
      elseif row.unsure then
        self.unsure[row.unsure] = true
      elseif row.session then
        self.claims[row.session] = (self.claims[row.session] or 0) + row.restored
        self.restored = self.restored + row.restored
      elseif row.rounds then
        self.ends = self.ends + 1
      end
    end
  end
  if self.ends < count then fault("%d of %d clients did not come to their end",
    count - self.ends, count) end
  return self
end

--- Compares the claims with the changes of production, all of them.
---@param self table      of `read`
---@param changes table[] of /sim/changes
---@param gained table[]  of /sim/diff: what production has that it did not have at the start
function M.compare(self, changes, gained)
  local function fault(format, ...) self.faults[#self.faults + 1] = format:format(...) end
  local counts, once, created = {}, {}, {}
  for _, change in ipairs(changes) do
    counts[change.session] = (counts[change.session] or 0) + 1
    if change.how == "created" or change.how == "kept" then
      -- A place that was empty is filled once.
      local place = table.concat({ change.organization, change.workload, change.user,
        change.path }, "\0")
      if once[place] then fault("twice in production: %s", change.path) end
      once[place] = true
      if change.workload == "onedrive" then created[change.user .. "\0" .. change.path] = true end
    end
  end
  for session, restored in pairs(self.claims) do
    local there = counts[session] or 0
    if there ~= restored and not (self.unsure[session] and there > restored) then
      fault("session %s: %d restored as it was told, %d in production", session, restored, there)
    end
  end
  for session, there in pairs(counts) do
    if not self.claims[session] and not self.unsure[session] then
      fault("session %s: %d changes that nobody was told of", session, there)
    end
  end
  for _, row in ipairs(gained) do
    if row.change == "gained" and row.workload == "onedrive" then
      local key = row.user .. "\0" .. row.path
      if row.path:sub(-1) ~= "/" and not created[key] then
        fault("in production, and restored by nobody: %s", row.path)
      end
      created[key] = nil
    end
  end
  for place in pairs(created) do fault("restored, and not in production: %s", place) end
  self.changes = #changes
end

return M
