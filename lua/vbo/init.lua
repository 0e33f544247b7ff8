--- vbolua: restores for Veeam Backup for Microsoft 365 through its REST API.
---
---     local vbo = require "vbo"
---     local client <close> = vbo.connect()   -- VBO_HOST, VBO_USER, VBO_PASSWORD, VBO_PIN
---     local session <close> = client:organization "contoso.onmicrosoft.com":explore {
---       workload = "onedrive", at = "2026-11-18T22:00:00Z" }
---     session:onedrive "alice@contoso.com":documents():save { zip = true, to = "alice.zip" }
---
--- Independent of Veeam.

local core = require "vbo.core"

---@class vbo
local vbo = {
  _VERSION = "vbolua " .. core.version,
  ---@type string
  version = core.version,
}

--- Connects to a server; see `vbo.client`.
---@param given string|vbo.ConnectOptions|nil
---@return vbo.Client
function vbo.connect(given)
  -- The catalogue and the objects are loaded by the first client, not by `require`.
  return require("vbo.client").connect(given)
end

vbo.try = require("vbo.error").try

-- Parts that a runbook may want by name; loaded when first touched.
local parts = {
  error = "vbo.error", json = "vbo.json", secret = "vbo.secret", time = "vbo.time",
  progress = "vbo.runtime.progress", catalogue = "vbo.catalogue",
  sim = "vbo.sim",
}

return setmetatable(vbo, {
  __index = function(self, name)
    local part = parts[name]
    if part == nil then return nil end
    local module = require(part)
    rawset(self, name, module)
    return module
  end,
})
