--- Generated files and the folder that holds them.

local M = {}

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

--- Runs a function where order and letters are those of the C locale, whatever the
--- environment says: Lua sorts and matches as the C library does.
---@param run fun(): any
---@return any
function M.plainly(run)
  local before = os.setlocale()
  os.setlocale "C"
  local ok, result = pcall(run)
  os.setlocale(before)
  if not ok then error(result, 0) end
  return result
end

--- The files in a folder and the folders below it.
---@param folder string
---@return string[]  paths below the folder, sorted
function M.list(folder)
  local pipe = assert(io.popen(("cd %s 2>/dev/null && find . -type f"):format(quoted(folder))))
  local list = {}
  for line in pipe:lines() do list[#list + 1] = line:match "^%./(.*)$" end
  pipe:close()
  table.sort(list)
  return list
end

--- The text of a file; nil when there is none.
---@param path string
---@return string?
function M.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

--- Compares generated files with a folder.
---@param folder string
---@param files table<string, string>
---@return string[]  one line a difference, sorted; empty when there is none
function M.drift(folder, files)
  local found = {}
  for name, text in pairs(files) do
    local there = M.read(folder .. "/" .. name)
    if not there then
      found[#found + 1] = name .. " is missing"
    elseif there ~= text then
      found[#found + 1] = name .. " differs"
    end
  end
  for _, name in ipairs(M.list(folder)) do
    if not files[name] then found[#found + 1] = name .. " is not generated any more" end
  end
  table.sort(found)
  return found
end

--- Makes a folder hold these files and no others.
---@param folder string
---@param files table<string, string>
function M.write(folder, files)
  local folders = {}
  for name, text in pairs(files) do
    local path = folder .. "/" .. name
    local parent = path:match "^(.*)/"
    if not folders[parent] then
      folders[parent] = true
      assert(os.execute("mkdir -p " .. quoted(parent)))
    end
    if M.read(path) ~= text then
      local file <close> = assert(io.open(path, "wb"))
      assert(file:write(text))
    end
  end
  for _, name in ipairs(M.list(folder)) do
    if not files[name] then assert(os.remove(folder .. "/" .. name)) end
  end
end

return M
