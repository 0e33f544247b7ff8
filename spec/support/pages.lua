-- Runs the examples of a page of documentation in order, as a reader would, in one folder that has
-- examples/ in it, against one rehearsal server.  docs/README.md says what each block means:
--
--   ```lua      a runbook; without `require "vbo"` it goes on from the page's last block that
--               stands under <!-- beginning -->; with a first line `-- NAME.lua` it is only
--               written, and a later console block runs it
--   ```console  `$ COMMAND`, and what it prints
--   ```sh       commands that must succeed; not run where the first line says so
--   ```repl     `$ COMMAND` and what is typed behind `>`, and what that prints
--   ```c        a program that must compile, link and succeed
--   ```output   what the example before it prints
--
-- In expected output `…` stands for any text of a line, and a line `…` for any lines.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

local quoted = program.quoted

local M = {}

local runnable = { lua = true, console = true, repl = true, sh = true, c = true, output = true }

--- Reads the fenced blocks of a page.
---@param path string
---@return { language: string, code: string, line: integer, beginning: boolean }[]
function M.blocks(path)
  local blocks, open, beginning, number = {}, nil, false, 0
  for line in (rehearsal.content(path) .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local fence = line:match "^%s*```(%w*)$"
    if fence and not open then
      open = { language = fence, line = number, beginning = beginning, lines = {} }
    elseif fence then
      open.code = table.concat(open.lines, "\n")
      blocks[#blocks + 1], open, beginning = open, nil, false
    elseif open then
      open.lines[#open.lines + 1] = line
    elseif line == "<!-- beginning -->" then
      beginning = true
    end
  end
  assert(not open, path .. ": a block is not closed")
  return blocks
end

local function not_run(block)
  return block.language == "sh" and block.code:find "^# not run by the tests: %S" ~= nil
end

--- Gives the examples of a page that are run, each with the output that it promises.
function M.examples(path)
  local examples, beginning = {}, nil
  for _, block in ipairs(M.blocks(path)) do
    if block.language == "output" then
      local before = assert(examples[#examples], path .. ": output without an example")
      before.output = block.code
    elseif runnable[block.language] and not not_run(block) then
      if block.language == "lua" and not block.code:find('require "vbo"', 1, true) then
        assert(beginning, ("%s:%d: a fragment without a beginning"):format(path, block.line))
        block.code = beginning .. "\n" .. block.code
      elseif block.beginning then
        beginning = block.code
      end
      examples[#examples + 1] = block
    end
  end
  return examples
end

--- Lists the blocks of a page whose language the tests know nothing about.
function M.unknown(path)
  local found = {}
  local plain = { text = true, json = true, ini = true, ruby = true, toml = true }
  for _, block in ipairs(M.blocks(path)) do
    if not runnable[block.language] and not plain[block.language] then
      found[#found + 1] = ("%s:%d: ```%s"):format(path, block.line, block.language)
    end
  end
  return found
end

local magic = "[%^%$%(%)%%%.%[%]%*%+%-%?]"

local function line_matches(wanted, line)
  return line:find("^" .. wanted:gsub(magic, "%%%0"):gsub("…", ".-") .. "$") ~= nil
end

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("%s+$", "") .. "\n"):gmatch "(.-)\r?\n" do lines[#lines + 1] = line end
  return lines
end

local function match_from(wanted, i, lines, j)
  while wanted[i] do
    if wanted[i]:match "^%s*…$" then
      for k = j, #lines + 1 do
        if match_from(wanted, i + 1, lines, k) then return true end
      end
      return false
    end
    if not lines[j] or not line_matches(wanted[i], lines[j]) then return false end
    i, j = i + 1, j + 1
  end
  return lines[j] == nil
end

--- Tells whether `output` is what a page promises.
---@param wanted string  with `…` for what differs
---@param output string
function M.matches(wanted, output)
  return match_from(lines_of(wanted), 1, lines_of(output), 1)
end

local function write(path, text)
  local file <close> = assert(io.open(path, "w"))
  file:write(text, "\n")
end

-- As `make install` writes it, but of the build that is tested.
local function describe_library(folder)
  local root = os.getenv "PWD"
  local libraries = program.run "pkg-config --libs libcurl openssl libutf8proc sqlite3 zlib"
  write(folder .. "/vbolua.pc", table.concat({ "Name: vbolua", "Description: of this build",
    "Version: 0", ("Cflags: -I%s/csrc"):format(root),
    ("Libs: %s/libvbolua.a %s -lpthread -lm %s"):format(os.getenv "VBO_BUILD" or root .. "/build",
      libraries:gsub("%s+$", ""), os.getenv "VBO_SANITIZE" and "-fsanitize=address,undefined"
      or ""):gsub("\n", " ") }, "\n"))
end

--- A reader of one page: a folder, the variables of a server, and what the page started.
local Reader = {}
Reader.__index = Reader

--- Starts to read a page.
---@param settings table  of the rehearsal server, as `rehearsal.settings`
function M.read(settings)
  local folder, remove = program.folder()
  local bin = folder .. ".bin"
  assert(os.execute(("mkdir %s && ln -s %s %s/vbolua && ln -s %s/examples %s"):format(quoted(bin),
    quoted(program.vbolua), quoted(bin), quoted(os.getenv "PWD"), quoted(folder))))
  describe_library(bin)
  return setmetatable({ folder = folder, bin = bin, settings = settings, count = 0,
    remove_folder = remove, started = {} }, Reader)
end

function Reader:close()
  for _, sim in ipairs(self.started) do sim.stop() end
  os.execute("rm -rf " .. quoted(self.bin))
  self.remove_folder()
end

--- Runs a command as the reader would; gives what it printed and its exit status.
function Reader:run(command)
  local where = self.settings
  return program.run(table.concat({ "cd", quoted(self.folder) .. ";",
    ("export HOME=%s PATH=%s:$PATH PKG_CONFIG_PATH=%s VBOLUA_HISTORY= LC_ALL=C.UTF-8;"):format(
      quoted(self.folder), quoted(self.bin), quoted(self.bin)),
    ("export VBO_HOST=%s VBO_USER=%s VBO_PASSWORD=%s VBO_PIN=%s;"):format(where.url, where.user,
      where.password, where.pin), "exec </dev/null;", command }, " "))
end

local function expect(wanted, output, status, example)
  if wanted and not M.matches(wanted, output) then
    error(("line %d promises\n%s\nand this came:\n%s"):format(example.line, wanted, output), 0)
  elseif status and status ~= 0 then
    error(("line %d ends with status %d:\n%s"):format(example.line, status, output), 0)
  end
end

--- Starts `vbolua sim …` of a console block on a free port and leads what follows to it.
function Reader:serve(command, wanted, example)
  local options = command:match "^vbolua sim%s*(.-)%s*&?$"
  local sim <const> = program.start("sh -c " .. quoted(
    ("cd %s && exec %s sim %s --listen 127.0.0.1:0 --no-schedules"):format(quoted(self.folder),
      quoted(program.vbolua), options)), "fingerprint")
  self.started[#self.started + 1] = sim
  self.settings = program.settings(sim)
  expect(wanted:gsub("127%.0%.0%.1:4443", "127.0.0.1:…"), table.concat(sim.lines, "\n", 2), 0,
    example)
end

local function serves(command)
  local word = command:match "^vbolua sim%s*(%S*)"
  return word ~= nil and (word == "" or word == "&" or word:sub(1, 2) == "--" and word ~= "--help")
end

function Reader:console(example)
  local steps = {}
  for line in (example.code .. "\n"):gmatch "(.-)\n" do
    local command = line:match "^%$ (.*)$"
    local continued = steps[1] and steps[#steps].command:match "^(.*)\\$"
    if command then
      steps[#steps + 1] = { command = command, lines = {} }
    elseif continued and #steps[#steps].lines == 0 then
      steps[#steps].command = continued .. line
    else
      table.insert(steps[#steps].lines, line)
    end
  end
  for _, step in ipairs(steps) do
    local wanted = table.concat(step.lines, "\n")
    if serves(step.command) then
      self:serve(step.command, wanted, example)
    else
      expect(wanted, self:run(step.command), nil, example)
    end
  end
end

function Reader:lua(example)
  local name = example.code:match "^%-%- ([%w_-]+%.lua)\n"
  self.count = self.count + 1
  write(("%s/%s"):format(self.folder, name or ("example-%d.lua"):format(self.count)), example.code)
  if name then return end
  local output, status = self:run(("vbolua example-%d.lua"):format(self.count))
  os.remove(("%s/example-%d.lua"):format(self.folder, self.count))
  expect(example.output, output, status, example)
end

-- Interactive mode, without a terminal: the prompts come, and what is typed does not.
function Reader:repl(example)
  local typed, wanted = {}, {}
  for line in (example.code:gsub("^%$[^\n]*\n", "") .. "\n"):gmatch "(.-)\n" do
    local input = line:match "^>+ (.*)$"
    table.insert(input and typed or wanted, input or line)
  end
  write(self.folder .. "/typed", table.concat(typed, "\n"))
  local command = example.code:match "^%$ ([^\n]*)"
  local output, status = self:run(("exec <typed; COLUMNS=80 %s -i"):format(command))
  os.remove(self.folder .. "/typed")
  output = ("\n" .. output:gsub("^[^\n]*", "")):gsub("\n[> ]+", "\n"):gsub("^\n+", "")
  expect(table.concat(wanted, "\n"), output, status, example)
end

function Reader:sh(example)
  write(self.folder .. "/commands.sh", example.code)
  local output, status = self:run "sh -e commands.sh"
  os.remove(self.folder .. "/commands.sh")
  expect(example.output, output, status, example)
end

function Reader:c(example)
  local name = example.code:match "^/%* ([%w_-]+)%.c" or "example"
  write(("%s/%s.c"):format(self.folder, name), example.code)
  local output, status = self:run(("cc -std=c11 -Wall -Wextra -Werror %s.c "
    .. "$(pkg-config --cflags --libs vbolua) -o %s && ./%s"):format(name, name, name))
  expect(example.output, output, status, example)
end

--- Runs one example; raises what differs from what the page promises.
function Reader:try(example) self[example.language](self, example) end


return M
