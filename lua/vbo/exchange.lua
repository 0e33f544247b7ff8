--- Mailboxes in a restore session: folders, items, and what can be done with them.

local collection = require "vbo.collection"
local filename = require "vbo.filename"
local resource = require "vbo.resource"
local save = require "vbo.save"
local workload = require "vbo.workload"

local function names_mailbox(record, name)
  local word = name:lower()
  return (type(record.email) == "string" and record.email:lower() == word)
    or (type(record.name) == "string" and record.name:lower() == word)
end

local function same_name(record, name)
  return type(record.name) == "string" and record.name:lower() == name:lower()
end

---@class vbo.Mailbox
---@field id string
---@field name string
---@field email string
local Mailbox = resource.class {
  kind = "mailbox", plural = "mailboxes", parameter = "mailboxId", selection = "mailboxes",
  get = "ExchangeMailbox_GetById", list = "ExchangeMailbox_Get", names = names_mailbox,
  methods = {}, bulk = {},
}

---@class vbo.MailboxFolder
---@field id string
---@field name string
local Folder = resource.class {
  kind = "folder", parameter = "folderId",
  get = "ExchangeFolder_GetByFolderId", list = "ExchangeFolder_Get", names = same_name,
  methods = {}, bulk = {},
}

---@class vbo.MailboxItem
---@field id string
---@field subject string
---@field from string
---@field to string
---@field received string?  ISO 8601
local Item = resource.class {
  kind = "item", parameter = "itemId", selection = "items", label = "subject",
  get = "ExchangeItem_GetById", list = "ExchangeItem_Get", methods = {}, bulk = {},
}

function Mailbox.methods:_session() return self._owner end
function Folder.methods:_session() return self._owner:_session() end
function Item.methods:_session() return self._owner:_session() end

local tree = { recursive = "boolean" }

--- Folders. With a list: a selection of them. `recursive = false`: only the top level.
---@param given table?
function Mailbox.methods:folders(given)
  local top = type(given) == "table" and given.recursive == false
  return collection.of(Folder, self, given, {
    accepts = tree, query = { parent = top and self._client._dialect:root() or nil },
  })
end

--- One folder by id, name, or path from the top ("Inbox/Projects").
---@param name any
function Mailbox.methods:folder(name)
  if type(name) == "string" and name:find("/", 2, true) and #name < 60 then
    local folder
    for part in name:gmatch "[^/]+" do
      folder = folder and folder:folder(part) or resource.from_name(Folder, self, part,
        { parent = self._client._dialect:root() })
    end
    return folder
  end
  return resource.reference(Folder, self, name)
end

--- All items of the mailbox. With a list: a selection of them.
---@param given table?
function Mailbox.methods:items(given)
  return collection.of(Item, self, given)
end

--- One item by its id.
---@param id any
function Mailbox.methods:item(id) return resource.reference(Item, self, id) end

--- Folders directly in this one.
---@param given table?
function Folder.methods:folders(given)
  return collection.of(Folder, self._owner, given, { query = { parent = self.id } })
end

--- One folder directly in this one.
---@param name any
function Folder.methods:folder(name)
  return resource.reference(Folder, self._owner, name, { parent = self.id })
end

--- Items directly in this folder.
---@param given table?
function Folder.methods:items(given)
  return collection.of(Item, self._owner, given, { query = { folder_id = self.id } })
end

-- --------------------------------------------------------- exporting, saving

-- A PST larger than the limit is split by the server and comes as a ZIP of its parts (v4
-- and later); the limit has a switch of its own.
local function export(self, operation, given, name)
  local own, rest = save.split(given, "export")
  if rest.size_limit ~= nil then rest.enable_pst_size_limit = true end
  return workload.stream(self, "export", operation, own, rest,
    filename.safe(name) .. (rest.size_limit and ".zip" or ".pst"))
end

--- Exports to a PST file.  The server needs a 64-bit Outlook; one export at a time.
---
--- Options: `to`, `overwrite`, `fsync`, `progress`, `deadline`; `keyword` (only items with
--- it), `size_limit` (bytes a part; v4 and later: the answer is a ZIP of parts).
---@param given table?
---@return vbo.Saved
function Mailbox.methods:export(given)
  return export(self, "ExchangeMailbox_ExportMailboxToPstAction", given, self.email or self.name)
end

--- As `Mailbox:export`, for the folder.
function Folder.methods:export(given)
  return export(self, "ExchangeFolder_ExportToPstAction", given, self.name)
end

--- As `Mailbox:export`, for one item.
function Item.methods:export(given)
  local named = given and type(given) == "table" and given.to
  return export(self, "ExchangeItem_ExportItemToPstAction", given, named and "item" or self.subject)
end

--- As `Mailbox:export`, for the selected items in one file.
function Item.bulk:export(given)
  return export(self, "ExchangeItem_ExportItemsToPstAction", given, "items")
end

