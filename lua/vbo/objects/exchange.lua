--- Declares mailboxes in a restore session: folders, items, and what can be done with them.

local capability = require "vbo.client.capability"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local fields = require "vbo.model.fields"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"
local verbs = require "vbo.model.verbs"

-- A person's archive has the address of the mailbox: the address means the mailbox, and the
-- archive goes by its name.
local named, by_name = declare.named("email", "name"), declare.named "name"
local function by_address(record, text)
  if fields.read(record, "isArchive") == true then return by_name(record, text) end
  return named(record, text)
end

---@class vbo.Mailbox
---@field id string
---@field name string
---@field email string
local Mailbox = resource.class {
  kind = "mailbox", plural = "mailboxes", parameter = "mailboxId", selection = "mailboxes",
  get = "ExchangeMailbox_GetById", list = "ExchangeMailbox_Get", root = true,
  names = by_address,
}

---@class vbo.MailboxFolder
---@field id string
---@field name string
local Folder = resource.class {
  kind = "folder", parameter = "folderId",
  get = "ExchangeFolder_GetByFolderId", list = "ExchangeFolder_Get", names = tree.same_name,
}

---@class vbo.MailboxItem
---@field id string
---@field subject string
---@field from string
---@field to string
---@field received string?  ISO 8601, UTC
local Item = resource.class {
  kind = "item", parameter = "itemId", selection = "items", label = "subject",
  get = "ExchangeItem_GetById", list = "ExchangeItem_Get",
}

for _, class in ipairs { Mailbox, Folder, Item } do class.methods._session = tree.session end

local items = {
  plural = "items", singular = "item", class = Item, query = "folder_id", flat = true,
}
tree.browse(Mailbox.methods, Folder, { root = true, base64 = true, leaves = { items } })
tree.browse(Folder.methods, Folder, { base64 = true, leaves = { items } })

Item.search = tree.searched {
  mailbox = "ExchangeMailbox_SearchByIdByOptions", folder = "ExchangeFolder_SearchByOptions",
}
-- Several mailboxes are searched for items.
Mailbox.search = {
  operation = "ExchangeMailbox_SearchByOptions", class = Item,
  owner = tree.owner_of(Mailbox, "mailbox_id", "mailboxes"),
}

-- --------------------------------------------------------- exporting, saving

local M = { Mailbox = Mailbox, Folder = Folder, Item = Item }

--- Returns the extension of an export: a PST larger than the limit is split by the server and comes
--- as a ZIP of its parts (v4 and later).
---@param options table
---@return string
function M.export_extension(_, options) return options.size_limit and ".zip" or ".pst" end

--- Sets the switch of its own that the limit has, where the version has a limit; the others
--- refuse the option itself.
---@param options table
---@param self table  what is exported
---@return table
function M.export_options(options, self)
  if options.size_limit ~= nil and capability.has(self._client._catalogue, "size_limit") then
    options.enable_pst_size_limit = true
  end
  return options
end

local exporting = "Exports to a PST file.  The server needs a 64-bit Outlook; one export at a "
  .. "time.  Options: `keyword` (only items with it), `size_limit` (bytes a part; v4 and "
  .. "later: the answer is a ZIP of parts)."

for class, operations in pairs {
  [Mailbox] = { one = "ExchangeMailbox_ExportMailboxToPstAction", each = true },
  [Folder] = { one = "ExchangeFolder_ExportToPstAction" },
  [Item] = { one = "ExchangeItem_ExportItemToPstAction",
    many = "ExchangeItem_ExportItemsToPstAction" },
} do
  verbs.save(class, "export", operations, {
    doc = exporting, extension = M.export_extension, prepare = M.export_options,
    named = function(self) return self.email or self.subject or self.name end,
    files = function(options) return "items" .. M.export_extension(nil, options) end,
  })
end

