--- Calls any operation by its catalogue name: `client:call` and `client.api`.
---
---     client:call("Job_StartAction", { jobId = id, body = { full = true } })
---     client.api.Job.StartAction { jobId = id, body = { full = true } }
---
--- Everything goes through `vbo.pipeline`: checked before it is sent, and past the gates.

local addressed = require "vbo.model.addressed"
local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local options_of = require "vbo.base.options"
local paging = require "vbo.client.paging"
local given_ids = require "vbo.request.given_ids"
local pipeline = require "vbo.request.pipeline"
local save = require "vbo.model.save"
local spelling = require "vbo.base.spelling"
local time = require "vbo.base.time"

local M = {}

local call_options = {
  strict = "boolean", paginate = "boolean", deadline = "number", key = "string",
}
-- Those that only an operation takes which answers a stream.
local only_streams = {}

for _, option in ipairs(require "vbo.model.save_options") do
  if option.call and not call_options[option.name] then
    call_options[option.name] = option.type
    only_streams[#only_streams + 1] = option.name
  end
end

local squash = spelling.squash

local function body_property(operation, name)
  local properties = operation.body and operation.body.properties
  for known in pairs(properties or {}) do
    if squash(known) == squash(name) then return known end
  end
end

local function unknown_argument(operation, name)
  local names = {}
  for _, parameter in ipairs(operation.parameters) do names[#names + 1] = parameter.name end
  if operation.body then names[#names + 1] = "body" end
  local hint
  if type(name) == "string" then
    local property = body_property(operation, name)
    local near = nearest(name, names)
    hint = property and ("it belongs to the body: body = { %s = … }"):format(property)
      or near and ("did you mean '%s'?"):format(near)
  end
  errors.usage(("%s has no argument '%s'"):format(operation.name, tostring(name)), hint
    or (#names > 0 and "it takes " .. table.concat(names, ", ") or "it takes none"))
end

-- Resources stand for their ids, and seconds since 1970 for a date.
local function parameter_value(parameter, value)
  if parameter.place == "path" and type(value) == "table" and value.id ~= nil then
    return value.id
  end
  if type(value) == "number" and parameter.schema.format == "date-time"
    and time.is_time(value) then
    return time.iso(value)
  end
  return value
end

--- Makes what `pipeline.call` takes of an operation and its arguments.
---
--- Raises `usage` for an argument that the operation does not have, and for what is no
--- table.
---@param operation vbo.Operation
---@param arguments table?  path and query parameters by name (case and `_` do not count),
---  and `body`
---@return table intent
function M.intent(operation, arguments)
  if arguments ~= nil and type(arguments) ~= "table" then
    errors.usage(("%s takes a table of arguments, not a %s"):format(operation.name,
      type(arguments)))
  end
  if operation.content_type and not operation.content_type:find("json", 1, true) then
    -- The one such operation hands out tokens.
    errors.usage(operation.name .. " is the login itself", "vbo.connect logs in")
  end
  local known = {}
  for _, parameter in ipairs(operation.parameters) do known[squash(parameter.name)] = parameter end
  local intent = { operation = operation, path = {}, query = {} }
  for name, value in pairs(arguments or {}) do
    local parameter = type(name) == "string" and known[squash(name)]
    if parameter then
      local place = intent[parameter.place]
      if place[parameter.name] ~= nil then
        errors.usage(("%s: '%s' is given twice"):format(operation.name, parameter.name))
      end
      place[parameter.name] = parameter_value(parameter, value)
    elseif type(name) == "string" and ascii.lower(name) == "body" then
      intent.body, intent.exact = value, true
    else
      unknown_argument(operation, name)
    end
  end
  return intent
end

-- A file's name for a stream that is saved into a folder: the API names none.
local function stream_name(operation, body)
  local format = type(body) == "table" and (body.format or body.Format)
  local extension = operation.name:find "Pst" and "pst"
    or type(format) == "string" and ascii.lower(format) or "bin"
  return operation.name .. "." .. extension
end

--- Calls an operation of the client's API version.
---@param client vbo.Client
---@param name string       catalogue name, in any case
---@param arguments table?  see `intent`
---@param options vbo.CallOptions?
---@return any data  decoded JSON, nil for an empty answer; a `vbo.Saved` for a stream; a list
---  of all pages' rows with `paginate`
function M.call(client, name, arguments, options)
  options = options_of.check(options, call_options, "call")
  if type(name) ~= "string" then
    errors.usage("call needs an operation's name, such as \"Job_Get\"")
  end
  local operation = pipeline.operation(client, name)
  local intent = M.intent(operation, arguments)
  intent.strict, intent.deadline, intent.key = options.strict, options.deadline, options.key
  intent.subject = addressed.of(client, operation, intent)
  local streams = operation.answer.kind == "stream"
  if options.paginate then
    local rows = paging.all(client, operation, intent)
    given_ids.of_answer(client, rows, { items = operation.answer.item })
    return rows
  end
  if streams then
    if not options.to then
      errors.usage(operation.name .. " answers a stream", "give the option 'to', a file's name")
    end
    return save.stream(client, intent, {
      own = options, name = stream_name(operation, intent.body),
      check = save.check_for_operation(operation.name, intent.body),
    })
  end
  for _, option in ipairs(only_streams) do
    if options[option] ~= nil then
      errors.usage(("%s answers no stream: the option '%s' is for those")
        :format(operation.name, option))
    end
  end
  local data = pipeline.call(client, intent).data
  if operation.opens then addressed.opened(client, operation, intent, data) end
  given_ids.of_answer(client, data, operation.answer.schema)
  return data
end

--- Reads the pages of an operation that answers a list, one after another.
---@param client vbo.Client
---@param name string
---@param arguments table?  `limit` is the size of a page, `offset` where to begin
---@param options {strict: boolean?, deadline: number?}?
---@return fun(): any[]?  the rows of the next page
function M.pages(client, name, arguments, options)
  options = options or {}
  local operation = pipeline.operation(client, name)
  local intent = M.intent(operation, arguments)
  intent.strict, intent.deadline = options.strict, options.deadline
  return paging.pages(client, operation, intent)
end

-- ---------------------------------------------------------------------- client.api

local function parameter_list(operation)
  local words = {}
  for _, parameter in ipairs(operation.parameters) do
    words[#words + 1] = parameter.name .. (parameter.required and "" or "?")
  end
  if operation.body then words[#words + 1] = "body" .. (operation.body_required and "" or "?") end
  return table.concat(words, ", ")
end

local function read_only(self)
  errors.usage(tostring(self) .. " cannot be changed")
end

--- Makes one operation callable, with the catalogue's fields (`name`, `method`, `path`, …).
local function callable(client, operation)
  return setmetatable({}, {
    __name = "vbo.api.operation",
    __index = operation,
    __newindex = read_only,
    __call = function(_, arguments, options)
      return M.call(client, operation.name, arguments, options)
    end,
    __tostring = function()
      return ("%s(%s): %s %s"):format(operation.name, parameter_list(operation),
        operation.method, operation.path)
    end,
  })
end

--- Groups operations by the first word of their names, in the order of the catalogue.
local function groups_of(known)
  local groups, order = {}, {}
  for _, name in ipairs(known:names()) do
    local word, rest = name:match "^([^_]+)_(.+)$"
    word = word or name
    local group = groups[ascii.lower(word)]
    if not group then
      group = { word = word, rests = {} }
      groups[ascii.lower(word)] = group
      order[#order + 1] = group
    end
    if rest then group.rests[#group.rests + 1] = rest else group.itself = name end
  end
  table.sort(order, function(a, b) return a.word < b.word end)
  for _, group in ipairs(order) do table.sort(group.rests) end
  return groups, order
end

local function missing_group(known, word)
  local names, versions = {}, {}
  for _, version in ipairs(catalogue.versions) do
    local ok, other = pcall(catalogue.load, version)
    local groups, order = groups_of(ok and other or known)
    if ok and groups[ascii.lower(word)] then versions[#versions + 1] = version end
    for _, group in ipairs(order) do names[#names + 1] = group.word end
  end
  if versions[1] then
    errors.raise {
      kind = "unsupported",
      message = ("%s has no operations of %s"):format(known.version, word),
      hint = table.concat(versions, ", ") .. (versions[2] and " have them" or " has them"),
    }
  end
  local near = nearest(word, names)
  errors.usage(("there are no operations of %s in any version"):format(word),
    near and ("did you mean %s?"):format(near) or nil)
end

local function group_of(client, group)
  local known = client._catalogue
  local function find(_, key)
    if type(key) ~= "string" then return nil end
    return callable(client, pipeline.operation(client, group.word .. "_" .. key))
  end
  return setmetatable({}, {
    __name = "vbo.api.group",
    __index = find,
    __newindex = read_only,
    __call = group.itself and function(_, arguments, options)
      return M.call(client, group.itself, arguments, options)
    end,
    __complete = function(self)
      local members = {}
      for _, rest in ipairs(group.rests) do members[rest] = find(self, rest) end
      return members
    end,
    __pairs = function(self)
      local at = 0
      return function()
        at = at + 1
        local rest = group.rests[at]
        if rest then return rest, find(self, rest) end
      end, self, nil
    end,
    __tostring = function()
      return ("%s of API %s: %s"):format(group.word, known.version,
        table.concat(group.rests, ", "))
    end,
  })
end

--- `client.api`: groups of operations by the first word of their names.
---
--- `api.Job.StartAction` is the operation "Job_StartAction", in any case; `pairs(api)` gives
--- the groups and `pairs(api.Job)` its operations.  What no version has raises `usage` with
--- the nearest name, what this one lacks `unsupported` with the versions that have it.
---@param client vbo.Client
---@return table
function M.of(client)
  local known = client._catalogue
  local groups, order, made = nil, nil, {}
  local function all()
    if not groups then groups, order = groups_of(known) end
    return groups, order
  end
  local function find(_, key)
    if type(key) ~= "string" then return nil end
    local word = ascii.lower(key)
    if made[word] then return made[word] end
    made[word] = group_of(client, all()[word] or missing_group(known, key))
    return made[word]
  end
  return setmetatable({}, {
    __name = "vbo.api",
    __index = find,
    __newindex = read_only,
    __complete = function(self)
      local members = {}
      for _, group in ipairs(select(2, all())) do members[group.word] = find(self, group.word) end
      return members
    end,
    __pairs = function(self)
      local at = 0
      return function()
        at = at + 1
        local group = select(2, all())[at]
        if group then return group.word, find(self, group.word) end
      end, self, nil
    end,
    __tostring = function()
      return ("API %s: %d operations in %d groups"):format(known.version, #known:names(),
        #select(2, all()))
    end,
  })
end

return M
