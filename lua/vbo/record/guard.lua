--- Sees to it that a recording only reads: a gate of the client that lets nothing through but
--- operations that the catalogue calls reads, and the opening and stopping of restore sessions.

local errors = require "vbo.base.error"

local M = {}

-- What is no read and is needed all the same: it changes neither production nor backups.
local allowed = {
  Organization_Explore = true, RestoreSession_StopAction = true,
}

--- Puts the guard before all other gates of a client.
---@param client vbo.Client
---@return vbo.Client client
function M.on(client)
  table.insert(client.gates, 1, function(request, next)
    if request.class ~= "read" and not allowed[request.operation] then
      errors.raise {
        kind = "refused", operation = request.operation,
        message = ("a recording only reads: %s was not sent"):format(request.operation),
      }
    end
    return next(request)
  end)
  return client
end

return M
