--- The words of a runbook: how it spells the fields of records and the options of calls.

local ascii = require "vbo.base.ascii"
local spans = require "tools.model.spans"
local spelling = require "vbo.base.spelling"

local M = {}

M.spelled = spelling.spelled

-- Other places for its underscores that a runbook may well write; none of them count.
local function variants(name)
  local word = M.spelled(name)
  local list = { word }
  local other = word:gsub("share_point", "sharepoint"):gsub("one_drive", "onedrive")
    :gsub("e_tag", "etag")
  if other ~= word then list[2] = other end
  local digits = M.spelled((name:gsub("(%d)(%u)", "%1_%2")))
  if digits ~= word then list[#list + 1] = digits end
  return list
end

local squash = spelling.squash

--- Returns the members of a union: `|` outside brackets parts them.
---@param text string
---@return string[]
function M.members(text)
  if not text:find("|", 1, true) then return { text } end
  local list, depth, from, at = {}, 0, 1, 0
  while true do
    at = text:find("[%(%){}<>|]", at + 1)
    if not at then break end
    local char = text:sub(at, at)
    if char == "|" then
      if depth == 0 then
        list[#list + 1] = text:sub(from, at - 1)
        from = at + 1
      end
    else
      depth = depth + (char:find "[%({<]" and 1 or -1)
    end
  end
  list[#list + 1] = text:sub(from)
  return list
end

local function unite(types)
  local list, known = {}, {}
  for _, text in ipairs(types) do
    for _, member in ipairs(M.members(text)) do
      if not known[member] then
        known[member] = true
        list[#list + 1] = member
      end
    end
  end
  return known.any and "any" or table.concat(list, "|")
end

-- Words of the API are written in lower case as well, as older versions do.
function M.any_case(text)
  local list = {}
  for _, member in ipairs(M.members(text)) do
    list[#list + 1] = member
    if member:match '^"%u' then list[#list + 1] = ascii.lower(member) end
  end
  return unite(list)
end

--- The fields of a record as a resource reads them: null is nil, and names that were changed
--- between versions have one word.
---@param class vbo.document.Class
---@param renamed table<string, string[]>  word → squashed names of the API
---@return table[] fields
function M.record(class, renamed)
  local fields, known = {}, {}
  local function add(name, text, versions, optional, rest, comment)
    if known[name] or name == "id" then return end
    known[name] = true
    local plain, null = text:gsub("|vbo%.Null%f[%W]", "")
    fields[#fields + 1] = { name = name, type = plain, versions = versions, rest = rest,
      optional = optional or null > 0, comment = comment }
  end
  local words = {}
  for word in pairs(renamed) do words[#words + 1] = word end
  table.sort(words)
  for _, word in ipairs(words) do
    local types, versions, names, optional = {}, {}, {}, false
    for _, name in ipairs(renamed[word]) do
      for _, field in ipairs(class.fields) do
        if squash(field.name) == name then
          types[#types + 1] = field.type
          names[#names + 1] = field.name
          optional = optional or field.type:find("vbo.Null", 1, true) ~= nil
          for at in pairs(field.versions) do versions[at] = true end
        end
      end
    end
    if #names > 0 and names[1] ~= word then
      optional = optional or not spans.equal(versions, class.versions)
      add(word, unite(types), versions, optional, names,
        ("`%s`"):format(table.concat(names, "`, `")))
    end
  end
  for _, field in ipairs(class.fields) do
    if field.name:sub(1, 1) ~= "_" then
      for _, word in ipairs(variants(field.name)) do
        add(word, field.type, field.versions, field.optional, { field.name })
      end
    end
  end
  return fields
end

--- Returns the options that become a body's properties.
---@param class vbo.document.Class
---@param meanings table<string, string[]>  option → names of the API
---@param lenient boolean?  nothing is insisted on
---@param api boolean?      the API's own spelling is taken as well
---@return table[] fields
function M.options(class, meanings, lenient, api)
  local fields, known, by_name = {}, {}, {}
  local function add(name, field, optional)
    if known[name] then return end
    known[name] = true
    local text = field.type
    -- An object stands for its id.
    if field.name:find "Ids?$" and text:find "^string" then
      text = text:gsub("^string(%[?%]?)", function(list)
        return list == "" and "string|vbo.Resource" or "(string|vbo.Resource)[]"
      end)
    end
    fields[#fields + 1] = { name = name, type = M.any_case(text), versions = field.versions,
      optional = optional, rest = field.rest or { field.name }, schema = field.schema }
  end
  for _, field in ipairs(class.fields) do by_name[squash(field.name)] = field end
  local words, renamed = {}, {}
  for word in pairs(meanings) do words[#words + 1] = word end
  table.sort(words)
  for _, word in ipairs(words) do
    local found, kinds, versions, names = nil, {}, {}, {}
    for _, name in ipairs(meanings[word]) do
      local field = by_name[squash(name)]
      -- `posted_after` is `from` of a listing, not of a message.
      local listed = word:find "_after$" or word:find "_before$"
      if field and not renamed[field] and not (listed and field.type ~= "vbo.Date") then
        found = found or field
        renamed[field] = true
        kinds[#kinds + 1], names[#names + 1] = field.type, field.name
        for at in pairs(field.versions) do versions[at] = true end
      end
    end
    if found then
      add(word, { name = found.name, type = unite(kinds), versions = versions, rest = names,
        schema = found.schema }, true)
      local entry = fields[#fields]
      entry.comment = names[1] ~= word and ("`%s`"):format(table.concat(names, "`, `")) or nil
    end
  end
  for _, field in ipairs(class.fields) do
    local spellings = variants(field.name)
    if api and spellings[1] ~= field.name then spellings[#spellings + 1] = field.name end
    local optional = lenient or field.optional or renamed[field] or #spellings > 1
    for _, word in ipairs(spellings) do add(word, field, optional) end
  end
  return fields
end

-- Options are checked by tables of Lua types.
local types = {
  callable = "function", ["function"] = "function", table = "table", string = "string",
  number = "number", integer = "integer", boolean = "boolean", any = "any", userdata = "userdata",
}

-- Types that are more exact than those of the tables of options.
local known_words = {
  workload = '"exchange"|"onedrive"|"sharepoint"|"teams"',
  progress = "boolean|fun(event: vbo.ProgressEvent, name: string)",
  check = 'false|"zip"|"pst"|"msg"|"eml"|"html"|string',
  manifest = "boolean|vbo.Manifest",
}

--- The options of a table of them ("string|number", "!" in front: required).
---@param spec table<string, string>
---@return table[] fields  sorted by name
function M.spec(spec)
  local fields = {}
  for name, text in pairs(spec) do
    local list = {}
    for word in text:gmatch "[%a_]+" do list[#list + 1] = types[word] or "any" end
    fields[#fields + 1] = { name = name, type = known_words[name] or unite(list),
      optional = text:sub(1, 1) ~= "!" }
  end
  table.sort(fields, function(a, b) return a.name < b.name end)
  return fields
end

--- Adds fields that are not there yet.
---@param into table[]
---@param more table[]
---@return table[] into
function M.join(into, more)
  local known = {}
  for _, field in ipairs(into) do known[field.name] = true end
  for _, field in ipairs(more) do
    if not known[field.name] then
      known[field.name] = true
      into[#into + 1] = field
    end
  end
  return into
end

return M
