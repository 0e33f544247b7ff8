-- Compares the man page with the sources, so that it does not drift.

local complete = require "vbo.cli.complete"
local core = require "vbo.core"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

-- The page as plain text, and its parts by heading.
local page = rehearsal.content("docs/vbolua.1"):gsub("\\%-", "-"):gsub("\\%(dq", '"')
local parts = {}
for line in (page .. "\n"):gmatch "(.-)\n" do
  local heading = line:match "^%.S[HS] (.*)$"
  if heading then parts[#parts + 1] = { heading = heading, lines = {} } end
  if parts[1] and not heading then table.insert(parts[#parts].lines, line) end
end

local function part(pattern)
  for _, each in ipairs(parts) do
    if each.heading:find(pattern) then return table.concat(each.lines, "\n") end
  end
  error("the man page has no part " .. pattern)
end

-- The options that paragraphs of a part are about.
local function documented(text)
  local found = {}
  for head in text:gmatch "%.TP\n%.%u+ ([^\n]*)" do
    for option in head:gmatch "%f[^%s\"\0](%-%-?[%a-]*)" do found[option] = true end
  end
  return found
end

local function options_of(module)
  local found = {}
  for name in pairs(module.options) do found["--" .. name] = true end
  found["--help"] = nil
  return found
end

local connecting = { "--host", "--port", "--user", "--pin", "--ca", "--version",
  "--password-file", "--password" }

local function without(found, names)
  for _, name in ipairs(names) do found[name] = nil end
  return found
end

describe("the man page", function()
  it("documents every option of the program", function()
    local known = { ["-"] = true } -- standard input, which the completion does not list
    for name in pairs(complete.program) do known[name] = true end
    for name in rehearsal.content "csrc/program/arguments.c":gmatch '"(%-%-?%a[%w-]*)"' do
      known[name] = true
    end
    assert.same(known, documented(part "^OPTIONS$"))
  end)

  it("documents every option of every command", function()
    assert.same(without(options_of(require "vbo.cli.api"), { "--password" }),
      documented(part "^vbolua api "))
    assert.same(options_of(require "vbo.cli.sim"), documented(part "^vbolua sim %["))
    assert.same(without(options_of(require "vbo.cli.sim.record"), connecting),
      documented(part "^vbolua sim record"))
    assert.same(options_of(require "vbo.cli.verify"), documented(part "^vbolua verify"))
    assert.same(options_of(require "vbo.cli.runs"), documented(part "^vbolua runs %["))
    assert.same(without(options_of(require "vbo.cli.reap"), { "--password" }),
      documented(part "^vbolua reap"))
    local resume = options_of(require "vbo.cli.resume")
    for name in pairs(require "vbo.cli.program.own".spec) do
      assert.is_truthy(part("^vbolua resume"):find("--" .. name, 1, true) or name == "no-journal")
      resume["--" .. name] = nil
    end
    assert.same(resume, documented(part "^vbolua resume"))
    assert.equal(require "vbo.cli.resume".options, require "vbo.cli.retry".options)
  end)

  it("documents every command, and no other", function()
    local known, found = {}, {}
    for _, name in ipairs(complete.commands) do
      known[name] = true
      local ok, module = pcall(require, "vbo.cli." .. name)
      local subcommands = ok and module.subcommands or {}
      for sub in pairs(subcommands) do known[name .. " " .. sub] = true end
      if subcommands.list then known[name] = nil end -- it does nothing by itself
      for sub, each in pairs(subcommands) do
        for option in pairs(name ~= "sim" and each.options or {}) do
          assert.is_truthy(part("^vbolua " .. name .. " " .. sub) and page:find("--" .. option, 1,
            true), option)
        end
      end
    end
    for _, each in ipairs(parts) do
      local name = each.heading:match "^vbolua (%l[%l ]*%l)"
      if name then found[name] = true end
    end
    assert.same(known, found)
  end)

  -- String literals that look like variables, in files that read the environment or make one.
  local function variables()
    local found = {}
    local files = program.run [[
      grep -rl -e getenv -e core.command csrc lua --include=*.c --include=*.lua]]
    local others = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true,
      LUA_NOENV = true } -- the key of a registry
    for path in files:gmatch "[^\n]+" do
      for name in rehearsal.content(path):gmatch '"=?(%u[%u%d_][%u%d_]+)"' do
        if not others[name] and name ~= "LINE" then found[name] = true end
      end
    end
    return found
  end

  it("documents every environment variable, and no other", function()
    local known = variables()
    assert.is_true(known.VBO_HOST and known.VBOLUA_HISTORY and known.XDG_DATA_HOME)
    for name in pairs(known) do
      assert.is_truthy(page:find("%f[%w_]" .. name .. "%f[^%w_]"), name .. " is not documented")
    end
    for name in page:gmatch "%f[%w_](VBO%u*_[%u_]+)" do
      assert.is_true(known[name], name .. " is not read by the sources")
    end
  end)

  it("lists the exit statuses of the core", function()
    local statuses = part "^EXIT STATUS$"
    for kind, status in pairs(core.kinds) do
      assert.matches(("%%f[%%d]%d +%s%%f[^%%w_]"):format(status, kind), statuses)
    end
  end)

  it("is of the version of the program", function()
    assert.equal("vbolua " .. require("vbo").version, page:match '^%.TH VBOLUA 1 "" "([^"]*)"')
  end)
end)
