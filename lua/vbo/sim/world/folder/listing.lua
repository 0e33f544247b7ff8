--- Reads listings, which describe the content of a OneDrive, a mailbox, a site or a team, one JSON
--- object a line (`vbolua sim record` writes them):
---
---   {"drive":"Alice","url":"https://…"}          or "mailbox", "site", "team": always the first
---   {"in":1,"folder":"Reports","created":"…","by":"…"}
---   {"in":2,"file":"Plan.docx","created":"…","creator":"…",
---    "versions":[{"at":"…","by":"…","size":1234,"number":"1.0","id":512}]}
---
--- `in` is the line of the thing above.  Further kinds: "library", "list" and "site" in a site;
--- "channel", "tab" and "post" in a team; "item" in a mailbox, with the fields that the API shows.
--- Stored content has a path in the world's folder, `content`, and its size, `bytes`, where that
--- differs from the listed one; other content is generated, always the same `size` bytes.
---
--- `read` returns descriptions, which `world/build.lua` and its neighbours expand.

local errors = require "vbo.base.error"
local ids = require "vbo.sim.base.ids"
local json = require "vbo.base.json"
local numbers = require "vbo.sim.world.numbers"

local M = {}

-- The list of a kind in the description above; other kinds are elements of that description.
local places = {
  library = "libraries", list = "lists", site = "subsites", channel = "channels", tab = "tabs",
}

local kinds = { "drive", "mailbox", "site", "team", "folder", "file", "library", "list", "channel",
  "tab", "post", "item" }

local roots = { drive = true, mailbox = true, site = true, team = true }

local function kind_of(row)
  for _, kind in ipairs(kinds) do
    if row[kind] ~= nil then return kind end
  end
end

-- Checks whether a path of `content` stays in the folder.
local function is_inside(path)
  if type(path) ~= "string" or path == "" or path:find "[%c\\]" then return false end
  for part in (path .. "/"):gmatch "([^/]*)/" do
    if part == "" or part == "." or part == ".." then return false end
  end
  return true
end

-- Describes the content of a row: stored, or generated with a seed of the line's number.
---@param row table
---@param context { root: string, fail: function, key: integer, line: integer, count: integer }
local function fill(row, context)
  local fail = context.fail
  local size = row.size or 0
  if math.type(size) ~= "integer" or size < 0 then fail "'size' must be a number of bytes" end
  if row.content ~= nil then
    if not is_inside(row.content) then fail "'content' must be a path in the folder" end
    row.stream = { kind = "file", root = context.root, path = row.content,
      size = math.tointeger(row.bytes) or size }
  else
    context.count = context.count + 1
    -- A seed of 31 bits fits both a C integer and a JSON number.
    local seed = numbers.hash(context.key, context.line << 16 | context.count) & 0x7FFFFFFF
    row.stream = { kind = "generate", seed = seed, size = size }
  end
  row.size = size
end

local fillers = {}

function fillers.file(row, context)
  for i, version in ipairs(row.versions or {}) do
    fill(version, context)
    row[i] = version
  end
  row.versions = nil
  if not row[1] then fill(row, context) end
  for _, each in ipairs(row.attachments or {}) do fill(each, context) end
end

function fillers.library(row) row.name = row.library end
function fillers.list(row) row.name = row.list end

function fillers.post(row)
  row.subject, row.html = row.post, row.html or "<p>Recorded without its text.</p>\r\n"
  for _, each in ipairs(row.attachments or {}) do each.text = "" end
end

local function attach(above, row, kind)
  local place = places[kind]
  if kind == "post" then
    place = above.post ~= nil and "replies" or "posts"
  elseif above.channel ~= nil and not place then
    place = "files"
  end
  local list = above
  if place then
    above[place] = above[place] or {}
    list = above[place]
  end
  list[#list + 1] = row
end

--- Reads a listing; raises `usage` with file and line.
---@param root string  the world's folder
---@param path string  of the listing in it
---@param wanted string?  its required kind: "drive", "mailbox", "site" or "team"
---@return table  the description of its first line, with all others in it
function M.read(root, path, wanted)
  local rows, number, name = {}, 0, root .. "/" .. path
  local file <close>, message = io.open(name, "rb")
  if not file then errors.usage(message) end
  local context = { root = root, key = ids.hash(path) }
  local function fail(text) errors.usage(("%s:%d: %s"):format(name, number, text)) end
  context.fail = fail
  for line in file:lines() do
    number = number + 1
    context.line, context.count = number, 0
    local row, err = json.decode(line)
    if type(row) ~= "table" then fail(err and err.message or "a line must be a JSON object") end
    local kind = kind_of(row)
    if not kind then fail("a line must have one of: " .. table.concat(kinds, ", ")) end
    if type(row[kind]) ~= "string" then fail(("'%s' must be a text"):format(kind)) end
    for _, field in ipairs { "versions", "attachments" } do
      if row[field] ~= nil and not json.is_array(row[field]) then
        fail(("'%s' must be a list"):format(field))
      end
    end
    row.row = number
    if fillers[kind] then fillers[kind](row, context) end
    if number == 1 then
      if wanted and kind ~= wanted or not roots[kind] then
        fail(("this file must be the listing of a %s"):format(wanted
          or "drive, mailbox, site or team"))
      end
    else
      local above = rows[row["in"]]
      if not above then fail "'in' must be the number of a line above" end
      row["in"] = nil
      attach(above, row, kind)
    end
    rows[number] = row
  end
  return rows[1] or fail "there is nothing in it"
end

return M
