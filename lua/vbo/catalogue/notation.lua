--- The compact notation of schemas in the generated facts: reads and writes it.
---
---   s b o i l n d f      string, boolean, any object, int32, int64, integer, double, number
---   t T D u y P          date-time, date-time or older forms, dotted date, uuid, base64, password
---   *                    anything
---   @Name                the schema of that name
---   [X]                  array of X
---   {a!:s,b:u,*:X}       object; `!` required; `*` is the schema of further properties
---   (A|B) (A|B|...)      string out of a list; with `...` the list is not complete
---   X? X~ X^ X<k=v;…>    nullable, read-only, write-only, further facts (default, minimum …)
---
--- Names and values are percent-escaped but for letters, digits and `_ . $ -`.

local M = {}

local codes = {
  s = { type = "string" }, b = { type = "boolean" }, o = { type = "object" },
  i = { type = "integer", format = "int32" }, l = { type = "integer", format = "int64" },
  n = { type = "integer" }, d = { type = "number", format = "double" }, f = { type = "number" },
  t = { type = "string", format = "date-time" },
  T = { type = "string", format = "date-time", loose = true },
  D = { type = "string", format = "dotted" },
  u = { type = "string", format = "uuid" }, y = { type = "string", format = "byte" },
  P = { type = "string", format = "password" },
}

local function unescape(word)
  if not word:find("%", 1, true) then return word end
  return (word:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function escape(word)
  return (tostring(word):gsub("[^%w_.$-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function fact(word)
  word = unescape(word)
  if word == "true" then return true elseif word == "false" then return false end
  return math.tointeger(tonumber(word)) or tonumber(word) or word
end

local read

local function read_enum(text, at)
  local inside, past = text:match("^%(([^)]*)%)()", at)
  local values, open = {}, false
  for word in inside:gmatch "[^|]+" do
    if word == "..." then open = true else values[#values + 1] = unescape(word) end
  end
  return open and { type = "string", known = values } or { type = "string", enum = values }, past
end

local function read_object(text, at, named)
  local schema = { type = "object", properties = {}, required = {}, order = {} }
  at = at + 1
  while text:byte(at) ~= 125 do
    local name, mark, past = text:match("^([%w_.$%%*-]+)(!?):()", at)
    if not name then error("bad notation at " .. text:sub(at, at + 20), 0) end
    local value
    value, at = read(text, past, named)
    if name == "*" then
      schema.additional = value
    else
      name = unescape(name)
      schema.properties[name] = value
      schema.order[#schema.order + 1] = name
      if mark == "!" then schema.required[#schema.required + 1] = name end
    end
    if text:byte(at) == 44 then at = at + 1 end
  end
  return schema, at + 1
end

local marks = { ["?"] = "nullable", ["~"] = "read_only", ["^"] = "write_only" }

local function read_marks(text, at)
  local found
  while true do
    local field = marks[text:sub(at, at)]
    if field then
      found = found or {}
      found[field] = true
      at = at + 1
    elseif text:byte(at) == 60 then
      local inside, past = text:match("^<([^>]*)>()", at)
      found = found or {}
      for key, value in inside:gmatch "([^=;]+)=([^;]*)" do found[key] = fact(value) end
      at = past
    else
      return found, at
    end
  end
end

function read(text, at, named)
  local mark = text:sub(at, at)
  local schema
  if mark == "@" then
    local name, past = text:match("^@([%w_.$%%-]+)()", at)
    local found, after = read_marks(text, past)
    return named(unescape(name), found), after
  elseif mark == "[" then
    schema = { type = "array" }
    schema.items, at = read(text, at + 1, named)
    at = at + 1
  elseif mark == "{" then
    schema, at = read_object(text, at, named)
  elseif mark == "(" then
    schema, at = read_enum(text, at)
  elseif mark == "*" then
    schema, at = {}, at + 1
  else
    schema = {}
    for key, value in pairs(codes[mark] or error("bad notation at " .. text:sub(at), 0)) do
      schema[key] = value
    end
    at = at + 1
  end
  local found
  found, at = read_marks(text, at)
  for key, value in pairs(found or {}) do schema[key] = value end
  return schema, at
end

--- Reads one schema.
---@param text string
---@param named fun(name: string, marks: table?): table  gives the schema of a name
---@param at integer?  where it starts (1)
---@return table schema
---@return integer past  the position after it
function M.read(text, named, at) return read(text, at or 1, named) end

local function code_of(schema)
  for code, fields in pairs(codes) do
    if fields.type == schema.type and fields.format == schema.format
      and fields.loose == schema.loose then
      return code
    end
  end
end

local listed = {
  "default", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
}

local function write_core(schema)
  if schema.ref then return "@" .. escape(schema.ref) end
  if schema.enum or schema.known then
    local words = {}
    for i, word in ipairs(schema.enum or schema.known) do words[i] = escape(word) end
    if schema.known then words[#words + 1] = "..." end
    return "(" .. table.concat(words, "|") .. ")"
  end
  if schema.type == "array" then return "[" .. M.write(schema.items or {}) .. "]" end
  if schema.properties then
    local required, parts = {}, {}
    for _, name in ipairs(schema.required or {}) do required[name] = true end
    for i, name in ipairs(schema.order) do
      parts[i] = escape(name) .. (required[name] and "!" or "") .. ":"
        .. M.write(schema.properties[name])
    end
    if schema.additional then parts[#parts + 1] = "*:" .. M.write(schema.additional) end
    return "{" .. table.concat(parts, ",") .. "}"
  end
  if schema.type == nil then return "*" end
  -- A format that this notation has no letter for does not constrain.
  return code_of(schema) or code_of { type = schema.type } or "*"
end

--- Writes one schema.
---@param schema table  as `read` gives it, with `ref` in place of a named one
---@return string
function M.write(schema)
  local parts = { write_core(schema) }
  if schema.nullable then parts[#parts + 1] = "?" end
  if schema.read_only then parts[#parts + 1] = "~" end
  if schema.write_only then parts[#parts + 1] = "^" end
  local facts = {}
  for _, key in ipairs(listed) do
    if schema[key] ~= nil then facts[#facts + 1] = key .. "=" .. escape(schema[key]) end
  end
  if #facts > 0 then parts[#parts + 1] = "<" .. table.concat(facts, ";") .. ">" end
  return table.concat(parts)
end

return M
