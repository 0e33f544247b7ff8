--- Measures programs as whole processes, for all benches.

local M = {}

--- Runs a command; what it wrote.  Raises when it failed.
function M.shell(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read "a"
  assert(pipe:close(), "failed: " .. command)
  return output
end

--- Whether a command succeeds: whether a program is there.
function M.there(command) return (os.execute(command .. " >/dev/null 2>&1")) end

--- A new folder in memory where that is possible, and a function that removes it.
function M.folder()
  local where = io.open "/dev/shm/." and "/dev/shm" or os.getenv "TMPDIR" or "/tmp"
  local folder = M.shell(("mktemp -d %s/vbolua-bench.XXXXXX"):format(where)):gsub("\n", "")
  return folder, function() os.execute("rm -rf " .. folder) end
end

--- Starts a server that prints `name: value` lines and then one that fits `last`; ended with
--- `<close>`.
function M.start(command, last)
  local pipe = assert(io.popen("exec " .. command))
  local found = {}
  for line in pipe:lines() do
    local name, value = line:match "^([%w_]+): (.*)$"
    if name then found[name] = value end
    if line:find(last) then break end
  end
  assert(found.pid, "did not start: " .. command)
  return setmetatable(found, { __close = function()
    os.execute("kill " .. found.pid)
    pipe:close()
  end })
end

--- Runs a command under GNU time: {wall=, cpu= (seconds), peak= (KiB)}, and what it wrote.
function M.measured(command, folder)
  local report = folder .. "/time"
  local output = M.shell(
    ("/usr/bin/time -o %s -f '%%e %%U %%S %%M' env %s"):format(report, command))
  local file <close> = assert(io.open(report))
  local wall, user, system, peak = file:read("a"):match "([%d.]+) ([%d.]+) ([%d.]+) (%d+)%s*$"
  return { wall = tonumber(wall), cpu = user + system, peak = tonumber(peak) }, output
end

function M.median(values)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  return sorted[(#sorted + 1) // 2]
end

--- Lets programs take turns and prints a table: medians, and the median of the ratios of one round
--- (ours / theirs), since machines are noisy.  The first program is ours; a round of warming up
--- does not count.
---@param title string
---@param programs table[]  {name, command, before= (function, called ahead of each run)}
---@param runs integer
---@param folder string
function M.compare(title, programs, runs, folder)
  local rounds = {}
  for round = 0, runs do
    rounds[round] = {}
    for i, program in ipairs(programs) do
      if program.before then program.before() end
      rounds[round][i] = M.measured(program[2], folder)
    end
  end
  local function values(i, field, beside)
    local list = {}
    for round = 1, runs do
      local own = rounds[round][i][field]
      list[round] = beside and rounds[round][1][field] / math.max(own, 0.005) or own
    end
    return M.median(list)
  end
  print(("%s (%d rounds; ours / theirs)"):format(title, runs))
  print(("  %-26s %8s %7s %8s %7s %9s %7s"):format("", "wall s", "ratio", "CPU s", "ratio",
    "peak MiB", "ratio"))
  for i, program in ipairs(programs) do
    local function ratio(field)
      return i == 1 and "" or ("%.2f"):format(values(i, field, true))
    end
    print(("  %-26s %8.2f %7s %8.2f %7s %9.1f %7s"):format(program[1], values(i, "wall"),
      ratio "wall", values(i, "cpu"), ratio "cpu", values(i, "peak") / 1024, ratio "peak"))
  end
end

return M
