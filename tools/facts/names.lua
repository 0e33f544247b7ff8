--- Names the operations of the action dialect (`POST …/Action` with one key): they are matched to
--- the verb path that replaced them.

local ascii = require "vbo.base.ascii"
local names = require "vbo.catalogue.names"

local M = {}

-- Action key → verbs to try below the same resource, besides the key itself.
local verbs = {
  restoretooriginallocation = { "restore" },
  savetomsg = { "save" },
  sendto = { "send" },
  sendtest = { "sendtestemail", "sendtest" },
}

local session = "/restoresessions/{}/organization"

-- Resource and key → the verb path that replaced it, where the key alone does not say.
local replaced = {
  ["/restoresessions explore"] = "/organization/explore",
  [session .. "/mailboxes restoreto"] = session .. "/mailboxes/restore",
}

-- Resource and key → a name of its own: nothing later does the same.
local own_action = {
  [session .. " restoreto"] = { "BackupOrganization_RestoreToAction" },
  -- One action searched mail and, with a type, Teams; v6 split it in two.
  [session .. " search"] = { "BackupOrganization_SearchAction",
    "BackupOrganization_RestoreSessionsSearchExchange",
    "BackupOrganization_RestoreSessionsSearchTeams" },
  [session .. "/mailboxes exporttopst"] = { "ExchangeMailbox_ExportMailboxesToPstAction" },
  [session .. "/mailboxes restoretooriginallocation"] =
    { "ExchangeMailbox_RestoreMailboxesToOriginalLocationAction" },
  ["/reports generate"] = { "Reports_GenerateAction" },
}

--- Names → the later name that a version without that later operation also answers to.
M.stands_for = { JobSessionLog_Get = "JobSessionLog_GetBatchBySessionId" }

--- Returns the canonical name of an action.
---@param known table  of `names.new`
---@param path string  of the resource, without the version and `/Action`
---@param key string   the action's key
---@return string name
---@return string[] aliases  later names that it also answers to
---@return string? verb  the normalised verb path that replaced it
function M.action(known, path, key)
  local normal, word = names.normalise(path), ascii.lower(key)
  local special = normal .. " " .. word
  local own = own_action[special]
  if own then return own[1], table.move(own, 2, #own, 1, {}) end
  local tries = { replaced[special] }
  -- The old restoreTo of SharePoint restored in place: v6 calls that restore, and means
  -- another site by restoreTo.
  local in_place = word == "restoreto" and normal:find("/organization/sites/", 1, true)
  for _, verb in ipairs(in_place and { "restore" } or verbs[word] or {}) do
    tries[#tries + 1] = normal .. "/" .. verb
  end
  if not in_place then tries[#tries + 1] = normal .. "/" .. word end
  for _, try in ipairs(tries) do
    local name = known.ids["POST " .. try]
    if name then return name, {}, try end
  end
  local fallback = names.derived("POST", path):gsub("_.*", "")
  return fallback .. "_" .. ascii.upper(key:sub(1, 1)) .. key:sub(2) .. "Action", {}
end

--- Returns the path parameters of an older path, by their place: v8's for the same path.
---@param known table  of `names.new`
---@param path string  with `{…}` placeholders
---@return table[] parameters  {name, schema}, one a placeholder; nil where nothing is known
function M.parameters(known, path)
  local normal, result = names.normalise(path), {}
  local exact = known.paths[normal]
  local count = 0
  for at in normal:gmatch "{}()" do
    count = count + 1
    result[count] = exact and exact[count] or known.prefixes[normal:sub(1, at - 1)] or false
  end
  return result
end

return M
