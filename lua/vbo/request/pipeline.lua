--- Sends requests: the one way to the server.
---
--- find the operation → build and check its parameters and body against the catalogue →
--- gates → send (authorize and retry are the core's) → decode → check.
---
--- A gate is a function `(request, next)` in `client.gates`: it sees every request before
--- it is sent, may change, refuse or answer it, and returns what `next(request)` returns.

local aheads = require "vbo.runtime.ahead"
local answers = require "vbo.request.answer"
local body = require "vbo.request.body"
local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local hidden = require "vbo.request.hidden"
local json = require "vbo.base.json"
local loop = require "vbo.runtime.loop"
local options_of = require "vbo.base.options"
local progress = require "vbo.runtime.progress"
local promises = require "vbo.request.promise"
local states = require "vbo.run.state"
local steps = require "vbo.run.step"
local wording = require "vbo.request.wording"

local M = {}

---@class vbo.Request
---@field operation string    catalogue name
---@field method string
---@field path string         with its query
---@field body any            before encoding; secrets are userdata in it
---@field class "read"|"housekeeping"|"change"
---@field change boolean      alters production or the server
---@field once boolean?       is sent at most once, as a change is: it opens something
---@field opens boolean?      its answer is waited for also after a signal, and closed then
---@field urgent boolean?     ends something: it waits for no pause, goes on after a signal
---@field anonymous boolean?   is sent without the token
---@field exclusive boolean?   waits until no other such request is under way at the server
---@field sink table?         {file=, overwrite=, fsync=, sha256=, check=, listed_name=,
---  listed_size=, modified=}: where a stream goes, what it must be, and its time; nil: memory
---@field watch function?     progress callback
---@field deadline number?    seconds
---@field reader vbo.Reader?  reads the answer; default `vbo.request.answer`
---@field promise vbo.Promise?  what the answer is held to; nil: nothing
---@field expects (fun(data: any): string?)?  tells what the caller finds wrong with the answer
---@field opens boolean?      the server may hold something for us after it: a session
---@field subject (fun(): vbo.Subject)?  describes what it acts on
---@field query table<string, any>?  its query parameters, by the API's names
---@field key string?         the runbook's own key of the step
---@field call string?        the runbook's word for it
---@field session string?     id of the restore session that it is sent in
---@field step vbo.Step?      as the journal has it; nil: it is opened when the request is sent

---@class vbo.Answer
---@field status integer
---@field data any            decoded JSON; nil for an empty answer or a stream
---@field saved table?        `vbo.Saved` of a stream
---@field file table?         which file it is: size, inode, device, modified (milliseconds)

local function fail(err, request)
  err.operation = err.operation or request.operation
  errors.raise(err)
end

-- Returns the error of an answer that breaks its promise.  The outcome of a change is unknown then;
-- after an explore there may be a session.
local function broken(client, request, status, err)
  err.operation, err.status = request.operation, status
  err.request, err.server = request.method .. " " .. request.path, client._core:origin()
  err.sent, err.retryable = true, false
  if request.opens then
    err.kind = "protocol"
    err.message = err.message .. "; a session may be open on the server"
    err.hint = "look for it with client:sessions(), and stop it"
  elseif request.change then
    err.kind = "unknown_outcome"
    err.message = "the change was sent, but its outcome is not known: " .. err.message
    err.hint = "look at the server's events before you repeat it: it may have been carried out"
  end
  return err
end

--- Writes to the client's log when its server takes more or fewer requests at once than the last
--- time.  The way up is written in doublings.
---@param client vbo.Client
local function log_load(client)
  local now, last = client._core:window(), client._window
  if not now or now == last or last and now > last and now < 2 * last
      and now < client._core:load().limit then
    return
  end
  client._window = now
  if not last then return end
  local load = client._core:load()
  local text = now == 0 and "given up: no good answer for too long"
    or ("%d request%s at once (at most %d)"):format(now, now == 1 and "" or "s", load.limit)
  if load.pause > 0 then text = ("%s, after a pause of %.0f s"):format(text, load.pause) end
  client._log(("%s: %s"):format(client._core:origin(), text))
end

-- How long a pause is, and why; short ones of our own go without saying.
local function pause_text(lost, pause)
  if lost.retry_after then
    return (" after a pause of %.3g s that the server asks for"):format(lost.retry_after)
  end
  return pause and pause >= 1 and (" after a pause of %.3g s"):format(pause) or ""
end

-- A watcher that also writes to the client's log when a request is asked for again, and why it
-- waits until then.
local function log_attempts(client, transfer, request)
  local logged = 1
  return function(now)
    if request.watch and now.phase ~= "done" then request.watch(now) end
    for number = logged, now.attempts do
      local lost = transfer:lost(number)
      if not lost then break end
      logged = number + 1
      client._log(("%s %s: %s: %s; asked for again%s%s, attempt %d"):format(request.method,
        request.path:match "^[^?]*", lost.kind, lost.message,
        request.sink and " from the start" or "",
        pause_text(lost, number == now.attempts and now.pause or nil), logged))
    end
  end
end

-- Waits for an answer: of what ends something whatever has come, of all else until a signal.
local function await(client, request, transfer, watch)
  if not request.urgent then return loop.wait(client._engine, transfer, watch, request.opens) end
  return loop.shielded(loop.wait, client._engine, transfer, watch)
end

-- Reads an answer and holds it to its operation's promise; nil and the error.
local function read(client, request, held)
  local reader = request.reader or answers.reader
  local answer, err = reader.read(held)
  local problem = answer and (request.promise and reader.broken(request.promise, answer)
    or request.expects and request.expects(answer.data))
  if problem then err = { kind = "protocol", message = problem } end
  if err then return nil, broken(client, request, held:status(), err) end
  return answer
end

-- Sends once (the core's own retries aside) and waits; nil and the error of a broken answer.
local function attempt(client, request)
  local refused = not request.urgent and loop.refusal()
  if refused then fail(refused, request) end
  local text, secrets
  if request.body ~= nil then text, secrets = json.encode(hidden.body(request.body)) end
  local sink = request.sink
  local given = {
    method = request.method, path = request.path, body = text, secrets = secrets,
    change = request.change, anonymous = request.anonymous, deadline = request.deadline,
    exclusive = request.exclusive, once = request.once, urgent = request.urgent,
    sink = sink and "file" or "memory",
  }
  for name, value in pairs(sink or {}) do given[name] = value end
  if request.step then request.step:permit(given) end
  local transfer, err = client._core:start(given)
  if not transfer then fail(err, request) end
  if request.step then request.step:sent() end
  local held <close> = transfer
  if not request.watch then progress.idle() end
  local watch = client._log and log_attempts(client, held, request) or request.watch
  local ok, failure = await(client, request, held, watch)
  if client._log then
    watch(held:progress())
    log_load(client)
  end
  if not ok then fail(failure, request) end
  client._date = { text = held:header "Date", at = core.now() }
  if not sink then return read(client, request, held) end
  local checked, why = held:checked()
  if request.watch then request.watch(held:progress()) end
  return { status = held:status(), file = held:file(), saved = {
    path = sink.file, size = held:progress().received, sha256 = held:sha256(),
    checked = checked, unchecked = why,
  } }
end

-- Sends a request, waits, and judges the answer.  A read whose answer is broken is asked for once
-- more.
local function exchange(client, request)
  local answer, err = attempt(client, request)
  if not answer and err.kind == "protocol" and not request.opens and client._retries ~= 0 then
    if client._log then
      client._log(("%s %s: %s: %s; asked for again"):format(request.method,
        request.path:match "^[^?]*", err.kind, err.message))
    end
    answer, err = attempt(client, request)
  end
  return answer or fail(err, request)
end

-- Sends a step whose intent is written first; a failure is written, too.
local function carry_out(client, request)
  local step = request.step
  step:intend(request)
  local ok, answer = pcall(exchange, client, request)
  if ok then return answer end
  step:fail(answer)
  error(answer, 0)
end

-- Returns what a raw call is followed by: the session that the server named.
local function background(answer)
  local data = type(answer.data) == "table" and answer.data
  local id = data and data.sessionId
  return type(id) == "string" and id or nil
end

--- Carries out a request: the last step of the pipeline.  One that changes or saves something is a
--- step of the run; what the journal knows of it is not sent again.
---@return vbo.Answer
local function transmit(client, request)
  if request.step then return carry_out(client, request) end
  local step = steps.open(client, request)
  if not step then return exchange(client, request) end
  if step.mode ~= "new" then return step:replayed() end
  request.step = step
  local answer = carry_out(client, request)
  local session = step.kind == "change" and background(answer)
  if session then
    step:accept(session, answer.data)
  else
    step:finish { state = "done", status = answer.status, saved = answer.saved,
      answer = answer.saved or answer.data }
  end
  return answer
end

-- The versions that have one of some operations, oldest first.
local function versions_with(names)
  local has, list = {}, {}
  for _, name in ipairs(names) do
    for _, version in ipairs(catalogue.having(name)) do has[version] = true end
  end
  for _, version in ipairs(catalogue.versions) do
    if has[version] then list[#list + 1] = version end
  end
  return list
end

--- Finds an operation of the client's API version; raises `unsupported` when it has none, naming
--- the versions that have it.
---@param client vbo.Client
---@param name string|string[]|table  several, the newest first: the first that the version has; an
---  operation that was found before stands for itself
---@param call string?  what the runbook called, for the message; nil: the operation's name
---@return table operation
function M.operation(client, name, call)
  if type(name) == "table" and name.parameters then return name end
  local names = type(name) == "table" and name or { name }
  for _, candidate in ipairs(names) do
    local operation = client._catalogue:operation(candidate)
    if operation then return operation end
  end
  local versions = call and versions_with(names) or {}
  if not versions[1] then errors.raise(catalogue.missing(client._catalogue, names[1])) end
  errors.raise {
    kind = "unsupported", operation = names[1],
    message = ("'%s' does not exist in %s"):format(call, client._catalogue.version),
    hint = "it exists in " .. table.concat(versions, ", "),
  }
end

-- A second export to PST removes the file that the server makes for the first one.
local function is_exclusive(operation) return operation.name:find("ToPst", 1, true) ~= nil end

-- Passes a request through the gates from one on, and sends it.
local function pass(client, request, first)
  local gate = client.gates[first]
  if not gate then return transmit(client, request) end
  return gate(request, function(passed) return pass(client, passed or request, first + 1) end)
end

--- Sends a checked request through the gates.
---@param client vbo.Client
---@param request vbo.Request
---@return vbo.Answer
function M.send(client, request) return pass(client, request, 1) end

--- The old name of `send`.
M.run = M.send

-- The query parameters among the arguments of an operation.
local function query_of(operation, arguments)
  local query = {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "query" then query[parameter.name] = arguments[parameter.name] end
  end
  return query
end

-- Gives the server the run's reason where its operation takes one and the caller gave none.
local function add_reason(operation, options)
  local reason = states.reason()
  local property = reason and body.property(operation.body, "reason")
  if not property or options.reason ~= nil or options[property] ~= nil then return end
  options.reason = reason
end

-- A clean-up reads to leave things as they should be: gates that hold reads up must not hold it.
local function class_of(operation)
  return operation.class == "read" and loop.is_shielded() and "housekeeping" or operation.class
end

-- A state that is closed frees no userdata that are made meanwhile: pages stay out of clean-ups.
local function reader_of(intent) return not loop.is_shielded() and intent.reader or nil end

--- Checks an intent and makes a request of it, for a caller that looks at something between the
--- check and `send`.
---@param client vbo.Client
---@param intent table  as `call`
---@return vbo.Request
function M.request(client, intent)
  if client._closed then
    errors.raise { kind = "closed", message = "the client is closed",
      operation = type(intent.operation) == "table" and intent.operation.name or intent.operation }
  end
  local operation = M.operation(client, intent.operation, intent.call)
  if intent.options ~= nil then options_of.given(intent.options, intent.call or operation.name) end
  local arguments, path = {}, intent.path or {}
  for _, parameter in ipairs(operation.parameters) do
    if parameter.place == "path" then arguments[parameter.name] = path[parameter.name] end
  end
  for _, given in pairs { intent.options, intent.query } do
    if type(given) ~= "table" then
      errors.usage(("%s takes a table of options, not a %s"):format(intent.call or operation.name,
        type(given)))
    end
  end
  local options, query = body.divide(operation, intent.options or {}, intent.query)
  body.query(operation, arguments, query, intent.optional)
  if intent.body == nil then add_reason(operation, options) end
  if intent.body ~= nil then
    arguments.body = body.whole(operation, intent.body, intent.exact)
  else
    arguments.body = body.build(operation, options, intent.call or operation.name,
      intent.implied)
  end
  local checked, err = client._catalogue:check(operation, arguments, {
    strict = intent.strict, ids = client._given_ids,
  })
  if not checked then errors.raise(wording.of(err, operation, intent)) end
  return {
    operation = operation.name, method = checked.method,
    path = checked.path .. (intent.continue and (checked.path:find("?", 1, true) and "&" or "?")
      .. intent.continue or ""),
    body = checked.body, class = class_of(operation), change = operation.change,
    once = operation.change or operation.opens, opens = operation.opens,
    urgent = operation.ends or intent.urgent, anonymous = operation.anonymous,
    exclusive = is_exclusive(operation),
    sink = intent.sink, watch = intent.watch, deadline = intent.deadline,
    call = intent.call, session = arguments.restoreSessionId, reader = reader_of(intent),
    promise = promises.of(operation, client._catalogue.dialect == "verb"),
    expects = intent.expects, subject = intent.subject, key = intent.key,
    query = query_of(operation, arguments),
  }
end

--- Carries out one operation.
---@param client vbo.Client
---@param intent table  operation= (its name, or what `operation` returned), call= (the method's
---  name), path= (path parameters),
---  query=, options= (of the caller), body= (as is, instead of options), exact=
---  (its tables are the API's), implied=,
---  optional= (query parameters that a version may lack), continue= (the query of a further
---  page, for an operation that has no word for it), urgent= (a read of the clean-up), sink=,
---  watch=, deadline=, strict= (false lets unknown properties through), reader=,
---  expects=, subject=, key= (see `vbo.Request`)
---@return vbo.Answer
function M.call(client, intent) return M.send(client, M.request(client, intent)) end

--- Begins a read whose answer is wanted later: the request passes the gates and is sent, and
--- this returns.  The gates' own rest (what they do after `next`) runs in `finish`, or never
--- when the job is cancelled: a gate that must know of that holds a `<close>` variable.  What
--- fails on the way is raised by `finish`; a wrong argument is raised here.
---@param client vbo.Client
---@param intent table  as `call`
---@return vbo.ReadAhead
function M.begin(client, intent) return M.ahead(client, M.request(client, intent)) end

--- Begins a read with a request that was checked before.
---@param client vbo.Client
---@param request vbo.Request
---@return vbo.ReadAhead
function M.ahead(client, request)
  if request.once then error("only reads are begun ahead of their need", 2) end
  local job = aheads.begin(M.send, client, request)
  -- Ended with the client, whoever still holds it.
  local begun = client._begun
  if not begun then
    begun = setmetatable({}, { __mode = "k" })
    client._begun = begun
  end
  begun[job] = true
  local ok, err = pcall(M.nudge, client)
  if not ok then
    job:cancel()
    error(err, 0)
  end
  return job
end

--- Waits for what was begun, and lets the gates see its answer.
---@param client vbo.Client
---@param job vbo.ReadAhead
---@return vbo.Answer
function M.finish(client, job)
  if client._begun then client._begun[job] = nil end
  local ok, answer = pcall(job.finish, job)
  if ok then return answer end
  -- The line that waits is the runbook's; where the job ran there was none.
  if errors.is(answer) then errors.place(answer) end
  error(answer, 0)
end

--- Moves what is under way, without waiting for it.  Raises `cancelled` after an interrupt.
---@param client vbo.Client
function M.nudge(client)
  local ok, err = loop.nudge(client._engine)
  if not ok then errors.raise(err) end
end

--- Cancels what was begun and is not finished.
---@param client vbo.Client
function M.abandon(client)
  for job in pairs(client._begun or {}) do job:cancel() end
  client._begun = nil
end

return M
