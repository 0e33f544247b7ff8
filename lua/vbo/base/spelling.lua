--- How names are spelled: by the API, whose versions differ in case, and by a runbook.

local ascii = require "vbo.base.ascii"

local M = {}

--- What is left when neither case nor underscores count: "skipUnresolved", "SkipUnresolved"
--- and "skip_unresolved" are one name.
---@param name string
---@return string
function M.squash(name) return (ascii.lower(name):gsub("_", "")) end

--- A name of the API as a runbook writes it: "skip_unresolved" for "skipUnresolved".
---@param name string
---@return string
function M.spelled(name) return (ascii.lower(name:gsub("(%l)(%u)", "%1_%2"))) end

return M
