--- Runs a rehearsal server until a signal comes: `vbolua sim` without a subcommand.

local clock = require "vbo.sim.state.clock"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"

local M = {}

local function address_and_port(text)
  local address, port = text:match "^%[(.+)%]:(%d+)$"
  if not address then address, port = text:match "^([^:]*):(%d+)$" end
  port = math.tointeger(tonumber(port))
  if not port or port > 65535 then
    errors.usage(("--listen must be ADDR:PORT, got '%s'"):format(text),
      "write it as 127.0.0.1:4443")
  end
  return address ~= "" and address or "127.0.0.1", port
end

local function zone(text)
  return clock.zone(text)
    or errors.usage(("--zone must be +HH:MM or -HH:MM, got '%s'"):format(text),
      "write it as +01:00")
end

local function seconds(name, least)
  return function(text)
    local value = math.tointeger(tonumber(text))
    if not value or value < least then
      errors.usage(("%s must be a whole number of seconds, at least %d, got '%s'"):format(name,
        least, text))
    end
    return value
  end
end

local function whole(text)
  return math.tointeger(tonumber(text))
    or errors.usage(("--seed must be a whole number, got '%s'"):format(text))
end

local function choice(name)
  return function(text)
    local why = require("vbo.sim.http.admin_sessions").wrong(name, text)
    if why then errors.usage("--" .. name .. ", got '" .. text .. "': " .. why) end
    return text
  end
end

local function uuid(text)
  if not text:find("^%x+%-%x+%-%x+%-%x+%-%x+$") or #text ~= 36 then
    errors.usage(("--installation must be a UUID, got '%s'"):format(text))
  end
  return text
end

local function filled(name)
  return function(text)
    if text == "" then errors.usage(name .. " must not be empty") end
    return text
  end
end

local readers = {
  ["--listen"] = address_and_port, ["--user"] = filled "--user",
  ["--password"] = filled "--password", ["--world"] = filled "--world",
  ["--token-lifetime"] = seconds("--token-lifetime", 1),
  ["--session-idle"] = seconds("--session-idle", 0), ["--zone"] = zone, ["--seed"] = whole,
  ["--session-kept"] = seconds("--session-kept", 0), ["--ids"] = choice "ids",
  ["--events"] = choice "events", ["--installation"] = uuid,
  ["--weather"] = filled "--weather", ["--fault"] = filled "--fault",
}

-- Options without a value.
local flags = { ["--deaf"] = true, ["--no-outlook"] = true, ["--no-schedules"] = true }

--- The options by name, as `vbolua complete` offers them.
---@type table<string, "value"|"flag">
M.options = {}
for name in pairs(readers) do M.options[name:sub(3)] = "value" end
for name in pairs(flags) do M.options[name:sub(3)] = "flag" end

-- Reads "--name value" and "--name=value".
local function options_of(arguments)
  local found, i, names = {}, 1, {}
  for name in pairs(readers) do names[#names + 1] = name end
  table.sort(names)
  found.weather = {}
  while arguments[i] do
    local name, value = arguments[i]:match "^(%-%-[^=]+)=(.*)$"
    name = name or arguments[i]
    local reader = readers[name]
    if flags[arguments[i]] then
      reader, value = function() return true end, ""
    elseif not reader then
      local near = nearest(name, names)
      errors.usage("unknown option: " .. name, near and "did you mean " .. near .. "?" or nil)
    end
    if not value then
      i = i + 1
      value = arguments[i] or errors.usage(name .. " needs a value")
    end
    found[name] = table.pack(reader(value))
    if name == "--weather" or name == "--fault" then
      table.insert(found.weather, { value, rule = name == "--fault" })
    end
    i = i + 1
  end
  return found
end

-- Makes the weather of the command line, its rules in the order given there.
local function weather_of(given)
  local weather = require("vbo.sim.weather").new { seed = given["--seed"] and given["--seed"][1] }
  for _, each in ipairs(given.weather) do
    if each.rule then weather:add(each[1]) else weather:load(each[1]) end
  end
  return weather
end

--- Runs the server.
---@param arguments string[]
---@return integer status
function M.run(arguments)
  local server = require "vbo.sim.http.serve"
  local given = options_of(arguments)
  local function option(name) return given[name] and given[name][1] or nil end
  local world, message = require("vbo.sim.world").open(option "--world" or "demo")
  if not world then errors.usage(message) end
  local listen = given["--listen"] or { "127.0.0.1", 4443 }
  server.run {
    address = listen[1], port = listen[2], ready = server.announce, deaf = option "--deaf",
    weather = weather_of(given),
    log = function(text) io.stderr:write("vbolua sim: ", text, "\n") end,
    app = {
      world = world, user = option "--user", password = option "--password",
      token_lifetime = option "--token-lifetime", zone = option "--zone",
      no_outlook = option "--no-outlook", no_schedules = option "--no-schedules",
      session_idle = option "--session-idle", session_kept = option "--session-kept",
      ids = option "--ids", events = option "--events", installation = option "--installation",
    },
  }
  return 0
end

return M
