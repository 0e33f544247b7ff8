-- The order of the layers, on this tree and on small wrong ones.

local graphs = require "tools.lint.graph"
local layers = require "tools.lint.layers"
local program = require "spec.support.program"

local folder, remove

before_each(function() folder, remove = program.folder() end)
after_each(function() remove() end)

-- Writes a tree, and returns what the lint says of it; `known` as in layers.lua.
local function check(files, known)
  for path, text in pairs(files) do
    local parent = folder .. "/" .. path:match "^(.*)/"
    assert(os.execute("mkdir -p " .. program.quoted(parent)))
    local file <close> = assert(io.open(folder .. "/" .. path, "w"))
    file:write(text)
  end
  local rules = setmetatable({ known = known or {} }, { __index = layers })
  return graphs.check(graphs.read(folder, rules), rules)
end

describe("the graph of require and #include", function()
  it("follows the order of the layers, with no circle", function()
    assert.same({}, graphs.check(graphs.read(".", layers), layers))
  end)

  it("finds the arrows that this tree surely has", function()
    local found, graph = {}, graphs.read(".", layers)
    for _, arrow in ipairs(graph.arrows) do found[arrow.from .. " -> " .. arrow.to] = arrow.file end
    assert.equal("lua/vbo/init.lua", found["vbo -> vbo.client"])
    assert.equal("lua/vbo/init.lua", found["vbo -> vbo.sim"])
    assert.equal("lua/vbo/base/error.lua", found["vbo.base.error -> vbo.core"])
    assert.equal("csrc/lua/lcore.c", found["lua/lcore -> lua/lutil"])
    assert.equal("csrc/program/report.c", found["program/report -> vbo.h"])
  end)

  it("counts the files of each folder", function()
    check { ["lua/vbo/base/time.lua"] = "", ["lua/vbo/base/error.lua"] = "",
      ["lua/vbo/init.lua"] = "" }
    assert.same({ "   1  " .. folder .. "/lua/vbo", "   2  " .. folder .. "/lua/vbo/base" },
      graphs.figures { folder .. "/lua" })
  end)

  it("draws each arrow between two rooms once", function()
    check { ["lua/vbo/base/time.lua"] = 'require "vbo.core"',
      ["lua/vbo/base/error.lua"] = 'require "vbo.core"', ["lua/vbo/core.lua"] = "",
      ["csrc/http/http.c"] = '#include "base/text.h"', ["csrc/base/text.h"] = "" }
    assert.equal([[
digraph vbolua {
  rankdir = BT;
  node [shape = box];
  "csrc/http" -> "csrc/base";
  "vbo.base" -> "vbo.core";
}
]], graphs.dot(graphs.read(folder, layers), layers))
  end)
end)

