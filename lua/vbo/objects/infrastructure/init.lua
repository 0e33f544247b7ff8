--- Declares accounts and encryption keys of the infrastructure.

local declare = require "vbo.model.declare"
local resource = require "vbo.model.resource"

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

--- `client:encryption_keys():create{ password=, description= }`.
declare.create(EncryptionKey, "EncryptionKey_AddEncryptionKey")

--- Removes the key.
declare.remove(EncryptionKey, "EncryptionKey_RemoveEncryptionKey")

return { Account = Account, EncryptionKey = EncryptionKey }
