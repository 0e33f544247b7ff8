-- Prints everything that a server shows as lines, to compare two servers.  It omits ids and links;
-- indentation shows which item contains which.

local json = require "vbo.base.json"
local vbo = require "vbo"

local M = {}

-- Numbers of a server's own, and what depends on when it is asked.
local left_out = { id = true, etag = true, changekey = true, parentchangekey = true,
  nextrun = true }

local function plain(record)
  local out = {}
  for key, value in pairs(record) do
    local name = key:lower()
    if name:sub(1, 1) ~= "_" and not left_out[name] and not name:find "id$" then
      out[key] = value
    end
  end
  return json.encode(out)
end

local Dump = {}
Dump.__index = Dump

local here = { recursive = false }

function Dump:put(depth, kind, it) self:line(depth, kind .. " " .. plain(it:record())) end

function Dump:line(depth, text) self.lines[#self.lines + 1] = ("  "):rep(depth) .. text end

function Dump:versions_of(it, depth)
  if not self.versions then return end
  for version in it:versions():each() do self:put(depth, "version", version) end
end

function Dump:files(owner, depth, how)
  for item in (how.items and owner:items(here) or owner:documents(here)):each() do
    self:put(depth, "document", item)
    self:versions_of(item, depth + 1)
    if how.items then
      for each in item:attachments():each() do self:put(depth + 1, "attachment", each) end
    end
  end
  for folder in owner:folders(here):each() do
    self:put(depth, "folder", folder)
    self:files(folder, depth + 1, { items = how.items })
  end
end

-- Those of the users that are asked for, or all.
function Dump:wanted(list, name)
  local out = {}
  for it in list:each() do
    if not self.only or self.only[name(it)] then out[#out + 1] = it end
  end
  return out
end

local walks = {}

function walks.onedrive(self, session)
  local drives = self:wanted(session:onedrives(), function(it)
    return it.url:match "([^/]*)$"
  end)
  table.sort(drives, function(a, b) return a.url < b.url end)
  for _, drive in ipairs(drives) do
    self:put(1, "drive", drive)
    self:files(drive, 2, {})
  end
end

function walks.exchange(self, session)
  local function below(folders, depth)
    for folder in folders:each() do
      self:put(depth, "folder", folder)
      for item in folder:items(here):each() do self:put(depth + 1, "item", item) end
      below(folder:folders(here), depth + 1)
    end
  end
  local mailboxes = self:wanted(session:mailboxes(), function(it)
    return (it.email:gsub("[@.]", "_"))
  end)
  local function key(it) return it.email .. (it.is_archive and "1" or "0") end
  table.sort(mailboxes, function(a, b) return key(a) < key(b) end)
  for _, mailbox in ipairs(mailboxes) do
    self:put(1, "mailbox", mailbox)
    below(mailbox:folders(here), 2)
  end
end

function walks.sharepoint(self, session)
  local function site(it, depth)
    self:put(depth, "site", it)
    for library in it:libraries():each() do
      self:put(depth + 1, "library", library)
      self:files(library, depth + 2, {})
    end
    for list in it:lists():each() do
      self:put(depth + 1, "list", list)
      self:files(list, depth + 2, { items = true })
    end
    for inner in it:sites(here):each() do site(inner, depth + 1) end
  end
  for it in session:sites(here):each() do site(it, 1) end
end

function walks.teams(self, session)
  local function posts(list, depth)
    for post in list:each() do
      self:put(depth, "post", post)
      if depth == 3 then posts(post:replies(), depth + 1) end
    end
  end
  for team in session:teams():each() do
    self:put(1, "team", team)
    for channel in team:channels():each() do
      self:put(2, "channel", channel)
      for tab in channel:tabs():each() do self:put(3, "tab", tab) end
      posts(channel:posts(here), 3)
      local names = {}
      local all = channel:folders():all()
      for _, folder in ipairs(all) do names[folder.id] = folder.name end
      for file in channel:files():each() do all[#all + 1] = file end
      for _, file in ipairs(all) do
        local parent = file:record()._links.parent
        local above = parent and parent.href:match "[Ff]iles/([^?]*)"
        self:put(3, "file in " .. tostring(names[above]), file)
      end
    end
  end
end

function Dump:jobs(organization)
  local points = {}
  local repositories = {}
  for repository in self.client:backup_repositories():each() do
    repositories[repository.id] = repository.name
    self:line(1, ("repository %s %s"):format(repository.name, repository.path))
  end
  if self.client:supports "restore_points" then
    for point in organization:restore_points():each() do
      points[point.job_id] = (points[point.job_id] or "") .. " " .. point.backup_time
    end
  end
  for job in organization:jobs():each() do
    self:put(1, "job", job)
    self:line(2, tostring(repositories[job.repository_id]))
    self:line(2, "points" .. (points[job.id] or ""))
    for _, kind in ipairs { "selected_items", "excluded_items" } do
      for item in job[kind](job):each() do
        self:line(2, ("%s %s %s %s"):format(kind, item.user and item.user.name,
          tostring(item.mailbox), tostring(item.one_drive)))
      end
    end
  end
end

--- Everything.
---@param client vbo.Client
---@param options { at: string?, workloads: string[]?, only: string[]?, bare: boolean? }?
---  only: addresses of users: their mail and drives alone, and as with `bare` nothing of users
---  and jobs
---@return string[]
function M.lines(client, options)
  options = options or {}
  local self = setmetatable({ lines = {}, client = client, only = options.only and {},
    versions = client:supports "versions" }, Dump)
  for _, address in ipairs(options.only or {}) do
    self.only[(address:gsub("[@.]", "_"))] = true
  end
  for organization in client:organizations():each() do
    self:line(0, ("organization %s %s %s %s %s %s"):format(organization.name, organization.type,
      organization.region, organization.description, organization.first_backuptime,
      organization.last_backuptime))
    if not self.only and not options.bare then
      for user in organization:users():each() do self:put(1, "user", user) end
      self:jobs(organization)
    end
    for _, workload in ipairs(options.workloads or { "onedrive", "exchange", "sharepoint",
      "teams" }) do
      local session = client:supports(workload) and vbo.try(organization.explore, organization, {
        workload = workload, at = options.at, all_versions = self.versions or nil,
      })
      self:line(0, ("%s of %s: %s"):format(workload, organization.name,
        session and "explored" or "none"))
      if session then
        walks[workload](self, session)
        session:stop()
      end
    end
  end
  return self.lines
end

return M
