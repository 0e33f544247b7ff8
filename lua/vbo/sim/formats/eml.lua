-- Mail as text: RFC 5322 messages with MIME (RFC 2045, 2046, 2047, 2231).

local core = require "vbo.core"

local M = {}

local DAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = {
  "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
}

---@class vbo.sim.mail.Person
---@field name? string
---@field email string

---@class vbo.sim.mail.Attachment
---@field name? string  UTF-8
---@field type? string  default "application/octet-stream"
---@field data? string
---@field content_id? string  without angle brackets; shown inside the HTML
---@field message? vbo.sim.mail.Message  a mail instead of data

---@class vbo.sim.mail.Message
---@field subject? string
---@field from vbo.sim.mail.Person
---@field to? vbo.sim.mail.Person[]
---@field cc? vbo.sim.mail.Person[]
---@field bcc? vbo.sim.mail.Person[]  not part of the text
---@field sent integer  seconds since 1970
---@field received? integer
---@field body? string
---@field html? string
---@field message_id? string
---@field in_reply_to? string
---@field references? string
---@field attachments? vbo.sim.mail.Attachment[]
---@field importance? integer|string  0 to 2, or "Low", "Normal", "High"
---@field draft? boolean

-- In lines of 76 (RFC 2045 section 6.8): 57 bytes each.
local function base64_lines(data)
  local lines = {}
  for i = 1, #data, 57 do lines[#lines + 1] = core.base64(data:sub(i, i + 56)) end
  return table.concat(lines, "\r\n")
end

