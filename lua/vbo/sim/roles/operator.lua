--- The restore operator's side: who is logged in, what they may restore, and restoring it.
---
--- Whoever logged in as an operator may restore what is their own and what their roles cover.  The
--- server's own account may explore all as an operator would, but where it is an operator of roles
--- it may do what they allow.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local protected = require "vbo.sim.backups.protected"
local refusal = require "vbo.sim.base.refusal"
local render = require "vbo.sim.jobs.render"
local restore = require "vbo.sim.sessions.restore"
local roles = require "vbo.sim.roles.list"
local scope = require "vbo.sim.state.scope"

local H = {}

function H.OrganizationRbac_GetLoggedInUser(context)
  local person = context.account.person
  return context:json {
    id = person and person.id or ids.uuid("account/" .. context.user), name = context.user,
  }
end

function H.OrganizationRbac_GetLoggedInUserOperatorInfo(context)
  return context:json { isOperator = #context.store.roles:of(context.user) > 0 }
end

function H.OrganizationRbac_GetLoggedInUserEffectiveScope(context)
  return context:json(roles.scope(context.store.roles:of(context.user), context.account.person))
end

--- The object that a scope names, in whatever organization.
local function object_of(context, given)
  local kind = given.type or refusal.missing { "Scope.Type" }
  local named = given[core.fold(kind)] or refusal.missing { "Scope." .. kind }
  for _, organization in ipairs(context.store.organizations:list()) do
    local it = roles.find(organization, kind, named)
    if it then return kind, it end
  end
  refusal.not_found(kind, tostring(named.id or named.name))
end

--- Whether the account may restore something.
local function may(context, kind, it)
  if kind == "User" and it == context.account.person then return true end
  local own = context.store.roles:of(context.user)
  if #own == 0 then return context.account.kind ~= "operator" end
  for _, role in ipairs(own) do
    if roles.allows(role, kind, it) then return true end
  end
  return false
end

--- Refuses what no role of the account allows.
local function check_allowed(context, kind, it)
  if not may(context, kind, it) then
    refusal.raise(403, ("No role of '%s' covers %s '%s'."):format(
      context.user, core.fold(kind), it.name))
  end
end

local kinds = { User = "users", Group = "groups", Site = "sites", Team = "teams" }

--- Whether a point holds something that the account may restore; where an item is named, that.
local function shown(context, point, wanted)
  for kind, list in pairs(kinds) do
    for _, it in ipairs(protected[list] { point }) do
      if (not wanted or core.fold(it.id) == core.fold(wanted)) and may(context, kind, it) then
        return true
      end
    end
  end
  return false
end

--- Points that hold what the account may restore, or of that what an item names by its id.
function H.OrganizationRbac_GetLoggedInUserRestorePoints(context)
  local query, all = context.query, context.account.kind ~= "operator"
  local found = context.store.points:where(function(point)
    if query.isCopy ~= nil and query.isCopy ~= (point.copy or false) then return false end
    if not all and point.organization ~= context.account.organization then return false end
    return all and not query.rbacItem or shown(context, point, query.rbacItem)
  end)
  local newest = json.array {}
  for i = #found, 1, -1 do newest[#newest + 1] = found[i] end
  return context:list(newest, render.point)
end

function H.RestoreSession_OperatorExploreAction(context)
  local body = context.body
  local kind, it = object_of(context, body.scope or refusal.missing { "Scope" })
  check_allowed(context, kind, it)
  local only = {}
  if kind == "User" then only[core.fold(it.name)] = true end
  if kind == "Group" then
    for _, member in ipairs(it.members) do only[core.fold(member)] = true end
  end
  local repository = body.repositoryId
  return explore.open(context, it.organization, {
    only = only, reason = body.reason, operator = true,
    scope = kind == "User" and it.display or it.name,
    from = ("%s %s"):format(core.fold(kind), it.name),
    narrow = function(view)
      -- Of sites and teams the one alone that the scope names.
      local here = kind ~= "User" and view:holds(it.at, it.deleted)
      function view.sites(_, parent)
        return here and kind == "Site" and (not parent or parent == it.parent) and { it } or {}
      end
      function view.teams() return here and kind ~= "Site" and { it } or {} end
    end,
    test = function(point)
      return not point.copy and not point.retrieval
        and (not repository or point.repository and point.repository.id == core.fold(repository))
        and (kind == "Group" or protected.covers(kinds[kind], point, it))
    end,
  })
end

--- Mail, to where it came from.
function H.ExchangeItem_OperatorRestore(context)
  local session, mailbox = scope.mailbox(context)
  local items, body = scope.listed_items(context, session, mailbox), context.body
  local folder = (body.folder or ""):gsub("^/+", ""):gsub("/+$", "")
  return explore.begin(context, session, {
    title = ("Restoring %d items as a restore operator"):format(#items), target = mailbox.email,
    steps = restore.items(context, session, items, {
      find = function()
        return context.store.production:mailbox(session.organization, mailbox.email,
            mailbox.archive),
          ("Mailbox %s was not found in production."):format(mailbox.email)
      end,
      body = body,
      place = function(item) return folder ~= "" and folder or item.folder.path end,
    }),
  })
end

--- Documents, to where they came from; each with its last version or all of them.
function H.OneDriveDocument_OperatorRestore(context)
  local session, drive = scope.drive(context)
  local body, steps = context.body, {}
  local live = context.store.production:drive(session.organization, drive.owner)
  for i, config in ipairs(body.documentsRestoreConfigs or {}) do
    local id = config.document and config.document.id
      or refusal.missing { ("DocumentsRestoreConfigs[%d].Document.Id"):format(i - 1) }
    local document = session.view:document(drive, id)
      or refusal.not_found("OneDriveDocument", id)
    local made = restore.documents(context, session,
      { { document = document, version = session.view:current(document) } }, {
        change = "restored", drive = live,
        missing = ("OneDrive of %s was not found in production."):format(drive.owner),
        place = function(it) return it.path end,
        how = {
          exists = core.fold(body.documentAction or "Overwrite"),
          all = core.fold(config.documentVersion or "Last") == "all",
        },
      })
    table.move(made, 1, #made, #steps + 1, steps)
  end
  if #steps == 0 then refusal.missing { "DocumentsRestoreConfigs" } end
  return explore.begin(context, session, {
    title = ("Restoring %d documents as a restore operator"):format(#steps),
    target = drive.owner, steps = steps,
  })
end

return H
