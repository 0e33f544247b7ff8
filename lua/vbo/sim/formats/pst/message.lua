-- Mail in a PST file ([MS-PST] section 2.4.5): properties, a table of recipients, one of
-- attachments, and the attachments themselves below the mail's node.

local contexts = require "vbo.sim.formats.pst.context"
local mapi = require "vbo.sim.formats.mapi"
local schema = require "vbo.sim.formats.pst.schema"

local M = {}

-- Nodes below a mail.
local ATTACHMENTS, RECIPIENTS = 0x671, 0x692

-- Types of nodes (section 2.2.2.1).
local MESSAGE, ATTACHMENT = 4, 5

-- A subject begins with how long its prefix ("RE: ") is, plus one (section 2.5.3.1.1.1).
local function marked_subject(subject)
  if subject == "" then return "" end
  return "\1" .. string.char(#mapi.subject(subject) + 1) .. subject
end

local function recipients_table(db, message)
  local rows = {}
  for i, each in ipairs(mapi.recipients(message)) do
    local properties = contexts.properties()
    mapi.recipient(properties, each.person, each.kind, i - 1)
    properties.boolean(0x0E0F, true) -- PidTagResponsibility
    properties.boolean(0x3A40, false) -- PidTagSendRichInfo
    properties.binary(0x0FF9, properties.values[0x0FFF].value) -- PidTagRecordKey
    properties.values[0x39FF] = properties.values[0x3001] -- PidTag7BitDisplayName
    rows[i] = { id = i - 1, properties = properties }
  end
  return contexts.table(db, schema.recipients, rows)
end

-- Writes an attachment; returns its properties and its node below the mail's.
local function attachment(db, given, number, depth)
  local properties, below = contexts.properties(), {}
  mapi.attachment(properties, given, number)
  if given.message then
    local inner = M.write(db, given.message, depth + 1)
    local nid = db:nid(MESSAGE)
    below[1] = { nid = nid, data = inner.data, sub = inner.sub }
    properties.object(0x3701, nid, inner.size) -- PidTagAttachDataObject
    properties.integer(0x0E20, inner.size) -- PidTagAttachSize
  end
  local data, sub = contexts.object(db, properties, below)
  return properties, { nid = db:nid(ATTACHMENT), data = data, sub = sub }
end

---@class vbo.sim.pst.Written
---@field data integer  BIDs for the mail's node
---@field sub integer
---@field size integer  bytes, as PidTagMessageSize tells them
---@field properties vbo.sim.pst.Properties  for the table of the folder

--- Writes a mail, but not its node: one inside another has none of the file's.
---@param db vbo.sim.pst.Database
---@param message vbo.sim.mail.Message
---@param depth? integer  how many mails it is inside
---@return vbo.sim.pst.Written
function M.write(db, message, depth)
  depth = depth or 0
  assert(depth <= 32, "mails inside of mails, more than 32 deep")
  local properties, below = contexts.properties(), {}
  mapi.message(properties, message)
  properties.string(0x0037, marked_subject(message.subject or ""))
  -- A store makes these from the subject's mark.
  properties.drop(0x003D) -- PidTagSubjectPrefix
  properties.drop(0x0E1D) -- PidTagNormalizedSubject
  -- Which code page text has where it is not Unicode: HTML, that is.
  properties.integer(0x3FFD, 65001) -- PidTagMessageCodepage
  properties.integer(0x0E17, 0) -- PidTagMessageStatus
  properties.binary(0x300B, message.message_id or message.subject or "") -- PidTagSearchKey
  if message.importance then properties.integer(0x0017, message.importance) end
  if message.flags then
    local attached = properties.values[0x0E07].value & 0x10
    properties.integer(0x0E07, message.flags | attached)
  end

  local data, sub = recipients_table(db, message)
  below[1] = { nid = RECIPIENTS, data = data, sub = sub }
  local size, rows = properties.size(), {}
  for i, each in ipairs(message.attachments or {}) do
    local row, node = attachment(db, each, i - 1, depth)
    below[#below + 1] = node
    rows[i] = { id = node.nid, properties = row }
    size = size + row.size()
  end
  if #rows > 0 then
    data, sub = contexts.table(db, schema.attachments, rows)
    below[#below + 1] = { nid = ATTACHMENTS, data = data, sub = sub }
  end
  properties.integer(0x0E08, math.min(size, 0x7FFFFFFF)) -- PidTagMessageSize
  data, sub = contexts.object(db, properties, below)
  return { data = data, sub = sub, size = size, properties = properties }
end

return M
