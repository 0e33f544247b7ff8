--- Gives what restores answer one shape: each version and workload counts in its own way.

local M = {}

---@class vbo.Statistics
---@field total integer      items that were to be restored
---@field restored integer   restored, created and merged
---@field failed integer     items, folders, lists, sites and permissions that failed
---@field skipped integer    there was nothing to change
---@field created integer?   mail: newly made (v1–v7)
---@field merged integer?    mail: merged into what was there (v1–v7)
---@field errors string[]    what the server says of failures
---@field warnings string[]
---@field session string?    v8: the id of the session that restores
---@field raw table          the answer as it came

local counts = { "total", "restored", "failed", "skipped" }

-- The words of v1–v8 for one thing.  What a restore left out because of an error failed.
local failures = {
  "failedItemsCount", "failedRestrictionsCount", "failedFoldersCount", "failedListsCount",
  "failedWebsCount", "skippedItemsByErrorCount",
}
local skips = { "skippedItemsCount", "skippedItemsByNoChangesCount" }

-- Lists the counters of what is done: of items, and of the parts of a whole site (v6 and v7).
local done = {
  "restoredItemsCount", "createdItemsCount", "mergedItemsCount", "restoredListsCount",
  "restoredWebsCount",
}

--- Tells what is wrong with an answer that should be statistics; nil when it counts something.
---@param record any  decoded
---@return string? problem
function M.problem(record)
  if type(record) == "table" then
    for _, name in ipairs(done) do
      if math.tointeger(record[name]) then return nil end
    end
    local details = record.details
    if type(details) == "table" and next(details) ~= nil then return nil end
    if record.status == "Failed" then return nil end
  end
  return "the server answered no statistics: nothing says what was restored"
end

-- Whether a schema counts items, itself or in its details.
local function schema_counts(schema)
  local properties = schema and schema.properties
  if not properties then return false end
  for name in pairs(properties) do
    if name:find "ItemsCount$" then return true end
  end
  local details = properties.details
  local each = details and (details.items or details)
  return each ~= nil and (schema_counts(each) or schema_counts({ properties = each.properties
    and { details = each.properties.details } }))
end

--- Returns whether an operation answers statistics that count no items but what holds them: several
--- OneDrives, or the lists of a site (v6 and v7).
---@param operation vbo.Operation
---@return boolean
function M.counts_containers(operation)
  local schema = operation.answer.schema
  local properties = schema and schema.properties
  if not properties or schema_counts(schema) then return false end
  return properties.details ~= nil and properties.status ~= nil
    or properties.restoredListsCount ~= nil
end

local function sum(record, names)
  local total = 0
  for _, name in ipairs(names) do total = total + (math.tointeger(record[name]) or 0) end
  return total
end

local function counts_items(record)
  if type(record) ~= "table" then return false end
  return record.restoredItemsCount ~= nil or record.createdItemsCount ~= nil
end

local function texts(list, into, field)
  if type(list) ~= "table" then return end
  for _, item in ipairs(list) do
    local text = item
    if type(item) == "table" then
      text = item[field] or item.message
      if text and item.title then text = ("%s: %s"):format(item.title, text) end
    end
    if type(text) == "string" then into[#into + 1] = text end
  end
end

local function said(list, text)
  for _, item in ipairs(list) do
    if item:find(text, 1, true) then return true end
  end
  return false
end

local function add(statistics, part)
  for _, name in ipairs(counts) do statistics[name] = statistics[name] + part[name] end
  for _, name in ipairs { "created", "merged" } do
    if part[name] then statistics[name] = (statistics[name] or 0) + part[name] end
  end
  for _, name in ipairs { "errors", "warnings" } do
    table.move(part[name], 1, #part[name], #statistics[name] + 1, statistics[name])
  end
end

--- Reads a version's statistics object.
---@param record any  the decoded answer; anything but a table counts nothing
---@return vbo.Statistics
function M.read(record)
  if type(record) ~= "table" then record = {} end
  local created, merged = math.tointeger(record.createdItemsCount),
    math.tointeger(record.mergedItemsCount)
  local statistics = {
    restored = math.tointeger(record.restoredItemsCount) or (created or 0) + (merged or 0),
    failed = sum(record, failures), skipped = sum(record, skips),
    created = created, merged = merged, errors = {}, warnings = {}, raw = record,
  }
  statistics.total = math.tointeger(record.totalItemsCount)
    or statistics.restored + statistics.failed + statistics.skipped
  texts(record.errors, statistics.errors, "error")
  texts(record.exceptions, statistics.errors, "message")
  texts(record.restoreIssues, statistics.errors, "error")
  texts(record.warnings, statistics.warnings, "message")
  -- Bulk restores (v3–v7) answer one object for each drive or mailbox, with its numbers in it.
  local details = record.details
  if type(details) == "table" then
    if #details == 0 and next(details) then details = { details } end
    for _, detail in ipairs(details) do
      local part = M.read(detail)
      if part.total == 0 and detail.status and not counts_items(detail.details) then
        part.total, part.restored = 1, 1
      end
      add(statistics, part)
    end
  end
  for _, name in ipairs { "error", "cannotContinueError" } do
    local text = record[name]
    -- Adds the error of the whole only where no item reports the same.
    if type(text) == "string" and text ~= "" and not said(statistics.errors, text) then
      table.insert(statistics.errors, 1, text)
    end
  end
  -- A restore that says it failed did, whatever it counted.
  local stopped = type(record.cannotContinueError) == "string" and record.cannotContinueError ~= ""
  if (record.status == "Failed" or stopped) and statistics.failed == 0 then
    statistics.failed = 1
    statistics.total = statistics.total + 1
  end
  return statistics
end

local by_status = { Success = "restored", Warning = "restored", Failed = "failed",
  Cancelled = "skipped", Skipped = "skipped" }

--- Counts restore events that have ended, for versions whose sessions have no statistics
--- (v6 and v7, of operators).
---@param events vbo.Event[]
---@return vbo.Statistics
function M.events(events)
  local statistics = M.read(nil)
  for _, event in ipairs(events) do
    local count = by_status[event.status]
    if count then
      statistics.total = statistics.total + 1
      statistics[count] = statistics[count] + 1
      local text = event.message or event.title
      local list = count == "failed" and statistics.errors
        or event.status == "Warning" and statistics.warnings
      if list and text then list[#list + 1] = text end
    end
  end
  return statistics
end

--- Replaces the counts of containers by those of the items in them, as the events tell them.
---@param statistics vbo.Statistics  of the answer
---@param items vbo.Statistics       of the events
function M.recount(statistics, items)
  for _, name in ipairs(counts) do statistics[name] = items[name] end
  for _, name in ipairs { "errors", "warnings" } do
    if not statistics[name][1] then statistics[name] = items[name] end
  end
end

--- Returns what was done between two states of one session, which counts all its restores.  A
--- server that starts to count anew is taken at its word.
---@param before vbo.Statistics
---@param now vbo.Statistics
---@return vbo.Statistics
function M.since(before, now)
  for _, name in ipairs(counts) do
    if now[name] < before[name] then return now end
  end
  for _, name in ipairs(counts) do now[name] = now[name] - before[name] end
  for _, name in ipairs { "errors", "warnings" } do
    now[name] = table.move(now[name], #before[name] + 1, #now[name], 1, {})
  end
  return now
end

return M
