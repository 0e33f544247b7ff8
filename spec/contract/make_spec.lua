-- Compares `make help` with the targets, and builds where systems name things otherwise.

local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"

describe("make help", function()
  it("lists the targets, and each that it lists exists", function()
    local makefile = rehearsal.content "Makefile"
    local phony = makefile:match "%.PHONY: (.-)\n%.DEFAULT_GOAL":gsub("\\\n", " ")
    local help, status = program.run "make -s help"
    assert.equal(0, status)
    -- Parts of other targets.
    local parts_of = { all = true, modules = true, lib = true, needed = true, types = true,
      moved = true,
      reference = true, FORCE = true, ["fuzz-programs"] = true, ["install-modules"] = true,
      ["install-rock"] = true }
    for target in phony:gmatch "%S+" do
      if not parts_of[target] then
        assert.is_truthy(help:find("%f[%w-]" .. target:gsub("%-", "%%-") .. "%f[^%w-]"), target)
      end
    end
    for target in help:gmatch "\n  make (%l[%l-]*)" do
      assert.is_truthy((" " .. phony .. " "):find("[ \n]" .. target:gsub("%-", "%%-") .. "[ \n]"),
        target)
    end
  end)
end)

describe("docs/installing.md", function()
  it("names the Debian packages that building takes", function()
    local groups = rehearsal.content ".ci/deps.sh":match "group_build%(%)(.-)\ngroup_demo"
    local page, count = rehearsal.content "docs/installing.md":match "apt%-get install (.-)\n```", 0
    page = " " .. page:gsub("[\\\n]", " ") .. " "
    for package in groups:gmatch "%s(%w[%w.-][%w.-]+) \"" do
      if package ~= "libc6-dev" then -- gcc brings it
        count = count + 1
        assert.is_truthy(page:find(" " .. package .. " ", 1, true), package .. " is missing")
      end
    end
    assert.is_true(count >= 10, count)
  end)
end)

describe("make", function()
  -- Other systems name Lua 5.4 otherwise, and have it as a shared library only.
  for _, name in ipairs { "lua-5.4", "lua54", "lua" } do
    it(("links Lua where pkg-config knows it as %s"):format(name), function()
      local folder, remove = program.folder()
      local file <close> = assert(io.open(folder .. "/pkg-config", "w"))
      file:write(([[#!/bin/sh
case "$*" in
--exists\ '%s >='*) exit 0 ;;
*lua5.4* | --exists*) exit 1 ;;
"--cflags %s") echo -I/elsewhere/lua ;;
"--libs %s") echo -L/elsewhere -lLUA ;;
*" %s") ;;
*) exec pkg-config "$@" ;;
esac
]]):format(name, name, name, name))
      file:close()
      local output = program.run(("chmod +x %s/pkg-config; make -n BUILD=%s/build V=1 "
        .. "PKG_CONFIG=%s/pkg-config %s/build/vbolua"):format(folder, folder, folder, folder))
      remove()
      assert.matches("-I/elsewhere/lua", output, 1, true)
      assert.matches("-L/elsewhere -lLUA", output, 1, true)
      assert.not_matches("liblua5.4", output, 1, true)
    end)
  end
end)
