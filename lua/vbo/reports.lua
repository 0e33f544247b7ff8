--- Reports of a server.

local M = { client = {} }

return M