--- Exports each of the selected mailboxes, one after the other, to `to` (a folder).
---@return vbo.Saved[]
function Mailbox.bulk:export(given)
  local own = save.split(given, "export")
  local mailboxes = workload.selected(self, "export")
  local folder = save.folder({ to = own.to or "." })
  local unique, saved = filename.unique(), {}
  for i, mailbox in ipairs(mailboxes) do
    local options = {}
    for name, value in pairs(given or {}) do options[name] = value end
    options.to = folder .. "/" .. unique(filename.safe(mailbox.email or mailbox.name)
      .. (options.size_limit and ".zip" or ".pst"))
    saved[i] = mailbox:export(options)
  end
  return saved
end

--- Saves the item as an Outlook message (.msg).
---
--- Options: `to`, `overwrite`, `fsync`, `progress`, `deadline`.
---@param given table?
---@return vbo.Saved
function Item.methods:save(given)
  local own, rest = save.split(given, "save")
  local named = own.to and not self._record
  return workload.stream(self, "save", "ExchangeItem_SaveItemAction", own, rest,
    filename.safe(named and "message" or self.subject, "message") .. ".msg")
end

--- Saves the selected items, as the server packs them: a ZIP archive of messages.
---@param given table?
---@return vbo.Saved
function Item.bulk:save(given)
  local own, rest = save.split(given, "save")
  return workload.stream(self, "save", "ExchangeItem_SaveItems", own, rest, "items.zip")
end

-- --------------------------------------------------------------- restoring

--- Restores to the mailbox it came from.
---
--- Options: the account that writes (`user`, `password`, or `user_code`, or
--- `application_id` …, `impersonation_account_name`); `wait`, `allow_partial`.
---@param given table?
---@return vbo.Statistics
function Mailbox.methods:restore(given)
  return workload.restore(self, "restore", "ExchangeMailbox_RestoreMailboxAction", given)
end

--- As `Mailbox:restore`, for the folder.
function Folder.methods:restore(given)
  return workload.restore(self, "restore", "ExchangeFolder_RestoreAction", given)
end

--- As `Mailbox:restore`, for one item.
function Item.methods:restore(given)
  return workload.restore(self, "restore", "ExchangeItem_RestoreItemAction", given)
end

--- As `Mailbox:restore`, for the selected items in one call.
function Item.bulk:restore(given)
  return workload.restore(self, "restore", "ExchangeItem_RestoreItemsAction", given)
end

--- Restores several mailboxes in one call (v3 and later); `skip_unresolved` leaves out
--- mailboxes whose user is gone; also `on_premises_user`, `domain_name`, `cas_server` ….
function Mailbox.bulk:restore(given)
  return workload.restore(self, "restore", "ExchangeMailbox_RestoreMailboxesAction", given)
end

-- v3 refuses a restoreTo that does not name every exclude option; false is what their
-- absence means elsewhere.  A single item has nothing to exclude.
local nothing_excluded = {
  exclude_drafts = false, exclude_deleted_items = false,
  exclude_in_place_hold_items = false, exclude_litigation_hold_items = false,
}

--- Restores to another mailbox.
---
--- Options: `mailbox` (its address), `folder`, `cas_server`, `changed`, `deleted`, `unread`,
--- `exclude_drafts`, `exclude_deleted_items`, `exclude_in_place_hold_items`,
--- `exclude_litigation_hold_items` (false unless told), and the account as for `restore`.
---@param given table
---@return vbo.Statistics
function Mailbox.methods:restore_to(given)
  return workload.restore(self, "restore_to", "ExchangeMailbox_RestoreMailboxToAction", given,
    nothing_excluded)
end

--- As `Mailbox:restore_to`, for the folder.
function Folder.methods:restore_to(given)
  return workload.restore(self, "restore_to", "ExchangeFolder_RestoreToAction", given,
    nothing_excluded)
end

--- As `Mailbox:restore_to`, for one item.
function Item.methods:restore_to(given)
  return workload.restore(self, "restore_to", "ExchangeItem_RestoreItemToAction", given)
end

--- As `Mailbox:restore_to`, for the selected items in one call.
function Item.bulk:restore_to(given)
  return workload.restore(self, "restore_to", "ExchangeItem_RestoreItemsToAction", given,
    nothing_excluded)
end

-- ----------------------------------------------------------------- sending

local function recipient(given) return type(given) == "table" and given.to ~= nil end

--- Sends the item: without `to` to the address it belongs to, with `to` to another one.
--- The server's e-mail settings for Exchange must be configured.
---
--- Options: `from`, `to`, `subject`, `text`.
---@param given table?
function Item.methods:send(given)
  local operation = recipient(given) and "ExchangeItem_SendItemToDifferentAddressAction"
    or "ExchangeItem_SendItemToDefaultAddressAction"
  return workload.send(self, "send", operation, given)
end

--- As `Item:send`, for the selected items.
function Item.bulk:send(given)
  local operation = recipient(given) and "ExchangeItem_SendItemsToDifferentAddressAction"
    or "ExchangeItem_SendItemsToDefaultAddressAction"
  return workload.send(self, "send", operation, given)
end

return { Mailbox = Mailbox, Folder = Folder, Item = Item }
