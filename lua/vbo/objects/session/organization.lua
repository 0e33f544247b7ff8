--- Declares the organization in a restore session: what is done to all of its backup at once.

local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local exchange = require "vbo.objects.exchange"
local fields = require "vbo.model.fields"
local resource = require "vbo.model.resource"
local restore = require "vbo.model.restore"
local teams = require "vbo.objects.teams"
local tree = require "vbo.model.tree"
local verbs = require "vbo.model.verbs"

---@class vbo.BackupOrganization
---@field id string
---@field name string
---@field type string  Office365, OnPremises or Hybrid
local BackupOrganization = resource.class {
  kind = "backed-up organization", get = "BackupOrganization_GetByRestoreSessionId",
}

BackupOrganization.methods._session = tree.session

-- -------------------------------------------------------------------- mail

local exporting = {
  extension = exchange.export_extension, prepare = exchange.export_options,
  doc = "Exports all mail to a PST file; options as `Mailbox:export`.",
}
verbs.save(BackupOrganization, "export", { one = "BackupOrganization_RestoreSessionsAction" },
  exporting)
-- The same through the list of mailboxes: v2 alone.
verbs.save(BackupOrganization, "export_mailboxes", {
  one = "ExchangeMailbox_ExportMailboxesToPstAction",
}, exporting)

declare.note(BackupOrganization.methods, {
  name = "restore_to", kind = "action", operation = "BackupOrganization_RestoreToAction",
  returns = "vbo.Statistics",
})

--- Restores all mail elsewhere (v1 to v3).  What its body takes is written down nowhere:
--- options go as they are, those of `Mailbox:restore_to` are a likely choice.
---@param given table?
---@return vbo.Statistics
function BackupOrganization.methods:restore_to(given)
  return restore.run(self, {
    call = "restore_to", operation = "BackupOrganization_RestoreToAction", strict = false,
  }, given)
end

-- --------------------------------------------------------------- searching

-- Makes a search whose results belong to mailboxes, or to channels of teams.
local function search(how)
  return function(self, text)
    local of = { kind = how.class.kind, search = how }
    return collection.new(of, self._owner, {}):search(text)
  end
end

local function channel_of(record, within)
  local team = tree.owner_of(teams.Team, "team_id", "teams")(record, within)
  local id = fields.read(record, "channel_id")
  return id and resource.from_id(teams.Channel, team, id) or team
end

local function in_teams(class, word)
  return search {
    operation = { "BackupOrganization_RestoreSessionsSearchTeams",
      "BackupOrganization_SearchAction" },
    options = { type = word }, class = class, owner = channel_of,
  }
end

-- Declares `organization:NAME(text)`.
local function searching(name, class, operation, doc, found)
  declare.note(BackupOrganization.methods, {
    name = name, kind = "plural", class = class, operation = operation, doc = doc,
  })
  BackupOrganization.methods[name] = found
end

searching("search_items", exchange.Item, "BackupOrganization_RestoreSessionsSearchExchange",
  "Items of all mailboxes that the server finds (v6 and later); see `Collection:search`.",
  search {
    operation = "BackupOrganization_RestoreSessionsSearchExchange", class = exchange.Item,
    owner = tree.owner_of(exchange.Mailbox, "mailbox_id", "mailboxes"),
  })

for _, kind in ipairs { { "search_posts", teams.Post, "Posts" },
  { "search_files", teams.File, "Files" }, { "search_tabs", teams.Tab, "Tabs" } } do
  searching(kind[1], kind[2], "BackupOrganization_RestoreSessionsSearchTeams",
    kind[3] .. " of all teams that the server finds (v5 and later); see `Collection:search`.",
    in_teams(kind[2], kind[3]))
end

return { BackupOrganization = BackupOrganization }
