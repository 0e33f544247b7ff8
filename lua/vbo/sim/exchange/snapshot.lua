--- Takes the mailboxes that a backup sees now.

local copy = require "vbo.sim.backups.copy"
local ids = require "vbo.sim.base.ids"

local M = {}

-- Makes an id like those of Exchange: long, in the alphabet of URLs, with "==" at its end.
local function entry_id(seed, bytes) return "AAAAA" .. ids.base64(ids.bytes(seed, bytes), true) end

-- Copies a mailbox as production holds it.
local function mailbox_of(mailbox, live, at)
  local out, by_path = copy.place(mailbox)
  out.items = {}
  local function make(path) return {
    id = entry_id(mailbox.id .. "//" .. path, 46), mailbox = out, category = "None",
  } end
  local function add(item)
    out.items[#out.items + 1] = item
    out.by_id[item.id] = item
  end
  local taken = {}
  for _, item in ipairs(mailbox.items) do
    local key = item.folder.path .. "\0" .. item.id
    local there = live.items[key]
    taken[key] = there and true
    if (there ~= nil) == copy.is_gone(item, at) then
      item = copy.twin(item)
      item.deleted = not there and at or nil
    end
    add(item)
  end
  for _, key in ipairs(copy.sorted_keys(live.items)) do
    local entry = live.items[key]
    if not taken[key] then
      local item = copy.twin(entry.item)
      item.id = entry_id(mailbox.id .. "/" .. key, 70)
      item.mailbox, item.deleted = out, nil
      item.folder = copy.folder(out, by_path, entry.folder, make)
      add(item)
    end
  end
  return out
end

--- Takes the mailboxes of an organization: changed ones as production holds them.
---@param base table        the organization as the backup before saw it
---@param production table
---@param at number
---@param touched fun(email: string): boolean
---@return table[]
function M.take(base, production, at, touched)
  local out = {}
  for i, mailbox in ipairs(base.mailboxes) do
    local live = touched(mailbox.email)
      and production:mailbox(base, mailbox.email, mailbox.archive)
    out[i] = live and mailbox_of(mailbox, live, at) or mailbox
  end
  return out
end

return M
