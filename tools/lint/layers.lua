--- The order of the layers: who may know whom.
---
--- An order lists rows from the lowest to the highest.  A row is a list of rooms, names of modules
--- or of folders; the longest name that fits a file is its room ("=x" fits x, but not what is below
--- it).  A file may know files of its own
--- room and of rooms in lower rows.  Rooms of one row do not know each other, unless the row says
--- `together`.

local M = {}

--- Lua, as names of modules.
M.lua = {
  { "vbo.base.native" },
  { "vbo.core", "vbo.server" },
  { "vbo.base" },
  { "vbo.runtime" },
  { "vbo.catalogue" },
  { "vbo.run" },
  { "vbo.request" },
  { "vbo.model" },
  { "vbo.client" },
  { "vbo.objects", "vbo.record", "vbo.sim" },
  { "=vbo" },
  { "vbo.cli" },
}

--- The rooms of the simulator, which are one room above.
M.sim = {
  { "vbo.sim.base" },
  { "vbo.sim.world", "vbo.sim.formats", together = true },
  { "vbo.sim.production" },
  { "vbo.sim.state" },
  { "vbo.sim.backups", "vbo.sim.exchange", "vbo.sim.jobs", "vbo.sim.onedrive",
    "vbo.sim.organizations", "vbo.sim.roles", "vbo.sim.sessions", "vbo.sim.sharepoint",
    "vbo.sim.teams", "vbo.sim.typed", "vbo.sim.weather", together = true },
  { "vbo.sim.store" },
  { "vbo.sim.http" },
  { "vbo.sim.process", "vbo.sim.remote" },
  { "vbo.sim.launch" },
  { "=vbo.sim" },
}

--- C, as folders below csrc/.  `x.c` and `x.h` are one file.
M.c = {
  { "vbo.h" },
  { "base" },
  { "json", "http", "save" },
  { "store" },
  { "client" },
  { "lua" },
  { "server" },
  { "program" },
}

--- Headers of libraries (a pattern), and the folders and files of csrc/ that may reach them, also
--- through a header of ours.
M.headers = {
  { "^curl/", "http" },
  -- The rehearsal server makes its certificate and its random numbers itself.
  { "^openssl/", "http/trust", "base/secret_memory", "save/digest", "server/identity" },
  { "^sqlite3", "store" },
  { "^lua", "lua", "server", "program" },
  { "^lauxlib", "lua", "server", "program" },
}

--- Libraries that are not ours and modules that make writes, and the module that may require each.
M.libraries = {
  cjson = "vbo.base.json",
  ["vbo.cli.help.pages"] = "vbo.cli.help.find",
}

--- Modules that `make` writes below build/.
M.generated = {
  ["vbo.cli.help.pages"] = "the pages of docs/reference, packed",
}

--- The modules that may make or look up the name of a module, and what they reach so ("x.*": each
--- module below x).
M.by_name = {
  ["vbo"] = { why = "loads the parts that a runbook names on first use", reaches = {
    "vbo.base.error", "vbo.base.json", "vbo.base.secret", "vbo.base.time", "vbo.runtime.progress",
    "vbo.catalogue", "vbo.run.public", "vbo.sim" } },
  ["vbo.base.native"] = { why = "opens the C modules; vbo.core and vbo.server call it",
    reaches = {} },
  ["vbo.base.moved"] = { why = "lists the names of the last release and the modules they stand for",
    reaches = {} },
  ["vbo.catalogue.shipped"] = { why = "loads the facts of the version that the server speaks",
    reaches = { "vbo.catalogue.facts.*" } },
  ["vbo.catalogue.lookup"] = { why = "loads the lines that a version has from earlier ones",
    reaches = { "vbo.catalogue.facts.*" } },
  ["vbo.cli"] = { why = "loads the command that is run", reaches = { "vbo.cli.*" } },
  ["vbo.cli.complete"] = { why = "reads the options of each command", reaches = { "vbo.cli.api",
    "vbo.cli.catalogue", "vbo.cli.reap", "vbo.cli.resume", "vbo.cli.retry", "vbo.cli.runs",
    "vbo.cli.sim", "vbo.cli.verify" } },
  ["vbo.cli.runs.again"] = { why = "requires the libraries of a run's -l again", reaches = {} },
  ["vbo.cli.runs"] = { why = "loads the subcommand that is run", reaches = { "vbo.cli.runs.show",
    "vbo.cli.runs.transfer", "vbo.cli.runs.remove" } },
  -- No arrows: nothing that it loads is reached before a runbook's call names it.
  ["vbo.model.objects"] = { why = "loads the class or function of vbo.objects that a name means",
    reaches = {} },
  ["vbo.request.dialect"] = { why = "loads the dialect of the server's version",
    reaches = { "vbo.request.action", "vbo.request.verb" } },
  ["vbo.runtime.progress"] = { why = "loads the writer that `VBO_PROGRESS` names",
    reaches = { "vbo.runtime.progress.lines", "vbo.runtime.progress.stream" } },
  ["vbo.sim.world"] = { why = "loads the world that is asked for",
    reaches = { "vbo.sim.world.demo" } },
}

--- Arrows that break a rule.  The list only becomes shorter: an arrow that is gone fails, too.
--- A module that makes a name without being in `by_name` stands here as "module -> by name".  Each
--- has its reason.
M.known = {
}

return M
