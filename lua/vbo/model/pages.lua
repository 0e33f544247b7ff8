--- Reads the pages of a list, one after another.
---
--- While a page is used the next one is already on its way.  A server that cannot build a
--- page in time is asked for smaller ones.  What the server says about its list is compared
--- with what it gives: a list that is not whole raises, it never just ends.

local body = require "vbo.request.body"
local envelope = require "vbo.model.envelope"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"
local lazy = require "vbo.model.lazy"
local pipeline = require "vbo.request.pipeline"
local pushdown = require "vbo.model.pushdown"
local spelling = require "vbo.base.spelling"

local M = {}

--- Sets how many records are asked for at once.  The API's default of 30 costs too many round
--- trips, and servers are known to time out building pages of 1,000.
M.size = 250

--- Limits how small pages become on account of a server's time: a server that cannot give ten
--- records cannot give them one by one either.
M.least = 10

--- Lists what a server, or the proxy before it, answers when a page was too much for it.
local too_much = { [408] = true, [413] = true, [500] = true, [502] = true, [503] = true,
  [504] = true }

local function is_too_much(err)
  if not errors.is(err) then return false end
  if err.status then return too_much[err.status] == true end
  -- A connection that was never made has nothing to do with the page.
  return err.kind == "timeout" and err.sent == true
end

-- No answer, and the waiting for it was not attended to: the runbook was busy elsewhere.
local function is_neglect(err)
  return errors.is(err) and not err.status and (err.kind == "timeout" or err.kind == "network")
end

---@class vbo.Pages
---@field total integer?  how many there are, where the server says so
local Pages = {}

local meta = { __name = "vbo.pages", __index = Pages }

-- The words of paging that a query may hold, in the API's spelling or in ours.
local words = { limit = "page_size", pagesize = "page_size", offset = "offset", setid = "set_id" }
local smallest = { page_size = 1, offset = 0 }

local function own_words(given)
  local query = {}
  for name, value in pairs(given) do
    local word = words[spelling.squash(name)]
    if smallest[word] then
      value = math.tointeger(tonumber(value))
      if not value or value < smallest[word] then
        errors.usage(("'%s' must be an integer, at least %d"):format(name, smallest[word]))
      end
    end
    query[word or name] = value
  end
  return query
end

--- Makes the pages of one list.  Sends nothing yet.
---@param list table  client=, operation= (catalogue name of a read), path= (path parameters,
---  or a function that gives them when they are needed), query= (`page_size` is the size of a
---  page), optional= (query parameters that a version may lack), options= (of the body) or
---  body= (as it is), strict=, deadline= (of each request; as `pipeline.call`), key= (the
---  field, or fields, that tell records apart), call= (what the runbook called), conditions= (of
---  `where`: what the operation can check is sent along), lazy= (records are decoded when
---  they are read)
---@return vbo.Pages
function M.new(list)
  local client = list.client
  local operation = pipeline.operation(client, list.operation, list.call)
  local query = own_words(list.query or {})
  pushdown.add(operation, list.conditions or {}, query, client)
  local least = query.page_size and math.min(query.page_size, M.least) or M.least
  local known = client._page_sizes and client._page_sizes[operation.name] or math.huge
  local optional = { page_size = true, offset = true, set_id = true }
  for name, value in pairs(list.optional or {}) do optional[name] = value end
  return setmetatable({
    _client = client, _operation = operation, _list = list, _query = query,
    _optional = optional, _keys = type(list.key) == "table" and list.key or { list.key or "id" },
    _size = math.max(math.min(query.page_size or M.size, known), 1), _least = least,
    _moves = body.takes_query(operation, "offset"),
    _limits = body.takes_query(operation, "page_size"),
    _first = query.offset or 0, _offset = query.offset or 0, _walked = query.offset or 0,
    _set = query.set_id, _pages = 0, _seen = {}, _finished = false,
  }, meta)
end

local function protocol(self, message, hint)
  errors.raise {
    kind = "protocol", operation = self._operation.name, message = message,
    hint = hint or "the list is not complete",
  }
