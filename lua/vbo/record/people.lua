--- Reads the users of an organization and finds the owner of a OneDrive or a mailbox.

local core = require "vbo.core"

local M = {}

local People = {}
People.__index = People

-- SharePoint writes alice@contoso.com as …/personal/alice_contoso_com.
local function munged(address) return (core.fold(address):gsub("[@.]", "_")) end

local function is_address(text)
  return type(text) == "string" and text:find "^[^@%s/]+@[^@%s/]+$" ~= nil
end

-- Checks whether a person is among the names that were asked for.
function People:wants(address, display)
  if not self.wanted then return true end
  for _, each in ipairs { address or false, display or false } do
    if each and self.wanted[core.fold(each)] ~= nil then
      self.wanted[core.fold(each)] = true
      return true
    end
  end
  return false
end

function People:add(user)
  local key = core.fold(user.name)
  if self.by_address[key] then return self.by_address[key] end
  self.by_address[key], self.by_munged[munged(key)] = user, user
  self.domains[key:match "@(.*)$"] = true
  if user.display then
    local known = self.by_display[user.display]
    -- A name that two users have identifies neither.
    self.by_display[user.display] = known == nil and user or false
  end
  self.list[#self.list + 1] = user
  return user
end

--- Reads the users.
---@param recorder table
---@param organization vbo.Organization
---@param wanted table<string, boolean>?  lower-case names of the users to record; nil: all
---@return table
function M.of(recorder, organization, wanted)
  local self = setmetatable({
    list = {}, by_address = {}, by_munged = {}, by_display = {}, domains = {}, wanted = wanted,
    domain = organization.name,
  }, People)
  for user in organization:users():each() do
    local name, display = user.name, user.display_name
    if not self:wants(name, display) then
      goto continue
    elseif not is_address(name) then
      recorder:skip(("%s: user %s has no address for a name"):format(organization.name,
        tostring(name or display)))
    else
      self:add {
        name = name, display = display, office = user.office, type = user.type,
        location = user.location_type,
      }
      recorder:count "users"
    end
    ::continue::
  end
  return self
end

-- Adds a user who is in a backup and no longer in the organization.
function People:left(address, display)
  return self:add { name = address, display = display ~= "" and display or nil, left = true }
end

--- Finds the owner of a OneDrive; nil where they are not to be recorded.
---@param drive vbo.OneDrive
---@return table?
function People:of_drive(drive)
  local segment = core.fold(drive.url or ""):match "([^/]*)/*$"
  local user = self.by_munged[segment] or self.by_display[drive.name or ""]
  if user then return user end
  local address, longest = nil, 0
  for domain in pairs(self.domains) do
    local stem = segment:match("^(.+)_" .. munged(domain):gsub("%p", "%%%0") .. "$")
    if stem and #domain > longest then
      address, longest = stem:gsub("_", ".") .. "@" .. domain, #domain
    end
  end
  if not address then
    segment = segment:gsub("[@%s]", "_")
    address = (segment ~= "" and segment or "user") .. "@" .. self.domain
  end
  if not self:wants(address, drive.name) then return nil end
  return self:left(address, drive.name)
end

--- Finds the owner of a mailbox; nil where they are not to be recorded.
---@param mailbox vbo.Mailbox
---@return table?
function People:of_mailbox(mailbox)
  local email = mailbox.email
  if not is_address(email) then return nil end
  local user = self.by_address[core.fold(email)]
  if user then return user end
  if not self:wants(email, mailbox.name) then return nil end
  return self:left(email, mailbox.name)
end

return M
