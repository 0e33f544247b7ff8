-- A server of long lists: `pages_server.lua LOG SCRIPT`.
--
-- SCRIPT is a Lua file that returns function(request, list) -> answer: `request` has method,
-- path, query (decoded, by name), body, number (counted from 1); the answer is {status=,
-- body=} or {hold = true}, which never comes.  `list(request, options)` makes a page of
-- options.count numbered records: cap= (the most it gives), total=, links= (false: none),
-- array= (bare), set= (its setId), and whatever else a script changes in what it returns.
-- Each request becomes a line of JSON in LOG before it is answered.  Prints `url:` and
-- `fingerprint:` when it is ready and ends when it is interrupted.

local json = require "vbo.base.json"
local server = require "vbo.server"

local log = assert(io.open(arg[1], "a"))
log:setvbuf "line"
local script = dofile(arg[2])

local listening <close> = assert(server.listen { address = "127.0.0.1", port = 0 })
print("url: " .. listening:url())
print("fingerprint: " .. listening:fingerprint())
io.stdout:flush()

local token = json.encode {
  access_token = "token-of-pages-4711", token_type = "bearer", expires_in = 3600,
  refresh_token = "refresh-4711",
}

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function query_of(text)
  local query = {}
  for name, value in (text or ""):gmatch "([^&=]+)=([^&]*)" do
    query[decoded(name)] = decoded(value)
  end
  return query
end

local function list(request, options)
  local offset = math.tointeger(tonumber(request.query.offset or 0))
  local limit = math.tointeger(tonumber(request.query.limit or 30))
  if options.cap then limit = math.min(limit, options.cap) end
  local rows = json.array {}
  for i = offset, math.min(offset + limit, options.count) - 1 do
    rows[#rows + 1] = {
      id = ("00000000-0000-0000-0000-%012d"):format(i), name = "n" .. i, number = i,
      email = ("n%d@contoso.com"):format(i),
    }
  end
  if options.array then return rows end
  local page = { offset = offset, limit = limit, results = rows, totalCount = options.total,
    setId = options.set }
  if options.links ~= false then
    page._links = { self = { href = request.path } }
    if offset + #rows < options.count then
      page._links.next = { href = ("%s?limit=%d&offset=%d"):format(request.path, limit,
        offset + limit) }
    end
  end
  return page
end

local number = 0
local held = {} -- luacheck: ignore held (kept, so that they are not answered by their end)
while true do
  local request, why = listening:next(0.2)
  if why == "interrupted" then break end
  if request then
    local body = request:body()
    local answer
    if request.path:lower():find "/token$" then
      answer = { status = 200, body = token }
    else
      number = number + 1
      local seen = {
        method = request.method, path = request.path, query = query_of(request.query),
        body = body ~= "" and json.decode(body) or nil, number = number,
      }
      log:write(json.encode(seen), "\n")
      answer = script(seen, list)
    end
    if answer.hold then
      held[#held + 1] = request
    else
      request:reply { status = answer.status or 200,
        headers = { ["Content-Type"] = "application/json" },
        body = type(answer.body) == "table" and json.encode(answer.body) or answer.body or "" }
    end
  end
end
