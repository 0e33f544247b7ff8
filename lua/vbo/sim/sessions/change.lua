--- Handles stopping of restore sessions, and the device codes that confirm a restore.

local explore = require "vbo.sim.sessions.explore"
local identities = require "vbo.sim.state.identities"
local restore = require "vbo.sim.sessions.restore"

local H = {}

function H.RestoreSession_StopAction(context)
  explore.session(context):stop()
  return context:empty()
end

--- Issues a device code, which a user confirms before restoring with it (`userCode`).
function H.RestoreSession_DeviceCodeAction(context)
  local it, body = explore.session(context), context.body
  local organization = restore.organization(context, it, body.targetOrganizationName)
  local issued = identities.issue_code(context, organization, body.targetApplicationId)
  local url = "https://microsoft.com/devicelogin"
  return context:json {
    userCode = issued.code, verificationUrl = url, expiresIn = 899,
    targetApplicationId = issued.application.id,
    message = ("To sign in, use a web browser to open the page %s and enter the code %s to "
      .. "authenticate."):format(url, issued.code),
  }
end

return H