-- RFC 2045 section 6.7; the text has CRLF line ends already.
local function quoted_printable(text)
  local lines = {}
  for line in (text .. "\r\n"):gmatch "(.-)\r\n" do
    local parts, width = {}, 0
    local last = #line
    for i = 1, last do
      local c = line:sub(i, i)
      local byte = c:byte()
      local blank = byte == 32 or byte == 9
      if byte == 61 or byte > 126 or byte < 32 and byte ~= 9 or blank and i == last then
        c = ("=%02X"):format(byte)
      end
      if width + #c > 75 then
        parts[#parts + 1] = "=\r\n"
        width = 0
      end
      parts[#parts + 1] = c
      width = width + #c
    end
    lines[#lines + 1] = table.concat(parts)
  end
  return table.concat(lines, "\r\n")
end

local function crlf(text) return (text:gsub("\r\n", "\n"):gsub("\r", "\n"):gsub("\n", "\r\n")) end

--- Formats a time as a Date field, in UTC (RFC 5322 section 3.3).
---@param at number
---@return string
function M.date(at)
  local t = os.date("!*t", math.floor(at)) --[[@as osdate]]
  return ("%s, %02d %s %04d %02d:%02d:%02d +0000"):format(
    DAYS[t.wday], t.day, MONTHS[t.month], t.year, t.hour, t.min, t.sec)
end

-- Replaces line breaks: in a header field they would begin another one.
local function one_line(text) return (text:gsub("[%c]+", " ")) end

-- Writes encoded words (RFC 2047) of up to 75 characters, cut between code points: 45 bytes each.
local function encoded_words(text)
  local words, from = {}, 1
  while from <= #text do
    local to = math.min(from + 44, #text)
    while to < #text and text:byte(to + 1) & 0xC0 == 0x80 do to = to - 1 end
    words[#words + 1] = "=?utf-8?B?" .. core.base64(text:sub(from, to)) .. "?="
    from = to + 1
  end
  return table.concat(words, "\r\n ")
end

-- Writes unstructured text: unchanged where it is short ASCII that cannot look encoded.
local function unstructured(text)
  text = one_line(text)
  if #text <= 60 and not text:find "[\128-\255]" and not text:find("=?", 1, true) then
    return text
  end
  return encoded_words(text)
end

local function mailbox(person)
  local name, email = person.name or person[1], person.email or person[2]
  if not email then return one_line(name or "") end
  if not name or name == "" then return "<" .. one_line(email) .. ">" end
  name = one_line(name)
  if name:find "[\128-\255]" or #name > 60 then
    name = encoded_words(name)
  elseif name:find "[^%w%s!#$%%&'*+/=?^_`{|}~-]" then
    name = '"' .. name:gsub('["\\]', "\\%0") .. '"'
  end
  return name .. " <" .. one_line(email) .. ">"
end

local function mailboxes(people)
  local list = {}
  for i, person in ipairs(people) do list[i] = mailbox(person) end
  return table.concat(list, ",\r\n ")
end

-- Writes a parameter of Content-Type or Content-Disposition (RFC 2231 unless it is plain ASCII).
local function parameter(name, value)
  value = one_line(value)
  if value:find "[\128-\255]" then
    local encoded = value:gsub("[^%w._-]", function(c) return ("%%%02X"):format(c:byte()) end)
    -- Cut into sections, for lines and readers with a limit; never inside a "%XX".
    local sections = {}
    while #encoded > 50 do
      local cut = 50
      while encoded:sub(cut - 1, cut):find "%%" do cut = cut - 1 end
      sections[#sections + 1] = encoded:sub(1, cut)
      encoded = encoded:sub(cut + 1)
    end
    if #sections == 0 then return (";\r\n %s*=utf-8''%s"):format(name, encoded) end
    sections[#sections + 1] = encoded
    for i, section in ipairs(sections) do
      sections[i] = (";\r\n %s*%d*=%s%s"):format(name, i - 1, i == 1 and "utf-8''" or "", section)
    end
    return table.concat(sections)
  end
  return (';\r\n %s="%s"'):format(name, (value:gsub('["\\]', "\\%0")))
end

--- Writes the header fields of a message without those of its body; ends with CRLF.
---@param message vbo.sim.mail.Message
---@return string
function M.headers(message)
  local fields = {}
  local function field(name, value)
    if value and value ~= "" then fields[#fields + 1] = name .. ": " .. value .. "\r\n" end
  end
  field("From", mailbox(message.from))
  if message.to and #message.to > 0 then field("To", mailboxes(message.to)) end
  if message.cc and #message.cc > 0 then field("Cc", mailboxes(message.cc)) end
  field("Subject", unstructured(message.subject or ""))
  field("Date", M.date(message.sent))
  field("Message-ID", message.message_id and one_line(message.message_id))
  field("In-Reply-To", message.in_reply_to and one_line(message.in_reply_to))
  field("References", message.references and one_line(message.references))
  field("MIME-Version", "1.0")
  return table.concat(fields)
end

-- Writes a part: its header fields and its text.
local function text_part(kind, text)
  text = crlf(text)
  return ("Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n")
    :format(kind), quoted_printable(text)
end

local function attachment_part(attachment)
  if attachment.message then
    return "Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n",
      M.write(attachment.message)
  end
  local name, kind = attachment.name or "attachment", attachment.type or "application/octet-stream"
  if kind:find "^text/[^;]*$" and utf8.len(attachment.data or "") then
    kind = kind .. "; charset=utf-8"
  end
  local fields = { "Content-Type: ", one_line(kind), parameter("name", name),
    "\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: ",
    attachment.content_id and "inline" or "attachment", parameter("filename", name), "\r\n" }
  if attachment.content_id then
    fields[#fields + 1] = "Content-ID: <" .. one_line(attachment.content_id) .. ">\r\n"
  end
  return table.concat(fields), base64_lines(attachment.data or "")
end

-- Writes a multipart.  Its boundary occurs in no part: base64 and quoted-printable have no line
-- that begins with "--=_", and an attached mail has boundaries of another depth.
local function multipart(kind, depth, parts)
  local boundary = ("=_%s_%d"):format(kind, depth)
  local out = {}
  for _, part in ipairs(parts) do
    out[#out + 1] = "--" .. boundary .. "\r\n" .. part[1] .. "\r\n" .. part[2] .. "\r\n"
  end
  out[#out + 1] = "--" .. boundary .. "--\r\n"
  return ('Content-Type: multipart/%s; boundary="%s"\r\n'):format(kind, boundary),
    table.concat(out)
end

local function depth_of(message)
  local depth = 0
  for _, attachment in ipairs(message.attachments or {}) do
    if attachment.message then depth = math.max(depth, 1 + depth_of(attachment.message)) end
  end
  return depth
end

--- Writes a message; lines end with CRLF.
---@param message vbo.sim.mail.Message
---@return string
function M.write(message)
  local depth = depth_of(message)
  local parts, related, attached = {}, {}, {}
  if message.body or not message.html then parts[1] = { text_part("plain", message.body or "") } end
  for _, attachment in ipairs(message.attachments or {}) do
    local list = attachment.content_id and message.html and related or attached
    list[#list + 1] = { attachment_part(attachment) }
  end
  if message.html then
    local part = { text_part("html", message.html) }
    if #related > 0 then
      table.insert(related, 1, part)
      part = { multipart("related", depth, related) }
    end
    parts[#parts + 1] = part
  end
  local content = #parts == 1 and parts[1] or { multipart("alternative", depth, parts) }
  if #attached > 0 then
    table.insert(attached, 1, content)
    content = { multipart("mixed", depth, attached) }
  end
  local text = M.headers(message) .. content[1] .. "\r\n" .. content[2]
  return text:sub(-2) == "\r\n" and text or text .. "\r\n"
end

return M
