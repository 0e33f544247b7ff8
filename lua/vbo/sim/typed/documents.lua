--- Makes the files that typed operations stream: reports as PDF or CSV, plain bytes for others.

local ascii = require "vbo.base.ascii"
local streams = require "vbo.sim.formats.streams"

local M = {}

local function escape(text) return (text:gsub("[\\()]", "\\%0"):gsub("[^\32-\126]", "?")) end

-- Lines on a page.
local page_lines = 54

local function page_of(lines, from)
  local text = { "BT /F1 11 Tf 50 790 Td 14 TL" }
  for i = from, math.min(from + page_lines - 1, #lines) do
    text[#text + 1] = ("(%s) Tj T*"):format(escape(lines[i]))
  end
  text[#text + 1] = "ET"
  return table.concat(text, "\n")
end

-- Writes a minimal PDF 1.4 with lines of text (ISO 32000-1).
---@param lines string[]
---@return string
function M.pdf(lines)
  local objects = {
    "<< /Type /Catalog /Pages 2 0 R >>", "",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  }
  local pages = {}
  for from = 1, math.max(1, #lines), page_lines do
    local content, n = page_of(lines, from), #objects + 1
    pages[#pages + 1] = n .. " 0 R"
    objects[n] = ("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
      .. " /Resources << /Font << /F1 3 0 R >> >> >>"):format(n + 1)
    objects[n + 1] = ("<< /Length %d >>\nstream\n%s\nendstream"):format(#content, content)
  end
  objects[2] = ("<< /Type /Pages /Kids [%s] /Count %d >>"):format(table.concat(pages, " "), #pages)
  local out, at = { "%PDF-1.4\n" }, {}
  local size = #out[1]
  for i, object in ipairs(objects) do
    at[i] = size
    out[#out + 1] = ("%d 0 obj\n%s\nendobj\n"):format(i, object)
    size = size + #out[#out]
  end
  out[#out + 1] = ("xref\n0 %d\n0000000000 65535 f \n"):format(#objects + 1)
  for _, offset in ipairs(at) do out[#out + 1] = ("%010d 00000 n \n"):format(offset) end
  out[#out + 1] = ("trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"):format(
    #objects + 1, size)
  return table.concat(out)
end

-- Writes lines of comma-separated values (RFC 4180).
---@param rows string[][]
---@return string
function M.csv(rows)
  local out = {}
  for i, row in ipairs(rows) do
    local fields = {}
    for j, field in ipairs(row) do
      field = tostring(field)
      fields[j] = field:find '[",\r\n]' and '"' .. field:gsub('"', '""') .. '"' or field
    end
    out[i] = table.concat(fields, ",") .. "\r\n"
  end
  return table.concat(out)
end

-- Lists a row for every user of the requested organization, or of all.
local function people(context)
  local rows = { { "Organization", "User", "Name", "Protected" } }
  local wanted = context.body.organizationId
  for _, organization in ipairs(context.store.world:organizations()) do
    if not wanted or organization.id == ascii.lower(tostring(wanted)) then
      for _, user in ipairs(organization.users) do
        rows[#rows + 1] = { organization.name, user.name, user.display or "",
          user.left and "No" or "Yes" }
      end
    end
  end
  return rows
end

local function storage(context)
  local rows = { { "Repository", "Path", "Capacity", "Free" } }
  for _, it in ipairs(context.store.world.repositories) do
    rows[#rows + 1] = { it.name, it.path, 1 << 40, 1 << 39 }
  end
  return rows
end

--- Makes a report.
---@param context vbo.sim.Context
---@return table stream
function M.report(context)
  local body = context.body
  local kind = context.op.name:match "^Reports_Generate(%u%w-)Action$" or ""
  if kind == "" then kind = tostring(body.type or "report") end
  local rows = ascii.lower(kind):find("storage", 1, true) and storage(context) or people(context)
  if ascii.lower(tostring(body.format or "PDF")) == "csv" then return streams.bytes(M.csv(rows)) end
  local lines = { "Report: " .. kind, "" }
  for _, row in ipairs(rows) do
    local parts = {}
    for i, field in ipairs(row) do parts[i] = tostring(field) end
    lines[#lines + 1] = table.concat(parts, "   ")
  end
  return streams.bytes(M.pdf(lines))
end

--- Makes the stream of an operation without a handler.
---@param context vbo.sim.Context
---@return table stream
function M.stream(context)
  if context.op.name:find "^Reports_" then return M.report(context) end
  local ids = {}
  for _, parameter in ipairs(context.op.parameters) do
    if parameter.place == "path" then
      ids[#ids + 1] = parameter.name .. " " .. tostring(context.params[parameter.name])
    end
  end
  return streams.bytes(("%s\n%s\n"):format(context.op.name, table.concat(ids, "\n")))
end

return M
