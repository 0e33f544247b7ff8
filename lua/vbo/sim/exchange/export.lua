--- Handles exports of mail as PST files.

local core = require "vbo.core"
local filename = require "vbo.base.filename"
local pst_export = require "vbo.sim.exchange.pst"
local read = require "vbo.sim.base.request"
local refusal = require "vbo.sim.base.refusal"
local select_by = require "vbo.sim.exchange.selection"
local streams = require "vbo.sim.formats.streams"

local H = {}

-- Refuses an export like a real server without Outlook, which writes its PST files.
local function without_outlook(session, what)
  local text = "64-bit version of Microsoft Outlook must be installed on the server to export "
    .. "data to PST."
  session:event {
    type = "Export", status = "Failed", done = true, title = "Exporting " .. what .. " to PST",
    message = text,
  }
  session:worsen "Warning"
  refusal.raise(500, text)
end

-- Checks whether a mail has the keyword in its subject, its text or the names of its attachments,
-- in any case.
local function has(item, keyword)
  local texts = { item.subject, item.body or "", item.html or "" }
  for _, each in ipairs(item.attachments) do texts[#texts + 1] = each.name end
  return core.fold(table.concat(texts, "\n")):find(keyword, 1, true) ~= nil
end

-- Reads the limit of the size of a file (v4 and later); nil for one file of any size.
local function limit_of(body)
  local size = read.given(body.pstSizeLimitBytes)
  if read.given(body.enablePstSizeLimit) ~= true then return nil end
  if not size then refusal.missing { "PstSizeLimitBytes" } end
  if size < 1 then refusal.raise(400, "PstSizeLimitBytes must be a positive number.") end
  return size
end

-- Lists the folders that are exported even when they are empty.
local function all_folders(session, mailbox)
  local found = {}
  for _, box in ipairs(mailbox and { mailbox } or session.view:mailboxes()) do
    for _, folder in ipairs(session.view:mail_folders(box)) do found[#found + 1] = folder end
  end
  return found
end

local function folders_below(session, mailbox, id)
  local top, found = session.view:mail_folder(mailbox, id), {}
  for _, folder in ipairs(all_folders(session, mailbox)) do
    local above = folder
    while above and above ~= top do above = above.parent end
    if above then found[#found + 1] = folder end
  end
  return found
end

local function export(selector, folders)
  return function(context)
    local session, mailbox, items, what = selector(context)
    if not context.app.outlook then without_outlook(session, what) end
    local body = context.body
    local limit = limit_of(body)
    local keyword = read.given(body.contentKeyword) or read.given(body.contentKeywords)
    if keyword and keyword ~= "" then
      local found = {}
      for _, item in ipairs(items) do
        if has(item, core.fold(keyword)) then found[#found + 1] = item end
      end
      items = found
    end
    local name = mailbox and mailbox.email or session.organization.name
    local files = pst_export.files {
      name = name, items = items, several = mailbox == nil, limit = limit,
      folders = folders and folders(session, mailbox, context.params.folderId) or {},
    }
    local this = context.store.exports:begin(session, session:event {
      type = "Export", status = "Success", done = true, title = "Exporting " .. what .. " to PST",
      message = ("Exported %d item(s)"):format(#items),
    })
    local function answer(stream)
      local made = context:stream(stream)
      made.export = this
      return made
    end
    if not limit then return answer(streams.bytes(files[1])) end
    -- With a limit the files come in a ZIP, even a single one.
    local entries, stem = {}, filename.safe(name)
    for i, file in ipairs(files) do
      entries[i] = {
        name = ("%s_%d.pst"):format(stem, i), mtime = session.view.point,
        stream = streams.bytes(file),
      }
    end
    return answer { kind = "zip", entries = entries }
  end
end

H.ExchangeItem_ExportItemToPstAction = export(select_by.item)
H.ExchangeItem_ExportItemsToPstAction = export(select_by.items)
H.ExchangeFolder_ExportToPstAction = export(select_by.folder, folders_below)
H.ExchangeMailbox_ExportMailboxToPstAction = export(select_by.mailbox, all_folders)
H.ExchangeMailbox_ExportMailboxesToPstAction = export(select_by.organization, all_folders)
H.BackupOrganization_RestoreSessionsAction = export(select_by.organization, all_folders)

return H
