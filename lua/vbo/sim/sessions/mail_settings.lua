--- Checks the e-mail settings that sending needs: a server sends nothing while they are off.

local records = require "vbo.sim.typed.records"
local refusal = require "vbo.sim.base.refusal"

local M = {}

local documents <const> = {
  exchange = "vex", onedrive = "veod", sharepoint = "vesp", teams = "vet",
}
local names <const> = { vex = "Exchange", veod = "OneDrive for Business", vesp = "SharePoint",
  vet = "Microsoft Teams" }

-- Returns the settings of a workload.  v2 has none for OneDrive and sends with those of SharePoint.
local function place_of(context, workload)
  local place = documents[workload]
  return place == "veod" and context.number <= 2 and "vesp" or place
end

--- Refuses to send while the settings of a workload are off or name no server.
---@param context vbo.sim.Context
---@param workload "exchange"|"onedrive"|"sharepoint"|"teams"
---@return string? from  the sender of the settings
function M.check(context, workload)
  local place = place_of(context, workload)
  local known = records.document(context, "/" .. place .. "emailsettings", {}).known
  if known.enablenotification ~= true or known.server == "" then
    refusal.raise(400, ("The e-mail settings for %s are %s: nothing was sent."):format(names[place],
      known.server == "" and "without a server" or "disabled"))
  end
  return known.from ~= "" and known.from or nil
end

return M
