-- The editor types that `make` wrote: generated again here and compared, and read by themselves;
-- where lua-language-server is installed, it reads a runbook with mistakes.

local catalogue = require "vbo.catalogue"
local output = require "tools.output"
local program = require "spec.support.program"
local types = require "tools.types"

local folder <const> = os.getenv "VBO_BUILD" .. "/types/vbo/types"

local files

local function generated()
  files = files or types.files "lua"
  return files
end

-- Every line of the type files, and of the hand-written sources with `sources`.
local function each_line(run, sources)
  for _, name in ipairs(output.list(folder)) do
    for line in output.read(folder .. "/" .. name):gmatch "[^\n]+" do run(line, name) end
  end
  for _, name in ipairs(sources and output.list "lua/vbo" or {}) do
    if name:match "%.lua$" then
      for line in output.read("lua/vbo/" .. name):gmatch "[^\n]+" do run(line, name) end
    end
  end
end

describe("the types in the build folder", function()
  it("are what the catalogue and the sources give", function()
    local drift = output.drift(folder, generated())
    assert.equal("", table.concat(drift, "\n"), "run `make types`")
  end)

  it("are the same every time", function()
    local again, different = types.files "lua", {}
    for name, text in pairs(generated()) do
      if again[name] ~= text then different[#different + 1] = name end
    end
    assert.equal("", table.concat(different, "\n"))
  end)

  it("are seen to drift when a file is changed, gone or too many", function()
    local name = "api/Job.lua"
    local changed = {}
    for key, text in pairs(generated()) do changed[key] = text end
    changed[name] = changed[name]:gsub("StartAction", "StratAction", 1)
    changed["api/More.lua"] = "---@meta\n"
    changed["base.lua"] = nil
    local other <const>, remove = program.folder()
    output.write(other, generated())
    assert.same({}, output.drift(other, generated()))
    local drift = output.drift(other, changed)
    remove()
    assert.same({ "api/Job.lua differs", "api/More.lua is missing",
      "base.lua is not generated any more" }, drift)
  end)

  describe("with sources that were changed", function()
    local copy, remove

    setup(function()
      copy, remove = program.folder()
      assert(os.execute(("cp -R lua/vbo %s"):format(program.quoted(copy))))
    end)
    teardown(function() remove() end)

    local function change(file, from, to)
      local path = ("%s/vbo/%s.lua"):format(copy, file)
      local text = output.read(path)
      local at, past = text:find(from, 1, true)
      assert.is_not_nil(at, from)
      local target <close> = assert(io.open(path, "wb"))
      target:write(text:sub(1, at - 1), to, text:sub(past + 1))
    end

    it("are seen to drift with an option, a method and a class", function()
      change("model/save_options", 'name = "fsync", type = "boolean"',
        'name = "fsync", type = "boolean|integer"')
      change("objects/session/init", "function Session.methods:close()",
        "function Session.methods:leave() self:stop() end\nfunction Session.methods:close()")
      change("request/meanings", "onedrive =", "drive =")
      local drift = table.concat(output.drift(folder, types.files(copy)), "\n")
      assert.matches("objects/session.lua differs", drift)
      assert.matches("objects/onedrive.lua differs", drift)
    end)
  end)
end)

describe("the type files", function()
  it("are Lua", function()
    for _, name in ipairs(output.list(folder)) do
      local text = output.read(folder .. "/" .. name)
      assert(load(text, "@" .. name))
      assert.equal("---@meta _", text:match "^[^\n]*", name)
    end
  end)

  it("stay small enough for an editor to read ahead", function()
    for _, name in ipairs(output.list(folder)) do
      -- lua-language-server leaves out files of more than 500 KB.
      assert.is_true(#output.read(folder .. "/" .. name) < 300000, name)
    end
  end)

  it("name no type that is not declared", function()
    local declared, used = {}, {}
    each_line(function(line)
      local name = line:match "^%s*%-%-%-@class ([%w_.+]+)"
        or line:match "^%s*%-%-%-@alias ([%w_.+]+)"
      if name then declared[name] = true end
    end, true)
    each_line(function(line, file)
      -- Comments and texts name modules too.
      local kind, rest = line:match "^%-%-%-@(%l+) (.*)$"
      if kind then
        rest = rest:gsub("%s%s.*$", ""):gsub('"[^"]*"', "")
        for name in rest:gmatch "%f[%w]vbo%.[%w_.+]+" do used[name] = used[name] or file end
      end
    end)
    local missing = {}
    for name, file in pairs(used) do
      if not declared[name] then missing[#missing + 1] = name .. " in " .. file end
    end
    table.sort(missing)
    assert.equal("", table.concat(missing, "\n"))
    assert.is_not_nil(used["vbo.call.Job_StartAction"])
  end)

  it("declare no class and no field twice", function()
    local twice, class, seen = {}, nil, {}
    local classes = {}
    each_line(function(line, file)
      local name = line:match "^%-%-%-@class ([%w_.+]+)"
      if name then
        class, seen = name, {}
        if classes[name] and name ~= "vbo.Client" and name ~= "vbo" then
          twice[#twice + 1] = name .. " in " .. file
        end
        classes[name] = true
      end
      local field = line:match "^%-%-%-@field ([%w_]+)%?? "
      if field and field ~= "call" then
        if seen[field] then twice[#twice + 1] = class .. "." .. field end
        seen[field] = true
      end
    end)
    assert.equal("", table.concat(twice, "\n"))
  end)
end)

describe("every operation", function()
  -- Holds what the type files say: class → field → its line.
  local classes, calls, functions = {}, {}, {}

  setup(function()
    local class
    each_line(function(line)
      class = line:match "^%-%-%-@class ([%w_.+]+)" or class
      local field = line:match "^%-%-%-@field ([%w_]+)%??%s"
        or line:match '^%-%-%-@field %["([^"]+)"%]'
      if class and field then
        classes[class] = classes[class] or {}
        classes[class][field] = line
      end
      local name = line:match '^%-%-%-@field call fun%(self: vbo%.Client, name: "([^"]+)"'
      if name then calls[name] = line end
      local group, member = line:match "^function (%w+)%.([%w_]+)%(arguments, options%) end$"
      if group then functions[group .. "_" .. member] = true end
    end)
  end)

  it("can be called by its name and through client.api", function()
    local count, lacking = 0, {}
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        count = count + 1
        local name = operation.name
        if not calls[name] then lacking[#lacking + 1] = "call " .. name end
        if name:find "_" and not functions[name] then lacking[#lacking + 1] = "api " .. name end
      end
    end
    assert.equal("", table.concat(lacking, "\n"))
    assert.equal(2277, count)
  end)

  it("has every parameter and every property of its body, in every version", function()
    local lacking, checked = {}, 0
    local function need(class, field, operation)
      checked = checked + 1
      local fields = classes[class]
      local found = fields and fields[field]
      if not found then
        for other in pairs(fields or {}) do found = found or other:lower() == field:lower() end
      end
      if not found then
        lacking[#lacking + 1] = ("%s lacks %s of %s"):format(class, field, operation.path)
      end
    end
    for _, version in ipairs(catalogue.versions) do
      for operation in catalogue.load(version):operations() do
        local class = "vbo.call." .. operation.name
        if operation.name:find "_" then
          for _, parameter in ipairs(operation.parameters) do
            need(class, parameter.name, operation)
          end
          local body = operation.body
          if body then
            need(class, "body", operation)
            local own = classes[class].body:match "body%?? (vbo%.body%.[%w_.+]+)"
            for name, property in pairs(body.properties or {}) do
              if not property.read_only and not name:match "^_" then
                need(own, name, operation)
              end
            end
          end
        end
      end
    end
    assert.equal("", table.concat(lacking, "\n"))
    assert.is_true(checked > 8000, tostring(checked))
  end)

  it("says which versions have what not all have", function()
    assert.matches("v6–v8$", classes["vbo.call.Job_StartAction"].body)
    assert.matches("^%-%-%-@field jobId vbo%.Id$", classes["vbo.call.Job_StartAction"].jobId)
    assert.matches("organizationId%? vbo%.Id  v1–v7$", classes["vbo.call.Job_Add"].organizationId)
  end)
end)

describe("objects", function()
  -- The lines just above each function.
  local above = {}

  setup(function()
    local last = {}
    each_line(function(line)
      if line:match "^%-%-%-" then
        last[#last + 1] = line
      else
        local owner, name = line:match "^function (%w+)[:.]([%w_]+)%("
        if owner then above[owner .. ":" .. name] = table.concat(last, "\n") end
        last = {}
      end
    end)
  end)

  it("have the methods of the sources, with their comments, options and results", function()
    assert.matches("%-%-%-@param given%? vbo%.Job%.start\n", above["Job:start"])
    assert.matches("Opens a restore session", above["Organization:explore"])
    assert.matches("%-%-%-@return vbo%.Session$", above["Organization:explore"])
    assert.matches("%-%-%-@return vbo%.Job$", above["Job:refresh"])
    assert.matches("%-%-%-@return vbo%.Job$", above["Client:job"])
    assert.matches("%-%-%-@return vbo%.JobCollection$", above["Client:jobs"])
    assert.matches("%-%-%-@return vbo%.Saved$", above["OneDriveDocument:save"])
  end)

  it("are what their collections give", function()
    assert.matches("%-%-%-@return fun%(%): vbo%.Job%?$", above["JobCollection:each"])
    assert.matches("%-%-%-@return vbo%.Job%[%]$", above["JobCollection:all"])
    assert.matches("%-%-%-@return vbo%.Job%?$", above["JobCollection:first"])
    assert.matches("%-%-%-@return vbo%.Job$", above["JobCollection:one"])
    assert.matches("%-%-%-@return vbo%.JobCollection$", above["JobCollection:take"])
    assert.matches("vbo%.Job%.Conditions|fun%(item: vbo%.Job%): boolean\n.*vbo%.JobCollection$",
      above["JobCollection:where"])
  end)

  it("have every public method that the sources give them", function()
    local lacking, count = {}, 0
    local resource = require "spec.support.objects"
    local known = {}
    for key in pairs(above) do known[key:match ":(.*)$"] = true end
    for _, class in ipairs(resource.classes) do
      for _, methods in ipairs { class.methods, class.bulk } do
        for name, run in pairs(methods) do
          if type(run) == "function" and name:sub(1, 1) ~= "_" then
            count = count + 1
            if not known[name] then lacking[#lacking + 1] = class.kind .. ":" .. name end
          end
        end
      end
    end
    assert.equal("", table.concat(lacking, "\n"))
    assert.is_true(count > 300, tostring(count))
  end)
end)

describe("lua-language-server", function()
  local server = os.getenv "VBO_LUA_LANGUAGE_SERVER" or "lua-language-server"
  local _, status = program.run(("command -v %s"):format(program.quoted(server)))
  if status ~= 0 then
    it("checks a runbook with mistakes", function()
      pending "lua-language-server is not installed"
    end)
    return
  end

  local path, remove, report, text

  setup(function()
    path, remove = program.folder()
    local here = program.run "pwd":gsub("\n", "")
    local settings <close> = assert(io.open(path .. "/.luarc.json", "wb"))
    settings:write(('{"workspace.library": [%q, %q], "runtime.version": "Lua 5.4"}')
      :format(here .. "/lua", os.getenv "VBO_BUILD" .. "/types"))
    settings:close()
    assert(os.execute(("cp spec/fixtures/mistakes.lua %s"):format(program.quoted(path))))
    assert(os.execute(("cp examples/*.lua %s"):format(program.quoted(path))))
    text = output.read "spec/fixtures/mistakes.lua"
    program.run(("%s --check=%s --checklevel=Warning --logpath=%s/log --check_format=json "
      .. "--check_out_path=%s/report.json"):format(program.quoted(server), program.quoted(path),
        program.quoted(path), program.quoted(path)))
    report = require("cjson").decode(output.read(path .. "/report.json"))
  end)
  teardown(function() remove() end)

  it("sees each of its mistakes, and nothing in the examples", function()
    local found = {}
    for file, list in pairs(report) do
      for _, entry in ipairs(list) do
        assert.matches("mistakes%.lua$", file)
        local line = math.tointeger(entry.range.start.line) + 1
        found[line] = found[line] and found[line] .. " " .. entry.code or entry.code
      end
    end
    local number = 0
    for line in (text .. "\n"):gmatch "([^\n]*)\n" do
      number = number + 1
      local wanted = line:match " %-%- !([%l-]+)$"
      assert.equal(wanted or "nothing", found[number] or "nothing", number .. ": " .. line)
    end
  end)
end)
