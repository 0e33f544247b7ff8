--- Answers a restore: up to v7 with its statistics when it has ended; in v8 with { sessionId } at
--- once. The statistics have the shapes that v6 and v7 declare and that clients of v1 to v5 read.

local json = require "vbo.base.json"
local refusal = require "vbo.sim.base.refusal"

local M = {}

local function list(values) return json.array(table.move(values, 1, #values, 1, {})) end

local function start(context, session, options)
  options.break_after = context.app.break_after
  local work = session:begin(options)
  if context.number < 8 then work:run() end
  if work.broken then
    refusal.raise(500, ("The restore broke off after %d of %d items."):format(work.position,
      #work.steps))
  end
  return work
end

local function asynchronous(context, session)
  return context:json { sessionId = session.id }
end

local function issues(work, own_types)
  local out = json.array {}
  for _, outcome in ipairs(work.outcomes) do
    if outcome.error then
      out[#out + 1] = {
        id = outcome.step.id, path = outcome.step.path, title = outcome.step.name,
        name = outcome.step.name, type = own_types and outcome.step.type or "Item",
        error = outcome.how == "failed" and outcome.error or nil,
        warnings = outcome.how ~= "failed" and json.array { outcome.error } or nil,
      }
    end
  end
  return out
end

--- Answers a restore of documents, folders or one OneDrive.
---@param context vbo.sim.Context
---@param session table
---@param options table  of `session:begin`
function M.documents(context, session, options)
  local work = start(context, session, options)
  if context.number >= 8 then return asynchronous(context, session) end
  local counts = work.counts
  if context.number >= 6 then
    return context:json {
      totalItemsCount = counts.total, restoredItemsCount = work:restored(),
      failedItemsCount = counts.failed, skippedItemsByErrorCount = counts.skipped,
      skippedItemsByNoChangesCount = counts.unchanged, failedRestrictionsCount = 0,
      restoreIssues = issues(work),
    }
  end
  return context:json {
    restoredItemsCount = work:restored(), failedItemsCount = counts.failed,
    failedRestrictionsCount = 0, skippedItemsByErrorCount = counts.skipped,
    skippedItemsByNoChangesCount = counts.unchanged, exceptions = list(work.errors),
  }
end

--- Answers a restore of SharePoint like one of documents; v6 and v7 count the webs and lists of a
--- whole site.
---@param options table  of `session:begin`; counts: { webs=, lists= } of a whole site
function M.sites(context, session, options)
  if not options.counts or context.number <= 5 or context.number >= 8 then
    return M.documents(context, session, options)
  end
  local work = start(context, session, options)
  return context:json {
    restoredWebsCount = options.counts.webs, restoredListsCount = options.counts.lists,
    failedWebsCount = 0, failedListsCount = 0, failedRestrictionsCount = 0,
    restoreIssues = issues(work),
  }
end

--- Answers a restore of Teams.
function M.teams(context, session, options)
  local work = start(context, session, options)
  if context.number >= 8 then return asynchronous(context, session) end
  local counts = work.counts
  return context:json {
    totalItemsCount = counts.total, restoredItemsCount = work:restored(),
    failedItemsCount = counts.failed, skippedItemsCount = counts.skipped + counts.unchanged,
    restoreIssues = issues(work, true),
  }
end

--- Answers a restore of mail.
function M.mail(context, session, options)
  local work = start(context, session, options)
  if context.number >= 8 then return asynchronous(context, session) end
  local counts = work.counts
  return context:json {
    createdItemsCount = counts.created, mergedItemsCount = counts.merged,
    failedItemsCount = counts.failed, skippedItemsCount = counts.unchanged + counts.skipped,
    failedFoldersCount = context.number >= 6 and 0 or nil,
    exceptions = context.number >= 6 and list(work.errors) or nil,
    warnings = context.number >= 6 and list(work.warnings) or nil,
  }
end

local worse = { Success = 1, Warning = 2, Failed = 3 }

--- Answers a restore of several mailboxes or OneDrives.
---@param parts { options: table, render: (fun(work: table): table), name: string? }[]
---@param flat boolean?  answers only the sums up to v5, as clients of OneDrive read them
function M.bulk(context, session, parts, flat)
  local status, details, sums = "Success", json.array {}, {}
  for i, part in ipairs(parts) do
    local work = start(context, session, part.options)
    local result = work:is_done() and work:result() or "Success"
    if worse[result] > worse[status] then status = result end
    details[i] = part.render(work)
    details[i].status, details[i].error = result, work.errors[1]
    sums[i] = work
  end
  if context.number >= 8 then return asynchronous(context, session) end
  if flat and context.number <= 5 then return context:json(M.sum(sums)) end
  return context:json { status = status, details = details }
end

--- Sums up several restores of documents (up to v5).
function M.sum(works)
  local out = {
    restoredItemsCount = 0, failedItemsCount = 0, failedRestrictionsCount = 0,
    skippedItemsByErrorCount = 0, skippedItemsByNoChangesCount = 0, exceptions = json.array {},
  }
  for _, work in ipairs(works) do
    out.restoredItemsCount = out.restoredItemsCount + work:restored()
    out.failedItemsCount = out.failedItemsCount + work.counts.failed
    out.skippedItemsByErrorCount = out.skippedItemsByErrorCount + work.counts.skipped
    out.skippedItemsByNoChangesCount = out.skippedItemsByNoChangesCount + work.counts.unchanged
    for _, text in ipairs(work.errors) do out.exceptions[#out.exceptions + 1] = text end
  end
  return out
end

--- Describes the restore of one OneDrive among several (v6 and v7).
function M.drive_detail(work, drive)
  local counts = { failedRestrictionsCount = 0, restoreIssues = issues(work) }
  return { oneDrive = drive, details = counts }
end

--- Describes the restore of one mailbox among several.
function M.mailbox_detail(work, mailbox)
  local counts = work.counts
  return {
    mailbox = mailbox,
    details = {
      createdItemsCount = counts.created, mergedItemsCount = counts.merged,
      failedItemsCount = counts.failed, skippedItemsCount = counts.unchanged + counts.skipped,
      warnings = list(work.warnings),
    },
  }
end

return M
