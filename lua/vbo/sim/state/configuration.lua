--- Notes what a run changed in the server itself: jobs, settings, accounts, organizations.
--- `vbo.sim.production` records what restores change.

local ascii = require "vbo.base.ascii"
local time = require "vbo.base.time"

local M = {}

-- Words of operations without a lasting change: sessions, log-ins, codes, searches, reports.
local passing <const> = { "Explore", "RestoreSession", "DeviceCode", "Report", "Search", "SignIn",
  "AuthCode", "Test" }

local function stays(op)
  if not op.change or op.path:find("/RestoreSessions/", 1, true) then return false end
  for _, word in ipairs(passing) do
    if op.name:find(word, 1, true) then return false end
  end
  return op.name ~= "token" and op.name ~= "logout"
end

-- Splits a name into words: "VexEmailSettings" becomes "vex email settings".
local function words(name)
  return (ascii.lower((name:gsub("(%l)(%u)", "%1 %2"):gsub("(%u)(%u%l)", "%1 %2"))))
end

--- Describes an operation in words: "disable job", "update vex email settings".
---@param op vbo.Operation
---@return string
function M.words(op)
  local resource, verb = op.name:match "^([^_]+)_(.+)$"
  if not resource then return words(op.name) end
  verb = verb:gsub("Action$", ""):gsub("ById$", "")
  return words(verb) .. " " .. words(resource)
end

local function named(list, id)
  for _, each in ipairs(list) do
    if each.id == ascii.lower(id) then return each.name end
  end
end

--- Finds the subject of a request, before the request may remove it.
---@param context vbo.sim.Context
---@return string?
function M.subject(context)
  local params, store = context.params, context.store
  local job = params.jobId or params.copyJobId
  if job then return named(store.jobs.list, job) or named(store.jobs.copies, job) or job end
  local body = type(context.body) == "table" and context.body or {}
  for _, name in ipairs { "name", "displayName", "hostName", "userName", "username" } do
    if type(body[name]) == "string" then return body[name] end
  end
  if params.organizationId then
    return named(store.organizations:list(), params.organizationId) or params.organizationId
  end
  local last = context.op.path:match "{([^}]+)}[^{]*$"
  return last and params[last]
end

--- Notes that a request was carried out.
---@param list table[]
---@param context vbo.sim.Context
---@param subject string?
function M.note(list, context, subject)
  if not stays(context.op) then return end
  list[#list + 1] = {
    sequence = #list + 1, time = time.iso(context.app.clock()), operation = context.op.name,
    what = M.words(context.op), subject = subject,
  }
end

return M
