--- Settings, the licence, audit, events and health of a server.

local M = { client = {} }

return M
