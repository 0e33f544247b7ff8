-- The limits of a run: vbo.run.policy, vbo.run.limits and vbo.run.policy_file.

local errors = require "vbo.base.error"
local files = require "vbo.run.policy_file"
local keys = require "spec.support.keys"
local latch = require "vbo.run.latch"
local policies = require "vbo.run.policy"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local vbo = require "vbo"

before_each(latch.forget)
after_each(latch.forget)

-- Returns a policy of limits, as the command line gives them.
local function policy_of(given)
  local policy = policies.new()
  policy:tighten(given, "vbolua", "the test")
  return policy
end

local function step(fields)
  local one = { kind = "change", effect = "converges", title = "restore a.txt", items = 1,
    verb = "restore", workload = "onedrive", origin = "https://vbo.example.com:4443",
    affected = function() return { { "organization:contoso.onmicrosoft.com",
      "onedrive:Alice Adams" } } end }
  for name, value in pairs(fields or {}) do one[name] = value end
  return one
end

-- Returns the error of a step that a policy refuses.
local function refusal(policy, one)
  local ok, err = pcall(policy.check, policy, one)
  assert(not ok, "the step was let through")
  return err
end

-- Returns the message of the first step that limits refuse, and how many came before it.
local function stopped(given, fields)
  local policy, passed = policy_of(given), 0
  while passed < 100 do
    local ok, err = pcall(policy.check, policy, step(fields))
    if not ok then return err.message, passed, err end
    passed = passed + 1
  end
  error "no step was refused"
end

