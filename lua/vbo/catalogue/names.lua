--- The canonical names of operations: one name for one capability over all API versions.
---
--- A name is v8's operationId for the method and path, else v7's, else v6's.  What no later
--- version has gets a name of its own in the same style.

local ascii = require "vbo.base.ascii"

local M = {}

--- A path without its placeholders' names, in lower case: what versions agree on.
---@param path string  without the version
---@return string
function M.normalise(path) return (ascii.lower(path:gsub("{[^}]*}", "{}")):gsub("/$", "")) end

-- v6 and v7 → v8: the same operation under another path.
local moved = {
  { "^(/[a-z]+emailsettings/sendtest)$", "%1email" },
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

--- Makes a name from the path: `Resource_Verb`.
---@param method string
---@param path string
---@return string
function M.derived(method, path)
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
    or own_plain[method .. " " .. normal] or id or M.derived(method, path)
end

return M
