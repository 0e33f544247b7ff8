--- Shows a runbook its own run: `vbo.run.id`, `.reason`, `.arguments`, `.planned`.

local errors = require "vbo.base.error"
local states = require "vbo.run.state"

---@class vbo.Run  what a runbook reads of its own run: `vbo.run`
---@field id string           "20261130-182152-3f9c7a"
---@field reason string?      `--reason`
---@field arguments string[]  those of the script
---@field planned boolean     the changes are collected and not sent

local read = {
  id = function(self) return self.name end,
  reason = function(self) return self.options.reason end,
  arguments = function() return states.arguments() end,
  planned = function() return false end,
}

---@type vbo.Run
return setmetatable({}, {
  __name = "vbo.run",
  __index = function(_, name)
    local get = read[name]
    local self = states.state()
    if get == nil then return nil end
    if not self then return name == "planned" and false or nil end
    return get(self)
  end,
  __newindex = function() errors.usage "vbo.run cannot be changed" end,
  __pairs = function(self)
    local names, at = { "arguments", "id", "planned", "reason" }, 0
    return function()
      at = at + 1
      if names[at] then return names[at], self[names[at]] end
    end
  end,
})
