-- The command of --notify: vbo.run.notify.

local core = require "vbo.core"
local json = require "vbo.base.json"
local notify = require "vbo.run.notify"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local runbooks = require "spec.support.runbooks"

describe("core.command", function()
  it("returns the exit status, 128 + N after a signal", function()
    assert.equal(3, core.command { command = "exit 3" })
    assert.equal(137, core.command { command = "kill -9 $$" })
  end)

  it("sets and leaves out variables, and writes the standard input", function()
    local folder, remove = program.folder()
    finally(remove)
    local path = folder .. "/out"
    assert.equal(0, core.command {
      command = [[echo "$ONE:${HOME-none}:$(cat)" >]] .. program.quoted(path),
      environment = { "ONE=1 2", "HOME" }, input = "text",
    })
    assert.equal("1 2:none:text\n", rehearsal.content(path))
  end)

  it("ends a command that takes too long, with what it started", function()
    local folder, remove = program.folder()
    finally(remove)
    local path = program.quoted(folder .. "/pid")
    local status, err = core.command {
      command = ("sleep 600 & echo $! >%s; wait"):format(path), timeout = 0.5 }
    assert.is_nil(status)
    assert.equal("timeout", err.kind)
    local gone = "for i in $(seq 100); do kill -0 $(cat %s) 2>/dev/null || exit 0; "
      .. "grep -q '^State:.Z' /proc/$(cat %s)/status 2>/dev/null && exit 0; sleep 0.1; done; exit 1"
    assert.equal(0, select(2, program.run(gone:format(path, path))))
  end)

  it("does not wait for one that reads nothing, and refuses more than a pipe holds", function()
    assert.equal(0, core.command { command = "exec true", input = ("x"):rep(4096) })
    local status, err = core.command { command = "true", input = ("x"):rep(4097) }
    assert.is_nil(status)
    assert.equal("limit", err.kind)
  end)
end)

describe("notify.run", function()
  it("cuts a long error between characters", function()
    local folder, remove = program.folder()
    finally(remove)
    notify.run("cat >" .. program.quoted(folder .. "/out"), { run = "r", state = "failed",
      status = 1, steps = 1, done = 0, failed = 1, unknown = 0, error = "a" .. ("ü"):rep(3000) })
    local heard = json.decode(rehearsal.content(folder .. "/out"))
    assert.equal("a" .. ("ü"):rep(499) .. "…", heard.error)
  end)
end)

describe("--notify", function()
  local book

  setup(function() book = runbooks.start() end)
  teardown(function() book.stop() end)
  before_each(function() book.reset() end)

  local command = "--notify '{ env | grep ^VBO_RUN | sort; echo \"${VBO_PASSWORD-no password}\"; "
    .. "cat; } >>heard'"

  local function heard(given)
    given.options = command .. " " .. (given.options or "")
    local output, status = book.run(given)
    local file <close> = io.open(book.path "heard")
    return file and file:read "a", status, output
  end

  for _, version in ipairs { "v5", "v8" } do
    it("runs once when a run ends, with what became of it, " .. version, function()
      local text, status = heard { version = version, code = "restore() restore()" }
      assert.equal(0, status)
      local name = book.rows("SELECT name FROM run")[1].name
      assert.equal(("VBO_RUN=%s\nVBO_RUN_DONE=2\nVBO_RUN_FAILED=0\nVBO_RUN_STATE=ended\n"
        .. "VBO_RUN_STATUS=0\nVBO_RUN_UNKNOWN=0\nno password\n"):format(name),
        text:match "^(.-){")
      assert.same({ run = name, state = "ended", status = 0, steps = 2, done = 2, failed = 0,
        unknown = 0, script = "runbook.lua" }, json.decode(text:match "{.*"))
    end)
  end

  it("runs when a limit stops the run", function()
    local text, status = heard { code = "restore() restore()", options = "--max-changes 1" }
    assert.equal(23, status)
    local summary = json.decode(text:match "{.*")
    assert.equal("stopped", summary.state)
    assert.equal(23, summary.status)
    assert.equal(1, summary.done)
    assert.matches("max_changes is 1", summary.error)
  end)

  it("runs for a script that fails before it connects", function()
    local text, status = heard { plain = true, code = "error 'x'" }
    assert.equal(1, status)
    assert.matches("VBO_RUN_STATE=failed\nVBO_RUN_STATUS=1\n", text)
  end)

  it("runs for a script that only reads, and after a signal", function()
    local text = heard { code = [[os.execute "kill -TERM $PPID" vbo.sleep(60)]] }
    assert.matches("VBO_RUN_STATUS=143\n", text)
    assert.is_nil(io.open(book.path "journal.db"))
  end)

  it("does not run for help", function()
    assert.is_nil((heard { code = "", words = "--help" }))
    assert.is_nil((heard { code = "", words = "runs --help" }))
  end)

  it("only warns when it fails", function()
    local output, status = book.run { code = "print(restore().restored)",
      options = "--notify 'exit 7'" }
    assert.equal(0, status)
    assert.matches("1\nvbolua: warning: %-%-notify: the command ended with status 7\n", output)
  end)
end)
