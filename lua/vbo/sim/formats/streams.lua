--- Describes streams by plain tables, so that only `http/serve.lua` needs the C module:
---
---   { kind = "bytes", data = "…" }
---   { kind = "generate", seed = 7, size = 1073741824 }     the same bytes for the same seed
---   { kind = "file", root = "folder", path = "a/b.txt", size = 12 }     read when it is sent
---   { kind = "zip", entries = { { name =, mtime =, stream = }, … } }
---                                              an entry without a stream is a folder, "name/"
---
--- Names in a ZIP are made safe: no "..", no absolute path, no duplicates.

local filename = require "vbo.base.filename"

local M = {}

---@param data string
function M.bytes(data) return { kind = "bytes", data = data } end

-- Returns a function that names the entries of one ZIP; a repeated name, in any case, gets a
-- number.
local function namer()
  local used = {}
  return function(folders, name)
    local parts = {}
    for i, folder in ipairs(folders) do parts[i] = filename.safe(folder, "folder") end
    local prefix = table.concat(parts, "/")
    if prefix ~= "" then prefix = prefix .. "/" end
    used[prefix] = used[prefix] or filename.unique()
    return prefix .. used[prefix](filename.safe(name))
  end
end

--- Describes a ZIP of documents.
---@param list { document: table, version: vbo.sim.Version }[]
---@param folders fun(it: table): string[]  returns the folders of each, outermost first
---@param all table[]  the folders of the ZIP; empty ones become entries, too
---@return table
function M.documents(list, folders, all)
  local name, entries, filled = namer(), {}, {}
  for i, each in ipairs(list) do
    entries[i] = {
      name = name(folders(each.document), each.document.name), mtime = each.version.at,
      stream = each.version.stream,
    }
    local folder = each.document.folder
    while folder do filled[folder], folder = true, folder.parent end
  end
  for _, folder in ipairs(all) do
    for _, inner in ipairs(all) do
      filled[folder] = filled[folder] or inner.parent == folder
    end
    if not filled[folder] then
      local parts = folders(folder)
      for i, part in ipairs(parts) do parts[i] = filename.safe(part, "folder") end
      parts[#parts + 1] = filename.safe(folder.name, "folder")
      entries[#entries + 1] = { name = table.concat(parts, "/") .. "/", mtime = folder.at }
    end
  end
  return { kind = "zip", entries = entries }
end

--- Describes the MSG of a mail item ([MS-OXMSG]).  All but drafts have transport headers: without
--- them some readers (msgconvert 0.921) garble text under a subject that is not ASCII.
---@param item table
---@return table
function M.message(item)
  if item.saved then return item.saved end -- as the server that was recorded saved it
  local msg = require "vbo.sim.formats.msg"
  local draft = item.folder and item.folder.category == "Drafts"
  return M.bytes(msg.write {
    subject = item.subject, from = item.from, to = item.to, cc = item.cc, bcc = item.bcc,
    sent = item.sent, received = not draft and (item.received or item.sent) or nil,
    body = item.body, html = item.html, message_id = item.message_id,
    attachments = item.attachments, importance = item.importance, draft = draft,
  })
end

--- Describes a ZIP of the MSG files of items.
---@param items table[]
---@return table
function M.messages(items)
  local name, entries = namer(), {}
  for i, item in ipairs(items) do
    entries[i] = {
      name = name({}, (item.subject ~= "" and item.subject or "no subject") .. ".msg"),
      mtime = item.sent, stream = M.message(item),
    }
  end
  return { kind = "zip", entries = entries }
end

--- Returns the size of a stream; nil for a ZIP, whose size is unknown until it is made.
---@param stream table
---@return integer?
function M.size(stream)
  if stream.kind == "bytes" then return #stream.data end
  return stream.size
end

return M
