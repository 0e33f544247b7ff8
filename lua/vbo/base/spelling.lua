--- Converts names between the API's spelling, whose versions differ in case, and a runbook's.

local ascii = require "vbo.base.ascii"

local M = {}

--- Removes case and underscores: "skipUnresolved", "SkipUnresolved" and "skip_unresolved" are one
--- name.
---@param name string
---@return string
function M.squash(name) return (ascii.lower(name):gsub("_", "")) end

--- Returns a name of the API as a runbook writes it: "skip_unresolved" for "skipUnresolved".
---@param name string
---@return string
function M.spelled(name) return (ascii.lower(name:gsub("(%l)(%u)", "%1_%2"))) end

return M
