--- Reads what a page says about itself.
---
--- Versions answer lists as envelopes {offset, limit, setId, totalCount, results, _links} or
--- as bare arrays; no version fills in everything.  What is missing, null or senseless here
--- counts as not said.

local ascii = require "vbo.base.ascii"
local errors = require "vbo.base.error"
local json = require "vbo.base.json"

local M = {}

local function protocol(operation, message, hint)
  errors.raise { kind = "protocol", operation = operation, message = message, hint = hint }
end

--- Takes the records out of an answer.
---@param data any
---@param operation string  for the message
---@return any[] records, table? page  the envelope; nil for a bare array
function M.records(data, operation)
  if type(data) == "table" then
    if type(data.results) == "table" then return data.results, data end
    if json.is_array(data) or #data > 0 then return data, nil end
  end
  protocol(operation, "the server answered neither a page nor a list")
end

-- .NET's "none".
local no_set = "00000000-0000-0000-0000-000000000000"

local function set_of(text)
  return type(text) == "string" and text ~= "" and text ~= no_set and text or nil
end

local function natural(value)
  local number = math.tointeger(value)
  return number and number >= 0 and number or nil
end

-- The numbers that the address of another page carries.
local function address(href)
  if type(href) == "table" then href = href.href end
  local found = { limit = nil }
  for name, value in (type(href) == "string" and href or ""):gmatch "[?&]([%a]+)=([^&#]*)" do
    name = ascii.lower(name)
    if name == "offset" then found.offset = natural(tonumber(value)) end
    if name == "limit" then found.limit = natural(tonumber(value)) end
    if name == "setid" and value:match "^[%w%-]+$" then found.set = set_of(value) end
  end
  return found
end

---@class vbo.Envelope
---@field offset integer?
---@field limit integer?    how many it could have held
---@field set string?       what keeps the list the same from page to page
---@field total integer?    how many there are in all
---@field links boolean     it says which other pages there are
---@field next table?       where the next one is: {offset=, limit=, set=}

--- Reads an envelope.
---@param page table?  nil for a bare array, which says nothing
---@param count integer  its records
---@return vbo.Envelope
function M.read(page, count)
  if not page then return { links = false } end
  local said = {
    offset = natural(page.offset), limit = natural(page.limit), set = set_of(page.setId),
    total = natural(page.totalCount), links = false,
  }
  if said.limit == 0 then said.limit = nil end
  -- A counter that a server leaves at its initial value.
  if said.total == 0 and (count > 0 or (said.offset or 0) > 0) then said.total = nil end
  local links = page._links
  if type(links) == "table" and next(links) then
    said.links = true
    for name, link in pairs(links) do
      if type(name) == "string" and ascii.lower(name) == "next" and link ~= json.null then
        said.next = address(link)
      end
    end
  end
  if not said.set and said.next then said.set = said.next.set end
  return said
end

return M
