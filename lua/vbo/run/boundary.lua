--- Marks the boundaries of a step, between which a crash leaves the journal in another state.
---
--- The function does nothing.  A test replaces it by one that ends the process there.

local M = {}

--- Reaches a boundary: "before-intent" (nothing is written of the step), "intent" (its intent is
--- committed, nothing is sent), "left" (the request was handed to the core), "answered" (the answer
--- is there, and the journal does not know), "accepted" (the server's background session is
--- committed), "before-outcome" (what became of the step is known here only), "outcome" (it is
--- committed).
---@param name string
function M.at(name) end -- luacheck: ignore name

return M
