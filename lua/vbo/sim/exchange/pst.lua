--- Writes mail of a session as PST files: one, or several up to a limit of size.

local pst = require "vbo.sim.formats.pst"
local refusal = require "vbo.sim.base.refusal"

local M = {}

local IMPORTANCE = { Low = 0, Normal = 1, High = 2 }

-- Converts attachments; attached mail is converted like mail.
local function attachments_of(list)
  local out = {}
  for i, each in ipairs(list or {}) do
    local inner = each.message
    if inner then
      local copy = {}
      for name, value in pairs(inner) do copy[name] = value end
      copy.importance, copy.flags = IMPORTANCE[inner.importance], 0x01
      copy.attachments = attachments_of(inner.attachments)
      out[i] = { name = each.name, type = each.type, data = each.data, message = copy }
    else
      out[i] = each
    end
  end
  return out
end

local function message_of(item)
  return {
    class = item.class, subject = item.subject, from = item.from,
    to = item.to, cc = item.cc, bcc = item.bcc,
    sent = item.sent, received = item.received, body = item.body, html = item.html,
    message_id = item.message_id, attachments = attachments_of(item.attachments),
    importance = IMPORTANCE[item.importance],
    -- PidTagMessageFlags: read; a draft has not been sent.
    flags = item.folder.category == "Drafts" and 0x09 or 0x01,
  }
end

-- Builds the tree of folders that hold the items; each of several mailboxes is a folder.
local function tree(folders, items, several)
  local top, known = {}, {}
  local function node(folder, mailbox)
    local key = folder or mailbox
    if known[key] then return known[key] end
    local list
    if folder then
      local above = (folder.parent or several) and node(folder.parent, mailbox)
      list = above and above.folders or top
    else
      list = top
    end
    local made = {
      name = folder and folder.name or mailbox.email, folders = {}, messages = {},
      -- A file has one folder of deleted mail.
      deleted = folder ~= nil and not several and folder.category == "Deleted",
    }
    known[key] = made
    list[#list + 1] = made
    return made
  end
  for _, folder in ipairs(folders) do node(folder, folder.mailbox) end
  for _, item in ipairs(items) do
    local list = node(item.folder, item.mailbox).messages
    list[#list + 1] = message_of(item)
  end
  return top
end

-- Estimates the bytes of an item in a file.
local function weight(item)
  local sum = 4096 + 2 * #(item.body or "") + #(item.html or "")
  for _, each in ipairs(item.attachments) do sum = sum + 1024 + #each.data * 8192 // 8176 end
  return sum
end

-- The size of a file without mail, and the bytes of it that its fixed content needs.
local SMALLEST, FURNITURE = 0x42400, 40000

-- The most files of an export, which are all in memory: with a limit of a few bytes, each of
-- thousands of mails would be a file of 265 KB.
local MOST_FILES = 400

--- Writes PST files.
---
--- A file exceeds the limit only where a single mail does, or where the limit is below 265 KB, the
--- size of an empty PST.  Refuses (400) a limit that needs too many files.
---@param options { name: string, folders: table[], items: table[], several: boolean?,
---  limit: integer? }  folders: written even when they are empty; several: of several mailboxes;
---  limit: bytes of a file
---@return string[]
function M.files(options)
  local items, limit = options.items, options.limit
  local function write(first, last)
    local pieces, size = pst.write {
      name = options.name,
      folders = tree(first == 1 and options.folders or {},
        table.move(items, first, last, 1, {}), options.several),
    }
    return pieces, size
  end
  local files, first = {}, 1
  repeat
    local last = #items
    if limit then
      if #files == MOST_FILES then
        refusal.raise(400, ("PstSizeLimitBytes is too small: %d items need more than %d files.")
          :format(#items, MOST_FILES))
      end
      local sum = FURNITURE
      last = first
      while last < #items do
        sum = sum + weight(items[last])
        if SMALLEST + sum + weight(items[last + 1]) - 0x3E000 > limit then break end
        last = last + 1
      end
    end
    local pieces, size = write(first, last)
    -- The estimate was too low: write fewer items.
    while limit and size > limit and last > first do
      last = first + (last - first) * 3 // 4
      pieces, size = write(first, last)
    end
    files[#files + 1] = table.concat(pieces)
    first = last + 1
  until first > #items
  return files
end

return M
