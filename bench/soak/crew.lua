--- The processes in which the clients of the soak run.
---
---   local crew <close> = crew.start { count = 2, script = "…/client.lua", arguments = { … },
---     environment = { VBO_HOST = … }, folder = "…", program = "build/vbolua" }
---   crew:alive()      how many have not ended yet
---   crew:statuses()   { [number] = exit status } of those that have

local M = {}

local Crew = {}
Crew.__index = Crew

local function quoted(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

--- Starts the processes.  Each gets its number and the folder, then the arguments.
---@param options table  count, script, arguments, environment, folder, program
function M.start(options)
  local self = setmetatable({ count = options.count, folder = options.folder, ended = {} }, Crew)
  local words = {}
  for i, word in ipairs(options.arguments or {}) do words[i] = quoted(word) end
  local names = {}
  for name, value in pairs(options.environment) do
    names[#names + 1] = ("export %s=%s"):format(name, quoted(value))
  end
  table.sort(names)
  -- The password is in this file, and not in the list of processes.
  local path = options.folder .. "/crew.sh"
  local file <close> = assert(io.open(path, "w"))
  file:write(table.concat(names, "\n"), ([[

cd %s
n=1
while [ $n -le %d ]; do
  ( %s %s $n %s %s >$n.out 2>$n.err & child=$!; echo $child >$n.pid; wait $child
    echo $? >$n.new; mv $n.new $n.status ) &
  n=$((n + 1))
done
wait
]]):format(quoted(options.folder), options.count, quoted(options.program), quoted(options.script),
    quoted(options.folder), table.concat(words, " ")))
  file:close()
  self.shell = assert(io.popen("chmod 600 " .. quoted(path) .. "; exec sh " .. quoted(path), "w"))
  return self
end

local function first_line(path)
  local file <close> = io.open(path)
  return file and file:read "l"
end

function Crew:statuses()
  for n = 1, self.count do
    self.ended[n] = self.ended[n]
      or tonumber(first_line(("%s/%d.status"):format(self.folder, n)) or "")
  end
  return self.ended
end

function Crew:alive()
  local left = self.count
  for _ in pairs(self:statuses()) do left = left - 1 end
  return left
end

--- Ends those that have not ended.
function Crew:close()
  if not self.shell then return end
  for n = 1, self.count do
    local pid = not self:statuses()[n] and first_line(("%s/%d.pid"):format(self.folder, n))
    if pid then os.execute("kill " .. pid .. " 2>/dev/null") end
  end
  self.shell:close()
  self.shell = nil
end

Crew.__close = Crew.close

return M