end

-- The request for the page at the current offset.
local function intent_of(self, limit)
  local list = self._list
  if type(self._path) ~= "table" then
    self._path = type(list.path) == "function" and list.path() or list.path or {}
  end
  local query = {}
  for name, value in pairs(self._query) do query[name] = value end
  query.page_size, query.offset, query.set_id = limit, self._offset, self._set
  return {
    operation = self._operation, path = self._path, query = query, options = list.options,
    body = list.body, strict = list.strict, deadline = list.deadline,
    optional = self._optional, continue = self._continue, reader = list.lazy and lazy.reader or nil,
  }
end

-- That request, checked.  The check is for the first one: those that follow differ in their
-- offset, a number in their path.
local function request_of(self, limit)
  local made = self._made
  if made and made.limit == limit and made.set == self._set and not self._continue then
    local request = {}
    for name, value in pairs(made.request) do request[name] = value end
    request.path = made.before .. self._offset .. made.behind
    return request
  end
  local request = pipeline.request(self._client, intent_of(self, limit))
  local before, behind = request.path:match "^(.*[?&]offset=)%d+(.*)$"
  if before and request.body == nil and not self._continue then
    self._made = { limit = limit, set = self._set, before = before, behind = behind, request = {} }
    -- A copy: gates may change what they see.
    for name, value in pairs(request) do self._made.request[name] = value end
  end
  return request
end

local function call(self, limit)
  return pipeline.send(self._client, request_of(self, limit))
end

