-- Completes command lines: what `vbolua complete` prints, and each shell for real.
--
-- Covers vbo.cli.complete.operations.

local program = require "spec.support.program"

local quoted = program.quoted
local root = program.run("pwd"):gsub("\n", "")
local bin = program.vbolua:match "^(.*)/[^/]+$"

-- The candidates for the last word.
local function candidates(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = quoted(word) end
  local output, status = program.run(("%s complete -- %s"):format(quoted(program.vbolua),
    table.concat(words, " ")))
  assert.equal(0, status, output)
  local found, texts = {}, {}
  for line in output:gmatch "[^\n]+" do
    local word, text = line:match "^([^\t]*)\t?(.*)$"
    found[#found + 1], texts[word] = word, text
  end
  return found, texts
end

local function set(list)
  local found = {}
  for _, each in ipairs(list) do found[each] = true end
  return found
end

-- The options that a text names.
local function options_in(text)
  local found = {}
  for option in text:gmatch "%f[-%w](%-%-?%a[%w-]*)" do found[option] = true end
  return found
end

describe("vbolua complete", function()
  it("offers the commands that help lists, and files", function()
    local help = program.run(quoted(program.vbolua) .. " help")
    local listed = { [":files"] = true }
    for name in help:match "commands.*":gmatch "\n  (%l+) +%S" do listed[name] = true end
    assert.same(listed, set((candidates(""))))
  end)

  it("offers the options that the usage of the program lists", function()
    local usage = program.run(quoted(program.vbolua) .. " --help"):match "options:(.-)commands"
    local wanted = {}
    for line in usage:gmatch "[^\n]+" do
      local names = line:match "^  (%-.-)   *%l" or line:match "^  (%-.*)$" or ""
      for option in pairs(options_in(names)) do wanted[option] = true end
    end
    assert.same(wanted, set((candidates("-"))))
  end)

  for _, command in ipairs { "api", "reap", "resume", "retry", "runs", "sim", "verify",
      "sim record" } do
    it(("offers the options that the usage of %s lists"):format(command), function()
      local usage = program.run(("%s %s --help"):format(quoted(program.vbolua), command))
      local words = {}
      for word in (command .. " --"):gmatch "%S+" do words[#words + 1] = word end
      local offered = set((candidates(table.unpack(words))))
      for option in pairs(offered) do
        assert.is_truthy(usage:find(option, 1, true), option .. " is missing in the usage")
      end
      for line in usage:gmatch "\n( +%-%-[^\n]+)" do
        for option in (line:match "^ *(.-)   *" or line):gmatch "%-%-%l[%l-]*" do
          assert.is_true(offered[option], option)
        end
      end
    end)
  end

  it("offers operations by name with their titles", function()
    local found, texts = candidates("api", "job_st")
    assert.same({ "Job_StartAction", "Job_StopAction" }, found)
    assert.equal("Start Backup Job", texts.Job_StartAction)
  end)

  it("offers an operation of the version that the command line names", function()
    assert.same({ "Job_StartAction", "Job_StopAction" },
      (candidates("api", "--version", "v4", "Job_St")))
    assert.same({}, (candidates("api", "--version=v1", "OrganizationUser_GetOneDr")))
  end)

  it("offers runs by name with their state", function()
    local folder <close> = setmetatable({}, { __close = function(self) self.remove() end })
    folder.path, folder.remove = program.folder()
    local journals = require "spec.support.journal"
    local journal = journals.open(folder.path .. "/x.db")
    journals.run(journal, { state = "failed" })
    journal:close()
    local output = program.run(("VBO_JOURNAL=%s/x.db %s complete -- runs show 2026"):format(
      quoted(folder.path), quoted(program.vbolua)))
    assert.equal("20261130-182152-3f9c7a\tfailed, /srv/restore.lua\n", output)
    assert.same({ "last" }, (candidates("runs", "export", "la")))
    assert.same({ ":files" }, (candidates("runs", "import", "")))
    assert.same({ "died" }, (candidates("runs", "--state", "di")))
  end)

  it("offers the words of the reference to help", function()
    assert.same({ "onedrive.restore" }, (candidates("help", "onedrive.rest")))
    assert.is_true(set((candidates("help", "wh"))).where)
  end)

  it("offers parameters and properties of an operation", function()
    assert.same({ "jobId=", "full=" }, (candidates("api", "Job_StartAction", "")))
  end)

  it("offers the paths of a method", function()
    local found = set((candidates("api", "GET", "/Jobs")))
    assert.is_true(found["/Jobs"] and found["/Jobs/{jobId}/SelectedItems"])
    assert.is_nil(found["/Jobs/{jobId}/start"])
  end)

  it("offers the values of options", function()
    assert.same({ "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8" },
      (candidates("api", "--version", "v")))
    assert.same({ "--progress=plain" }, (candidates("--progress=p")))
    assert.same({ "big:", "demo", ":folders" }, (candidates("sim", "--world", "")))
    assert.same({ "slow", "storm", ":files" }, (candidates("sim", "--weather", "s")))
    assert.same({ "onedrive" }, (candidates("sim", "record", "--workload", "one")))
    assert.same({ ":files" }, (candidates("api", "--password-file", "")))
  end)

  it("offers worlds to --rehearse, and files as arguments of a script", function()
    assert.same({ "--rehearse=demo", ":folders" }, (candidates("--rehearse=d")))
    assert.same({ ":files" }, (candidates("runbook.lua", "")))
  end)
end)

local function has(shell)
  return select(2, program.run("command -v " .. shell)) == 0
end

describe("completion", function()
  local folder, remove

  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  local function write(name, text)
    local file <close> = assert(io.open(folder .. "/" .. name, "w"))
    file:write(text)
  end

  it("in bash completes operations, options, values and files at a terminal", function()
    write("keys", table.concat({ ("cd %s; PATH=%s:$PATH; source completions/bash/vbolua"):format(
      quoted(root), quoted(bin)), "vbolua api --desc\tJob_Sta\t",
      "vbolua api --dry-run --versi\tv4 Job_StartA\tjobI\t1eaa5b32-5a4c-428b-902d-71691985ebb7",
      "vbolua --progress=pl\t --version", "vbolua verify spec/suppo\t", "exit\n" }, "\n"))
    local output = program.run(("cd %s; INPUTRC=/dev/null TERM=dumb timeout 120 script -qec "
      .. "'bash --norc --noprofile -i' /dev/null <keys"):format(quoted(folder)))
    assert.matches("POST /v8/Jobs/{jobId}/start", output, 1, true)
    assert.matches("POST /v4/Jobs/1eaa5b32-5a4c-428b-902d-71691985ebb7/Action", output, 1, true)
    assert.matches("\nvbolua %d+%.%d+", (output:gsub("\r", "")))
    assert.matches("there is no manifest in spec/support ", output, 1, true)
  end)

  it("in zsh completes operations, options, values and parameters at a terminal", function()
    if not has "zsh" then return pending "zsh is not installed" end
    write("keys.zsh", ([[
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "PS1=; PATH=%s:\$PATH; fpath=(%s/completions/zsh \$fpath)"
      zpty -w shell "autoload -U compinit; compinit -u -D; echo READ''Y"
      zpty -r -m shell out '*READY*'
      zpty -n -w shell "$1"$'\t'
      zpty -r -m shell out "*$2*" && print completed
      zpty -d shell
    ]]):format(bin, root))
    for typed, rest in pairs { ["vbolua api Job_Sta"] = "rtAction", ["vbolua sim sna"] = "pshot",
      ["vbolua --progress=pl"] = "ain", ["vbolua api Job_StartAction j"] = "obId=" } do
      local output, status = program.run(("timeout 120 zsh -f %s/keys.zsh '%s' '%s'"):format(
        quoted(folder), typed, rest))
      assert.equal(0, status, typed)
      assert.matches("completed", output)
    end
  end)

  it("in fish completes operations, options, values and files", function()
    if not has "fish" then return pending "fish is not installed" end
    local function complete(line)
      local words = "set PATH %s $PATH; source completions/fish/vbolua.fish; complete -C '%s'"
      return (program.run(("cd %s; HOME=%s fish -c %s"):format(quoted(root), quoted(folder),
        quoted(words:format(bin, line)))))
    end
    assert.equal("Job_StartAction\tStart Backup Job\nJob_StopAction\tStop Backup Job\n",
      complete "vbolua api Job_St")
    assert.equal("--progress=plain\n", complete "vbolua --progress=p")
    assert.matches("^storm\n", complete "vbolua sim --weather st")
    assert.equal("spec/support/\n", complete "vbolua verify spec/suppo")
  end)
end)
