--- Restore operators: roles, their operators and what they may restore.

local M = { client = {} }

return M
