--- Limits a recording to reading: a gate of the client that passes only the reads of the catalogue
--- and the opening and stopping of restore sessions.

local errors = require "vbo.base.error"

local M = {}

-- The changes that a recording needs: they change neither production nor backups.
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
        message = ("a recording cannot send a change: %s was not sent"):format(request.operation),
      }
    end
    return next(request)
  end)
  return client
end

return M