verbs.save(Item, "save", { one = "ExchangeItem_SaveItemAction", many = "ExchangeItem_SaveItems" }, {
  doc = "Saves the item as an Outlook message (.msg); selected ones as the server packs them, "
    .. "in an archive.",
  named = function(self) return self.subject end, fallback = "message",
  extension = function() return ".msg" end, files = "items.zip", loose = true,
})

-- --------------------------------------------------------------- restoring

-- v3 to v5 refuse a restoreTo that does not name every exclude option; false is what
-- their absence means elsewhere.  A single item has nothing to exclude.
local nothing_excluded = {
  exclude_drafts = false, exclude_deleted_items = false,
  exclude_in_place_hold_items = false, exclude_litigation_hold_items = false,
}

local restoring = "Restores to the mailbox it came from.  Options: the account that writes "
  .. "(`user`, `password`, or `user_code`, or `application_id` …, "
  .. "`impersonation_account_name`); for items and folders `changed`, `deleted`, `unread`; "
  .. "`wait`, `allow_partial`; `operator`, `reason`, `folder` (items, v6 and later).  Several "
  .. "mailboxes (v3 and later): `skip_unresolved`, `on_premises_user`, `domain_name`, …"

local elsewhere = "Restores to another mailbox.  Options: `mailbox` (its address), `folder`, "
  .. "`cas_server`, `changed`, `deleted`, `unread`, `exclude_drafts`, `exclude_deleted_items`, "
  .. "`exclude_in_place_hold_items`, `exclude_litigation_hold_items` (default false), and "
  .. "the account as for `restore`."

local instead = "they restore items: mailbox:items():restore{…}"

for class, operations in pairs {
  -- v2 has a call for all mailboxes, later versions one for those that are named.
  [Mailbox] = { one = "ExchangeMailbox_RestoreMailboxAction",
    many = { "ExchangeMailbox_RestoreMailboxesToOriginalLocationAction",
      "ExchangeMailbox_RestoreMailboxesAction" } },
  [Folder] = { one = "ExchangeFolder_RestoreAction" },
  [Item] = { one = "ExchangeItem_RestoreItemAction", many = "ExchangeItem_RestoreItemsAction" },
} do
  verbs.restore(class, "restore", operations, {
    doc = restoring, instead = instead,
    -- Several mailboxes are restored by the action that restores elsewhere, up to v5.
    defaults = class == Mailbox and nothing_excluded or nil,
    operator = class == Item and { operation = "ExchangeItem_OperatorRestore" } or nil,
  })
end

local function addressed(options, _, call)
  if options.mailbox == nil then
    errors.usage(call .. " needs the option 'mailbox': the address that receives it")
  end
  return options
end

local function restore_to(class, operations, defaults)
  verbs.restore(class, "restore_to", operations, {
    doc = elsewhere, defaults = defaults, prepare = addressed,
    instead = "they restore to where an item was, or into a folder there",
  })
end

-- All mailboxes into one: v2 alone.
restore_to(Mailbox, {
  one = "ExchangeMailbox_RestoreMailboxToAction", many = "ExchangeMailbox_RestoreMailboxesAction",
}, nothing_excluded)
restore_to(Folder, { one = "ExchangeFolder_RestoreToAction" }, nothing_excluded)
restore_to(Item, { many = "ExchangeItem_RestoreItemsToAction" }, nothing_excluded)
restore_to(Item, { one = "ExchangeItem_RestoreItemToAction" })

-- ----------------------------------------------------------------- sending

local sending = "Sends by mail: without `to` to the address it belongs to, with `to` to another "
  .. "one.  The server's e-mail settings for Exchange must be configured.  Options: `from`, "
  .. "`to`, `subject`, `text`."

verbs.send(Item, "send", {
  one = "ExchangeItem_SendItemToDefaultAddressAction",
  many = "ExchangeItem_SendItemsToDefaultAddressAction",
}, {
  doc = sending,
  elsewhere = {
    one = "ExchangeItem_SendItemToDifferentAddressAction",
    many = "ExchangeItem_SendItemsToDifferentAddressAction",
  },
})

return M