describe("the lint of layers", function()
  it("refuses a lower module that requires a higher one, however it is written", function()
    for _, code in ipairs { 'local p = require "vbo.request.pipeline"',
      "local p = require('vbo.request.pipeline')", "return (require [[vbo.request.pipeline]])",
      'local function f() return require("vbo.request.pipeline").send end',
      'local ok, p = pcall(require, "vbo.request.pipeline")',
      'local later = { "vbo.request.pipeline" }',
      [[os.execute "vbolua -e \"require('vbo.request.pipeline')\""]] } do
      assert.same({ "lua/vbo/base/error.lua:2: vbo.base.error must not know vbo.request.pipeline: "
        .. "vbo.base is below vbo.request" }, check {
        ["lua/vbo/base/error.lua"] = "--- Errors.\n" .. code,
        ["lua/vbo/request/pipeline.lua"] = "return {}",
      }, nil, code)
    end
  end)

  it("passes what only looks like an arrow", function()
    assert.same({}, check {
      ["lua/vbo/base/error.lua"] = '-- require "vbo.request.pipeline"\n--[[ "vbo.request" ]]\n'
        .. 'local a, b = "see vbo.request.pipeline", schema.require\n',
      ["lua/vbo/request/pipeline.lua"] = 'local errors = require "vbo.base.error"',
      ["csrc/base/text.c"] = '/* #include "http/http.h" */\nint x; // #include "http/http.h"\n',
      ["csrc/http/http.h"] = "",
    })
  end)

  it("refuses rooms of one row that know each other", function()
    assert.same({ "lua/vbo/record/init.lua:1: vbo.record must not know vbo.sim: vbo.record is "
      .. "beside vbo.sim" }, check {
      ["lua/vbo/record/init.lua"] = 'require "vbo.sim"', ["lua/vbo/sim/init.lua"] = "" })
  end)

  it("holds the rooms of the simulator to their own order", function()
    assert.same({ "lua/vbo/sim/state/clock.lua:1: vbo.sim.state.clock must not know "
      .. "vbo.sim.jobs.run: vbo.sim.state is below vbo.sim.jobs" }, check {
      ["lua/vbo/sim/state/clock.lua"] = 'require "vbo.sim.jobs.run"',
      ["lua/vbo/sim/jobs/run.lua"] = 'require "vbo.sim.base.ids"',
      ["lua/vbo/sim/base/ids.lua"] = "" })
  end)

  it("refuses a circle, also one through a require inside a function", function()
    assert.same({ "circle: vbo.model.pages -> vbo.model.tree -> vbo.model.verbs -> "
      .. "vbo.model.pages" }, check {
      ["lua/vbo/model/pages.lua"] = 'require "vbo.model.tree"',
      ["lua/vbo/model/tree.lua"] = 'function f() return require "vbo.model.verbs" end',
      ["lua/vbo/model/verbs.lua"] = 'require "vbo.model.pages"',
    })
  end)

  it("refuses a room that no layer names", function()
    assert.same({
      "csrc/queue/fifo.c: tools/lint/layers.lua must name a room for this file",
      "lua/vbo/sim/clouds/rain.lua: tools/lint/layers.lua must name a room for this module",
      "lua/vbo/sound/init.lua: tools/lint/layers.lua must name a room for this module",
    }, check { ["csrc/queue/fifo.c"] = "", ["csrc/queue/fifo.h"] = "",
      ["lua/vbo/sim/clouds/rain.lua"] = "", ["lua/vbo/sound/init.lua"] = "" })
  end)

  it("refuses a name that is made at run time, outside of the modules that may", function()
    for _, code in ipairs { 'require("vbo.model." .. name)', 'require("vbo.model.%s"):format(name)',
      'require(("vbo.model.%s"):format(name))', "require(name)", "local load = require" } do
      local found = check { ["lua/vbo/model/tree.lua"] = code }
      assert.same(code:find '^require%("vbo.model.%%s"%)' and { "lua/vbo/model/tree.lua:1: "
        .. 'vbo.model.tree must not require "vbo.model.%s": lua/ has no such module' }
        or { "lua/vbo/model/tree.lua:1: vbo.model.tree must not require a name that it makes; only "
        .. "the modules of `by_name` may" }, found, code)
    end
    assert.same({}, check { ["lua/vbo/model/tree.lua"] = "",
      ["lua/vbo/cli/init.lua"] = 'require("vbo.cli." .. name)' })
  end)

  it("holds a module that may make names to what it says that it reaches", function()
    assert.same({ "circle: vbo.cli -> vbo.cli.verify -> vbo.cli" }, check {
      ["lua/vbo/cli/init.lua"] = 'require("vbo.cli." .. name)',
      ["lua/vbo/cli/verify.lua"] = 'require "vbo.cli"' })
  end)

  it("refuses libraries and folders that are not part of the module", function()
    assert.same({
      'lua/vbo/base/time.lua:1: vbo.base.time must not require "cjson": lua/ has no such module',
      'lua/vbo/base/time.lua:2: vbo.base.time must not require "tools.output": lua/ has no such '
        .. "module" }, check {
      ["lua/vbo/base/time.lua"] = 'require "cjson"\nrequire "tools.output"',
      ["lua/vbo/base/json.lua"] = 'pcall(require, "cjson")' })
  end)

  it("refuses an include upwards, a circle of headers and a header that is missing", function()
    assert.same({
      "circle: http/http -> http/trust -> http/http",
      'csrc/base/text.c:1: base/text must not include "base/gone.h": csrc/ has no such header',
      "csrc/base/text.c:2: base/text must not know http/http: base is below http",
      "csrc/json/json.c:1: json/json must not know http/http: json is beside http",
    }, check {
      ["csrc/base/text.c"] = '#include "base/gone.h"\n# include "http/http.h"',
      ["csrc/json/json.c"] = '#include "http/http.h"',
      ["csrc/http/http.h"] = "",
      ["csrc/http/http.c"] = '#include "http/trust.h"\n#include "vbo.h"',
      ["csrc/http/trust.h"] = '#include "http/http.h"', ["csrc/vbo.h"] = "",
    })
  end)

  it("refuses libcurl, OpenSSL and Lua outside of their rooms, also through a header", function()
    assert.same({
      "csrc/base/text.c: must not reach <lua.h> (base/text.c -> <lua.h>); only lua, server, "
        .. "program may",
      "csrc/client/auth.c: must not reach <curl/curl.h> (client/auth.c -> http/http.h -> "
        .. "<curl/curl.h>); only http may",
      "csrc/save/sink.c: must not reach <openssl/evp.h> (save/sink.c -> <openssl/evp.h>); only "
        .. "http/trust, base/secret_memory, save/digest, server/identity may",
    }, check {
      ["csrc/base/text.c"] = "#include <lua.h>\n#include <string.h>",
      ["csrc/client/auth.c"] = '#include "http/http.h"',
      ["csrc/http/http.h"] = "#include <curl/curl.h>",
      ["csrc/save/sink.c"] = "#include <openssl/evp.h>",
      ["csrc/save/digest.c"] = "#include <openssl/evp.h>",
    })
  end)

  it("passes a known arrow, and refuses to list one that is gone", function()
    local known = { ["vbo.base.error -> vbo.model.tree"] = "its reason" }
    local files = { ["lua/vbo/base/error.lua"] = 'require "vbo.model.tree"',
      ["lua/vbo/model/tree.lua"] = "" }
    assert.same({}, check(files, known))
    files["lua/vbo/base/error.lua"] = ""
    assert.same({ "tools/lint/layers.lua: `known` must not list "
      .. '"vbo.base.error -> vbo.model.tree": it is gone' }, check(files, known))
  end)

  it("passes a known circle, and refuses to list an arrow that closes none", function()
    local known = { ["vbo.model.tree -> vbo.model.pages"] = "its reason" }
    local files = { ["lua/vbo/model/tree.lua"] = 'require "vbo.model.pages"',
      ["lua/vbo/model/pages.lua"] = 'require "vbo.model.tree"' }
    assert.same({}, check(files, known))
    files["lua/vbo/model/pages.lua"] = ""
    assert.same({ "tools/lint/layers.lua: `known` must not list "
      .. '"vbo.model.tree -> vbo.model.pages": it is gone' }, check(files, known))
  end)
end)
