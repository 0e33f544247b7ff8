--- Words and Markdown for the pages: types, versions, bounds, tables.

local ascii = require "vbo.base.ascii"
local words = require "tools.model.words"

local M = {}

local plain = {
  ["vbo.Secret"] = "secret", ["vbo.Date"] = "date", ["vbo.Timestamp"] = "date", ["vbo.Id"] = "id",
  ["any"] = "anything", ["table"] = "table", ["vbo.Resource"] = "resource",
}

--- Returns the anchor that GitHub gives a heading.
---@param heading string
---@return string
function M.anchor(heading)
  return "#" .. ascii.lower(heading):gsub("[^%w_ -]", ""):gsub(" ", "-")
end

-- One member of a union.
local function member(text, link)
  local list = text:match "^%((.*)%)%[%]$" or text:match "^(.*)%[%]$"
  if list then return "list of " .. M.type(list, link) end
  local value = text:match "^table<string, (.*)>$"
  if value then return "map of " .. M.type(value, link) end
  if text:find "^fun%(" then return "function" end
  return link(text) or plain[text] or (text:gsub("^vbo%.", ""))
end

--- Returns a LuaCATS type in the words of a page.
---@param text string  `"A"|"a"|vbo.Null`
---@param link fun(name: string): string?  gives the link of a class; "" leaves it out
---@param lower boolean?  of two spellings of a word the lower one is shown, as runbooks write it
---@return string
function M.type(text, link, lower)
  local list, known, quoted, null, open = {}, {}, {}, false, false
  for _, item in ipairs(words.members(text)) do
    local word = item:match '^"(.*)"$'
    if word then
      local key = ascii.lower(word)
      if quoted[key] then
        if lower then list[quoted[key]] = ("`%q`"):format(word) end
      else
        list[#list + 1] = ("`%q`"):format(word)
        quoted[key] = #list
      end
    elseif item == "vbo.Null" or item == "nil" then
      null = true
    elseif item == "string" and next(quoted) then
      open = true
    elseif not (item == "string" and text:find("vbo.Secret", 1, true)) then
      local said = member(item, link)
      if said ~= "" and not known[said] then list[#list + 1] = said end
      known[said] = true
    end
  end
  if open then list[#list + 1] = "…" end
  if null then list[#list + 1] = "null" end
  return table.concat(list, " · ")
end

local units = { { "_bytes$", "bytes" }, { "^size$", "bytes" }, { "^bytes$", "bytes" },
  { "_mb$", "MB" }, { "_gb$", "GB" }, { "_percent$", "percent" }, { "^percent_", "percent" },
  { "_seconds$", "seconds" }, { "_days$", "days" }, { "_hours_threshold$", "hours" } }

--- Returns the unit of a field or an option, as its name and type say.
---@param name string
---@param kind string  LuaCATS
---@return string  "" where it has none
function M.unit(name, kind)
  if kind:find "vbo%.Timestamp" then return "ISO 8601, UTC" end
  if kind:find "vbo%.Date" then return "ISO 8601 with a zone, or seconds since 1970" end
  for _, unit in ipairs(kind:find "integer" and units or kind:find "number" and units or {}) do
    if name:find(unit[1]) then return unit[2] end
  end
  return ""
end

--- Returns what a schema bounds: "≥ 1, ≤ 9, default 5".
---@param schema vbo.Schema?
---@return string  "" when it bounds nothing
function M.bounds(schema)
  local parts = {}
  local function add(words_of, value)
    if value ~= nil then parts[#parts + 1] = words_of:format(value) end
  end
  if schema then
    add("≥ %s", schema.minimum)
    add("≤ %s", schema.maximum)
    add("≥ %s characters", schema.minLength)
    add("≤ %s characters", schema.maxLength)
    add("≥ %s items", schema.minItems)
    add("≤ %s items", schema.maxItems)
    if schema.default ~= nil then add("default `%s`", tostring(schema.default)) end
  end
  return table.concat(parts, ", ")
end

--- Returns a Markdown table; columns that are empty in every row are left out.
---@param head string[]
---@param rows string[][]
---@return string
function M.table(head, rows)
  local used = {}
  for i in ipairs(head) do
    for _, row in ipairs(rows) do if (row[i] or "") ~= "" then used[#used + 1] = i break end end
  end
  local out = {}
  local function line(cells)
    local list = {}
    for i, at in ipairs(used) do list[i] = ((cells[at] or ""):gsub("|", "\\|")) end
    out[#out + 1] = "| " .. table.concat(list, " | ") .. " |"
  end
  line(head)
  out[2] = "|" .. (" --- |"):rep(#used)
  for _, row in ipairs(rows) do line(row) end
  return table.concat(out, "\n")
end

return M
