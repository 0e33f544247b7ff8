-- A recorder with canned answers, for specs that look at what a call sends.

local core = require "vbo.core"
local json = require "vbo.base.json"
local luassert = require "luassert"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

local M = {}

--- Starts one.  `answers` is a list of {method=, path= and query= (patterns), status= (200),
--- body= (a table, or text; `bytes=` instead when it is not UTF-8), type=}; the first that fits
--- answers, everything else gets the least that its operation may answer.
---
--- Gives `connect(version, more)`, `sent()` (the requests since the last time, each {method=,
--- path=, query=, body=}), `calls(version, fn)`, `failure(version, fn)` and `stop()`.
function M.start(answers)
  local folder, remove = program.folder()
  local log = folder .. "/requests"
  assert(io.open(log, "w")):close()
  local list = {}
  for i, answer in ipairs(answers or {}) do
    list[i] = {
      method = answer.method or "GET", path = answer.path, status = answer.status or 200,
      body = answer.body or "", type = answer.type, query = answer.query,
      bytes = answer.bytes and core.base64(answer.bytes) or nil,
    }
  end
  local file = assert(io.open(folder .. "/answers.lua", "w"))
  file:write(("return require(\"vbo.base.json\").decode(%q)"):format(json.encode(json.array(list))))
  file:close()
  local recorder = program.start(("%s spec/support/recorder.lua %s %s"):format(
    program.vbolua, log, folder .. "/answers.lua"), "fingerprint")
  local self, seen = { folder = folder, url = recorder.url }, 0

  --- Connects in a version, with `more` options.
  function self.connect(version, more)
    local settings = {
      url = recorder.url, pin = recorder.fingerprint, user = "admin",
      password = vbo.secret.of "12345678", version = version,
    }
    for name, value in pairs(more or {}) do settings[name] = value end
    return vbo.connect(settings)
  end

  function self.sent()
    local requests, position = {}, 0
    for line in io.lines(log) do
      position = position + 1
      if position > seen then requests[#requests + 1] = assert(json.decode(line)) end
    end
    seen = position
    return requests
  end

  --- The structured error that `fn(client)` raises in a version.
  function self.failure(version, fn)
    local client <close> = self.connect(version)
    return rehearsal.failure(fn, client)
  end

  --- Runs `fn(client)` in a version; gives the requests, and what `fn` returned.
  function self.calls(version, fn)
    self.sent()
    local client <close> = self.connect(version)
    local result = fn(client)
    return self.sent(), result
  end

  --- Runs `fn(client)` and asserts what was sent: any number of "METHOD /path?query" and,
  --- after each that has one, its body.  Gives what `fn` returned.
  function self.sends(version, fn, ...)
    local requests, result = self.calls(version, fn)
    local found = {}
    for _, request in ipairs(requests) do
      -- How many are asked for at once is the collection's business, and another spec's.
      local query = {}
      for part in (request.query or ""):gmatch "[^&]+" do
        if not part:find "^limit=%d+$" and not part:find "^offset=%d+$" then
          query[#query + 1] = part
        end
      end
      found[#found + 1] = ("%s %s%s"):format(request.method, request.path,
        query[1] and "?" .. table.concat(query, "&") or "")
      if request.sent then found[#found + 1] = request.body end
    end
    luassert.same({ ... }, found)
    return result
  end

  function self.stop()
    recorder.stop()
    remove()
  end

  return self
end

--- An id that looks like one.
function M.id(n) return ("%08x-0000-4000-8000-%012x"):format(n, n) end

return M
