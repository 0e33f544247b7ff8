--- Reads mail as it lies in .eml files: RFC 5322 with MIME, as good as real mail needs it.

local core = require "vbo.core"
local mime = require "vbo.sim.world.mime"

local M = {}

-- Mail in mail in mail: further down it stays what it is, bytes.
local deepest = 8

local function split(text)
  local from, to = text:find("\r?\n\r?\n")
  if text:find "^\r?\n" then return "", text:gsub("^\r?\n", "", 1) end
  if not from then return text, "" end
  return text:sub(1, from - 1), text:sub(to + 1)
end

local function first(headers, name) return headers[name] and headers[name][1] end

local function all(headers, name)
  return mime.addresses(headers[name] and table.concat(headers[name], ", "))
end

--- What the header of a mail says.
---@param text string   the header, or the whole mail
---@param fallback integer  when it was sent where that cannot be read
---@return table  subject, from, to, cc, bcc, sent, dated, message_id, in_reply_to, references,
---  importance
function M.header(text, fallback)
  local headers = mime.headers((split(text)))
  local sent = mime.date(first(headers, "date"))
  local urgent = core.fold(first(headers, "importance") or first(headers, "x-priority") or "")
  return {
    subject = mime.words(first(headers, "subject") or ""),
    from = all(headers, "from")[1] or all(headers, "sender")[1] or { name = "", email = "" },
    to = all(headers, "to"), cc = all(headers, "cc"), bcc = all(headers, "bcc"),
    sent = sent or fallback, dated = sent ~= nil,
    message_id = first(headers, "message-id"), in_reply_to = first(headers, "in-reply-to"),
    references = first(headers, "references"),
    importance = urgent:find "^[12h]" and "High" or urgent:find "^[45l]" and "Low" or "Normal",
  }
end

--- The parts of a multipart body.
local function parts_of(body, boundary)
  local marks, at = {}, 1
  local delimiter = "--" .. boundary
  while true do
    local from, to = body:find(delimiter, at, true)
    if not from then break end
    if from == 1 or body:sub(from - 1, from - 1) == "\n" then
      local _, line_end = body:find("^[ \t%-]*\r?\n", to + 1)
      local last = body:sub(to + 1, to + 2) == "--"
      if line_end or last or to == #body then
        marks[#marks + 1] = { from = from, to = line_end or #body }
        if last then break end
      end
    end
    at = to + 1
  end
  local parts = {}
  for i, mark in ipairs(marks) do
    local stop = marks[i + 1] and marks[i + 1].from - 1
    -- A mail that was cut short has no last delimiter.
    if not stop and body:sub(mark.from + #delimiter, mark.from + #delimiter + 1) ~= "--" then
      stop = #body
    end
    if stop then parts[#parts + 1] = (body:sub(mark.to + 1, stop):gsub("\r?\n$", "", 1)) end
  end
  return parts
end

local function add_text(out, name, text)
  out[name] = out[name] and out[name] .. "\r\n" .. text or text
end

local extensions = { ["text/plain"] = ".txt", ["text/html"] = ".html", ["text/calendar"] = ".ics",
  ["image/jpeg"] = ".jpg", ["image/png"] = ".png", ["image/gif"] = ".gif",
  ["application/pdf"] = ".pdf" }

local walk

local function add_attachment(out, kind, name, headers, body, depth)
  local data = mime.body(body, first(headers, "content-transfer-encoding"))
  local attachment = { name = name, type = kind, data = data, size = #data }
  local id = first(headers, "content-id")
  attachment.content_id = id and id:match "<(.-)>" or id
  if kind == "message/rfc822" and depth < deepest then
    attachment.message = M.parse(data, 0, depth + 1)
    local subject = attachment.message.subject
    attachment.name = name or (subject ~= "" and subject or "message") .. ".eml"
    attachment.content_id = nil
  end
  attachment.name = attachment.name
    or ("attachment %d%s"):format(#out.attachments + 1, extensions[kind] or ".bin")
  out.attachments[#out.attachments + 1] = attachment
end

--- Takes a part, and those in it, into the message.
function walk(out, text, depth, default)
  local head, body = split(text)
  local headers = mime.headers(head)
  local kind, parameters = mime.parameters(first(headers, "content-type"))
  if not kind:find "^[%w!#$&^_.+-]+/[%w!#$&^_.+-]+$" then kind = default end
  local disposition, more = mime.parameters(first(headers, "content-disposition"))
  local name = more.filename or parameters.name
  if kind:find "^multipart/" and parameters.boundary and depth < deepest then
    local inner = kind == "multipart/digest" and "message/rfc822" or "text/plain"
    for _, part in ipairs(parts_of(body, parameters.boundary)) do
      walk(out, part, depth + 1, inner)
    end
  elseif (kind == "text/plain" or kind == "text/html") and disposition ~= "attachment"
      and not name then
    local data = mime.body(body, first(headers, "content-transfer-encoding"))
    add_text(out, kind == "text/html" and "html" or "body", mime.utf8(data, parameters.charset))
  else
    add_attachment(out, kind, name, headers, body, depth)
  end
end

--- A whole mail.
---@param text string
---@param fallback integer  as `header`
---@param depth integer?
---@return vbo.sim.mail.Message
function M.parse(text, fallback, depth)
  local out = M.header(text, fallback)
  out.attachments = {}
  walk(out, text, depth or 0, "text/plain")
  return out
end

return M
