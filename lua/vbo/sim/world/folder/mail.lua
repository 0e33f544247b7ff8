--- Reads mailboxes from a folder: folders of .eml files, and .mbox files as folders.  Headers are
--- read when a mailbox is first used, the rest of a mail on use; only one mail at a time is in
--- memory.

local core = require "vbo.core"
local ids = require "vbo.sim.base.ids"
local message = require "vbo.sim.world.folder.message"
local refusal = require "vbo.sim.base.refusal"

local M = {}

-- The most bytes of a header.
local longest_header = 1 << 20

local categories = {
  ["inbox"] = "Inbox", ["posteingang"] = "Inbox", ["sent"] = "Sent", ["sent items"] = "Sent",
  ["gesendete elemente"] = "Sent", ["drafts"] = "Drafts", ["entwürfe"] = "Drafts",
  ["deleted items"] = "Deleted", ["trash"] = "Deleted", ["gelöschte elemente"] = "Deleted",
}

local function entry_id(seed, count)
  return ids.base64("\0\0\0\0" .. ids.bytes(seed, count - 4), true)
end

-- Opens a file of the world, which may have been removed.
local function open(path)
  local file, why = io.open(path, "rb")
  return file or refusal.raise(500, ("A file of this world cannot be read: %s."):format(why))
end

local function read(path, offset, size)
  local file <close> = open(path)
  file:seek("set", offset)
  return file:read(size) or ""
end

-- The mail that was read last: its text, HTML and attachments are requested one by one.
local last = {}

local function whole(item)
  if last.item ~= item then
    local text = read(item.file, item.offset, item.length)
    -- In mbox lines that begin with "From " have a ">" in front.
    if item.boxed then text = text:gsub("^From [^\n]*\n", ""):gsub("\n>(>*From )", "\n%1") end
    last.item, last.message = item, message.parse(text, item.sent)
  end
  return last.message
end

local parsed = { body = true, html = true, attachments = true }
local lazy_item = { __index = function(item, name)
  if parsed[name] then return whole(item)[name] end
end }

local function add_item(mailbox, folder, mail, head)
  local item = message.header(head, mail.modified)
  if not item.dated or item.sent > mailbox.now then
    item.sent = math.min(mail.modified, mailbox.now, os.time())
  end
  item.received, item.class, item.mailbox, item.folder = item.sent, "IPM.Note", mailbox, folder
  item.size, item.file, item.offset, item.length = mail.length, mail.file, mail.offset, mail.length
  item.boxed = mail.boxed
  item.id = entry_id(mailbox.id .. "/item/" .. mail.seed, 70)
  item.message_id = item.message_id
    or ("<%s@%s>"):format(ids.uuid(item.id), mailbox.email:match "@(.*)")
  setmetatable(item, lazy_item)
  mailbox.items[#mailbox.items + 1] = item
  mailbox.by_id[item.id] = item
end

local function header_of(path)
  local file <close> = open(path)
  local lines, size = {}, 0
  for line in file:lines "L" do
    size = size + #line
    if line:find "^\r?\n$" or size > longest_header then break end
    lines[#lines + 1] = line
  end
  return table.concat(lines)
end

-- Checks whether a line begins a mail of an mbox file: "From ", the sender, and a time in the form
-- of asctime ("Mon Nov  2 10:00:00 2026", with or without a zone) or RFC 5322.
local function begins_mail(line)
  if not line:find "^From " then return false end
  return line:find "%d%d?:%d%d" ~= nil and line:find "%f[%d]%d%d%d%d%f[%D]" ~= nil
    or line:find "^From %S+@%S+%s*$" ~= nil or line:find "^From %-%s*$" ~= nil
    or line:find "^From MAILER%-DAEMON%s*$" ~= nil
end

local function is_field(line) return line:find "^>?[!-9;-~]+:" or line:find "^>From " end

-- Iterates over the mails of an mbox file without keeping them.  A paragraph that begins with
-- "From" begins no mail: a mail has a time in that line, and a header field in the next.
local function each_in_mbox(path, found)
  local file <close> = open(path)
  local at, start, lines, in_header, blank = 0, nil, nil, false, true
  local function finish()
    if start then found(start, at - start, table.concat(lines)) end
  end
  local line = file:read "L"
  while line do
    local after = file:read "L"
    if blank and begins_mail(line) and (not start or after and is_field(after)) then
      finish()
      start, lines, in_header, blank = at, {}, true, false
    else
      blank = line:find "^\r?\n$" ~= nil
      if blank then in_header = false end
      if in_header and #lines < 10000 then lines[#lines + 1] = line end
    end
    at, line = at + #line, after
  end
  finish()
end

local function folder_at(mailbox, path, by_path)
  if by_path[path] then return by_path[path] end
  local above, name = path:match "^(.*)/([^/]*)$"
  name = name or path
  local folder = {
    id = entry_id(mailbox.id .. "//" .. path, 46), mailbox = mailbox, name = name, path = path,
    parent = above and folder_at(mailbox, above, by_path) or nil,
    category = not above and categories[core.fold(name)] or "None",
  }
  by_path[path] = folder
  mailbox.folders[#mailbox.folders + 1] = folder
  mailbox.by_id[folder.id] = folder
  return folder
end

--- Reads a folder into a mailbox.
local function fill(mailbox, list, root, path, shown, by_path)
  for _, entry in ipairs(list(path)) do
    local below = path .. "/" .. entry.name
    local name = message.utf8(entry.name)
    local kind = entry.type == "file" and core.fold(name):match "%.(%w+)$"
    if entry.type == "directory" then
      local inner = shown and shown .. "/" .. name or name
      folder_at(mailbox, inner, by_path)
      fill(mailbox, list, root, below, inner, by_path)
    elseif kind == "eml" then
      -- Mail outside folders belongs to the inbox.
      local file = root .. "/" .. below
      add_item(mailbox, folder_at(mailbox, shown or "Inbox", by_path), {
        file = file, offset = 0, length = entry.size, modified = entry.modified, seed = below,
      }, header_of(file))
    elseif kind == "mbox" then
      local stem = name:sub(1, -6)
      local folder = folder_at(mailbox, shown and shown .. "/" .. stem or stem, by_path)
      local file, n = root .. "/" .. below, 0
      each_in_mbox(file, function(offset, length, head)
        n = n + 1
        add_item(mailbox, folder, {
          file = file, offset = offset, length = length, modified = entry.modified, boxed = true,
          seed = below .. "#" .. n,
        }, head)
      end)
    end
  end
end

--- Reads a user's mailbox.
---@param organization table
---@param user table
---@param options { list: (fun(path: string): table[]), root: string, path: string, now: integer }
---@return table
function M.mailbox(organization, user, options)
  local mailbox = {
    id = ids.uuid(organization.name .. "/mailbox/" .. user.name), name = user.display,
    email = user.name, user = user, now = options.now,
  }
  local filled = { folders = true, items = true, by_id = true }
  return setmetatable(mailbox, { __index = function(self, name)
    if not filled[name] then return nil end
    rawset(self, "folders", {})
    rawset(self, "items", {})
    rawset(self, "by_id", {})
    fill(self, options.list, options.root, options.path, nil, {})
    return rawget(self, name)
  end })
end

return M
