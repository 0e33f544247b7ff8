--- Makes failures on the way to a rehearsal server, by rules.
---
---   local weather = require("vbo.sim.weather").new { seed = 7 }
---   weather:add "operation=OneDrive*Save* nth=2 reset_at=5000"
---   weather:load "storm"
---   local strike = weather:strike(request)     nil without a fault; see `weather/strike.lua`
---
--- Rules apply in their order.  Latencies add up, and the lowest rate wins.  Of the faults that
--- decide an answer (a status, a reset, …) only that of the first rule that strikes applies.

local ascii = require "vbo.base.ascii"
local catalogue = require "vbo.catalogue"
local core = require "vbo.core"
local errors = require "vbo.base.error"
local files = require "vbo.sim.weather.file"
local json = require "vbo.base.json"
local read = require "vbo.sim.base.request"
local recent = require "vbo.sim.base.recent"
local rules = require "vbo.sim.weather.rule"
local strikes = require "vbo.sim.weather.strike"

local M = {}

local Weather = {}
Weather.__index = Weather

-- The number of recent requests whose strikes are counted.
local remembered = 10000

-- Returns a generator of numbers from 0 to 1 of its own seed: splitmix64.
local function dice(seed)
  local state = seed
  return function()
    state = state + 0x9E3779B97F4A7C15
    local z = state
    z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    return ((z ~ (z >> 31)) >> 11) / 2 ^ 53
  end
end

--- Returns weather without rules.
---@param options { seed: integer? }?
---@return table
function M.new(options)
  return setmetatable({
    seed = options and options.seed or 1, rules = {}, last = 0,
    streaks = recent.new(remembered),
  }, Weather)
end

--- Adds a rule; raises `usage` for a wrong one.
---@param given string|table
---@return integer id
function Weather:add(given) return self:add_all { given } end

--- Adds several rules; none where one of them is wrong.
---@return integer? id  of the last
function Weather:add_all(list)
  local made = {}
  for i, given in ipairs(list) do made[i] = rules.read(given) end
  for _, rule in ipairs(made) do
    self.last = self.last + 1
    rule.id, rule.seen, rule.struck = self.last, 0, 0
    rule.targets = recent.new(remembered)
    rule.dice = dice((rule.seed or self.seed) * 1000003 + rule.id)
    self.rules[#self.rules + 1] = rule
  end
  return made[1] and self.last
end

--- Adds the rules of a set ("storm"), a file or a table; see `weather/file.lua`.
---@param source string|table
function Weather:load(source)
  local list, seed = files.open(source)
  self.seed = seed or self.seed
  self:add_all(list)
end

--- Removes a rule, or all of them.
---@param id integer?
---@return boolean  whether the rule was there
function Weather:clear(id)
  if not id then
    self.rules = {}
    return true
  end
  for i, rule in ipairs(self.rules) do
    if rule.id == id then
      table.remove(self.rules, i)
      return true
    end
  end
  return false
end

--- Lists the rules and how often they struck.
---@return table[]
function Weather:list()
  local out = json.array {}
  for i, rule in ipairs(self.rules) do
    out[i] = { id = rule.id, rule = rule.text, seen = rule.seen, struck = rule.struck }
  end
  return out
end

-- Finds the operation of a request; nil where the API has none.
local function operation_of(request)
  local version = core.fold(request.path:match "^/([vV]%d+)/" or "")
  local good, known = pcall(catalogue.load, version)
  if not good then return nil end
  local found = known:match(request.method, request.path)
  if not found or not found.actions then return found, version end
  local value = read.json(request.body)
  local key = type(value) == "table" and next(value) or nil
  return key and found.actions[core.fold(tostring(key))], version
end

local function kind_of(operation)
  if operation.name == "token" then return "token" end
  return operation.class
end

-- Checks whether a rule applies to a request, which `about` describes.
local function concerns(rule, about)
  if rule.method and rule.method ~= about.method then return false end
  if rule.version and rule.version ~= about.version then return false end
  if rule.path and not about.path:find(rule.path) then return false end
  if rule.operation
      and not (about.operation and ascii.lower(about.operation):find(rule.operation)) then
    return false
  end
  return not rule.kind or rule.kind == about.kind
end

-- Checks whether a rule strikes a request that it applies to.
local function falls(rule, about)
  rule.seen = rule.seen + 1
  local place = rule.seen - (rule.after or 0)
  if place < 1 or rule.nth and place ~= rule.nth then return false end
  if rule.every and place % rule.every ~= 0 then return false end
  if rule.count and rule.struck >= rule.count then return false end
  local before = rule.per_target and rule.targets:get(about.target) or 0
  if rule.per_target and before >= rule.per_target then return false end
  return not rule.probability or rule.dice() < rule.probability
end

local function take(rule, about)
  rule.struck = rule.struck + 1
  if rule.per_target then
    rule.targets:set(about.target, (rule.targets:get(about.target) or 0) + 1)
  end
end

-- Counts how often the same request of a client was struck in a row, over all rules: `streak`
-- limits them together.
local function in_a_row(self, about) return self.streaks:get(about.row) or 0 end

local function decides(rule)
  for _, name in ipairs(rules.decisive) do
    if rule[name] then return true end
  end
  return false
end

local function describe(request)
  local operation, version = operation_of(request)
  local target = ("%s %s?%s"):format(request.method, request.path, request.query or "")
  return {
    method = ascii.upper(request.method), path = core.fold(request.path), version = version,
    operation = operation and operation.name, kind = operation and kind_of(operation),
    target = target, row = target .. "\0" .. (request.headers.authorization or ""),
  }
end

--- Returns the strike that meets a request; nil without one.
---@param request table  of `app:handle`
---@return vbo.sim.Strike?
function Weather:strike(request)
  if #self.rules == 0 or request.path:find "^/sim/" or request.path == "/sim" then return nil end
  local about, strike, decided = describe(request), nil, false
  for _, rule in ipairs(self.rules) do
    local decisive = decides(rule)
    local spared = decisive and (decided or rule.streak and in_a_row(self, about) >= rule.streak)
    if concerns(rule, about) and falls(rule, about) and not spared then
      take(rule, about)
      strike = strike or strikes.new(about)
      strike:add(rule)
      decided = decided or decisive
    end
  end
  self.streaks:set(about.row, decided and in_a_row(self, about) + 1 or nil)
  return strike
end

--- Adds the rules of a request body of the admin interface: a rule, a list of them, the name of a
--- set, or { seed =, rules = }.  It loads no files.
---@param value any
---@return integer? id
function Weather:post(value)
  if type(value) == "string" and not value:find "=" then
    for _, name in ipairs(files.names()) do
      if value == name then
        self:load(value)
        return self.last
      end
    end
  end
  if type(value) == "string" then return self:add(value) end
  if type(value) ~= "table" then errors.usage "weather: a rule or a list of rules was expected" end
  self:load(value)
  return self.last
end

return M
