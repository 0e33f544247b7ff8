-- Compares what calls send with requests written as in the interface's reference.
--
-- Requests and answers are named "GET /Jobs/{job}", without the version; a name in braces
-- stands for a fixed id (`M.ids.job`).

local luassert = require "luassert"
local recording = require "spec.support.recording"

local M = {}

--- The ids behind the names, made when they are first used.
M.ids = setmetatable({}, {
  __index = function(ids, name)
    local n = 1
    for i = 1, #name do n = (n * 31 + name:byte(i)) % 0xffffff end
    ids[name] = recording.id(n)
    return ids[name]
  end,
})

local function filled(text) return (text:gsub("{(%w+)}", function(name) return M.ids[name] end)) end

local function answers_of(given)
  local list = {}
  for name, body in pairs(given) do
    local method, path = name:match "^(%u+) (/.*)$"
    list[#list + 1] = {
      method = method, body = body, path = "^/v%d+" .. filled(path):gsub("%-", "%%-") .. "$",
    }
  end
  return list
end

-- How many are asked for at once is the collection's business, and another spec's.
local function query_of(text)
  local parts = {}
  for part in (text or ""):gmatch "[^&]+" do
    if not part:find "^limit=" and not part:find "^offset=0$" then parts[#parts + 1] = part end
  end
  table.sort(parts)
  return #parts > 0 and "?" .. table.concat(parts, "&") or ""
end

--- Starts a recorder that answers `answers` ("METHOD /path" → body) and the rest with the
--- least that its operation may answer.
---
--- `sends(version, fn, …)` calls `fn(client)` and asserts what was sent: "METHOD /path?query"
--- (the query in any order), each followed by its body when it has one; gives what `fn` returned.
function M.start(answers)
  local recorder = recording.start(answers_of(answers or {}))
  local self = { connect = recorder.connect, stop = recorder.stop }

  function self.sends(version, fn, ...)
    local requests, result = recorder.calls(version, fn)
    local expected, found = {}, {}
    for i, item in ipairs { ... } do
      if type(item) == "string" then
        local method, path, query = item:match "^(%u+) ([^?]*)%??(.*)$"
        item = ("%s /%s%s%s"):format(method, version, filled(path), query_of(filled(query)))
      end
      expected[i] = item
    end
    for _, request in ipairs(requests) do
      found[#found + 1] = ("%s %s%s"):format(request.method, request.path, query_of(request.query))
      if request.sent then found[#found + 1] = request.body end
    end
    luassert.same(expected, found)
    return result
  end

  return self
end

--- The error that `fn` raises; fails when it raises none.
function M.failure(fn, ...)
  local ok, err = require("vbo").try(fn, ...)
  luassert.is_nil(ok)
  return luassert.is_table(err) and err
end

return M
