--- Connects commands: by --host, --port, --user, --pin, --ca and --password-file instead of
--- VBO_HOST, VBO_USER, VBO_PIN, VBO_CA and VBO_PASSWORD.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.cli.common.files"

local M = {}

--- The options of the login, for `vbo.cli.common.options`.
M.spec = { host = "value", port = "value", user = "value", pin = "value", ca = "value",
  version = "value", ["password-file"] = "value", password = "value" }

--- Returns the number that an option gives; nil without it.
---@param options table
---@param name string
---@return number?
function M.number(options, name)
  local value = options[name]
  if value == nil then return nil end
  return tonumber(value) or errors.usage(("--%s must be a number, got '%s'"):format(name, value))
end

local function password_of(options)
  if options["password-file"] then return files.secret(options["password-file"]) end
  local variable = os.getenv "VBO_PASSWORD"
  local host, user = options.host or os.getenv "VBO_HOST", options.user or os.getenv "VBO_USER"
  if variable or not host or not user then return nil end
  -- Without a terminal there is no prompt, and connect reports what is missing.
  return (core.secret.prompt(("Password of %s on %s: "):format(user, host)))
end

--- Refuses a password among the options.
---@param options table
function M.check(options)
  if options.password then
    errors.usage("--password cannot be used: every user of this machine reads the command line",
      "set VBO_PASSWORD, or use --password-file")
  end
end

--- Connects.
---@param options table
---@param version string?
---@return vbo.Client
function M.open(options, version)
  local port = M.number(options, "port")
  return require "vbo.client".connect {
    host = options.host, user = options.user, pin = options.pin, ca = options.ca,
    port = port and (math.tointeger(port) or errors.usage "--port must be a whole number"),
    version = version, password = password_of(options),
  }
end

return M
