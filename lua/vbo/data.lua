--- What is backed up: data per repository, protected objects, restore points, retrievals.

local M = { client = {} }

return M
