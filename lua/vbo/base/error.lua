--- Makes and raises the structured errors of all object methods.
---
--- An error is a table with the fields below and a one-line `tostring`.  The
--- kinds and their exit statuses are the C core's one list (`vbo.core.kinds`).

local core = require "vbo.core"

local M = {}

---@class vbo.Error
---@field kind string        one of the names in `vbo.core.kinds`
---@field message string     one line for people; never holds a secret
---@field status integer?    HTTP status of the answer
---@field code string?       the server's errorCode, an OAuth error, or an errno's name
---@field operation string?  catalogue name of the operation ("Job_StartAction")
---@field server string?     "https://host:port"
---@field request string?    "POST /v8/Jobs/…/start"
---@field retryable boolean  the same call may succeed later, and repeating it is safe
---@field sent boolean?      the request may have reached the server
---@field refused boolean?   the server itself refused the request (400, 401, 403, 404, 405, 409,
---  422, 429 or 503 with its own error object): nothing was done
---@field hint string?       what to do about it
---@field retry_after number?  seconds that the server asks to wait (Retry-After)
---@field where string?      "runbook.lua:12", the line outside this library that made the call
---@field statistics table?  of a restore that was carried out in part
---@field session string?      the restore session in which a change was sent
---@field accepted boolean?    the server took the change on, and it was being followed
---@field latched boolean?     it stopped the run: each further change raises it again
---@field cut_off vbo.Error[]?  of `vbo.parallel`: the changes that were sent, or taken on by the
---  server, and were not heard of any more when it stopped; each with `index` and `item`, and a
---  restore with its `session`
---@field results table?       of `vbo.parallel`: what the elements returned that had ended by then
---@field sessions string[]?  ids of sessions that an Explore whose answer was lost may have opened
---@field events table?      what the session's events say about a change whose answer was lost
local Error = { __name = "vbo.error" }
Error.__index = Error

-- Every file of the library shares the directory (or embedded prefix) of this one.
local library = debug.getinfo(1, "S").source:gsub("base/error%.lua$", "")

--- Finds the first line on the stack that is not this library's: the runbook's own.
local function caller()
  for level = 3, 200 do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    local source = info.source
    if info.currentline > 0 and source:sub(1, #library) ~= library then
      return info.short_src .. ":" .. info.currentline
    end
  end
end

function Error:__tostring()
  local parts = {}
  if self.where then parts[#parts + 1] = self.where .. ": " end
  parts[#parts + 1] = self.message
  local details = { self.kind }
  local answer = {}
  if self.status then answer[1] = tostring(self.status) end
  if self.code then answer[#answer + 1] = self.code end
  if answer[1] then details[#details + 1] = table.concat(answer, " ") end
  if self.request then
    details[#details + 1] = self.request .. (self.server and " on " .. self.server or "")
  end
  parts[#parts + 1] = " [" .. table.concat(details, "; ") .. "]"
  if self.hint then parts[#parts + 1] = "; hint: " .. self.hint end
  -- One line, whatever a server put into its message.
  return (core.redact(table.concat(parts)):gsub("%c+", " "))
end

-- How deep tables in an error are looked through: its statistics, events, errors cut off.
local deepest <const> = 6

local function redact(fields, depth)
  for name, value in next, fields do
    if type(value) == "string" then
      fields[name] = core.redact(value)
    elseif type(value) == "table" and depth < deepest and getmetatable(value) == nil then
      redact(value, depth + 1)
    end
  end
  return fields
end

--- Replaces the secrets of this process in every string of a plain table, in place.
---@param fields table
---@return table fields
function M.redact(fields) return redact(fields, 1) end

--- Makes an error from a table of fields (which becomes the error) without raising it.
---@param fields table  at least `kind` and `message`
---@return vbo.Error
function M.new(fields)
  assert(core.kinds[fields.kind], "no such kind of error: " .. tostring(fields.kind))
  redact(fields, 1)
  fields.where = fields.where or caller()
  fields.retryable = fields.retryable or false
  return setmetatable(fields, Error)
end

--- Returns the line of the runbook that is being executed ("runbook.lua:12").
---@return string?  nil when no line outside this library is on the stack
function M.caller() return (caller()) end

--- Gives an error that was made away from the runbook's own stack the line that calls now.
---@param err vbo.Error
function M.place(err) err.where = err.where or caller() end

--- Holds a rehearsal's hook, which may add a hint to what is raised; nil: no hook.
M.explain = nil

--- Raises a structured error.
---@param fields table  at least `kind` and `message`; an error already made is raised as it is
function M.raise(fields)
  if M.explain then M.explain(fields) end
  if getmetatable(fields) ~= Error then fields = M.new(fields) end
  error(fields, 0)
end

--- Raises a wrong argument: nothing was sent.
---@param message string
---@param hint string?
function M.usage(message, hint)
  M.raise { kind = "usage", message = message, hint = hint }
end

--- Returns whether a value is an error of this module.
---@param value any
---@return boolean
function M.is(value)
  return getmetatable(value) == Error
end

--- Returns whether a value is the error of what ends a run: a limit, a policy, a signal.
---@param value any
---@return boolean
function M.is_stop(value)
  return M.is(value) and (value.latched or value.kind == "stopped")
end

--- Calls `fn(...)`: its results, or `nil, err` when it raised one of our errors.
---
--- A programming error (any other value), Ctrl-C (`cancelled`) and what stops the run (`stopped`)
--- are passed on: a runbook must not mistake them for an answer of the server.
---@param fn function
---@return any ...
function M.try(fn, ...)
  local results = table.pack(pcall(fn, ...))
  if results[1] then return table.unpack(results, 2, results.n) end
  local err = results[2]
  if getmetatable(err) == Error and err.kind ~= "cancelled" and not M.is_stop(err) then
    return nil, err
  end
  error(err, 0)
end

return M
