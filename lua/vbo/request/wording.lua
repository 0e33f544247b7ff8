--- Puts what the check against the catalogue finds into the words of the runbook: its method and
--- option, not the operation and property that they become.

local body = require "vbo.request.body"
local spelling = require "vbo.base.spelling"

local M = {}

-- The caller's own word for a property at the top of the body, or for a parameter.
local function option_of(operation, options, name)
  local schema = operation.body
  for option in pairs(options) do
    if type(option) == "string" and (body.property(schema, option) == name
        or spelling.squash(option) == spelling.squash(name)) then
      return option
    end
  end
  return spelling.spelled(name)
end

-- "body.schedulePolicy.dailyType" as "schedule_policy.daily_type".
local function path_of(operation, options, property)
  local inside = property:match "^body%.(.+)$"
  local first, rest = (inside or property):match "^([^.%[]+)(.*)$"
  if not first then return property end
  return option_of(operation, options, first) .. rest:gsub("[^.%[%]]+", spelling.spelled)
end

local function suggestion(names)
  local words = {}
  for i, name in ipairs(names) do words[i] = spelling.spelled(name) end
  if #words == 1 then return ("did you mean '%s'?"):format(words[1]) end
  return "there are " .. table.concat(words, ", ")
end

--- A finding of `catalogue:check` as an error about the call that was written.  One about a call by
--- the operation's own name (`client:call`), or about a body that was given whole, stays as it is.
---@param err table         of `vbo.catalogue.check`; it is changed
---@param operation table
---@param intent table      of `vbo.pipeline`: call=, options=, query=, body=
---@return table err
function M.of(err, operation, intent)
  local what, names = err.what, err.names
  err.what, err.names, err.operation = nil, nil, operation.name
  if not intent.call or not what or intent.body ~= nil or err.property == "body" then return err end
  local options = {}
  for _, given in ipairs { intent.query or {}, intent.options or {} } do
    for name, value in pairs(given) do options[name] = value end
  end
  if what == "is not a property here" then what = "does not exist" end
  local option = path_of(operation, options, err.property)
  err.message = ("%s: option '%s' %s"):format(intent.call, option, what)
  if names then err.hint = suggestion(names) end
  return err
end

return M
