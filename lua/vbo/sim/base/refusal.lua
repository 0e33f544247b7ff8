--- Refusals: what a handler raises to answer an error, and the error object of each version.
---
--- Up to v7 it is { message }, in v8 { message, errorCode } (RESTExceptionInfo of v6 to v8).  v7
--- has an errorCode too, but its enumeration knows no other word than ProxyOffline.

local M = {}

---@class vbo.sim.Refusal
---@field status integer
---@field message string
---@field code string?
---@field headers table<string, string>?
local Refusal = {}
Refusal.__index = Refusal
Refusal.__tostring = function(self) return self.status .. " " .. self.message end

-- Codes that the enumeration of v8 offers.
local codes = {
  [400] = "ParameterValidationFailure", [403] = "ResourceAccessDenied",
  [404] = "ResourceNotFound", [409] = "OperationConflict",
}

--- A refusal, not raised.
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

--- A 404 in the words that clients of the real server look for.
---@param what string  "OneDrive"
---@param id string
function M.not_found(what, id)
  M.raise(404, ("Resource cannot be found for current key: %s '%s'."):format(what, id))
end

--- A call that lacks what it cannot do without, as v3 words it.
---@param names string[]
function M.missing(names)
  M.raise(400, "Missing mandatory parameters: " .. table.concat(names, ", "))
end

---@param value any
---@return boolean
function M.is(value) return getmetatable(value) == Refusal end

--- The body of a refusal in a version's shape.
---@param refusal vbo.sim.Refusal
---@param number integer  the API version
---@return table
function M.render(refusal, number)
  return { message = refusal.message, errorCode = number >= 8 and refusal.code or nil }
end

return M
