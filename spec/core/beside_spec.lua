-- Files are hashed and written beside the loop: a disk that stands still stops no other transfer.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local system = require "spec.support.faults.system"

local quoted = program.quoted

describe("a disk that stands still", function()
  local server, folder, remove, shim, trouble

  setup(function()
    server = rehearsal.start()
    folder, remove = program.folder()
    shim, trouble = system.shim(folder)
  end)
  teardown(function()
    server.stop()
    remove()
  end)

  for _, fsync in ipairs { true, false } do
    it("holds up its own save alone" .. (fsync and "" or ", also without fsync"), function()
      if not shim then return pending(trouble) end
      local script, release = folder .. "/run.lua", folder .. "/release-" .. tostring(fsync)
      local file <close> = assert(io.open(script, "w"))
      -- While the disk stands still the answer comes in, as far as it fits between the two, and
      -- the other requests are answered.
      file:write(([[
        local vbo = require "vbo"
        local release, to, fsync = %q, %q, %s
        local client <close> = vbo.connect()
        local session <close> = client:organization "contoso.onmicrosoft.com":explore {
          workload = "onedrive", at = "2026-11-18T22:00:00Z" }
        local reports = session:onedrive "alice@contoso.com":folder "Documents/Reports"
        local save = vbo.spawn(function()
          return reports:documents():save { zip = true, to = to, fsync = fsync, overwrite = true }
        end)
        repeat vbo.sleep(0.001) until client:load().running == 0
        for _ = 1, 20 do client:organizations():all() end
        print(save:done())
        assert(io.open(release, "w")):close()
        print(save:wait().size > 1000, save:done())]]):format(release, folder .. "/reports.zip",
        tostring(fsync)))
      file:close()
      local where = server.settings "v8"
      local output, status = program.run(
        ("env LD_PRELOAD=%s ASAN_OPTIONS=%s FAULT_HOLD=%s VBO_HOST=%s VBO_USER=%s "
          .. "VBO_PASSWORD=%s VBO_PIN=%s timeout 60 %s %s"):format(quoted(shim),
          quoted((os.getenv "ASAN_OPTIONS" or "") .. ":verify_asan_link_order=0"), quoted(release),
          where.url, where.user, where.password, where.pin, quoted(program.vbolua), script))
      assert.equal("false\ntrue\ttrue\n", output)
      assert.equal(0, status)
    end)
  end
end)
