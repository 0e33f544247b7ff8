-- Collects the keys of the changes and saves that a client would send; nothing of it is sent.

local key = require "vbo.run.key"

local M = {}

--- Notes the keys of a client's changes and saves from now on, in place of sending them.
---@param client vbo.Client
---@return table noted  list of keys; `reads`: how many requests the keys took
function M.watch(client)
  local noted, inside = { reads = 0 }, false
  client.gates[#client.gates + 1] = function(request, next)
    if not (request.change or request.sink) then
      if inside then noted.reads = noted.reads + 1 end
      return next(request)
    end
    inside = true
    noted[#noted + 1] = key.of(client, request, nil, noted.hmac)
    inside = false
    if request.sink then return { status = 200, saved = {} } end
    return { status = 200, data = {} }
  end
  return noted
end

--- Returns a value of the last key's parts.
function M.part(noted, name)
  for _, each in ipairs(noted[#noted].parts) do
    if each.name == name then return each.value end
  end
end

return M
