-- Account, EncryptionKey
local vbo = require "vbo"
local client <close> = vbo.connect()
for account in client:accounts():each() do print(account.account_type, account.description) end
for key in client:encryption_keys():each() do print(key.description) end
