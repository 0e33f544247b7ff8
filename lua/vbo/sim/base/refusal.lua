--- Makes refusals, which a handler raises to answer an error, and their error object by version.
---
--- The object is { message } up to v7 and { message, errorCode } in v8 (RESTExceptionInfo of v6 to
--- v8).  v7 has an errorCode too, but its enumeration has only ProxyOffline.

local M = {}

---@class vbo.sim.Refusal
---@field status integer
---@field message string
---@field code string?
---@field headers table<string, string>?
local Refusal = {}
Refusal.__index = Refusal
Refusal.__tostring = function(self) return self.status .. " " .. self.message end

-- Codes of the enumeration of v8.
local codes = {
  [400] = "ParameterValidationFailure", [403] = "ResourceAccessDenied",
  [404] = "ResourceNotFound", [409] = "OperationConflict",
}

--- Makes a refusal without raising it.
---@param status integer
---@param message string
---@param headers table<string, string>?
---@return vbo.sim.Refusal
function M.make(status, message, headers)
  return setmetatable({
    status = status, message = message, code = codes[status] or "HttpError", headers = headers,
  }, Refusal)
end

--- Raises a refusal; the parameters are those of `make`.
function M.raise(...) error(M.make(...), 0) end

--- Raises a 404 with the message that clients of the real server look for.
---@param what string  "OneDrive"
---@param id string
function M.not_found(what, id)
  M.raise(404, ("Resource cannot be found for current key: %s '%s'."):format(what, id))
end

--- Raises a 400 for missing parameters, with the message of v3.
---@param names string[]
function M.missing(names)
  M.raise(400, "Missing mandatory parameters: " .. table.concat(names, ", "))
end

---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == Refusal end

--- Returns the body of a refusal in the shape of a version.
---@param refusal vbo.sim.Refusal
---@param number integer  the API version
---@return table
function M.render(refusal, number)
  return { message = refusal.message, errorCode = number >= 8 and refusal.code or nil }
end

return M
