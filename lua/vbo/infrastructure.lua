--- Repositories, object storage, proxies, pools, accounts and encryption keys.

local M = { client = {} }

return M
