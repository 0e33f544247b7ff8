--- Declares the licence, the users it covers, and the reports of its use.

local core = require "vbo.core"
local body = require "vbo.request.body"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local options = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.License
---@field status string       Valid or Expired
---@field type string
---@field package string
---@field licensed_to string
---@field license_expires string
---@field total_number integer
---@field used_number integer
local License = resource.class { kind = "license", get = "License_Get", methods = {} }

-- Takes the licence from the answer to its change; v5 answers without it.
local function renewed(self, answer)
  if type(answer.data) ~= "table" then return self:refresh() end
  rawset(self, "_record", answer.data)
  return self
end

-- Licence files are some kilobytes.
local largest = 1 << 20

local function content(path)
  local file <close>, why = io.open(path, "rb")
  if not file then errors.usage(("install: %s"):format(why)) end
  local data = file:read(largest + 1)
  if not data or data == "" then errors.usage(("install: %s is empty"):format(path)) end
  if #data > largest then
    errors.usage(("install: %s must hold at most %d bytes"):format(path, largest))
  end
  return data
end

--- Installs a licence.
---
--- Options: `file` (path of a licence file), or `license_file` (its content in Base64).
---@param given table
---@return vbo.License self
function License.methods:install(given)
  local own, rest = options.split(given, { file = "string" }, "install")
  if own.file then rest.license_file = core.base64(content(own.file)) end
  if rest.license_file == nil then errors.usage "install needs the option 'file'" end
  return renewed(self, declare.call(self, "install", "License_InstallAction", rest))
end

--- Asks Veeam for an update of the licence.
---@return vbo.License self
function License.methods:update()
  return renewed(self, declare.call(self, "update", "License_UpdateAction"))
end

---@class vbo.LicenseAutoUpdate
---@field is_enabled boolean
local AutoUpdate = resource.class {
  kind = "automatic update of the license", get = "License_GetAutoUpdate", methods = {},
}

--- `license:auto_update()` (v6 and later); `:edit{ is_enabled= }`.
declare.single(License.methods, "auto_update", AutoUpdate)
declare.edit(AutoUpdate, "License_Update")

---@class vbo.LicensedUser
---@field id string
---@field name string
---@field organization_name string
---@field license_state string  Licensed, New, TemporarilyAssigned or Exceeded
---@field is_backed_up boolean
---@field last_backup_date string?
local LicensedUser = resource.class {
  kind = "licensed user", parameter = "licensedUserId", rooted = true,
  get = "LicensedUser_GetById", list = "LicensedUser_Get", methods = {}, bulk = {},
  names = declare.named "name",
}

--- Takes the licence from the user (v5 and later).
declare.remove(LicensedUser, "LicensedUser_Remove")

---@class vbo.LicensingPlatform
---@field platforms table[]
---@field groups table[]
local Platform = resource.class {
  kind = "licensing platform", get = "LicenseStatistic_GetLicensingPlatformInfo", methods = {},
}

---@class vbo.LicensingUsage
---@field platform_types table[]
local Usage = resource.class {
  kind = "licensing usage", get = "LicenseStatistic_GetUsage", methods = {},
}
--- Carries out `client:licensing_usage`.
---@param client vbo.Client
---@param given table?
---@return vbo.LicensingUsage
function M.usage(client, given)
  return resource.from_record(Usage, client,
    declare.call(client, "licensing_usage", "LicenseStatistic_GetUsage", given).data)
end

-- v5 and v6 have it at another place.
local latest_report = { "LicenseStatistic_GetLatestReport", "LicenseReport_GetLatestReport" }

local function load_report(self)
  local report = declare.call(self._client, "licensing_report", latest_report).data
  if type(report) ~= "table" then
    errors.raise { kind = "protocol", message = "the server answered no licensing report" }
  end
  return report
end

---@class vbo.LicensingReport
---@field report_parameters table   reportID, reportStatus, reportGenerationDate, …
---@field platform_types table[]?   v7 and later
---@field organizations table[]?    v5 and v6
local Report = resource.class {
  kind = "licensing report", get = "LicenseStatistic_GetLatestReport", load = load_report,
  methods = {},
}

--- Approves the report (v6 and later).
---
--- Options: `removed`: what to leave out of it and why, a list of tables with
--- organization_id, removal_reason and removed_users_count (v6), or removed_count, type_id and
--- platform_id (later).
---@param given table?
function Report.methods:approve(given)
  local own, rest = options.split(given, { removed = "table" }, "approve")
  local name = "LicenseStatistic_ApproveReport"
  if not self._client._catalogue:operation(name) then name = "LicenseReport_ApproveReport" end
  local operation = pipeline.operation(self._client, name)
  if own.removed then
    rest[body.property(operation.body, "removed_objects") or "removed_users"] = own.removed
  end
  local parameters = self.report_parameters
  local id = type(parameters) == "table" and fields.read(parameters, "report_id")
  if not id then
    errors.raise { kind = "protocol", message = "the licensing report has no number" }
  end
  self:_call {
    call = "approve", operation = name, path = { reportId = id }, options = rest,
  }
end

M.License, M.AutoUpdate, M.LicensedUser = License, AutoUpdate, LicensedUser
M.LicensingPlatform, M.LicensingUsage, M.LicensingReport = Platform, Usage, Report

return M
