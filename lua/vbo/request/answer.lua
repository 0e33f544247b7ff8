--- Reads the answers of the server.

local json = require "vbo.base.json"
local promises = require "vbo.request.promise"

local M = {}

---@class vbo.Reader
---@field read fun(transfer: userdata): vbo.Answer?, table?  decodes an answer; nil and the error
---  when it cannot be parsed
---@field broken fun(promise: vbo.Promise, answer: vbo.Answer): string?  tells how an answer breaks
---  its operation's promise

--- Decodes the whole answer.
---@type vbo.Reader
M.reader = {
  read = function(transfer)
    local answer, text = { status = transfer:status() }, transfer:body()
    if not text or text == "" then return answer end
    local data, err = json.decode(text)
    if err then
      local kind = transfer:header "Content-Type" or "no content type"
      err.hint = err.hint or ("the answer came as %s"):format(kind)
      return nil, err
    end
    answer.data = data
    return answer
  end,
  broken = promises.broken,
}

return M
