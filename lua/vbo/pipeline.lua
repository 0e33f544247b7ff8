--- The one way to the server.
---
--- find the operation → build and check its parameters and body against the catalogue →
--- gates → send (authorize and retry are the core's) → decode → check.
---
--- A gate is a function `(request, next)` in `client.gates`: it sees every request before
--- it is sent, may change, refuse or answer it, and returns what `next(request)` returns.

local body = require "vbo.dialect.body"
local catalogue = require "vbo.catalogue"
local errors = require "vbo.error"
local json = require "vbo.json"
local task = require "vbo.runtime.task"

local M = {}

---@class vbo.Request
---@field operation string    catalogue name
---@field method string
---@field path string         with its query
---@field body any            before encoding; secrets are userdata in it
---@field change boolean      alters production or the server
---@field anonymous boolean?   is sent without the token
---@field sink table?         {file=, overwrite=, fsync=}: where a stream goes; nil: memory
---@field watch function?     progress callback
---@field deadline number?    seconds

---@class vbo.Answer
---@field status integer
---@field data any            decoded JSON; nil for an empty answer or a stream
---@field saved table?        {path=, size=, sha256=, name=} of a stream

local function fail(err, request)
  err.operation = err.operation or request.operation
  errors.raise(err)
end

local function decode(transfer, request)
  local text = transfer:body()
  if not text or text == "" then return nil end
  local data, err = json.decode(text)
  if err then
    err.status = transfer:status()
    err.request = request.method .. " " .. request.path
    local kind = transfer:header "Content-Type" or "no content type"
    err.hint = err.hint or ("the answer came as %s"):format(kind)
    fail(err, request)
  end
  return data
end

--- The last step of the pipeline: sends and waits.
local function send(client, request)
  local text, secrets
  if request.body ~= nil then text, secrets = json.encode(request.body) end
  local sink = request.sink
  local transfer, err = client._core:start {
    method = request.method, path = request.path, body = text, secrets = secrets,
    change = request.change, anonymous = request.anonymous, deadline = request.deadline,
    sink = sink and "file" or "memory",
    file = sink and sink.file, overwrite = sink and sink.overwrite, fsync = sink and sink.fsync,
  }
  if not transfer then fail(err, request) end
  local held <close> = transfer
  local ok, failure = task.wait(client._engine, held, request.watch)
  if not ok then fail(failure, request) end
  ---@type vbo.Answer
  local answer = { status = held:status() }
  if sink then
    answer.saved = { path = sink.file, size = held:progress().received, sha256 = held:sha256() }
    if request.watch then request.watch(held:progress()) end
  else
    answer.data = decode(held, request)
  end
  return answer
end

--- Finds an operation of the client's API version; raises `unsupported` when it has none.
---@param client vbo.Client
---@param name string
---@return table operation
function M.operation(client, name)
  local operation = client._catalogue:operation(name)
  return operation or errors.raise(catalogue.missing(client._catalogue, name))
end

--- Carries out one operation.
---@param client vbo.Client
---@param intent table  operation=, call= (the method's name), path= (path parameters),
---  query=, options= (of the caller), body= (as is, instead of options), implied=,
---  optional= (query parameters that a version may lack), sink=, watch=, deadline=,
---  strict= (false lets unknown properties through)
---@return vbo.Answer
function M.call(client, intent)
  if client._closed then
    errors.raise { kind = "closed", message = "the client is closed", operation = intent.operation }
  end
  local operation = M.operation(client, intent.operation)
  local arguments, path = {}, intent.path or {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "path" then arguments[parameter.name] = path[parameter.name] end
  end
  local options, query = body.divide(operation, intent.options or {}, intent.query)
  body.query(operation, arguments, query, intent.optional)
  if intent.body ~= nil then
    arguments.body = body.whole(operation, intent.body)
  else
    arguments.body = body.build(operation, options, intent.call or operation.name,
      intent.implied)
  end
  local checked, err = client._catalogue:check(operation, arguments, { strict = intent.strict })
  if not checked then
    err.operation = operation.name
    errors.raise(err)
  end
  local request = {
    operation = operation.name, method = checked.method, path = checked.path,
    body = checked.body, change = operation.change, anonymous = operation.anonymous,
    sink = intent.sink, watch = intent.watch, deadline = intent.deadline,
  }
  return M.run(client, request, 1)
end

--- Runs a request through the gates from the given one on.
---@param client vbo.Client
---@param request vbo.Request
---@param first integer
---@return vbo.Answer
function M.run(client, request, first)
  local gate = client.gates[first]
  if not gate then return send(client, request) end
  return gate(request, function(passed) return M.run(client, passed or request, first + 1) end)
end

return M
