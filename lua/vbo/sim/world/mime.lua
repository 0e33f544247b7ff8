--- What header fields and bodies of mail are encoded in: RFC 2045 (quoted-printable, base64,
--- parameters), RFC 2047 (encoded words), RFC 2231 (parameters in sections), RFC 5322 (addresses,
--- dates), and the charsets that mail of western Europe comes in.  Lenient: mail is what it is.

local core = require "vbo.core"
local ids = require "vbo.sim.ids"
local time = require "vbo.time"

local M = {}

-- 0x80 … 0x9F of windows-1252; mail that says ISO 8859-1 means it too.
local windows = {
  [0] = 0x20AC, 0xFFFD, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160,
  0x2039, 0x152, 0xFFFD, 0x17D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013,
  0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0xFFFD, 0x17E, 0x178,
}
-- Where ISO 8859-15 differs.
local latin9 = { [0xA4] = 0x20AC, [0xA6] = 0x160, [0xA8] = 0x161, [0xB4] = 0x17D, [0xB8] = 0x17E,
  [0xBC] = 0x152, [0xBD] = 0x153, [0xBE] = 0x178 }
local western = { ["iso-8859-1"] = true, ["windows-1252"] = true, ["iso-8859-15"] = true,
  ["latin1"] = true, ["cp1252"] = true, ["us-ascii"] = true, ["ascii"] = true, ["utf-8"] = true,
  ["utf8"] = true, [""] = true }

