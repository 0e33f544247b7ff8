-- Mail as Outlook files it: .msg ([MS-OXMSG]), a compound file of properties ([MS-OXPROPS]).

local cfb = require "vbo.sim.formats.cfb"
local eml = require "vbo.sim.formats.eml"

local M = {}

-- Types of properties ([MS-OXCDATA] section 2.11.1).
local INTEGER, BOOLEAN, OBJECT = 0x0003, 0x000B, 0x000D
local STRING, TIME, BINARY = 0x001F, 0x0040, 0x0102

local CLASS = "\x0B\x0D\x02\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46" -- of a message
local ONE_OFF = "\x81\x2B\x1F\xA4\xBE\xA3\x10\x19\x9D\x6E\x00\xDD\x01\x0F\x54\x02"

-- What a reader may expect of the strings in here: above all, that they are Unicode.
local STORE_SUPPORT = 0x00050E79

--- UTF-8 as UTF-16LE; what is no UTF-8 becomes U+FFFD.
---@param text string
---@return string
function M.utf16(text)
  local units, parts = {}, {}
  local function put(unit)
    units[#units + 1] = unit
    if #units == 200 then
      parts[#parts + 1] = ("<" .. ("I2"):rep(200)):pack(table.unpack(units))
      units = {}
    end
  end
  local at = 1
  while at <= #text do
    local length = utf8.len(text, at)
    local last, bad = #text, nil
    if not length then
      local _, where = utf8.len(text, at)
      last, bad = where - 1, where
    end
    for _, point in utf8.codes(text:sub(at, last)) do
      if point >= 0x10000 then
        point = point - 0x10000
        put(0xD800 | point >> 10)
        put(0xDC00 | point & 0x3FF)
      else
        put(point)
      end
    end
    if bad then put(0xFFFD) end
    at = (bad or last) + 1
  end
  parts[#parts + 1] = ("<" .. ("I2"):rep(#units)):pack(table.unpack(units))
  return table.concat(parts)
end

-- 100 ns since 1601.
local function filetime(at) return math.floor((at + 11644473600) * 10000000) end

-- The properties of one object: rows of its property stream, and a stream for each long value.
local function new_properties()
  local rows, children = {}, {}
  local self = { children = children }

  local function row(id, kind, value)
    rows[#rows + 1] = { id << 16 | kind, ("<I4 I4"):pack(id << 16 | kind, 6) .. value }
  end

  local function stream(id, kind, data, size)
    children[#children + 1] = { name = ("__substg1.0_%04X%04X"):format(id, kind), data = data }
    row(id, kind, ("<I4 I4"):pack(size, 0))
  end

  function self.integer(id, value) row(id, INTEGER, ("<i4 I4"):pack(value, 0)) end

  function self.boolean(id, value) row(id, BOOLEAN, ("<I4 I4"):pack(value and 1 or 0, 0)) end

  function self.time(id, at) if at then row(id, TIME, ("<I8"):pack(filetime(at))) end end

  -- The size counts a terminator that the stream does not hold.
  function self.string(id, text)
    if not text then return end
    local data = M.utf16(text)
    stream(id, STRING, data, #data + 2)
  end

  function self.binary(id, data) if data then stream(id, BINARY, data, #data) end end

  function self.object(id, storage_children)
    children[#children + 1] =
      { name = ("__substg1.0_%04X%04X"):format(id, OBJECT), children = storage_children }
    row(id, OBJECT, ("<I4 I4"):pack(0xFFFFFFFF, 1))
  end

  --- The children of the storage, with the property stream behind this header.
  function self.finish(header)
    table.sort(rows, function(a, b) return a[1] < b[1] end)
    local parts = { header }
    for i, each in ipairs(rows) do parts[i + 1] = each[2] end
    children[#children + 1] = { name = "__properties_version1.0", data = table.concat(parts) }
    return children
  end

  return self
end

local function split(person)
  local email = person.email or person[2] or ""
  local name = person.name or person[1]
  return name and name ~= "" and name or email, email
end

-- An address that no address book knows ([MS-OXCDATA] section 2.2.5.1).
local function one_off(name, email)
  return "\0\0\0\0" .. ONE_OFF .. "\0\0" .. ("<I2"):pack(0x9001)
    .. M.utf16(name) .. "\0\0" .. M.utf16 "SMTP" .. "\0\0" .. M.utf16(email) .. "\0\0"
end

local function search_key(email) return "SMTP:" .. email:upper() .. "\0" end

local function recipient(person, kind, row)
  local name, email = split(person)
  local properties = new_properties()
  properties.integer(0x3000, row) -- PidTagRowid
  properties.integer(0x0C15, kind) -- PidTagRecipientType: 1 to, 2 cc, 3 bcc
  properties.integer(0x0FFE, 6) -- PidTagObjectType: a recipient
  properties.integer(0x3900, 0) -- PidTagDisplayType: a person
  properties.integer(0x5FFD, 1) -- PidTagRecipientFlags: sendable
  properties.string(0x3001, name) -- PidTagDisplayName
  properties.string(0x3002, "SMTP") -- PidTagAddressType
  properties.string(0x3003, email) -- PidTagEmailAddress
  properties.string(0x39FE, email) -- PidTagSmtpAddress
  properties.string(0x5FF6, name) -- PidTagRecipientDisplayName
  properties.binary(0x0FFF, one_off(name, email)) -- PidTagEntryId
  properties.binary(0x5FF7, one_off(name, email)) -- PidTagRecipientEntryId
  properties.binary(0x300B, search_key(email)) -- PidTagSearchKey
  return { name = ("__recip_version1.0_#%08X"):format(row),
    children = properties.finish(("\0"):rep(8)) }
end

-- "Gespräch über Köln.docx" as DOS would have it: "GESPRC~1.DOC".
local function short_name(name)
  local stem, extension = name:match "^(.*)%.([^.]*)$"
  stem, extension = stem or name, extension or ""
  local function reduce(text) return (text:upper():gsub("[^%w_-]", "")) end
  local short, short_extension = reduce(stem), reduce(extension):sub(1, 3)
  if #short == 0 then short = "FILE" end
  if #short > 8 or short ~= stem:upper() then short = short:sub(1, 6) .. "~1" end
  return short_extension == "" and short or short .. "." .. short_extension
end

local message_children

local function attachment(given, number)
  local properties = new_properties()
  local data = given.data or ""
  local name = given.name or given.message and given.message.subject or "attachment"
  properties.integer(0x0E21, number) -- PidTagAttachNumber
  properties.integer(0x0FFE, 7) -- PidTagObjectType: an attachment
  properties.integer(0x370B, -1) -- PidTagRenderingPosition: not in the text
  properties.string(0x3001, name) -- PidTagDisplayName
  if given.message then
    properties.integer(0x3705, 5) -- PidTagAttachMethod: a message
    properties.object(0x3701, message_children(given.message, true)) -- PidTagAttachDataObject
  else
    properties.integer(0x3705, 1) -- by value
    properties.integer(0x0E20, #data + 256) -- PidTagAttachSize: with what describes it
    properties.binary(0x3701, data) -- PidTagAttachDataBinary
    properties.string(0x3707, name) -- PidTagAttachLongFilename
    properties.string(0x3704, short_name(name)) -- PidTagAttachFilename
    properties.string(0x3703, name:match "%.[^.]*$") -- PidTagAttachExtension
    properties.string(0x370E, given.type) -- PidTagAttachMimeTag
  end
  if given.content_id then
    properties.string(0x3712, given.content_id) -- PidTagAttachContentId
    properties.integer(0x3714, 4) -- PidTagAttachFlags: the HTML shows it
    properties.boolean(0x7FFE, true) -- PidTagAttachmentHidden
  end
  return { name = ("__attach_version1.0_#%08X"):format(number),
    children = properties.finish(("\0"):rep(8)) }
end

local function display(people)
  local names = {}
  for i, person in ipairs(people) do names[i] = split(person) end
  return table.concat(names, "; ")
end

-- The text of HTML for readers that show none: no more than that.
local function plain(html)
  local text = html:gsub("<[Hh][Ee][Aa][Dd].->.-</[Hh][Ee][Aa][Dd]>", ""):gsub("%s+", " ")
    :gsub("<[Bb][Rr]%s*/?>", "\r\n"):gsub("</[Pp]>", "\r\n\r\n"):gsub("<.->", "")
  local entities = { lt = "<", gt = ">", quot = '"', apos = "'", nbsp = "\u{A0}", amp = "&" }
  return (text:gsub("&#(%d+);", function(n)
    n = tonumber(n)
    return n and n <= 0x10FFFF and utf8.char(n) or nil
  end):gsub("&(%a+);", entities))
end

local function write_addresses(properties, from)
  local name, email = split(from)
  local entry, key = one_off(name, email), search_key(email)
  -- The sender, and whom the mail is sent for: the same here.
  for _, ids in ipairs { { 0x0C1A, 0x0C1E, 0x0C1F, 0x0C19, 0x0C1D, 0x5D01 },
    { 0x0042, 0x0064, 0x0065, 0x0041, 0x003B, 0x5D02 } } do
    properties.string(ids[1], name) -- PidTagSenderName, PidTagSentRepresentingName …
    properties.string(ids[2], "SMTP") -- …AddressType
    properties.string(ids[3], email) -- …EmailAddress
    properties.binary(ids[4], entry) -- …EntryId
    properties.binary(ids[5], key) -- …SearchKey
    properties.string(ids[6], email) -- …SmtpAddress
  end
end

local function write_text(properties, message)
  local body = message.body or message.html and plain(message.html) or ""
  properties.string(0x1000, (body:gsub("\r?\n", "\r\n"))) -- PidTagBody
  properties.binary(0x1013, message.html) -- PidTagHtml
  properties.integer(0x3FDE, 65001) -- PidTagInternetCodepage: the HTML is UTF-8
  properties.integer(0x1016, message.html and 3 or 1) -- PidTagNativeBody: HTML, or text
end

function message_children(message, embedded)
  local properties = new_properties()
  local subject = message.subject or ""
  local prefix, rest = subject:match "^(%a%a?%a?: )(.*)$" -- "RE: ", "AW: ", "FW: "
  local attachments = message.attachments or {}
  local kinds = { message.to or {}, message.cc or {}, message.bcc or {} }

  properties.string(0x001A, "IPM.Note") -- PidTagMessageClass
  properties.string(0x0037, subject) -- PidTagSubject
  properties.string(0x003D, prefix or "") -- PidTagSubjectPrefix
  properties.string(0x0E1D, rest or subject) -- PidTagNormalizedSubject
  properties.string(0x0070, rest or subject) -- PidTagConversationTopic
  write_addresses(properties, message.from)
  properties.string(0x0E04, display(kinds[1])) -- PidTagDisplayTo
  properties.string(0x0E03, display(kinds[2])) -- PidTagDisplayCc
  properties.string(0x0E02, display(kinds[3])) -- PidTagDisplayBcc
  properties.time(0x0039, message.sent) -- PidTagClientSubmitTime
  properties.time(0x0E06, message.received or message.sent) -- PidTagMessageDeliveryTime
  properties.time(0x3007, message.received or message.sent) -- PidTagCreationTime
  properties.time(0x3008, message.received or message.sent) -- PidTagLastModificationTime
  properties.string(0x1035, message.message_id) -- PidTagInternetMessageId
  properties.string(0x1042, message.in_reply_to) -- PidTagInReplyToId
  properties.string(0x1039, message.references) -- PidTagInternetReferences
  if message.received then
    -- Only mail that came through a network has these.
    properties.string(0x007D, eml.headers(message)) -- PidTagTransportMessageHeaders
  end
  write_text(properties, message)
  -- PidTagMessageFlags: read, sent, with attachments
  properties.integer(0x0E07, 0x01 | (#attachments > 0 and 0x10 or 0))
  properties.integer(0x0017, 1) -- PidTagImportance: normal
  properties.integer(0x0026, 0) -- PidTagPriority
  properties.integer(0x0036, 0) -- PidTagSensitivity
  properties.integer(0x0FFE, 5) -- PidTagObjectType: a message
  properties.integer(0x340D, STORE_SUPPORT) -- PidTagStoreSupportMask
  properties.integer(0x3FF1, 0x0409) -- PidTagMessageLocaleId
  properties.integer(0x3FFD, 1200) -- PidTagMessageCodepage: UTF-16
  properties.boolean(0x0E1B, #attachments > 0) -- PidTagHasAttachments

  local recipients = 0
  for kind, people in ipairs(kinds) do
    for _, person in ipairs(people) do
      properties.children[#properties.children + 1] = recipient(person, kind, recipients)
      recipients = recipients + 1
    end
  end
  for i, each in ipairs(attachments) do
    properties.children[#properties.children + 1] = attachment(each, i - 1)
  end
  local header = ("<I8 I4 I4 I4 I4"):pack(0, recipients, #attachments, recipients, #attachments)
  return properties.finish(embedded and header or header .. ("\0"):rep(8))
end

--- Writes a message as a .msg file.
---
--- `received` set, it is mail that came in, with the header fields it came with; without it, mail
--- as the sender filed it.
---@param message vbo.sim.mail.Message
---@return string
function M.write(message)
  local children = message_children(message, false)
  -- No property here is a named one; readers look for the map all the same.
  children[#children + 1] = { name = "__nameid_version1.0", children = {
    { name = "__substg1.0_00020102", data = "" },
    { name = "__substg1.0_00030102", data = "" },
    { name = "__substg1.0_00040102", data = "" },
  } }
  return cfb.write { name = "Root Entry", class = CLASS, children = children }
end

return M
