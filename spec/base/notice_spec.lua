-- vbo.base.notice: notices once a line, in a log and on standard error, or as errors.

local notice = require "vbo.base.notice"
local program = require "spec.support.program"

describe("a notice", function()
  it("goes to the client's log once for each line of the runbook", function()
    local log = {}
    local client = { _log = function(text) log[#log + 1] = text end }
    for _ = 1, 3 do notice.tell(client, "first message", "write it so") end
    notice.tell(client, "first message", "write it so")
    assert.equal(2, #log)
    assert.matches("notice_spec.lua:%d+: first message; write it so$", log[1])
    assert.not_equal(log[1], log[2])
  end)

  it("is raised for a client that is strict", function()
    local ok, err = pcall(notice.tell, { _strict = true }, "second message", "write it so")
    assert.same({ false, "usage", "second message", "write it so" },
      { ok, err.kind, err.message, err.hint })
  end)

  it("stands on standard error of the interpreter, and raises under --strict", function()
    local code = program.quoted 'require("vbo.base.notice").deprecated("old name", "write new")'
    local run = program.quoted(program.vbolua)
    assert.same({ "vbolua: warning: (command line):1: old name; write new\n", 0 },
      { program.run(("unset LUA_INIT; %s -e %s"):format(run, code)) })
    local output, status = program.run(("unset LUA_INIT; %s --strict -e %s"):format(run, code))
    assert.equal(2, status)
    assert.matches("old name", output)
  end)
end)
