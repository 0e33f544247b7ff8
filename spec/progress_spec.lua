local progress = require "vbo.runtime.progress"

describe("progress", function()
  it("writes sizes and durations for people", function()
    assert.equal("0 B", progress.size(0))
    assert.equal("1023 B", progress.size(1023))
    assert.equal("1.0 KiB", progress.size(1024))
    assert.equal("1.0 GiB", progress.size(1 << 30))
    assert.equal("0:00", progress.duration(0.9))
    assert.equal("1:01", progress.duration(61))
    assert.equal("1:00:00", progress.duration(3600))
  end)

  it("says that the server still prepares", function()
    assert.equal("a.zip  preparing on the server, 1:05", progress.line("a.zip",
      { phase = "preparing", received = 0, elapsed = 66, waited = 65, attempts = 1 }))
  end)

  it("draws a bar that fits", function()
    local state = { phase = "receiving", received = 512, expected = 1024, elapsed = 2, waited = 1,
      attempts = 1 }
    for width = 20, 200, 20 do
      local line = progress.line("a.zip", state, width)
      assert.matches("50 %%", line)
      if line:find "%[" then assert.is_true(#line <= width) end
    end
    assert.matches("%[####", progress.line("a.zip", state, 100))
  end)

  it("ends with size, rate and time", function()
    assert.equal("a.zip  2.0 KiB, 1.0 KiB/s, 0:03", progress.line("a.zip",
      { phase = "done", received = 2048, expected = 2048, elapsed = 3, waited = 1, attempts = 1 }))
  end)

  it("calls a function with each state, and is silent without one", function()
    local seen
    local watcher <close> = progress.watcher(function(state, name) seen = { state, name } end, "f")
    watcher.update { phase = "done" }
    assert.same({ { phase = "done" }, "f" }, seen)
    assert.is_nil(progress.watcher(nil, "f").update)
  end)
end)
