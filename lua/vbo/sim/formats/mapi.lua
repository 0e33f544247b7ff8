-- Writes the properties of mail ([MS-OXPROPS]) into any kind of file.
--
-- The functions pass them to a writer of properties, a table of functions:
--
--   integer(id, value)  boolean(id, value)  time(id, seconds)  string(id, utf8)  binary(id, bytes)
--
-- where nil for a time, a string or bytes leaves the property out.

local ascii = require "vbo.base.ascii"
local eml = require "vbo.sim.formats.eml"

local M = {}

local ONE_OFF = "\x81\x2B\x1F\xA4\xBE\xA3\x10\x19\x9D\x6E\x00\xDD\x01\x0F\x54\x02"

-- PidTagStoreSupportMask: above all, that strings are Unicode.
local STORE_SUPPORT = 0x00050E79

--- Converts UTF-8 to UTF-16LE; invalid bytes become U+FFFD.
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

--- Converts a time to units of 100 ns since 1601.
---@param at number  seconds since 1970
---@return integer
function M.filetime(at) return math.floor((at + 11644473600) * 10000000) end

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

local function search_key(email) return "SMTP:" .. ascii.upper(email) .. "\0" end

--- Writes the properties of a recipient.
---@param properties table  the writer
---@param person vbo.sim.mail.Person
---@param kind integer  1 to, 2 cc, 3 bcc
---@param row integer  its number, from 0
function M.recipient(properties, person, kind, row)
  local name, email = split(person)
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
end

--- Lists the recipients of a message in their order, each with its field (1 to, 2 cc, 3 bcc).
---@param message vbo.sim.mail.Message
---@return { person: vbo.sim.mail.Person, kind: integer }[]
function M.recipients(message)
  local list = {}
  for kind, people in ipairs { message.to or {}, message.cc or {}, message.bcc or {} } do
    for _, person in ipairs(people) do list[#list + 1] = { person = person, kind = kind } end
  end
  return list
end

-- "Gespräch über Köln.docx" as DOS would have it: "GESPRC~1.DOC".
local function short_name(name)
  local stem, extension = name:match "^(.*)%.([^.]*)$"
  stem, extension = stem or name, extension or ""
  local function reduce(text) return (ascii.upper(text):gsub("[^%w_-]", "")) end
  local short, short_extension = reduce(stem), reduce(extension):sub(1, 3)
  if #short == 0 then short = "FILE" end
  if #short > 8 or short ~= ascii.upper(stem) then short = short:sub(1, 6) .. "~1" end
  return short_extension == "" and short or short .. "." .. short_extension
end

--- Writes the properties of an attachment, except the mail inside one that is a mail
--- (PidTagAttachDataObject, 0x3701).
---@param properties table  the writer
---@param given vbo.sim.mail.Attachment
---@param number integer  from 0
function M.attachment(properties, given, number)
  local data = given.data or ""
  local name = given.name or given.message and given.message.subject or "attachment"
  properties.integer(0x0E21, number) -- PidTagAttachNumber
  properties.integer(0x0FFE, 7) -- PidTagObjectType: an attachment
  properties.integer(0x370B, -1) -- PidTagRenderingPosition: not in the text
  properties.string(0x3001, name) -- PidTagDisplayName
  if given.message then
    properties.integer(0x3705, 5) -- PidTagAttachMethod: a message
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
end

local function display(people)
  local names = {}
  for i, person in ipairs(people) do names[i] = split(person) end
  return table.concat(names, "; ")
end

-- Extracts the text of HTML, for readers without HTML.
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

-- The importances of the API by number.
local importances = { Low = 0, Normal = 1, High = 2, [0] = 0, [1] = 1, [2] = 2 }

--- Splits a subject into its prefix, such as "RE: ", and the rest.
---@param subject string
---@return string prefix, string rest
function M.subject(subject)
  local prefix, rest = subject:match "^(%a%a?%a?: )(.*)$" -- "RE: ", "AW: ", "FW: "
  return prefix or "", rest or subject
end

--- Writes the properties of a message, except its size.
---@param properties table  the writer
---@param message vbo.sim.mail.Message
function M.message(properties, message)
  local subject = message.subject or ""
  local prefix, rest = M.subject(subject)
  local attachments = message.attachments or {}
  local to, cc, bcc = message.to or {}, message.cc or {}, message.bcc or {}

  properties.string(0x001A, message.class or "IPM.Note") -- PidTagMessageClass
  properties.string(0x0037, subject) -- PidTagSubject
  properties.string(0x003D, prefix) -- PidTagSubjectPrefix
  properties.string(0x0E1D, rest) -- PidTagNormalizedSubject
  properties.string(0x0070, rest) -- PidTagConversationTopic
  write_addresses(properties, message.from)
  properties.string(0x0E04, display(to)) -- PidTagDisplayTo
  properties.string(0x0E03, display(cc)) -- PidTagDisplayCc
  properties.string(0x0E02, display(bcc)) -- PidTagDisplayBcc
  properties.time(0x0039, message.sent) -- PidTagClientSubmitTime
  properties.time(0x0E06, message.received or message.sent) -- PidTagMessageDeliveryTime
  properties.time(0x3007, message.received or message.sent) -- PidTagCreationTime
  properties.time(0x3008, message.received or message.sent) -- PidTagLastModificationTime
  properties.string(0x1035, message.message_id) -- PidTagInternetMessageId
  properties.string(0x1042, message.in_reply_to) -- PidTagInReplyToId
  properties.string(0x1039, message.references) -- PidTagInternetReferences
  if message.received then
    -- Only mail from a network has these.
    properties.string(0x007D, eml.headers(message)) -- PidTagTransportMessageHeaders
  end
  write_text(properties, message)
  -- PidTagMessageFlags: read, not sent yet, with attachments
  properties.integer(0x0E07,
    0x01 | (message.draft and 0x08 or 0) | (#attachments > 0 and 0x10 or 0))
  properties.integer(0x0017, importances[message.importance] or 1) -- PidTagImportance
  properties.integer(0x0026, 0) -- PidTagPriority
  properties.integer(0x0036, 0) -- PidTagSensitivity
  properties.integer(0x0FFE, 5) -- PidTagObjectType: a message
  properties.integer(0x340D, STORE_SUPPORT) -- PidTagStoreSupportMask
  properties.integer(0x3FF1, 0x0409) -- PidTagMessageLocaleId
  properties.integer(0x3FFD, 1200) -- PidTagMessageCodepage: UTF-16
  properties.boolean(0x0E1B, #attachments > 0) -- PidTagHasAttachments
end

return M
