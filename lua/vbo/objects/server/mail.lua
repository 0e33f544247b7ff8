--- Declares the mail settings of the product, the audit and each explorer.

local declare = require "vbo.model.declare"
local resource = require "vbo.model.resource"

local M = {}

-- `client:NAME()`: one kind of settings.
--
-- `edit{…}` changes what is given (`user`, `password` (a secret) and the fields above) and
-- keeps the rest.  `send_test_email{…}` sends a test message: to `email`, for the explorers
-- from v6 on; else to the address of the settings.  `prepare_oauth_sign_in{
-- authentication_service_kind=, client_id=, client_secret=, tenant_id=, redirect_url= }` gives
-- { requestId=, signInUrl= }, and `complete_oauth_sign_in{ code=, state= }` what Microsoft or
-- Google answered there gives { requestId=, userId= } for `edit`: for the product and the
-- audit from v7 on, for the explorers from v8 on.
local function define(prefix, kind)
  local class = resource.class { kind = kind, get = prefix .. "_Get", methods = {} }
  -- Left out, the way of signing in would fall back to a password.
  declare.edit(class, prefix .. "_Update", { keep = { "authenticationType" } })
  declare.action(class, "prepare_oauth_sign_in", prefix .. "_PrepareOAuthSignIn")
  declare.action(class, "complete_oauth_sign_in", prefix .. "_CompleteOAuthSignIn")
  declare.action(class, "send_test_email", prefix .. "_SendTestEmail")
  return class
end

--- Notifications of backup jobs (every version; a test message from v2 on).
M.VboEmailSettings = define("VboEmailSettings", "VBO email settings")

--- Notifications of the explorer of Exchange (every version; a test message from v3 on).
M.VexEmailSettings = define("VexEmailSettings", "VEX email settings")

--- Notifications of the explorer of OneDrive (v3 and later).
M.VeodEmailSettings = define("VeodEmailSettings", "VEOD email settings")

--- Notifications of the explorer of SharePoint (v2 and later; a test message from v3 on).
M.VespEmailSettings = define("VespEmailSettings", "VESP email settings")

--- Notifications of the explorer of Teams (v5 and later).
M.VetEmailSettings = define("VetEmailSettings", "VET email settings")

--- Notifications of the audit (v5 and later).
M.AuditEmailSettings = define("AuditEmailSettings", "audit email settings")

return M
