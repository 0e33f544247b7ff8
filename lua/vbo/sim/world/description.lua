--- Reads a folder's `world.lua` in an empty environment and checks every name.
---
---   return {
---     now = "2026-11-21T08:00:00Z",             -- the world's present
---     points = { "2026-11-20T22:00:00Z" },      -- restore points
---     production = "same",                      -- or "empty": all was lost
---     organization = "contoso.onmicrosoft.com", -- or a table, or organizations = { … }
---     users = {
---       { name = "alice@contoso.com", display = "Alice", drive = "drives/alice@contoso.com",
---         mailbox = "mail/alice@contoso.com" },
---     },
---   }
---
--- Everything is optional.  A recording (`vbolua sim record`) has more: listings
--- (`world/folder/listing.lua`) in place of folders, and for an organization its `sites`, `teams`
--- and `workloads`; `jobs`, `repositories` and `proxies`.

local core = require "vbo.core"
local errors = require "vbo.base.error"
local nearest = require "vbo.base.nearest"
local time = require "vbo.base.time"

local M = {}

-- The most steps of the file, which is data.
local most_steps = 10000000

local function is_text(value) return type(value) == "string" end
local function text(value) return type(value) == "string" and value ~= "" end
local function flag(value) return type(value) == "boolean" end
local function moment(value) return text(value) and time.parse(value) ~= nil end
local function list_of(test)
  return function(value)
    if type(value) ~= "table" then return false end
    local count = 0
    for _ in pairs(value) do count = count + 1 end
    for i = 1, count do
      if not test(value[i]) then return false end
    end
    return count > 0
  end
end
local function maybe_none(test)
  return function(value)
    return type(value) == "table" and next(value) == nil or list_of(test)(value)
  end
end
local function one_of(...)
  local words = { ... }
  return function(value)
    for _, word in ipairs(words) do
      if value == word then return true end
    end
    return false
  end
end
local function address(value) return text(value) and value:find "^[^@%s/]+@[^@%s/]+$" ~= nil end
local function path(value)
  if value == false then return true end
  if not text(value) or value:find "^/" then return false end
  for part in (value .. "/"):gmatch "([^/]*)/" do
    if part == "" or part == "." or part == ".." then return false end
  end
  return true
end
local function listing(value) return path(value) and value and value:find "%.jsonl$" ~= nil end
local function is_table(value) return type(value) == "table" end

local a_moment = { moment, "a point in time, such as \"2026-11-20T22:00:00Z\"" }
local points = { list_of(moment), "a list of points in time, such as \"2026-11-20T22:00:00Z\"" }
local production = { one_of("same", "empty"), '"same" or "empty"' }
local tables = { list_of(is_table), "a list of tables" }
local a_text, a_flag = { text, "a text" }, { flag, "true or false" }
local a_path = { path, "a path in the folder, or false" }
local listings = { maybe_none(listing), "a list of listings, such as \"sites/Marketing.jsonl\"" }

local organization_fields = {
  name = a_text, type = { one_of("Office365", "OnPremises", "Hybrid"),
    '"Office365", "OnPremises" or "Hybrid"' },
  region = a_text, account = a_text, description = a_text, points = points,
  production = production, users = { maybe_none(is_table), "a list of tables" },
  created = a_moment, sites = listings, teams = listings,
  workloads = { maybe_none(one_of("exchange", "onedrive", "sharepoint", "teams")),
    'a list of "exchange", "onedrive", "sharepoint" and "teams"' },
  accounts = tables, applications = tables,
}
local rights = { maybe_none(one_of("exchange", "onedrive", "sharepoint", "teams")),
  'a list of "exchange", "onedrive", "sharepoint" and "teams"' }
-- The fields of an account that may restore; without rights it writes only what is its user's.
local account_fields = { name = a_text, password = a_text, mfa = a_flag, rights = rights }
local application_fields = {
  id = { function(value)
    return text(value) and value:find "^%x+%-%x+%-%x+%-%x+%-%x+$" ~= nil and #value == 36
  end, "a UUID" },
  name = a_text, rights = rights,
  thumbprint = { function(value)
    return text(value) and #value:gsub("[ :]", "") == 40 and not value:find "[^%x :]"
  end, "the SHA-1 of a certificate, 40 hexadecimal digits" },
}
local user_fields = {
  name = { address, "an address, such as \"alice@contoso.com\"" }, display = a_text,
  office = a_text, directory = a_flag, left = a_moment, drive = a_path, mailbox = a_path,
  production = production, mailbox_name = a_text, archive = a_path, archive_name = a_text,
  type = { one_of("User", "Shared", "Public"), '"User", "Shared" or "Public"' },
  location = { one_of("Cloud", "OnPremises", "Hybrid"), '"Cloud", "OnPremises" or "Hybrid"' },
}
local job_fields = {
  name = a_text, description = { is_text, "a text" }, organization = a_text, repository = a_text,
  enabled = a_flag, last_run = a_moment, last_status = a_text,
  schedule = { is_table, "a table" }, points = { maybe_none(moment), points[2] },
  selected = tables, excluded = tables,
}
local job_item_fields = {
  user = { address, "an address, such as \"alice@contoso.com\"" }, mailbox = a_flag,
  oneDrive = a_flag, archiveMailbox = a_flag, personalSite = a_flag,
}
local repository_fields = { name = a_text, path = { is_text, "a text" } }
local proxy_fields = { name = a_text }
local world_fields = {
  name = a_text, now = a_moment, points = points, production = production,
  organization = { function(value) return text(value) or is_table(value) end,
    "a name or a table" },
  organizations = tables, users = tables, jobs = tables, repositories = tables, proxies = tables,
}

