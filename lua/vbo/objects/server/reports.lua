--- Saves reports of a server as files.

local ascii = require "vbo.base.ascii"
local body = require "vbo.request.body"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local objects = require "vbo.model.objects"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"
local save = require "vbo.model.save"
local moment = require "vbo.base.moment"

local M = {}

-- Name → its operation, and its type in the action dialect, which has one operation for all.
local kinds = {
  license_overview = { "Reports_GenerateLicenseOverviewAction", "licenseOverview" },
  mailbox_protection = { "Reports_GenerateMailboxProtectionAction", "mailboxProtection" },
  onedrive_protection = { "Reports_GenerateOneDriveProtectionAction" },
  sharepoint_protection = { "Reports_GenerateSharepointProtectionAction" },
  storage_consumption = { "Reports_GenerateStorageConsumptionAction", "storageConsumption" },
  teams_protection = { "Reports_GenerateTeamsProtectionAction" },
  user_protection = { "Reports_GenerateUserProtectionAction" },
}
local any_kind = "Reports_GenerateAction"

local function names()
  local list = {}
  for name in pairs(kinds) do list[#list + 1] = name end
  table.sort(list)
  return list
end

-- The operation that makes this kind in the client's version, and the type it takes; the
-- newest name where the version makes none.
local function operation_of(client, kind)
  local name, old = kinds[kind][1], kinds[kind][2]
  local catalogue = client._catalogue
  if not catalogue:operation(name) and old and catalogue:operation(any_kind) then
    return any_kind, old
  end
  return name
end
--- Carries out `client:reports`.
---@param client vbo.Client
---@return string[] names  for `report`, sorted
function M.names(client)
  local list = {}
  for _, name in ipairs(names()) do
    if client._catalogue:operation((operation_of(client, name))) then list[#list + 1] = name end
  end
  return list
end

---@alias vbo.ReportKind
---| "license_overview"
---| "mailbox_protection"
---| "onedrive_protection"
---| "sharepoint_protection"
---| "storage_consumption"
---| "teams_protection"
---| "user_protection"
--- Carries out `client:report`.
---@param client vbo.Client
---@param kind vbo.ReportKind
---@param given table?
---@return vbo.Saved
function M.report(client, kind, given)
  if not kinds[kind] then
    local best = type(kind) == "string" and nearest(kind, names())
    errors.usage(("report: there is no report '%s'"):format(tostring(kind)),
      best and ("did you mean '%s'?"):format(best)
        or "reports are: " .. table.concat(names(), ", "))
  end
  local own, rest = save.split(given, "report")
  if rest.type ~= nil then errors.usage "report has no option 'type': its kind comes first" end
  local name, old = operation_of(client, kind)
  local operation = pipeline.operation(client, name)
  if old and rest.timezone ~= nil then
    errors.raise {
      kind = "unsupported", operation = name,
      message = ("report: option 'timezone' does not exist in %s"):format(client.version),
      hint = "times are read in the server's own zone",
    }
  end
  for _, option in ipairs { "start_time", "end_time" } do
    if rest[option] ~= nil then rest[option] = (moment.bound(client, rest[option], option)) end
  end
  if rest.organization ~= nil then
    local Organization = objects.named "organization.Organization"
    rest.organization = resource.reference(Organization, client, rest.organization).id
  end
  if rest.format == nil and body.property(operation.body, "format") then rest.format = "pdf" end
  rest.type = old
  local extension = type(rest.format) == "string" and "." .. ascii.lower(rest.format) or ""
  return save.stream(client, { call = "report", operation = operation, options = rest }, {
    own = own, name = kind .. "_report" .. extension, check = save.check_of(extension) or "pdf|csv",
  })
end

return M
