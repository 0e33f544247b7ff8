--- How names are spelled: by the API, whose versions differ in case, and by a runbook.

local M = {}

--- What is left when neither case nor underscores count: "skipUnresolved", "SkipUnresolved"
--- and "skip_unresolved" are one name.
---@param name string
---@return string
function M.squash(name) return (name:lower():gsub("_", "")) end

--- A name of the API as a runbook writes it: "skip_unresolved" for "skipUnresolved".
---@param name string
---@return string
function M.spelled(name) return (name:gsub("(%l)(%u)", "%1_%2"):lower()) end

return M