-- Finds the line of a source that most likely holds a name and a value; searches the rarer value
-- first.
local function line_of(source, name, value)
  local number, by_name, by_value = 0, nil, nil
  for line in (source .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local named = line:find("%f[%w_]" .. name .. "%f[^%w_]%s*=")
    local valued = type(value) ~= "table" and value ~= nil
      and line:find(tostring(value), 1, true)
    if named and valued then return number end
    if named then by_name = by_name or number end
    if valued then by_value = by_value or number end
  end
  return by_name or by_value
end

local Checker = {}
Checker.__index = Checker

function Checker:fail(name, value, message)
  local line = line_of(self.source, name, value)
  errors.usage(("%s:%s %s"):format(self.path, line and line .. ":" or "", message))
end

local function shown(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

function Checker:fields(value, fields, what)
  for name, each in pairs(value) do
    local field = fields[name]
    if not field then
      local names = {}
      for known in pairs(fields) do names[#names + 1] = known end
      table.sort(names)
      local near = type(name) == "string" and nearest(name, names)
      self:fail(tostring(name), nil, ("%s has no '%s'%s"):format(what, tostring(name), near
        and (", did you mean '%s'?"):format(near) or "; it has " .. table.concat(names, ", ")))
    elseif not field[1](each) then
      self:fail(name, each, ("'%s' of %s must be %s, not %s"):format(name, what, field[2],
        shown(each)))
    end
  end
  return value
end

function Checker:users(list, seen)
  for i, user in ipairs(list or {}) do
    local what = text(user.name) and "user " .. user.name or "user " .. i
    self:fields(user, user_fields, what)
    if not user.name then self:fail("users", nil, what .. " has no 'name'") end
    local key = core.fold(user.name)
    if seen[key] then self:fail("name", user.name, user.name .. " is there twice") end
    seen[key] = true
  end
end

-- Checks tables that have names.
function Checker:named(list, fields, what)
  for i, each in ipairs(list or {}) do
    self:fields(each, fields, ("%s %s"):format(what, each.name or i))
    if not each.name then self:fail(what, nil, ("%s %d has no 'name'"):format(what, i)) end
  end
end

-- Checks the accounts and applications of an organization.
function Checker:identities(organization)
  self:named(organization.accounts, account_fields, "account")
  for i, each in ipairs(organization.applications or {}) do
    self:fields(each, application_fields, "application " .. (each.name or i))
    if not each.id then self:fail("application", nil, ("application %d has no 'id'"):format(i)) end
  end
end

-- Checks jobs against the organizations by lower-case name.
function Checker:jobs(list, organizations)
  self:named(list, job_fields, "job")
  for _, job in ipairs(list or {}) do
    local organization = organizations[core.fold(job.organization or "")]
    if not organization then
      self:fail("organization", job.organization, ("job %s must name an organization of this world")
        :format(job.name))
    end
    local users = {}
    for _, user in ipairs(organization.users or {}) do users[core.fold(user.name)] = true end
    for _, kind in ipairs { "selected", "excluded" } do
      for _, item in ipairs(job[kind] or {}) do
        self:fields(item, job_item_fields, ("an item of job %s"):format(job.name))
        if not item.user or not users[core.fold(item.user)] then
          self:fail("user", item.user, ("job %s names a user that its organization has not: %s")
            :format(job.name, tostring(item.user)))
        end
        item.user = core.fold(item.user)
      end
    end
  end
end

-- Runs the file and returns its result.
local function run(file, source)
  local chunk, message = load(source, "@" .. file, "t", {})
  if not chunk then errors.usage(message) end
  local thread = coroutine.create(chunk)
  debug.sethook(thread, function() error("this runs too long: a world is data", 2) end, "",
    most_steps)
  local good, value = coroutine.resume(thread)
  if not good then
    errors.usage(tostring(value), "a world is data: there are no functions to call")
  end
  if coroutine.status(thread) ~= "dead" or type(value) ~= "table" then
    errors.usage(file .. ": must return a table")
  end
  return value
end

--- Reads and checks a `world.lua`; raises a usage error that names file and line.
---@param file string  its path, for messages
---@param source string
---@return table  name, now, points, production, organizations = { { …, users = … } }
---@return fun(name: string, value: any, message: string) fail  raises an error that is found later
function M.read(file, source)
  local check = setmetatable({ path = file, source = source }, Checker)
  local world = check:fields(run(file, source), world_fields, "a world")
  local list = world.organizations
  if list and (world.organization or world.users) then
    check:fail("organizations", nil,
      "'organizations' hold their own users: leave 'organization' and 'users' away")
  end
  if not list then
    local one = world.organization
    if type(one) ~= "table" then one = { name = one } end
    if world.users and one.users then check:fail("users", nil, "'users' are there twice") end
    one.users = world.users or one.users
    list = { one }
  end
  local names, seen = {}, {}
  for i, each in ipairs(list) do
    check:fields(each, organization_fields, "organization " .. (each.name or i))
    check:users(each.users, seen)
    check:identities(each)
    if #list > 1 and not (each.name and each.users) then
      check:fail("organizations", nil, "each of several organizations needs 'name' and 'users'")
    end
    if each.name and names[core.fold(each.name)] then
      check:fail("name", each.name, each.name .. " is there twice")
    end
    names[core.fold(each.name or "")] = each
  end
  check:jobs(world.jobs, names)
  check:named(world.repositories, repository_fields, "repository")
  check:named(world.proxies, proxy_fields, "proxy")
  world.organizations = list
  return world, function(name, value, message) check:fail(name, value, message) end
end

return M
