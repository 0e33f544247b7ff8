--- Describes a step to people: its title and the parts of its key.

local canonical = require "vbo.run.canonical"
local json = require "vbo.base.json"
local time = require "vbo.base.time"

local M = {}

local function label(item) return item.name or item.address or item.id or item.kind end

local function path_text(item)
  local words = {}
  for i, each in ipairs(item.above) do
    if i > 1 or item.above[2] == nil and not each.address then words[#words + 1] = label(each) end
  end
  words[#words + 1] = label(item)
  return table.concat(words, "/")
end

local function plural(word)
  if word:find "s$" or word:find "%s" and word:find "'s" then return word end
  return (word:gsub("y$", "ie"):gsub("(x)$", "%1e")) .. "s"
end

local function owner_text(subject)
  local item = subject.items[1]
  local top = item and (item.above[1] or item)
  if not top then return nil end
  return top.address and (top.kind == "mailbox" and top.address or top.name) or label(top)
end

--- Returns one line about a step: "restore 3 documents of Alice: Documents/a.txt, …".
---@param verb string
---@param subject vbo.Subject
---@return string
function M.title(verb, subject)
  local n, words = #subject.items, { (verb:gsub("_", " ")) }
  local first = subject.items[1]
  if subject.whole then
    words[#words + 1] = ("all %s of %s"):format(subject.whole, first and label(first) or "it")
  elseif n == 1 then
    words[#words + 1] = subject.kind
    local owner = first.above[1] and owner_text(subject)
    words[#words + 1] = owner and canonical.is_backup(subject)
      and ("of %s: %s"):format(owner, path_text(first)) or path_text(first)
  elseif n > 1 then
    words[#words + 1] = ("%d %s"):format(n, plural(subject.kind))
    local owner = first.above[1] and owner_text(subject)
    words[#words + 1] = ("%s%s, …"):format(owner and ("of %s: "):format(owner) or "",
      path_text(first))
  else
    words[#words + 1] = subject.kind ~= "server" and subject.kind or nil
  end
  return (table.concat(words, " "):gsub("%c", " "))
end

local most_shown <const> = 20

--- Returns the parts of a key in the order in which people read them.
---@param key vbo.Key
---@param request vbo.Request
---@param subject vbo.Subject
---@param more table  server=, call= (`vbo.run.Call`), file=
---@return {name: string, value: any}[]
function M.parts(key, request, subject, more)
  local parts = {}
  local function add(name, value)
    if value ~= nil and value ~= "" then parts[#parts + 1] = { name = name, value = value } end
  end
  local function named(about) return about and (about.name or about.id) end
  add("server", more.server)
  add("verb", key.verb)
  add("operation", request.operation)
  add("organization", named(subject.organization))
  add("organization_id", subject.organization and subject.organization.id)
  if subject.explored then add(subject.explored.kind, named(subject.explored)) end
  add("repository", subject.repository)
  add("workload", subject.workload)
  add("point", subject.at and time.iso(subject.at))
  add("deleted", subject.deleted)
  add("all_versions", subject.all_versions)
  local names = json.array {}
  for i, item in ipairs(subject.items) do
    if i > most_shown then break end
    names[i] = path_text(item)
  end
  add(subject.whole and "all_" .. subject.whole or subject.kind, names)
  add("items", key.items)
  add("record", #subject.items == 1 and next(subject.items[1].record) and subject.items[1].record
    or nil)
  add("destination", more.call.destination)
  add("options", next(more.call.options) and more.call.options or nil)
  for _, each in ipairs(more.call.authority) do add(each.name, each.value) end
  add("file", more.file)
  add("key", key.given)
  return parts
end

return M
