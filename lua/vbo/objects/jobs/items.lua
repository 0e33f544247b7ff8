--- Declares what a backup job backs up and leaves out: its selected and excluded items (v2 and
--- later), and the mailboxes of v1.

local addressed = require "vbo.model.addressed"
local declare = require "vbo.model.declare"
local pipeline = require "vbo.request.pipeline"
local resource = require "vbo.model.resource"

local M = {}

---@class vbo.JobItem
---@field id string
---@field type string      User, Group, Site, Team, PartialOrganization, …
---@field mailbox boolean?
---@field archive_mailbox boolean?
---@field one_drive boolean?
---@field personal_site boolean?
local SelectedItem = resource.class {
  kind = "selected item", parameter = "itemId", label = "type", item = true,
  get = "Job_GetSelectedItem", list = "Job_GetSelectedItems", methods = {}, bulk = {},
}

local ExcludedItem = resource.class {
  kind = "excluded item", parameter = "itemId", label = "type", item = true,
  get = "Job_GetExcludedItem", list = "Job_GetExcludedItems", methods = {}, bulk = {},
}

---@class vbo.JobMailbox
---@field id string
---@field email string
---@field name string
local SelectedMailbox = resource.class {
  kind = "selected mailbox", plural = "selected_mailboxes", label = "email",
  list = "Job_GetSelectedMailboxes", methods = {}, bulk = {},
  names = declare.named("email", "name"),
}

local ExcludedMailbox = resource.class {
  kind = "excluded mailbox", plural = "excluded_mailboxes", label = "email",
  list = "Job_GetExcludedMailboxes", methods = {}, bulk = {},
  names = declare.named("email", "name"),
}

M.SelectedItem, M.ExcludedItem = SelectedItem, ExcludedItem
M.SelectedMailbox, M.ExcludedMailbox = SelectedMailbox, ExcludedMailbox

-- So many identifiers keep a request's line short.
local at_once = 50

-- Older versions remove an item by its path, newer ones by a query that names several, with
-- commas between.
local function remove(owner, ids, many, one)
  local by_path = owner._client._catalogue:operation(one)
  local step = by_path and 1 or at_once
  for from = 1, #ids, step do
    local path = owner:_path()
    path.itemId = ids[from]
    local named = table.concat(ids, ",", from, math.min(from + step - 1, #ids))
    local intent = {
      call = "remove", operation = pipeline.operation(owner._client, by_path and one or many),
      path = path, query = not by_path and { ids = named } or nil,
    }
    intent.subject = addressed.of(owner._client, intent.operation, intent)
    pipeline.call(owner._client, intent)
  end
end

local function removable(class, many, one)
  --- Takes the selected items out of the list.
  function class.bulk:remove()
    local ids = {}
    for i, item in ipairs(self:_all()) do ids[i] = item.id end
    remove(self._owner, ids, many, one)
  end

  --- Takes the item out of the list.
  function class.methods:remove() remove(self._owner, { self.id }, many, one) end
end

--- `:add(items)`: a user, group, site or team, a table such as { user = …, mailbox = true },
--- or a list of them; a second table takes `skip_item_update` (v8).
declare.listed(SelectedItem, "add", "Job_AddSelectedItems")

--- Adds excluded items, as `add` of selected items does.
declare.listed(ExcludedItem, "add", "Job_AddExcludedItems")

--- Writes an item as a whole (v3 and later).
declare.edit(SelectedItem, "Job_UpdateSelectedItems", { whole = true })
declare.edit(ExcludedItem, "Job_UpdateExcludedItems", { whole = true })

removable(SelectedItem, "Job_RemoveSelectedItems", "Job_RemoveSelectedItem")
removable(ExcludedItem, "Job_RemoveExcludedItems", "Job_RemoveExcludedItem")

declare.listed(SelectedMailbox, "add", "Job_AddSelectedMailboxes")
declare.listed(ExcludedMailbox, "add", "Job_AddExcludedMailboxes")

local function clearing(class, operation)
  --- Removes them all (v1): the interface's reference names no way to choose among them.
  function class.bulk:clear()
    self._owner:_call { call = "clear", operation = operation }
  end
end

clearing(SelectedMailbox, "Job_RemoveSelectedMailboxes")
clearing(ExcludedMailbox, "Job_RemoveExcludedMailboxes")

return M
