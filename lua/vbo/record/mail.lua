--- Records mailboxes: their folders, and the fields of each item.

local alike = require "vbo.request.alike"
local json = require "vbo.base.json"

local M = {}

-- Fields that are not of the item itself, or that a row holds in another form.
local left_out = { id = true, mailboxId = true, itemClass = true, attachments = true,
  _links = true, _actions = true, folder = true, item = true, ["in"] = true, eTag = true }

local function attachments_of(recorder, list)
  if type(list) ~= "table" or #list == 0 then return nil end
  local out = {}
  for i, each in ipairs(list) do
    out[i] = { name = recorder.mask:file(type(each.name) == "string" and each.name or "attachment"),
      size = each.sizeBytes or each.size }
    if type(out[i].size) ~= "number" then out[i].size = 0 end
    recorder:count "attachments"
  end
  return out
end

local function item_row(recorder, item, line)
  local record = item:record()
  local class = record.itemClass
  local row = { ["in"] = line, item = type(class) == "string" and class or "IPM.Note",
    attachments = attachments_of(recorder, record.attachments) }
  for name, value in pairs(record) do
    if not left_out[name] and value ~= json.null and type(value) ~= "table" then
      row[name] = recorder.mask:field(name, alike.value(value, name, item._class, recorder.client))
    end
  end
  if recorder.contents then
    row.content, row.size = recorder.output:content(function(to)
      return item:save { to = to, overwrite = true, progress = false }
    end)
    recorder:count("bytes", row.size)
  end
  return row
end

local here = { recursive = false }

local function below(recorder, listing, folders, line)
  for folder in folders:each() do
    if listing.left <= 0 then return end
    local category = folder.category
    local folder_line = listing:add {
      ["in"] = line, folder = recorder.mask:name(folder.name), category = category,
    }
    recorder:count "mail folders"
    for item in folder:items(here):each() do
      if not listing:take() then break end
      listing:add(item_row(recorder, item, folder_line))
      recorder:count "mail items"
    end
    below(recorder, listing, folder:folders(here), folder_line)
  end
end

--- Records a mailbox.
---@return string path  of its listing
function M.mailbox(recorder, place, mailbox, address)
  local listing <close> = recorder:listing(place, address)
  local line = listing:add { mailbox = recorder.mask:person(mailbox.name) or "" }
  below(recorder, listing, mailbox:folders(here), line)
  listing:close()
  recorder:count "mailboxes"
  return listing.path
end

return M
