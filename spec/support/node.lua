-- Programs of Node.js for specs, with what `.ci/deps.sh install node` brought.

local json = require "vbo.base.json"
local program = require "spec.support.program"

local M = {}

local modules = "build/node/node_modules"
local lock = "spec/support/node/package-lock.json"

local function content(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

--- Why nothing of it can be run here; nil when it can.
---@return string? reason
function M.lacks()
  local version, status = program.run "node --version"
  local major = status == 0 and tonumber(version:match "^v(%d+)%.")
  if not major then return "there is no node: .ci/deps.sh install node" end
  if major < 18 then return "node is older than 18: " .. version:gsub("%s", "") end
  -- The copy of the lock is the last thing that an installation writes.
  if content "build/node/installed.json" ~= content(lock) then
    return "packages of npm are missing: .ci/deps.sh install node"
  end
end

--- Runs a program of spec/support/node; gives its output, decoded.
---@param name string|table  or { name, VARIABLE = value }
---@param ... string         arguments
---@return any
function M.run(name, ...)
  local words = { "NODE_PATH=" .. modules, "NO_COLOR=1" }
  for key, value in pairs(type(name) == "table" and name or {}) do
    if key ~= 1 then words[#words + 1] = key .. "=" .. program.quoted(value) end
  end
  words[#words + 1] = "node spec/support/node/" .. (type(name) == "table" and name[1] or name)
  for _, word in ipairs { ... } do words[#words + 1] = program.quoted(word) end
  local output, status = program.run(table.concat(words, " "))
  assert(status == 0, output)
  return assert(json.decode(output))
end

return M
