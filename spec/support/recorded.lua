-- Calls the module against a server that records its requests and gives prepared answers:
-- `recorded.start(answers)`.

local json = require "vbo.base.json"
local recording = require "spec.support.recording"
local vbo = require "vbo"

local M = {}

--- The restore session that every path goes through, and the one that v8 restores in.
M.session = "61954db6-7278-4d26-86f7-888bda5a4ec4"
M.working = "0d3ae9d6-0000-4000-8000-00000000beef"

--- A table without `_links` and `_actions`, at every depth: what a body is compared by.
local function plain(value)
  if type(value) ~= "table" or value == json.null then return value end
  local result = {}
  for key, item in pairs(value) do
    if key ~= "_links" and key ~= "_actions" then result[key] = plain(item) end
  end
  return result
end

--- Returns the answers of every server: restores, saves, sends, and the session they belong to.
function M.usual()
  -- Where restores are not in the background, the recorder itself counts one item.
  return {
    { method = "POST", path = "^/v[67]/.*/operatorRestore$", body = { sessionId = M.working } },
    { method = "POST", path = "^/v8/.*[Rr]estore$", body = { sessionId = M.working } },
    { method = "POST", path = "^/v8/.*[Rr]estoreTo$", body = { sessionId = M.working } },
    { method = "POST", path = "^/v8/.*copyTo$", body = { sessionId = M.working } },
    { method = "POST", path = "/[Ss]ave$", body = "content", type = "application/octet-stream" },
    { method = "POST", path = "/export", body = "content", type = "application/octet-stream" },
    { method = "POST", path = "/send", status = 204, body = "" },
    { method = "GET", path = "/Statistics$", body = {
      totalItemsCount = 1, restoredItemsCount = 1, failedItemsCount = 0, skippedItemsCount = 0 } },
    { method = "GET", path = "/Events$", body = { offset = 0, limit = 30, results = json.array {
      { id = M.working, type = "Restore", status = "Success", order = 1, title = "Restored" } } } },
    { method = "GET", path = "/[Rr]estore[Ss]essions/[^/]+$", body = {
      id = M.session, type = "Vesp", state = "Stopped", result = "Success" } },
  }
end

--- A page of a list.
function M.page(...)
  return { offset = 0, limit = 30, results = json.array { ... } }
end

--- Starts the recorder.
---@param answers table[]  as `recording.start`
function M.start(answers)
  local recorder = recording.start(answers)
  local self = { folder = recorder.folder, connect = recorder.connect, stop = recorder.stop }

  --- Calls `fn(session, client)`, connected with `more` options, and gives what arrived, as
  --- "METHOD path?query" (without the version and the session in it) and bodies, and what
  --- `fn` returned.
  function self.sends(version, fn, more)
    recorder.sent()
    local results
    do
      local client <close> = self.connect(version, more)
      results = table.pack(vbo.try(fn, client:session(M.session), client))
    end
    local sent = {}
    for _, request in ipairs(recorder.sent()) do
      local path = request.path:gsub("^/v%d+", "")
        :gsub("^/[Rr]estore[Ss]essions/" .. M.session:gsub("%-", "%%-"), "~")
        :gsub("/[Oo]rganization", "/organization")
      sent[#sent + 1] = {
        line = request.method .. " " .. path .. (request.query and "?" .. request.query or ""),
        body = plain(request.body), sent = request.sent,
      }
    end
    return sent, table.unpack(results, 1, results.n)
  end

  --- Returns the one request of `fn` that is not a GET of records on the way to it.
  function self.change(version, fn, more)
    local sent, result, err = self.sends(version, fn, more)
    local found
    for _, request in ipairs(sent) do
      if not request.line:find "^GET" then
        assert(not found, "more than one: " .. request.line)
        found = request
      end
    end
    assert(found or not err, tostring(err))
    return found, result, err
  end

  return self
end

return M
