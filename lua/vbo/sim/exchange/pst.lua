--- Mail of a session as PST files: one, or several that are no larger than a limit.

local pst = require "vbo.sim.formats.pst"
local refusal = require "vbo.sim.base.refusal"

local M = {}

local IMPORTANCE = { Low = 0, Normal = 1, High = 2 }

-- Mail that is attached to mail is written the same way.
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

-- The tree of folders that hold the items: each where it lies in its mailbox, a mailbox a folder of
-- its own when there are several.
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
      -- Where deleted mail goes is one folder of a file.
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

-- About the bytes that an item takes in a file.
local function weight(item)
  local sum = 4096 + 2 * #(item.body or "") + #(item.html or "")
  for _, each in ipairs(item.attachments) do sum = sum + 1024 + #each.data * 8192 // 8176 end
  return sum
end

-- A file without mail, which its furniture does not fill.
local SMALLEST, FURNITURE = 0x42400, 40000

-- All files of an export are held in memory: with a limit of a few bytes, each of thousands of
-- mails would be a file of 265 KB.
local MOST_FILES = 400

--- Writes PST files.
---
--- A file is never larger than the limit, unless a single mail is (or the limit is below the 265 KB
--- that any PST has).  Raises a refusal (400) when the limit asks for too many files.
---@param options { name: string, folders: table[], items: table[], several: boolean?,
---  limit: integer? }  folders: those that are there even when no item is in them; several: of
---  several mailboxes; limit: bytes a file
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
    -- The guess was too high: fewer.
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
