--- Repositories, object storage, proxies, pools, accounts and encryption keys.

local declare = require "vbo.model.declare"
local proxies = require "vbo.objects.infrastructure.proxies"
local repositories = require "vbo.objects.infrastructure.repositories"
local resource = require "vbo.model.resource"

local M = { client = {} }

for _, part in ipairs { repositories, proxies } do
  for name, value in pairs(part) do
    if name ~= "client" then M[name] = value end
  end
  for name, method in pairs(part.client) do M.client[name] = method end
end

---@class vbo.Account
---@field id string
---@field account_type string  azureBlobAccount, amazonS3Account or amazonS3CompatibleAccount
---@field user_name string
---@field description string?
local Account = resource.class {
  kind = "account", parameter = "accountId", rooted = true, label = "userName",
  get = "Account_GetAccount", list = "Account_GetAccounts", methods = {}, bulk = {},
  names = declare.named("userName", "description"),
}

--- `client:accounts()`, from v6 on with the filters `name`, `account_type`, `organization`;
--- `client:account(name)` by id, user name or description (v4 and later).
declare.children(M.client, "accounts", "account", Account)

--- `client:accounts():create{ account_type=, user=, password=, description= }`.
declare.create(Account, "Account_AddAccount")

--- Changes what is given and keeps the rest.
declare.edit(Account, "Account_UpdateAccount")

--- Removes the account.
declare.remove(Account, "Account_RemoveAccount")

---@class vbo.EncryptionKey
---@field id string
---@field description string?
local EncryptionKey = resource.class {
  kind = "encryption key", parameter = "keyId", rooted = true, label = "description",
  get = "EncryptionKey_GetEncryptionKeyById", list = "EncryptionKey_GetEncryptionKey",
  methods = {}, bulk = {}, names = declare.named "description",
}

--- `client:encryption_keys()`, from v6 on with the filters `description`, `organization`;
--- `client:encryption_key(name)` by id or description (v4 and later).
declare.children(M.client, "encryption_keys", "encryption_key", EncryptionKey)

--- `client:encryption_keys():create{ password=, description= }`.
declare.create(EncryptionKey, "EncryptionKey_AddEncryptionKey")

--- Removes the key.
declare.remove(EncryptionKey, "EncryptionKey_RemoveEncryptionKey")

M.Account, M.EncryptionKey = Account, EncryptionKey

return M