describe("a limit", function()
  it("stops the run before one change too many, with its own name and where it is from", function()
    local message, passed, err = stopped { max_changes = 3 }
    assert.equal(3, passed)
    assert.equal("stopped before 'restore a.txt': the run has made 3 changes; "
      .. "max_changes is 3 (the test)", message)
    assert.equal("stopped", err.kind)
    assert.equal("max_changes", err.code)
    assert.is_true(err.latched)
  end)

  it("lets no change through where it is 0", function()
    assert.equal(0, select(2, stopped { max_changes = 0 }))
  end)

  it("counts the items that a change names", function()
    local policy = policy_of { max_items = 10 }
    policy:check(step { items = 8 })
    assert.matches("it names 3 items, and the changes before it 8; max_items is 10",
      refusal(policy, step { items = 3 }).message, 1, true)
  end)

  it("does not count saves as changes, but as steps", function()
    local policy = policy_of { max_changes = 1, canary = 3 }
    policy:check(step { kind = "save", effect = "save" })
    policy:check(step { kind = "save", effect = "save" })
    policy:check(step())
    local err = refusal(policy, step { kind = "save", effect = "save" })
    assert.equal("canary", err.code)
    assert.matches("vbolua resume$", err.hint)
  end)

  it("gives back the count of a change that was not sent", function()
    local policy = policy_of { max_changes = 1 }
    local one = step()
    policy:check(one)
    one.state = "local"
    policy:done(one)
    policy:check(step())
    assert.equal("max_changes", refusal(policy, step()).code)
  end)

  it("counts once what is sent in a further attempt", function()
    local policy = policy_of { max_changes = 1 }
    policy.counts.changes, policy.counts.steps, policy.counts.items = 1, 1, 1
    policy:check(step { row = { state = "refused" } })
    assert.equal(1, policy.counts.changes)
    assert.equal("max_changes", refusal(policy, step { row = { state = "local" } }).code)
  end)

  it("lets exactly as many changes through when 64 tasks ask at once", function()
    local policy, passed = policy_of { max_changes = 10 }, 0
    local ok, err = pcall(vbo.parallel, function() return 1 end, { limit = 64 }, function()
      policy:check(step())
      passed = passed + 1
      vbo.sleep(0.001)
    end)
    assert.is_false(ok)
    assert.equal("max_changes", err.code)
    assert.equal(10, passed)
  end)

  it("holds for each thing that a bulk call changes", function()
    local policy = policy_of { only = { "mailbox:*@Contoso.com", "site:*/sites/Sales" } }
    local function names(...)
      local lists = {}
      for i, name in ipairs { ... } do lists[i] = { "organization:contoso.com", name } end
      return function() return lists end
    end
    policy:check(step { affected = names("mailbox:ALICE@contoso.com",
      "site:https://contoso.sharepoint.com/sites/sales") })
    local err = refusal(policy, step { affected = names("mailbox:alice@contoso.com",
      "mailbox:bob@fabrikam.com") })
    assert.equal("only", err.code)
    assert.matches("it changes mailbox:bob@fabrikam.com; only is mailbox:*@Contoso.com, "
      .. "site:*/sites/Sales (the test)", err.message, 1, true)
  end)

  it("refuses with `only` what has no name", function()
    assert.matches("what it changes has no name",
      (stopped({ only = "team:*" }, { affected = function() return {} end })))
  end)

  it("holds workload, verb, effect and server to its lists", function()
    local function why(given, fields)
      local message = stopped(given, fields)
      latch.forget()
      return message:match "': (.-);"
    end
    assert.equal("its workload is teams", why({ workloads = { "onedrive", "exchange" } },
      { workload = "teams" }))
    local policy = policy_of { workloads = "onedrive" }
    assert.equal("workloads", refusal(policy, { kind = "change", title = "start a job" }).code)
    latch.forget()
    assert.equal("its verb is restore", why { verbs = { "start", "stop" } })
    assert.equal("its effect is adds", why({ effects = "converges" }, { effect = "adds" }))
    assert.equal("it goes to https://vbo.example.com:4443", why { servers = "backup.*" })
    policy = policy_of { servers = { "VBO.example.com" }, verbs = "restore",
      effects = { "adds", "converges" }, workloads = "onedrive" }
    policy:check(step())
  end)

  it("asks for a reason", function()
    local policy = policy_of { reason_required = true }
    local err = refusal(policy, step())
    assert.matches("the run has no reason", err.message)
    assert.equal("give --reason TEXT", err.hint)
    latch.forget()
    policy.counts.reason = true
    policy:check(step())
  end)

  it("allows changes in its hours, also over midnight", function()
    local minute = os.time() // 60 % 1440
    local function clock(offset)
      local at = (minute + offset) % 1440
      return ("%02d:%02d"):format(at // 60, at % 60)
    end
    policy_of({ hours = clock(-60) .. "-" .. clock(60) }):check(step())
    local err = refusal(policy_of { hours = clock(60) .. "-" .. clock(120) }, step())
    assert.equal("hours", err.code)
    assert.matches("it is %d%d:%d%d UTC; hours is %d%d:%d%d%-%d%d:%d%d", err.message)
  end)
end)

describe("stop_after_failures", function()
  -- Ends steps with these states; returns the error that stops the run, and how many had ended.
  local function after(limit, states)
    local policy = policy_of { stop_after_failures = limit }
    for i, state in ipairs(states) do
      local one = step()
      policy:check(one)
      one.state = state
      policy:done(one)
      if latch.error() then return latch.error(), i end
    end
  end

  it("stops the run after so many failures, in part and unknown ones too", function()
    local err, at = after(3, { "refused", "done", "partial", "done", "unknown", "done" })
    assert.equal(5, at)
    assert.equal("3 of 5 steps failed; stop_after_failures is 3 (the test)", err.message)
  end)

  it("stops the run at a percentage from 10 steps on", function()
    local states = {}
    for i = 1, 12 do states[i] = i <= 3 and "refused" or "done" end
    local err, at = after("25%", states)
    assert.equal(10, at)
    assert.equal("3 of 10 steps failed; stop_after_failures is 25% (the test)", err.message)
    latch.forget()
    assert.is_nil(after("31%", states))
  end)
end)

describe("a wrong limit", function()
  local function message(given)
    local err = rehearsal.failure(policy_of, given)
    return tostring(err):gsub("^.-: ", "", 1)
  end

  it("names the nearest one", function()
    assert.matches("vbolua has no option 'max_change' [usage]; hint: did you mean 'max_changes'?",
      message { max_change = 1 }, 1, true)
    assert.matches("'workloads' cannot hold 'exchagne' [usage]; hint: did you mean 'exchange'?",
      message { workloads = "exchagne" }, 1, true)
    assert.matches("'only' cannot hold 'mailbx:a' [usage]; hint: did you mean 'mailbox:a'?",
      message { only = "mailbx:a" }, 1, true)
  end)

  it("says what it must be", function()
    assert.matches("'max_changes' must be a whole number, 0 or more, got -1",
      message { max_changes = -1 }, 1, true)
    assert.matches("'canary' must be a whole number, 1 or more, got 0",
      message { canary = 0 }, 1, true)
    assert.matches("'max_items' must be a whole number, 0 or more, got 1.5",
      message { max_items = 1.5 }, 1, true)
    assert.matches([['stop_after_failures' must be a whole number, 1 or more, or a percentage, ]]
      .. [["1%" to "100%", got 101%]], message { stop_after_failures = "101%" }, 1, true)
    assert.matches("hint: write KIND:PATTERN, as mailbox:*@contoso.com",
      message { only = "*@contoso.com" }, 1, true)
    assert.matches("hint: write FROM-TO in UTC, as 22:00-06:00", message { hours = "22-6" }, 1,
      true)
    assert.matches("'reason_required' must be true or false, got yes",
      message { reason_required = "yes" }, 1, true)
    assert.matches("'effects' must be a word or a list of words, got a table",
      message { effects = { "adds", 1 } }, 1, true)
  end)

  it("leaves the other limits of its source out, too", function()
    local policy = policies.new()
    pcall(policy.tighten, policy, { max_changes = 1, canary = 0 }, "vbolua")
    assert.same({}, policy:shown())
  end)
end)

describe("a policy file", function()
  local folder, remove

  before_each(function() folder, remove = program.folder() end)
  after_each(function() remove() end)

  local function write(name, text)
    local path = folder .. "/" .. name
    local file <close> = assert(io.open(path, "wb"))
    file:write(text)
    return path
  end

  local function problem(text)
    local path = write("policy.lua", text)
    assert(os.execute("chmod 600 " .. program.quoted(path)))
    local policy = policies.new()
    local err = rehearsal.failure(policy.read_files, policy, { { path = path, owner = "user" } })
    assert.equal("usage", err.kind)
    return (err.message:gsub(path:gsub("%p", "%%%0"), "FILE"))
  end

  it("can only make stricter what the one that binds says", function()
    local policy = policies.new()
    local binding = write("binding.lua", [[
      -- The limits of this machine.
      return { max_changes = 100, only = { "mailbox:*@contoso.com" }, effects = { "converges" } }
    ]])
    local own = write("own.lua", [[return { max_changes = 500, max_items = 20, only = "mailbox:a*",
      effects = { "adds", "converges" } }]])
    policy:read_files { { path = binding, owner = "user" }, { path = own, owner = "user" } }
    policy:tighten({ max_changes = 7 }, "vbolua", "--max-changes")
    assert.same({ max_changes = 7, max_items = 20, effects = { "converges" },
      only = { { "mailbox:*@contoso.com" }, { "mailbox:a*" } } }, policy:shown())
    assert.equal(("max_changes: 7 (--max-changes)\nmax_items: 20 (%s)\n"):format(own)
      .. ("only: mailbox:*@contoso.com and mailbox:a* (%s and %s)\n"):format(binding, own)
      .. ("effects: converges (%s)"):format(binding), policy:text())
  end)

  it("may be missing", function()
    local policy = policies.new()
    policy:read_files { { path = folder .. "/none.lua", owner = "root" },
      { path = folder .. "/none/none.lua", owner = "user" } }
    assert.same({}, policy:shown())
  end)

  it("is named with the line where it is wrong", function()
    assert.equal("FILE:2 has no option 'max_chanegs'",
      problem "return {\n  max_chanegs = 3,\n}")
    assert.equal("FILE:3: 'canary' must be a whole number, 1 or more, got none",
      problem "return {\n  max_changes = 3,\n  canary = 'none' }")
    assert.matches("^FILE:2: unexpected symbol", problem "return {\n  = 3 }")
    assert.equal("FILE: it must return a table, got nil", problem "max_changes = 3")
  end)

  it("has nothing at hand but data", function()
    assert.matches("^FILE:1: attempt to call a nil value %(global 'print'%)",
      problem "print 'x' return {}")
    assert.matches("^FILE:1: attempt to index a nil value %(global 'os'%)",
      problem "return { max_changes = os.time() }")
    assert.matches("^FILE:1: attempt to index a string value",
      problem "local s = ('x'):rep(1e9) return {}")
    assert.equal("x", ("X"):lower()) -- strings have their methods again
  end)

  it("ends when it runs for too long or takes too much memory", function()
    assert.equal("FILE:1: runs for too long", problem "while true do end")
    assert.equal("FILE:1: takes too much memory",
      problem "local s = 'xxxxxxxxxxxxxxxx' while true do s = s .. s end")
  end)

  it("must be text", function()
    assert.equal("FILE: it must be Lua text, got bytecode",
      problem(string.dump(assert(load "return { max_changes = 3 }"))))
  end)

  it("must be writable by its owner alone, and so must its folder", function()
    local path = write("policy.lua", "return {}")
    assert(os.execute("chmod 664 " .. program.quoted(path)))
    local err = rehearsal.failure(files.read, { path = path, owner = "user" })
    assert.equal(path .. " must be writable by its user alone, got mode 0664", err.message)
    assert.equal("chmod go-w " .. path, err.hint)
    assert(os.execute("chmod 600 " .. program.quoted(path)))
    assert.same({}, (files.read { path = path, owner = "user" }))
    assert(os.execute("chmod 777 " .. program.quoted(folder)))
    assert.equal(folder .. " must be writable by its user alone, got mode 0777",
      rehearsal.failure(files.read, { path = path, owner = "user" }).message)
  end)

  it("that binds must be root's", function()
    local path = write("policy.lua", "return {}")
    -- Another user's file, which root alone can make; elsewhere this user is another one.
    local as_root = program.run("id -u") == "0\n"
    local owner = program.run("id -u"):match "%d+"
    if as_root then
      owner = "65534"
      assert(os.execute("chown 65534 " .. program.quoted(path)))
    end
    local err = rehearsal.failure(files.read, { path = path, owner = "root" })
    assert.equal(("%s must be owned by root, got user %s"):format(path, owner), err.message)
  end)

  it("is the machine's, and the user's by XDG_CONFIG_HOME", function()
    local config = os.getenv "XDG_CONFIG_HOME"
    local list = files.files()
    assert.same({ path = "/etc/vbolua/policy.lua", owner = "root" }, list[1])
    assert.equal("user", list[2].owner)
    assert.equal((config or os.getenv "HOME" .. "/.config") .. "/vbolua/policy.lua", list[2].path)
  end)
end)

describe("the names that `only` compares", function()
  local server

  setup(function() server = rehearsal.start() end)
  teardown(function() server.stop() end)

  local function affected(version, workload, fn)
    local client <close> = server.connect(version)
    local noted = keys.watch(client)
    local session <close> = client:organization(rehearsal.organization):explore {
      workload = workload, at = rehearsal.before }
    -- The watch answers nothing that a restore could read.
    pcall(fn, session)
    local texts = {}
    for i, names in ipairs(noted[1].affected()) do texts[i] = table.concat(names, " ") end
    return table.concat(texts, "\n")
  end

  for _, version in ipairs { "v5", "v8" } do
    it("are those of the drive and its organization, " .. version, function()
      local text = affected(version, "onedrive", function(session)
        session:onedrive("alice@contoso.com"):document("Documents/Reports/Sales Q1.csv"):restore()
      end)
      assert.matches("^organization:contoso.onmicrosoft.com organization:[%x-]+ onedrive:", text)
    end)

    it("are those of another mailbox that a restore goes to, " .. version, function()
      local text = affected(version, "exchange", function(session)
        session:mailbox("alice@contoso.com"):restore_to { mailbox = "Bob@contoso.com",
          user = "a", password = "p" }
      end)
      assert.matches("organization:contoso.onmicrosoft.com organization:[%x-]+ "
        .. "mailbox:bob@contoso.com$", text)
    end)

    it("are the addresses that mail is sent to, " .. version, function()
      local text = affected(version, "exchange", function(session)
        session:mailbox("alice@contoso.com"):folder("Inbox"):items():first()
          :send { to = "Carl@Example.com; dora@contoso.com" }
      end)
      assert.equal("mailbox:carl@example.com\nmailbox:dora@contoso.com", text)
    end)
  end
end)

it("vbo.policy returns the limits in force and takes stricter ones", function()
  assert.equal("no limits", tostring(vbo.policy()))
  assert.is_true(errors.is(rehearsal.failure(vbo.policy, { max_chnges = 3 })))
end)
