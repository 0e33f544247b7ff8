--- Reads queries, forms and JSON in the forms that clients of the real server send.

local ascii = require "vbo.base.ascii"
local json = require "vbo.base.json"

local M = {}

--- Decodes percent-encoding (RFC 3986) and, in queries and forms, "+".
---@param text string
---@return string
function M.decode(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- Reads a query or a form: the first value of each lower-case name, and all of its values.
---@param text string?
---@return table<string, string> first, table<string, string[]> all
function M.fields(text)
  local first, all = {}, {}
  for pair in (text or ""):gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=(.*)$"
    name = ascii.lower(M.decode(name or pair))
    value = M.decode(value or "")
    first[name] = first[name] or value
    all[name] = all[name] or {}
    table.insert(all[name], value)
  end
  return first, all
end

-- Drops commas before a closing bracket: a widely used PHP client sends them, and the real server
-- accepts them.
local function without_trailing_commas(text)
  local out, at = {}, 1
  while true do
    local found = text:find('[",]', at)
    if not found then break end
    if text:sub(found, found) == '"' then
      local stop = found + 1
      while true do
        stop = text:find('["\\]', stop)
        if not stop then return text end
        if text:sub(stop, stop) == '"' then break end
        stop = stop + 2
      end
      out[#out + 1] = text:sub(at, stop)
      at = stop + 1
    else
      out[#out + 1] = text:sub(at, found - 1)
      if not text:find("^%s*[%]}]", found + 1) then out[#out + 1] = "," end
      at = found + 1
    end
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

--- Reads a JSON body; returns nil and a message for other texts, nil for an empty body.
---@param text string?
---@return any value, string? message
function M.json(text)
  if not text or not text:find "%S" then return nil end
  text = text:gsub("^\xEF\xBB\xBF", "")
  local value, err = json.decode(text)
  if err then value, err = json.decode(without_trailing_commas(text)) end
  return value, err and err.message
end

--- Returns a property of a body; nil for an explicit null.
---@param value any
---@return any
function M.given(value)
  if value == json.null then return nil end
  return value
end

return M
