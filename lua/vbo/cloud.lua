--- What a cloud account holds: Azure, Amazon and S3-compatible resources.

local M = { client = {} }

return M
