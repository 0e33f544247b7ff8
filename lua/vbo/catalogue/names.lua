--- The canonical names of operations: one name for one capability over all API versions.
---
--- A name is v8's operationId for the method and path, else v7's, else v6's.  Operations of
--- the action dialect (`POST …/Action` with one key) are matched to the verb path that
--- replaced them.  What no later version has gets a name of its own in the same style.

local ascii = require "vbo.ascii"

local M = {}

--- A path without its placeholders' names, in lower case: what versions agree on.
---@param path string  without the version
---@return string
function M.normalise(path) return (ascii.lower(path:gsub("{[^}]*}", "{}")):gsub("/$", "")) end

-- v6 and v7 → v8: the same operation under another path.
local moved = {
  { "^(/[a-z]+emailsettings/sendtest)$", "%1email" },
}

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

-- Method and path → a name of its own.
local own_plain = {
  ["GET /organizations/{}/mailboxes"] = "OrganizationMailbox_Get",
  ["GET /organizations/{}/mailboxes/{}"] = "OrganizationMailbox_GetById",
  ["GET /jobsessions/{}/log"] = "JobSessionLog_Get",
  ["GET /jobs/{}/selectedmailboxes"] = "Job_GetSelectedMailboxes",
  ["POST /jobs/{}/selectedmailboxes"] = "Job_AddSelectedMailboxes",
  ["DELETE /jobs/{}/selectedmailboxes"] = "Job_RemoveSelectedMailboxes",
  ["GET /jobs/{}/excludedmailboxes"] = "Job_GetExcludedMailboxes",
  ["POST /jobs/{}/excludedmailboxes"] = "Job_AddExcludedMailboxes",
  ["DELETE /jobs/{}/excludedmailboxes"] = "Job_RemoveExcludedMailboxes",
  ["DELETE /jobs/{}/selecteditems/{}"] = "Job_RemoveSelectedItem",
  ["DELETE /jobs/{}/excludeditems/{}"] = "Job_RemoveExcludedItem",
  ["DELETE /proxies/{}"] = "Proxy_Remove",
  ["GET /proxies/{}/repositories"] = "Proxy_GetRepositories",
  ["GET /licensedusers/{}"] = "LicensedUser_GetById",
}

--- Names → the later name that a version without that later operation also answers to.
M.stands_for = { JobSessionLog_Get = "JobSessionLog_GetBatchBySessionId" }

local Names = {}
Names.__index = Names

local function later(path)
  for _, rule in ipairs(moved) do
    local result, count = path:gsub(rule[1], rule[2])
    if count > 0 then return result end
  end
end

--- Makes the table of names out of the models of v8, v7, v6 (the first one that has an
--- operation names it).
---@param models table[]  newest first
---@return table names
function M.new(models)
  local names = setmetatable({ ids = {}, paths = {}, prefixes = {} }, Names)
  for _, model in ipairs(models) do
    for _, operation in ipairs(model.operations) do
      local path = M.normalise(operation.path)
      local key = operation.method .. " " .. path
      names.ids[key] = names.ids[key] or operation.id
      local placed = {}
      for _, parameter in ipairs(operation.parameters) do
        if parameter.place == "path" then placed[#placed + 1] = parameter end
      end
      if operation.method == "GET" and not names.paths[path] then names.paths[path] = placed end
      local count = 0
      for at in path:gmatch "{}()" do
        count = count + 1
        local prefix = path:sub(1, at - 1)
        names.prefixes[prefix] = names.prefixes[prefix] or placed[count]
      end
    end
  end
  -- The name that a resource's own path gives beats the one seen in passing.
  for path, placed in pairs(names.paths) do
    if path:match "{}$" then names.prefixes[path] = placed[#placed] end
  end
  return names
end

local plain_verbs = {
  GET = "Get", POST = "Add", PUT = "Update", DELETE = "Remove", PATCH = "Change",
}

--- A name made from the path: `Resource_Verb`.
local function derived(method, path)
  local words = {}
  for word in path:gmatch "[^/]+" do
    if not word:match "^{" then words[#words + 1] = ascii.upper(word:sub(1, 1)) .. word:sub(2) end
  end
  local verb = plain_verbs[method] or method
  return table.concat(words) .. "_" .. verb .. (path:match "}$" and "ById" or "")
end

--- The canonical name of an operation that is a method and a path.
---@param method string
---@param path string  without the version
---@param id string?   its own operationId
---@return string
function Names:plain(method, path, id)
  local normal = M.normalise(path)
  local newer = later(normal)
  return newer and self.ids[method .. " " .. newer] or self.ids[method .. " " .. normal]
    or own_plain[method .. " " .. normal] or id or derived(method, path)
end

--- The canonical name of an action.
---@param path string  of the resource, without the version and `/Action`
---@param key string   the action's key
---@return string name
---@return string[] aliases  later names that it also answers to
---@return string? verb  the normalised verb path that replaced it
function Names:action(path, key)
  local normal, word = M.normalise(path), ascii.lower(key)
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
    local name = self.ids["POST " .. try]
    if name then return name, {}, try end
  end
  local fallback = derived("POST", path):gsub("_.*", "")
  return fallback .. "_" .. ascii.upper(key:sub(1, 1)) .. key:sub(2) .. "Action", {}
end

--- The path parameters of an older path, by their place: v8's for the same path.
---@param path string  with `{…}` placeholders
---@return table[] parameters  {name, schema}, one a placeholder; nil where nothing is known
function Names:parameters(path)
  local normal, result = M.normalise(path), {}
  local exact = self.paths[normal]
  local count = 0
  for at in normal:gmatch "{}()" do
    count = count + 1
    result[count] = exact and exact[count] or self.prefixes[normal:sub(1, at - 1)] or false
  end
  return result
end

return M
