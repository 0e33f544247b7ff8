--- Writes minimal Office documents (ECMA-376 parts in a stored ZIP) that Office programs open.

local M = {}

-- Tables of a CRC-32 of four bytes at a time: crc_tables[k] moves a byte by k bytes.
local crc_tables = { [0] = {}, {}, {}, {} }
for i = 0, 255 do
  local c = i
  for _ = 1, 8 do c = c & 1 == 1 and 0xEDB88320 ~ (c >> 1) or c >> 1 end
  crc_tables[0][i] = c
end
for k = 1, 3 do
  for i = 0, 255 do
    local c = crc_tables[k - 1][i]
    crc_tables[k][i] = crc_tables[0][c & 0xFF] ~ (c >> 8)
  end
end

local function crc32(data)
  local t0, t1, t2, t3 = crc_tables[0], crc_tables[1], crc_tables[2], crc_tables[3]
  local c, unpack, whole = 0xFFFFFFFF, string.unpack, #data & ~3
  for i = 1, whole, 4 do
    c = c ~ unpack("<I4", data, i)
    c = t3[c & 0xFF] ~ t2[c >> 8 & 0xFF] ~ t1[c >> 16 & 0xFF] ~ t0[c >> 24]
  end
  for i = whole + 1, #data do c = t0[(c ~ data:byte(i)) & 0xFF] ~ (c >> 8) end
  return c ~ 0xFFFFFFFF
end

-- 1 January 2026 00:00 in the form of DOS: a fixed time keeps the bytes the same.
local dos_time, dos_date = 0, (2026 - 1980) << 9 | 1 << 5 | 1

-- Writes a ZIP of stored entries (PKWARE APPNOTE 4.3).
local function package(entries)
  local body, directory, offset = {}, {}, 0
  for i, entry in ipairs(entries) do
    local name, data = entry[1], entry[2]
    local common = string.pack("<I2I2I2I2I2I4I4I4I2I2",
      20, 0, 0, dos_time, dos_date, crc32(data), #data, #data, #name, 0)
    local record = "PK\3\4" .. common .. name .. data
    body[i] = record
    directory[i] = "PK\1\2" .. string.pack("<I2", 20) .. common
      .. string.pack("<I2I2I2I4I4", 0, 0, 0, 0, offset) .. name
    offset = offset + #record
  end
  local index = table.concat(directory)
  return table.concat(body) .. index
    .. "PK\5\6" .. string.pack("<I2I2I2I2I4I4I2", 0, 0, #entries, #entries, #index, offset, 0)
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(text) return (text:gsub('[&<>"]', entities)) end

local head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
local office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
local relations = "http://schemas.openxmlformats.org/package/2006/relationships"
local types = "http://schemas.openxmlformats.org/package/2006/content-types"

local function relation(kind, target)
  return head .. '<Relationships xmlns="' .. relations .. '">'
    .. ('<Relationship Id="rId1" Type="%s/%s" Target="%s"/>'):format(office, kind, target)
    .. "</Relationships>"
end

local function parts(main, main_type, extra)
  return {
    { "[Content_Types].xml", head .. '<Types xmlns="' .. types .. '">'
      .. '<Default Extension="rels" '
      .. 'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
      .. '<Default Extension="xml" ContentType="application/xml"/>'
      .. ('<Override PartName="/%s" ContentType="%s"/>'):format(main, main_type)
      .. (extra or "") .. "</Types>" },
    { "_rels/.rels", relation("officeDocument", main) },
  }
end

--- Writes a text document.
---@param paragraphs string[]
---@return string
function M.docx(paragraphs)
  local lines = {}
  for i, text in ipairs(paragraphs) do
    lines[i] = '<w:p><w:r><w:t xml:space="preserve">' .. escape(text) .. "</w:t></w:r></w:p>"
  end
  local list = parts("word/document.xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")
  local namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
  list[#list + 1] = { "word/document.xml", head
    .. '<w:document xmlns:w="' .. namespace .. '"><w:body>'
    .. table.concat(lines) .. "</w:body></w:document>" }
  return package(list)
end

--- Writes a workbook of one sheet.
---@param rows (string|number)[][]
---@return string
function M.xlsx(rows)
  local sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
  local main_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
  local namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
  local lines = {}
  for i, row in ipairs(rows) do
    local cells = {}
    for k, value in ipairs(row) do
      if type(value) == "number" then
        cells[k] = ("<c><v>%s</v></c>"):format(value)
      else
        cells[k] = '<c t="inlineStr"><is><t>' .. escape(value) .. "</t></is></c>"
      end
    end
    lines[i] = "<row>" .. table.concat(cells) .. "</row>"
  end
  local list = parts("xl/workbook.xml", main_type,
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="' .. sheet_type .. '"/>')
  list[#list + 1] = { "xl/workbook.xml", head
    .. ('<workbook xmlns="%s" xmlns:r="%s">'):format(namespace, office)
    .. '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>' }
  list[#list + 1] =
    { "xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml") }
  list[#list + 1] = { "xl/worksheets/sheet1.xml", head
    .. ('<worksheet xmlns="%s"><sheetData>'):format(namespace)
    .. table.concat(lines) .. "</sheetData></worksheet>" }
  return package(list)
end

return M
