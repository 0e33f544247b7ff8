-- Mail as Outlook files it: .msg ([MS-OXMSG]), a compound file of properties ([MS-OXPROPS]).

local cfb = require "vbo.sim.formats.cfb"
local mapi = require "vbo.sim.formats.mapi"

local M = {}

M.utf16 = mapi.utf16

-- Types of properties ([MS-OXCDATA] section 2.11.1).
local INTEGER, BOOLEAN, OBJECT = 0x0003, 0x000B, 0x000D
local STRING, TIME, BINARY = 0x001F, 0x0040, 0x0102

local CLASS = "\x0B\x0D\x02\x00\x00\x00\x00\x00\xC0\x00\x00\x00\x00\x00\x00\x46" -- of a message

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

  function self.time(id, at) if at then row(id, TIME, ("<I8"):pack(mapi.filetime(at))) end end

  -- The size counts a terminator that the stream does not hold.
  function self.string(id, text)
    if not text then return end
    local data = mapi.utf16(text)
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

local function recipient(person, kind, row)
  local properties = new_properties()
  mapi.recipient(properties, person, kind, row)
  return { name = ("__recip_version1.0_#%08X"):format(row),
    children = properties.finish(("\0"):rep(8)) }
end

local message_children

local function attachment(given, number)
  local properties = new_properties()
  mapi.attachment(properties, given, number)
  if given.message then
    properties.object(0x3701, message_children(given.message, true)) -- PidTagAttachDataObject
  end
  return { name = ("__attach_version1.0_#%08X"):format(number),
    children = properties.finish(("\0"):rep(8)) }
end

function message_children(message, embedded)
  local properties = new_properties()
  mapi.message(properties, message)
  local recipients, attachments = mapi.recipients(message), message.attachments or {}
  for i, each in ipairs(recipients) do
    properties.children[#properties.children + 1] = recipient(each.person, each.kind, i - 1)
  end
  for i, each in ipairs(attachments) do
    properties.children[#properties.children + 1] = attachment(each, i - 1)
  end
  local header = ("<I8 I4 I4 I4 I4"):pack(
    0, #recipients, #attachments, #recipients, #attachments)
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
