--- Reads policy files: Lua text that returns a table of limits, and can do nothing else.
---
--- The text runs in an empty environment, without the methods of strings, for a limited number of
--- instructions and bytes; bytecode is refused.  The file and the folders above it must be
--- writable by root alone, those of a user by that user.

local core = require "vbo.core"
local errors = require "vbo.base.error"

local M = {}

-- More than any list of limits takes, and soon over.
local most_instructions <const> = 100000
local most_kilobytes <const> = 16 * 1024

-- Returns the place in a message of Lua's ("/etc/x.lua:3: …"), and the rest of it.
local function divided(message, path)
  local rest = message:sub(#path + 2)
  local line, text = rest:match "^(%d+): (.*)$"
  if message:sub(1, #path) ~= path or not line then return path, message end
  return ("%s:%s"):format(path, line), text
end

local function fail(place, message, hint)
  errors.raise { kind = "usage", message = ("%s: %s"):format(place, message), hint = hint,
    where = "" }
end

-- Calls a chunk that has nothing at hand, and ends it when it takes too much.
local function run(chunk)
  local thread = coroutine.create(chunk)
  local before, steps = collectgarbage "count", 0
  debug.sethook(thread, function()
    steps = steps + 1
    if steps > most_instructions then error("runs for too long", 2) end
    if collectgarbage "count" - before > most_kilobytes then error("takes too much memory", 2) end
  end, "", 1)
  -- The methods of strings could take for ever in one instruction.
  local methods = getmetatable ""
  debug.setmetatable("", nil)
  local held <close> = setmetatable({}, { __close = function() -- luacheck: ignore held
    debug.setmetatable("", methods)
  end })
  return coroutine.resume(thread)
end

--- Evaluates the text of a policy file.  Raises `usage`, which names the file and the line.
---@param text string
---@param path string  for messages
---@return table
function M.evaluate(text, path)
  if text:sub(1, 1) == "\27" then fail(path, "it must be Lua text, got bytecode") end
  local chunk, problem = load(text, "@" .. path, "t", {})
  if not chunk then fail(divided(problem, path)) end
  local ok, value = run(chunk)
  if not ok then fail(divided(tostring(value), path)) end
  if type(value) ~= "table" then
    fail(path, ("it must return a table, got %s"):format(type(value)),
      "write: return { max_changes = 100 }")
  end
  return value
end

--- Returns the line of a text in which a limit is given; nil where none is found.
---@param text string
---@param name string
---@return integer?
function M.line_of(text, name)
  local number = 0
  local escaped = name:gsub("%W", "%%%0")
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local code = line:gsub("%-%-.*$", "")
    if code:find("%f[%w_]" .. escaped .. "%f[^%w_][\"'%]]*%s*=%f[^=]") then return number end
  end
end

---@class vbo.PolicyFile
---@field path string
---@field owner "root"|"user"  who alone may write it

--- Reads a policy file.  Raises `usage` for one that others can write or that is wrong, and `disk`
--- for one that cannot be read.
---@param file vbo.PolicyFile
---@return table? limits  nil: there is no such file
---@return string? text
function M.read(file)
  local text, err = core.owned_text(file.path, file.owner)
  if err then errors.raise(err) end
  if text then return M.evaluate(text, file.path), text end
end

-- The file that binds.  No variable moves it.
local system <const> = "/etc/vbolua/policy.lua"

-- Returns the user's file; nil without a home.
local function user_path()
  local config, home = os.getenv "XDG_CONFIG_HOME", os.getenv "HOME"
  -- A relative folder is ignored, as the XDG specification says.
  if config and config:sub(1, 1) == "/" then return config .. "/vbolua/policy.lua" end
  return home and home ~= "" and home .. "/.config/vbolua/policy.lua" or nil
end

--- Returns the policy files of this machine and user, the one that binds first.
---@return vbo.PolicyFile[]
function M.files()
  local path = user_path()
  return { { path = system, owner = "root" }, path and { path = path, owner = "user" } }
end

return M
