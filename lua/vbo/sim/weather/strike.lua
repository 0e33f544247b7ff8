--- Applies the weather to one request: before it is carried out, and to its answer.

local refusal = require "vbo.sim.base.refusal"
local streams = require "vbo.sim.formats.streams"

local M = {}

---@class vbo.sim.Strike
---@field rules integer[]        the ids of the rules that struck
---@field new_certificate boolean?
local Strike = {}
Strike.__index = Strike

--- Returns a strike without effects.
---@param about table  describes the request
---@return vbo.sim.Strike
function M.new(about) return setmetatable({ about = about, rules = {}, delay = 0 }, Strike) end

-- Draws a value from a range, a whole number where its ends are.
local function draw(rule, span)
  local low, high = span[1], span[2]
  if low == high then return low end
  if math.type(low) == "integer" then
    return low + math.tointeger(rule.dice() * (high - low + 1) // 1)
  end
  return low + rule.dice() * (high - low)
end

-- The keys that are copied or drawn from their range.
local plain = { "status", "html", "message", "forget_tokens", "restart", "new_certificate",
  "reset", "abort", "hang", "lost", "overlong", "unframed", "token_lifetime",
  "break_after" }
local drawn = { "retry_after", "reset_at", "truncate_at", "stall_at" }

--- Adds the effects of a rule.
---@param rule vbo.sim.Rule
function Strike:add(rule)
  self.rules[#self.rules + 1] = rule.id
  if rule.latency then self.delay = self.delay + draw(rule, rule.latency) end
  if rule.ttfb then self.ttfb = (self.ttfb or 0) + draw(rule, rule.ttfb) end
  if rule.rate then self.rate = math.min(rule.rate, self.rate or rule.rate) end
  for _, name in ipairs(plain) do
    if rule[name] ~= nil and self[name] == nil then self[name] = rule[name] end
  end
  for _, name in ipairs(drawn) do
    if rule[name] and self[name] == nil then self[name] = draw(rule, rule[name]) end
  end
end

local titles = {
  [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found", [409] = "Conflict",
  [429] = "Too Many Requests", [500] = "Internal Server Error", [502] = "Bad Gateway",
  [503] = "Service Unavailable", [504] = "Gateway Timeout",
}

local function refused(strike)
  local title = titles[strike.status] or "Trouble"
  local message = strike.message or title .. " (weather of the rehearsal server)"
  local answer = { status = strike.status, headers = {} }
  if strike.status == 401 then answer.headers["www-authenticate"] = "Bearer" end
  if strike.retry_after then answer.headers["retry-after"] = tostring(strike.retry_after) end
  if strike.html then
    answer.headers["content-type"] = "text/html; charset=utf-8"
    answer.body = ("<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body>"
      .. "</html>\n"):format(title, message:gsub("[<>&]", ""))
  else
    local number = tonumber((strike.about.version or "v8"):match "%d+")
    answer.json = refusal.render(refusal.make(strike.status, message), number)
  end
  return answer
end

-- Restarts the service: it forgets sessions and tokens; production and jobs stay.
local function restart(app)
  app.auth:forget()
  for _, session in ipairs(app.store.working) do session:stop() end
  app.store:forget_sessions()
end

--- Returns the answer in place of the app's; nil where the app answers.
---@param app table
---@return table? answer
function Strike:instead(app)
  if self.restart then restart(app) end
  if self.forget_tokens then app.auth:forget() end
  if self.status then return refused(self) end
  if self.restart or self.new_certificate or self.reset or self.abort or self.hang then
    return { status = 503, headers = {}, body = "" }
  end
  return nil
end

--- Lets the app answer under the effects that change how it does.
---@param app table
---@param request table
function Strike:through(app, request)
  local usual <const> = app.auth.lifetime
  app.auth.lifetime = self.token_lifetime or usual
  app.break_after = self.break_after
  local answer = app:handle(request)
  app.auth.lifetime, app.break_after = usual, nil
  return answer
end

-- Announces fewer bytes than the answer has.  The size of a ZIP is unknown beforehand: 1 KiB.
local function overlong(answer, more, wire)
  local stream = answer.stream
  if not stream then
    wire.content_length = tostring(#answer.body)
    answer.body = answer.body .. ("x"):rep(more)
  elseif stream.kind == "bytes" then
    wire.content_length = tostring(#stream.data)
    answer.stream = streams.bytes(stream.data .. ("x"):rep(more))
  elseif stream.kind == "generate" then
    wire.content_length = tostring(stream.size)
    answer.stream = { kind = "generate", seed = stream.seed, size = stream.size + more }
  else
    wire.content_length = "1024"
  end
end

--- Returns the faults of an answer on its way: fields of `request:reply`.
---@param answer table  its body or stream may be replaced
---@return table wire
function Strike:wire(answer)
  local wire = {
    rate = self.rate, reset_at = self.reset_at, truncate_at = self.truncate_at,
    stall_at = self.stall_at, abort = self.abort, unframed = self.unframed,
    reset = self.reset or self.lost or self.restart or self.new_certificate, stall = self.hang,
  }
  local delay = self.delay + (answer.stream and self.ttfb or 0)
  if delay > 0 then wire.delay = delay end
  if self.overlong and self.overlong > 0 then overlong(answer, self.overlong, wire) end
  return wire
end

return M
