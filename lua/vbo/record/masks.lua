--- Masks names in a recording: keeps them, or replaces each by a meaningless word.
---
--- The same name always becomes the same word, so that a drive still belongs to its user and a mail
--- to its sender.  Words are made with HMAC-SHA-256 (RFC 2104) of a key that is not recorded:
--- without the key a word cannot be traced back to its name, not even by trying names.

local ascii = require "vbo.base.ascii"
local core = require "vbo.core"
local time = require "vbo.base.time"

local M = {}

-- Folders that all mailboxes and drives have: their names reveal nothing.
local common = {}
for _, name in ipairs {
  "Inbox", "Sent Items", "Drafts", "Deleted Items", "Junk Email", "Outbox", "Archive", "Calendar",
  "Contacts", "Tasks", "Notes", "Journal", "RSS Feeds", "Conversation History",
  "Top of Information Store", "Recoverable Items", "Deletions", "Purges", "Versions", "Documents",
  "Pictures", "Videos",
  "Desktop", "Attachments", "Shared Documents", "Site Pages", "Site Assets", "Style Library",
  "Form Templates", "Lists", "General", "Wiki", "Tasks", "Events", "Links", "Announcements",
} do common[core.fold(name)] = true end

local consonants <const>, vowels <const> = "bdfgklmnprstvz", "aeiou"

---@class vbo.sim.record.Mask
local Mask = {}
Mask.__index = Mask

--- Returns a mask.
---@param key string  any bytes; the same key gives the same words
---@return vbo.sim.record.Mask
function M.new(key)
  return setmetatable({ key = key }, Mask)
end

-- Derives two numbers from a name, without regard to case.
function Mask:numbers(name)
  return ("<I8I8"):unpack(assert(core.hmac(self.key, core.fold(name))))
end

local function syllables(number, count)
  local out = {}
  for i = 1, count do
    local c, v = number % #consonants + 1, number // #consonants % #vowels + 1
    out[i] = consonants:sub(c, c) .. vowels:sub(v, v)
    number = number // (#consonants * #vowels)
  end
  return table.concat(out)
end

-- 70 syllables: two words of four have about 49 bits.
local function words(self, name)
  local first, second = self:numbers(name)
  return syllables(first >> 1, 4), syllables(second >> 1, 4)
end

local function capital(word) return (word:gsub("^%l", ascii.upper)) end

--- Masks a name or any text by two words.
---@param text string?
---@return string?
function Mask:name(text)
  if text == nil or text == "" or common[core.fold(text)] then return text end
  local first, second = words(self, text)
  return capital(first) .. " " .. second
end

--- Masks a person: a name or "Name <address>".
---@param text string?
---@return string?
function Mask:person(text)
  if text == nil or text == "" then return text end
  local name, address = text:match "^%s*(.-)%s*<([^<>]*)>%s*$"
  if address then
    local shown = self:person(name)
    return ("%s <%s>"):format(shown, self:address(address))
  end
  if text:find "^[^%s@]+@[^%s@]+$" then return self:address(text) end
  local first, second = words(self, text)
  return capital(first) .. " " .. capital(second)
end

--- Masks persons separated by ";".
---@param text string?
---@return string?
function Mask:people(text)
  if text == nil or text == "" then return text end
  local out = {}
  for each in text:gmatch "[^;]+" do out[#out + 1] = self:person(each:match "^%s*(.-)%s*$") end
  return table.concat(out, "; ")
end

--- Masks a domain: its labels except those of Microsoft; the last becomes .example.
---@param text string
---@return string
function Mask:domain(text)
  local labels = {}
  for label in text:gmatch "[^.]+" do labels[#labels + 1] = label end
  if #labels == 1 then return self:word(text) end
  for i = 1, #labels - 1 do
    local stem, rest = labels[i]:match "^(.-)(%-my)$"
    local kept = core.fold(labels[i]) == "onmicrosoft" or core.fold(labels[i]) == "sharepoint"
    if not kept then labels[i] = self:word(stem or labels[i]) .. (rest or "") end
  end
  labels[#labels] = "example"
  return table.concat(labels, ".")
end

--- Masks a single word.
---@param text string
---@return string
function Mask:word(text)
  local first, second = words(self, text)
  return first .. second:sub(1, 4)
end

--- Masks an address.
---@param text string?
---@return string?
function Mask:address(text)
  if text == nil or text == "" then return text end
  local name, domain = text:match "^(.*)@([^@]*)$"
  if not name then return self:word(text) end
  local first, second = words(self, name)
  return ("%s.%s@%s"):format(first, second, self:domain(domain))
end

--- Masks the name of a file; a known extension stays.
---@param text string?
---@return string?
function Mask:file(text)
  if text == nil or text == "" then return text end
  local extension = text:match "%.(%w+)$"
  local known = extension and #extension <= 5 and core.fold(extension):find "^[a-z]+%d?$"
  return self:name(text) .. (known and "." .. extension or "")
end

local replies = { re = true, aw = true, fw = true, fwd = true, wg = true, antw = true, sv = true }

--- Masks a subject; "Re:" stays.
---@param text string?
---@return string?
function Mask:subject(text)
  if text == nil or text == "" then return text end
  local before, rest = text:match "^(%a+:%s*)(.+)$"
  if before and replies[core.fold(before:match "^%a+")] then return before .. self:subject(rest) end
  return self:name(text)
end

local kept_segments = { sites = true, teams = true, personal = true, lists = true }

--- Masks a URL; the last part of a person's site is made from their masked address.
---@param text string?
---@param address string?  a masked one
---@return string?
function Mask:url(text, address)
  if text == nil or text == "" then return text end
  local scheme, host, path = text:match "^(%a[%w+.-]*://)([^/?#]*)([^?#]*)"
  if not scheme then return self:name(text) end
  local previous = ""
  path = path:gsub("[^/]+", function(part)
    local above = previous
    previous = core.fold(part)
    if kept_segments[previous] or common[previous:gsub("%%20", " ")] then return part end
    if above == "personal" and address then return (address:gsub("[@.]", "_")) end
    return self:word(part)
  end)
  return scheme .. self:domain(host) .. path
end

-- How the fields of a mailbox's items are masked.
local persons = { from = true, to = true, cc = true, bcc = true, organizer = true,
  attendees = true, owner = true, email = true, address = true }
local kept = { importance = true, status = true, itemClass = true }

--- Masks a field of an item.
---@param name string
---@param value any
function Mask:field(name, value)
  if type(value) ~= "string" or kept[name] then return value end
  if value:find "^%d%d%d%d%-%d%d%-%d%dT" and time.parse(value) then return value end
  if persons[name] then return self:people(value) end
  if name == "subject" then return self:subject(value) end
  return self:name(value)
end

--- The mask that keeps every name.
M.none = setmetatable({}, { __index = function(_, name)
  if name == "field" then return function(_, _, value) return value end end
  return Mask[name] and function(_, text) return text end
end })

return M
