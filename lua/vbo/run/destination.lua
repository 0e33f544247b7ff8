--- Reads from a body where a change goes, when that is not where a thing was.

local core = require "vbo.core"
local json = require "vbo.base.json"
local spelling = require "vbo.base.spelling"

local M = {}

-- Takes the first of some properties out of a body.
local function take(body, ...)
  for _, wanted in ipairs { ... } do
    for name, value in pairs(body) do
      if type(name) == "string" and spelling.squash(name) == wanted and value ~= json.null
          and value ~= "" then
        body[name] = nil
        return value
      end
    end
  end
end

-- Lists what names a thing: of a record its addresses first.
local function words_of(value)
  if type(value) ~= "table" then return { core.fold(tostring(value)) } end
  local words = {}
  for _, name in ipairs { "url", "address", "email", "name" } do
    local word = value[name]
    if type(word) == "string" and word ~= "" then words[#words + 1] = core.fold(word) end
  end
  return words[1] and words or { tostring(value.id or "") }
end

-- Lists the addresses of "a@contoso.com; Bob <b@contoso.com>", sorted.
local function addresses(text)
  local list = {}
  for part in core.fold(tostring(text)):gmatch "[^;,]+" do
    list[#list + 1] = part:match "<([^<>]*)>" or part:match "^%s*(.-)%s*$"
  end
  table.sort(list)
  return list
end

local function mail(body)
  local to = take(body, "to")
  if to == nil then return { address = "" } end
  local list = addresses(to)
  return { address = "mail " .. table.concat(list, ";"), mail = list }
end

local function place(verb, body)
  local kind, value = "place", nil
  if verb == "copy" then
    kind, value = "onedrive", take(body, "onedrive")
  elseif verb == "restore_to" then
    kind, value = "site", take(body, "siteurl", "url")
    if value == nil then kind, value = "mailbox", take(body, "mailbox") end
  end
  local words = value ~= nil and words_of(value) or nil
  local parts = { words and words[1] }
  for _, word in ipairs { "folder", "list" } do
    local inside = take(body, word)
    if inside ~= nil then parts[#parts + 1] = words_of(inside)[1] end
  end
  if not parts[1] then return { address = "" } end
  return { address = kind .. " " .. table.concat(parts, "/"), kind = kind, place = words }
end

---@class vbo.run.Destination
---@field address string    kind and address; "" for where it was
---@field mail string[]?    the addresses that mail goes to
---@field kind string?      of another place: "onedrive", "site", "mailbox"
---@field place string[]?   its address and name

--- Takes out of a body the properties that say where a change goes.
---@param verb string
---@param body table  it is changed
---@return vbo.run.Destination
function M.of(verb, body)
  if verb == "send" then return mail(body) end
  if verb ~= "copy" and verb ~= "restore_to" and verb ~= "restore" then return { address = "" } end
  return place(verb, body)
end

return M
