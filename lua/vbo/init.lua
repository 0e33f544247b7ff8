--- vbolua: restores for Veeam Backup for Microsoft 365 through its REST API.
---
---     local vbo = require "vbo"
---     local client <close> = vbo.connect()   -- VBO_HOST, VBO_USER, VBO_PASSWORD, VBO_PIN
---     local session <close> = client:organization "contoso.onmicrosoft.com":explore {
---       workload = "onedrive", at = "2026-11-18T22:00:00Z" }
---     session:onedrive "alice@contoso.com":documents():save { zip = true, to = "alice.zip" }
---
--- Independent of Veeam.

local core = require "vbo.core"

---@class vbo
local vbo = {
  _VERSION = "vbolua " .. core.version,
  ---@type string
  version = core.version,
}

--- Connects to a server; see `vbo.client`.
---@param given string|vbo.ConnectOptions|nil
---@return vbo.Client
function vbo.connect(given)
  -- The catalogue and the objects are loaded by the first client, not by `require`.
  return require("vbo.client").connect(given)
end

vbo.try = require("vbo.base.error").try

--- Calls `fn(element, index)` for each element, several at a time, each in a task; see
--- `vbo.runtime.parallel`.  Raises what the first one that fails raised, unless `on_error` is
--- "continue".
---@param list table|function  a list, a collection or an iterator
---@param given { limit: integer?, on_error: "stop"|"continue"|nil }|function
---@param fn (fun(element: any, index: integer): any)?  the second argument, without options
---@return table results  what `fn` returned first, in the order of the list; `n`: how many
---@return vbo.Failure[]? failures  with on_error = "continue"; nil when there were none
function vbo.parallel(list, given, fn)
  return require("vbo.runtime.parallel").run(list, given, fn)
end

--- Starts a task: a function that runs while others wait; see `vbo.runtime.task`.
---@param fn function
---@param ... any  its arguments
---@return vbo.Task
function vbo.spawn(fn, ...) return require("vbo.runtime.task").spawn(fn, ...) end

--- Pauses; other tasks run meanwhile.  Raises `cancelled` after Ctrl-C.
---@param seconds number
function vbo.sleep(seconds)
  if type(seconds) ~= "number" or not (seconds >= 0 and seconds < 1e9) then
    require("vbo.base.error").usage(("sleep takes seconds, 0 or more, got %s")
      :format(tostring(seconds)))
  end
  local ok, err = require("vbo.runtime.loop").sleep(require("vbo.runtime.engine").get(), seconds)
  if not ok then require("vbo.base.error").raise(err) end
end

--- How many requests go out at once, to all servers together (default 256).  The limit of one
--- server is an option of `vbo.connect`.
---@param total integer
function vbo.limit(total)
  if math.type(total) ~= "integer" or total < 1 or total > 10000 then
    require("vbo.base.error").usage("limit takes an integer, 1 to 10000")
  end
  require("vbo.runtime.engine").get():limit(total)
end

--- A manifest of a folder of saves, for your own loops; see `vbo.manifest`.
---@param folder string
---@return vbo.Manifest
function vbo.manifest(folder) return require("vbo.model.manifest").new(folder) end

--- Checks a folder of saves, or a file of it, against its manifest; see `vbo.manifest`.
---@param path string
---@param given? {deep?: boolean, on_file?: fun(path: string)}
---@return vbo.Verified
function vbo.verify(path, given) return require("vbo.model.manifest").verify(path, given) end

--- Journals the changes and saves of a Lua program; `vbolua` does so by itself.  See `vbo.run`.
---@param path string  the file of the journal
---@param given { reason: string? }?
---@return vbo.LibraryJournal  a `<close>` variable, with which the run ends
function vbo.journal(path, given) return require("vbo.run").library(path, given) end

--- Makes limits of this run stricter, and returns those in force; see `vbo.run.policy`.  Without an
--- argument only returns them; `tostring` of the result shows a line each, with its source.
---@param given vbo.PolicyOptions?
---@return vbo.PolicyOptions
function vbo.policy(given) return require("vbo.run.policy").set(given) end

--- Lists the runs of this user's journal, the last one first; see `vbo.run.history`.
---@param given? { state: string?, runbook: string?, server: string?, since: string|number|nil,
---  rehearsal: boolean?, journal: string? }
---@return vbo.RunRecord[]
function vbo.runs(given) return require("vbo.run.history").runs(given) end

-- Arguments that are too many are a mistake, not to be dropped.
for _, name in ipairs { "connect", "parallel", "sleep", "limit", "manifest", "verify",
    "journal", "policy", "runs" } do
  vbo[name] = require("vbo.base.method").plain(name, vbo[name])
end

-- Parts that a runbook may want by name; loaded when first touched.
local parts = {
  error = "vbo.base.error", json = "vbo.base.json", secret = "vbo.base.secret",
  time = "vbo.base.time",
  progress = "vbo.runtime.progress", catalogue = "vbo.catalogue", run = "vbo.run.public",
  sim = "vbo.sim",
}

return setmetatable(vbo, {
  __index = function(self, name)
    local part = parts[name]
    if part == nil then return nil end
    local module = require(part)
    rawset(self, name, module)
    return module
  end,
})
