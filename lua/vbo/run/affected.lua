--- Lists the names of what a step changes, for limits: "mailbox:alice@contoso.com".

local ascii = require "vbo.base.ascii"

local M = {}

local function add(names, kind, ...)
  for _, name in ipairs { ... } do
    if name ~= "" then names[#names + 1] = ascii.lower(kind) .. ":" .. name end
  end
end

local function within(subject)
  local of, names = subject.organization or {}, {}
  add(names, "organization", of.name or "", of.id or "")
  return names
end

-- Where a change goes to another place: its addresses, and that place's names.  A folder or a list
-- alone lies in the subject.
local function elsewhere(subject, call)
  if call.mail then
    local lists = {}
    for i, address in ipairs(call.mail) do lists[i] = { "mailbox:" .. address } end
    return lists
  end
  if not call.place then return nil end
  local names = within(subject)
  for _, name in ipairs(call.place) do add(names, call.kind, name) end
  return { names }
end

local function of_items(subject)
  local lists, seen = {}, {}
  for _, item in ipairs(subject.items) do
    local names = within(subject)
    for _, each in ipairs(item.above) do
      add(names, each.kind, each.name or "", each.address or "")
    end
    add(names, item.kind, item.name or "", item.address or "")
    local text = table.concat(names, "\0")
    if names[1] and not seen[text] then lists[#lists + 1] = names end
    seen[text] = true
  end
  return lists
end

--- Returns the names of each thing that changes and of what holds it, once each: of the destination
--- where it is another thing than the subject.
---@param subject vbo.Subject
---@param call vbo.run.Call
---@return string[][]
function M.of(subject, call) return elsewhere(subject, call) or of_items(subject) end

return M