-- A smaller page size after a page of `limit` was too much; false when there is none.
local function shrink(self, limit, err)
  if not self._limits or limit <= self._least then return false end
  self._size = math.max(limit // 2, self._least)
  local client, name = self._client, self._operation.name
  local sizes = client._page_sizes or {}
  sizes[name] = self._size
  client._page_sizes = sizes
  if client._log then
    client._log(("%s: a page of %d was too much (%s); asking for %d at a time"):format(
      name, limit, err.status and "status " .. err.status or err.kind, self._size))
  end
  return true
end

-- The answer to the request under way, or to a new one; and how many it asked for.
local function ask(self, most)
  local shrunk
  while true do
    local job, limit = self._ahead, self._ahead_limit
    self._ahead = nil
    local ok, answer
    if job then
      ok, answer = pcall(pipeline.finish, self._client, job)
    else
      limit = math.min(self._size, most)
      ok, answer = pcall(call, self, limit)
    end
    if ok then return answer, limit end
    if job and is_neglect(answer) then -- luacheck: ignore 542
      -- Once more, and looked after.
    elseif is_too_much(answer) and shrink(self, limit, answer) then
      shrunk = shrunk or limit
    else
      if shrunk and not answer.hint then
        answer.hint = ("pages of %d down to %d were tried"):format(shrunk, limit)
      end
      error(answer, 0)
    end
  end
end

local function key_of(self, records, at)
  for _, name in ipairs(self._keys) do
    local key = lazy.field(records, at, name)
    if key ~= nil then return tostring(key) end
  end
end

-- Whether these records were given before.
local function repeated(self, records)
  local count = #records
  local first, last = key_of(self, records, 1), key_of(self, records, count)
  if first and last then
    local mark = ("%d %s %s"):format(count, first, last)
    if self._seen[mark] then return true end
    self._seen[mark] = true
    return false
  end
  -- Records without an id are alike only if they are the same through and through.
  local text = json.encode(lazy.decoded(records))
  local again = text == self._text
  self._text = text
  return again
end

-- Where the next page begins; nil when this was the last.
local function following(self, page, said, count, limit)
  local offset, after = self._offset, self._offset + count
  if not page then
    -- A bare array: all there is, unless its operation hands it out in pieces.
    return self._moves and count > 0 and count >= limit and after or nil
  end
  local held = said.limit or limit
  if not said.links then
    if count == 0 then return nil end
    if self.total then return self._walked < self.total and after or nil end
    return count >= held and after or nil
  end
  if not said.next then return nil end
  -- A short page in the middle: only the link knows how far it reached.
  local at = count < held and said.next.offset or after
  at = math.max(at, after)
  if at <= offset then
    protocol(self, ("the page at offset %d leads nowhere"):format(offset))
  end
  return at
end

-- The page's query where the operation itself has no word for it (searches of v5): the
-- numbers of the link, never the rest of it.
local function continuation(self, said)
  local to = said.next
  if not to or not to.offset or to.offset <= self._offset then
    protocol(self, "there are more pages, and this API version cannot ask for them")
  end
  return ("offset=%d"):format(to.offset) .. (to.limit and ("&limit=%d"):format(to.limit) or "")
    .. (to.set and "&setId=" .. to.set or ""), to.offset
end

-- Takes an answer in; its records, nil when a bare array came again.
local function accept(self, answer, limit)
  local name = self._operation.name
  local records, page = lazy.records(answer)
  if not records then records, page = envelope.records(answer.data, name) end
  local count = #records
  local said = envelope.read(page, count)
  if count == 0 and self._promised then
    protocol(self, ("the page at offset %d is empty, though the page before it says that there "
      .. "is one more"):format(self._offset))
  end
  if count > 0 and repeated(self, records) then
    -- A server that ignores `offset` and answers everything at once has answered it.
    if not page and self._pages == 1 then
      self._finished = true
      return nil
    end
    protocol(self, ("the server answered the same page again at offset %d"):format(self._offset))
  end
  if said.offset and said.offset ~= self._offset then
    protocol(self, ("the server answered the page at offset %d instead of %d"):format(
      said.offset, self._offset))
  end
  self._pages = self._pages + 1
  self._walked = self._walked + count
  self._set = said.set or self._set
  self.total = said.total or self.total
  local at = following(self, page, said, count, limit)
  if at and not self._moves then self._continue, at = continuation(self, said) end
  self._finished, self._promised = at == nil, said.next ~= nil
  self._offset = at or self._offset
  return records
end

-- Asks for the next page while this one is used.
local function look_ahead(self, most)
  if self._finished or most <= 0 or not self._moves or self._operation.method ~= "GET" then
    return
  end
  local limit = math.min(self._size, most)
  self._ahead = pipeline.ahead(self._client, request_of(self, limit))
  self._ahead_limit = limit
end

local function check_total(self)
  if self.total and self._walked ~= self.total then
    errors.raise {
      kind = "integrity", operation = self._operation.name,
      message = ("listed %d of %d: the server has not given what it counted"):format(
        self._walked, self.total),
      hint = "the list is not complete",
    }
  end
end

--- Returns the records of the next page; nil after the last.
---
--- Raises `protocol` for a page that repeats or is not the one that was asked for,
--- `integrity` when the pages held more or fewer records than the server says there are, and
--- what the request comes to.
---@param most integer|number?  how many more records can be of use (default any number)
---@param ahead integer|number?  how many more after this page (default what is
---  left of `most`; 0: the next page is not asked for yet)
---@return any[]|any|nil records  a list; with `lazy`, for the functions of `vbo.model.lazy`
function Pages:next(most, ahead)
  most = most or math.huge
  if self._finished or self._closed then
    if not self._closed then check_total(self) end
    return nil
  end
  if self._client._closed then
    self:close()
    errors.raise { kind = "closed", message = "the client is closed",
      operation = self._operation.name }
  end
  local answer, limit = ask(self, most)
  local records = accept(self, answer, limit)
  if not records then return nil end
  look_ahead(self, ahead or most - #records)
  return records
end

--- Returns how many records the server says there are from the first page on; nil when it does not.
---@return integer?
function Pages:counted()
  return self.total and self._pages > 0 and self.total - self._first or nil
end

--- Moves a request that is under way, without waiting for it.
function Pages:nudge()
  if self._ahead then pipeline.nudge(self._client) end
end

--- Ends a request that is under way.  No page follows.
function Pages:close()
  self._closed = true
  local job = self._ahead
  self._ahead = nil
  if job then job:cancel() end
end

meta.__close = Pages.close

return M