local function utf16(text, charset)
  local big = charset ~= "utf-16le"
  if text:sub(1, 2) == "\xFF\xFE" then big = false end
  local out, at = {}, 1
  local form = big and ">I2" or "<I2"
  while at + 1 <= #text do
    local unit = form:unpack(text, at)
    at = at + 2
    if unit & 0xFC00 == 0xD800 and at + 1 <= #text then
      local low = form:unpack(text, at)
      if low & 0xFC00 == 0xDC00 then
        unit, at = 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF), at + 2
      end
    end
    if unit & ~0x7FF == 0xD800 then unit = 0xFFFD end
    if unit ~= 0xFEFF then out[#out + 1] = utf8.char(unit) end
  end
  return table.concat(out)
end

--- Text of a charset as UTF-8.  What claims to be UTF-8 and is not is taken for windows-1252; bytes
--- of an unknown charset become U+FFFD.
---@param text string
---@param charset string?
---@return string
function M.utf8(text, charset)
  charset = core.fold(charset or "")
  if charset:find "^utf%-16" then return utf16(text, charset) end
  local claims = charset == "" or charset:find "^utf" or charset:find "ascii"
  if (claims or not western[charset]) and utf8.len(text) then return text end
  return (text:gsub("[\x80-\xFF]", function(c)
    local byte = c:byte()
    if not western[charset] then return "\u{FFFD}" end
    if byte < 0xA0 then return utf8.char(windows[byte - 0x80]) end
    return utf8.char(charset == "iso-8859-15" and latin9[byte] or byte)
  end))
end

local function hexadecimal(digits) return string.char(tonumber(digits, 16)) end

--- Decodes quoted-printable.
function M.quoted_printable(text)
  return (text:gsub("[ \t]+(\r?\n)", "%1"):gsub("=\r?\n", ""):gsub("=(%x%x)", hexadecimal))
end

--- Decodes base64, whatever stands between its letters.
function M.base64(text)
  text = text:gsub("[^%w+/]", "")
  if #text % 4 == 1 then text = text:sub(1, -2) end
  return ids.unbase64(text .. ("="):rep(-#text % 4)) or ""
end

--- Decodes a body by its Content-Transfer-Encoding.
function M.body(text, encoding)
  encoding = core.fold(encoding or ""):match "^%s*([%w-]*)"
  if encoding == "base64" then return M.base64(text) end
  if encoding == "quoted-printable" then return M.quoted_printable(text) end
  return text
end

local word_form = "=%?([^?%s]+)%?([bBqQ])%?([^?]*)%?="

--- A header field's text with its encoded words decoded.
---@param text string
---@return string
function M.words(text)
  -- White space between two encoded words is no part of the text.
  local before
  repeat
    before = text
    text = text:gsub("(" .. word_form:gsub("[()]", "") .. ")%s+(=%?[^?%s]+%?[bBqQ]%?)", "%1%2")
  until text == before
  local out, at, raw, set = {}, 1, "", nil
  local function flush()
    if set then out[#out + 1] = M.utf8(raw, set) end
    raw, set = "", nil
  end
  while true do
    local from, to, charset, kind, data = text:find(word_form, at)
    local plain = text:sub(at, (from or #text + 1) - 1)
    if plain ~= "" then
      flush()
      out[#out + 1] = M.utf8(plain)
    end
    if not from then break end
    charset = core.fold(charset:match("^[^*]*"))
    -- A character may be cut between two words: their bytes are joined before they are read.
    if set ~= charset then flush() end
    data = core.fold(kind) == "b" and M.base64(data)
      or data:gsub("_", " "):gsub("=(%x%x)", hexadecimal)
    raw, set, at = raw .. data, charset, to + 1
  end
  flush()
  return (table.concat(out):gsub("%c+", " "))
end

--- Header fields of a message or part: those of one name in their order.
---@param text string  up to the empty line
---@return table<string, string[]>  by lower-case name, unfolded
function M.headers(text)
  local found = {}
  text = text:gsub("\r\n", "\n"):gsub("\n[ \t]+", " ")
  for line in text:gmatch "[^\n]+" do
    local name, value = line:match "^([!-9;-~]+)%s*:%s*(.-)%s*$"
    if name then
      name = core.fold(name)
      found[name] = found[name] or {}
      table.insert(found[name], value)
    end
  end
  return found
end

--- A field's value and its parameters: `text/plain; charset="utf-8"`.
---@param text string?
---@return string value       lower case; "" where the field is missing
---@return table<string, string> parameters
function M.parameters(text)
  text = text or ""
  local value, rest = text:match "^%s*([^;]*)(.*)$"
  local found, sections = {}, {}
  local at = 1
  while true do
    local _, to, name = rest:find("^%s*;%s*([^=;%s]+)%s*=%s*", at)
    if not name then
      _, to = rest:find("^%s*;[^;]*", at)
      if not to then break end
      at = to + 1
    else
      local _, last, quoted = rest:find('^"(.-[^\\])"', to + 1)
      if not quoted then _, last, quoted = rest:find('^"()"', to + 1) end
      local given
      if last then
        given = type(quoted) == "string" and quoted:gsub("\\(.)", "%1") or ""
      else
        _, last, given = rest:find("^([^;]*)", to + 1)
        given = given:match "^(.-)%s*$"
      end
      at, name = last + 1, core.fold(name)
      local base, section, encoded = name:match "^([^*]+)%*?(%d*)(%*?)$"
      if name:find("*", 1, true) and base then
        sections[base] = sections[base] or {}
        table.insert(sections[base], { tonumber(section) or 0,
          encoded == "*" or section == "", given })
      else
        found[name] = M.words(given)
      end
    end
  end
  for name, list in pairs(sections) do
    table.sort(list, function(a, b) return a[1] < b[1] end)
    local charset, bytes = nil, {}
    for i, each in ipairs(list) do
      local part = each[3]
      if each[2] then
        if i == 1 then
          local set, data = part:match "^([^']*)'[^']*'(.*)$"
          charset, part = set, data or part
        end
        part = part:gsub("%%(%x%x)", hexadecimal)
      end
      bytes[i] = part
    end
    found[name] = M.utf8(table.concat(bytes), charset)
  end
  return core.fold(value):match "^(.-)%s*$", found
end

local function closing(text, from, open, close)
  local depth, at = 0, from
  while at <= #text do
    local c = text:sub(at, at)
    if c == "\\" then
      at = at + 1
    elseif c == close and (depth == 1 or open == close and at > from) then
      return at
    elseif c == open then
      depth = depth + 1
    elseif c == close then
      depth = depth - 1
    end
    at = at + 1
  end
  return #text + 1
end

--- The people of an address field.
---@param text string?
---@return { name: string, email: string }[]
function M.addresses(text)
  local list, at = {}, 1
  text = text or ""
  local phrase, email, comment = "", nil, nil
  local function flush()
    local name = M.words((phrase:gsub("%s+", " "):match "^%s*(.-)%s*$"))
    if email == nil and name:find "@" then name, email = comment or "", (name:gsub("%s", "")) end
    if name ~= "" or email then
      email = email or ""
      list[#list + 1] = { name = name ~= "" and name or email, email = email }
    end
    phrase, email, comment = "", nil, nil
  end
  while at <= #text do
    local c = text:sub(at, at)
    if c == '"' then
      local to = closing(text, at, '"', '"')
      phrase, at = phrase .. text:sub(at + 1, to - 1):gsub("\\(.)", "%1"), to
    elseif c == "(" then
      local to = closing(text, at, "(", ")")
      comment, at = M.words(text:sub(at + 1, to - 1)), to
    elseif c == "<" then
      local to = text:find(">", at, true) or #text + 1
      email, at = text:sub(at + 1, to - 1):gsub("%s", ""), to
    elseif c == "," or c == ";" then
      flush()
    elseif c == ":" then
      phrase = "" -- the name of a group
    else
      phrase = phrase .. c
    end
    at = at + 1
  end
  flush()
  return list
end

local months = { jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9,
  oct = 10, nov = 11, dec = 12 }
local zones = { est = "-0500", edt = "-0400", cst = "-0600", cdt = "-0500", mst = "-0700",
  mdt = "-0600", pst = "-0800", pdt = "-0700" }

--- The moment that a Date field names.
---@param text string?
---@return integer?
function M.date(text)
  local day, month, year, hour, minute, second, zone = (text or ""):match
    "(%d+)%s+(%a%a%a)%a*%s+(%d+)%s+(%d+):(%d+):?(%d*)%s*([%w+-]*)"
  month = month and months[core.fold(month)]
  if not month then return nil end
  year = tonumber(year)
  if year < 50 then year = year + 2000 elseif year < 1000 then year = year + 1900 end
  zone = zone:match "^[+-]%d%d%d%d$" or zones[core.fold(zone)] or "+0000"
  local at = time.parse(("%04d-%02d-%02dT%02d:%02d:%02d%s"):format(year, month, tonumber(day),
    tonumber(hour), tonumber(minute), tonumber(second) or 0, zone))
  return at and math.tointeger(at)
end

return M
