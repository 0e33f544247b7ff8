--- Makes the identifiers of a world: the same seed gives the same identifier at every start.

local core = require "vbo.core"

local M = {}

-- Does one step of the splitmix64 generator: returns the next 64-bit state and the output.
local function step(state)
  state = state + 0x9E3779B97F4A7C15
  local z = state
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return state, z ~ (z >> 31)
end

--- Hashes a string to 64 bits: FNV-1a, then splitmix64, so that similar seeds differ widely.
---@param text string
---@return integer
function M.hash(text)
  local h = -3750763034362895579 -- the FNV offset basis 0xCBF29CE484222325
  for i = 1, #text do h = (h ~ text:byte(i)) * 0x100000001B3 end
  local _, out = step(h)
  return out
end

--- Returns a generator of deterministic numbers: `random(n)` gives 1..n.
---@param seed string
---@return fun(n: integer): integer
function M.random(seed)
  local state = M.hash(seed)
  return function(n)
    local out
    state, out = step(state)
    return (out >> 1) % n + 1
  end
end

--- Returns `count` deterministic bytes.
---@param seed string
---@param count integer
---@return string
function M.bytes(seed, count)
  local state, parts = M.hash(seed), {}
  for i = 1, (count + 7) // 8 do
    local out
    state, out = step(state)
    parts[i] = string.pack("<i8", out)
  end
  return table.concat(parts):sub(1, count)
end

--- Formats sixteen bytes as a version 4 UUID.
---@param raw string  16 bytes
---@return string
function M.format_uuid(raw)
  local a, b, c, d, e, f = string.unpack(">I4I2I2I2I2I4", raw)
  c, d = c & 0x0FFF | 0x4000, d & 0x3FFF | 0x8000
  return ("%08x-%04x-%04x-%04x-%04x%08x"):format(a, b, c, d, e, f)
end

--- Returns the UUID of a seed.
---@param seed string
---@return string
function M.uuid(seed)
  return M.format_uuid(M.bytes(seed, 16))
end

--- Encodes base64 (RFC 4648 section 4); with `url` in the alphabet of section 5, but padded, as the
--- item ids of Exchange are.
---@param data string
---@param url boolean?
---@return string
function M.base64(data, url)
  local text = core.base64(data)
  return url and (text:gsub("[+/]", { ["+"] = "-", ["/"] = "_" })) or text
end

--- Decodes base64; returns nil for other texts.
---@param text string
---@return string?
function M.unbase64(text) return core.unbase64((text:gsub("%s", ""))) end

return M
