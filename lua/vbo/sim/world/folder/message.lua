--- Reads mail of .eml files with GMime (`server.mail`), in the shape of a world's mail.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

local function read(text)
  local found, err = require "vbo.server".mail(text)
  if not found then errors.raise(err) end
  return found
end

--- Raises `unsupported`, with the name of the package, where GMime is missing.
function M.check() read "" end

--- Returns text of unknown origin as UTF-8: as it is, or as windows-1252.
---@param text string
---@return string
function M.utf8(text)
  if utf8.len(text) then return text end
  local found, err = require "vbo.server".text(text)
  return found or errors.raise(err)
end

-- Unfolds a header field to one line.
local function line(text) return text and (text:gsub("%c+", " "):match "^%s*(.-)%s*$") end

local function header_of(found, fallback)
  local urgent = core.fold(found.importance or found.priority or "")
  return {
    subject = line(found.subject),
    from = found.from[1] or found.sender[1] or { name = "", email = "" },
    to = found.to, cc = found.cc, bcc = found.bcc,
    sent = found.date or fallback, dated = found.date ~= nil,
    message_id = line(found.message_id), in_reply_to = line(found.in_reply_to),
    references = line(found.references),
    importance = urgent:find "^%s*[12h]" and "High" or urgent:find "^%s*[45l]" and "Low"
      or "Normal",
  }
end

--- Reads the header of a mail.
---@param text string   the header, or the whole mail
---@param fallback integer  the time of sending where it cannot be read
---@return table  subject, from, to, cc, bcc, sent, dated, message_id, in_reply_to, references,
---  importance
function M.header(text, fallback)
  -- The header ends with an empty line.
  return header_of(read(text:gsub("\r?\n?$", "\r\n\r\n", 1) .. ""), fallback)
end

local extensions = { ["text/plain"] = ".txt", ["text/html"] = ".html", ["text/calendar"] = ".ics",
  ["image/jpeg"] = ".jpg", ["image/png"] = ".png", ["image/gif"] = ".gif",
  ["application/pdf"] = ".pdf" }

local message_of

local function attachment_of(found, number)
  local inner = found.message and message_of(found.message, 0)
  local name = found.name
  if not name and inner then
    name = (inner.subject ~= "" and inner.subject or "message") .. ".eml"
  end
  return {
    name = name or ("attachment %d%s"):format(number, extensions[found.type] or ".bin"),
    type = found.type, data = found.data, size = #found.data, message = inner,
    content_id = not inner and found.content_id or nil,
  }
end

function message_of(found, fallback)
  local out = header_of(found, fallback)
  for _, each in ipairs(found.texts) do
    local name = each.html and "html" or "body"
    out[name] = out[name] and out[name] .. "\r\n" .. each.text or each.text
  end
  out.attachments = {}
  for i, each in ipairs(found.attachments) do out.attachments[i] = attachment_of(each, i) end
  return out
end

--- Reads a whole mail.
---@param text string
---@param fallback integer  as `header`
---@return vbo.sim.mail.Message
function M.parse(text, fallback) return message_of(read(text), fallback) end

return M
