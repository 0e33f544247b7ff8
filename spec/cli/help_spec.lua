-- `vbolua help WORD`: the pages of the reference in the terminal.

local find = require "vbo.cli.help.find"
local program = require "spec.support.program"
local rehearsal = require "spec.support.rehearsal"
local render = require "vbo.cli.help.render"

local function run(...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = program.quoted(word) end
  return program.run(("%s help %s"):format(program.vbolua, table.concat(words, " ")))
end

local function has(text, part)
  assert.is_truthy(text:find(part, 1, true), part .. " in\n" .. text)
end

describe("vbolua help", function()
  it("prints a page, whatever the case", function()
    local text, status = run "where"
    assert.equal(0, status)
    has(text, "\n  larger = size, smaller = size\n"
      .. "                    A size in bytes, or \"10 MiB\" (1024) or \"10 MB\" (1000).\n")
    has(text, "\n    local recent = drive:documents():where {\n")
    assert.equal(text, (run "WHERE"))
    assert.equal(text, (run "conditions"))
    has(run "errors", "\n  unknown_outcome   exit status 11. ")
    has(run "time zones", "Dates and time zones\n\n")
  end)

  it("prints a class by its name, and by what gives one", function()
    local text = run "onedrivedocument"
    has(text, "OneDriveDocument\n\nA document of a OneDrive in a restore session. In v2–v8.\n")
    has(text, "\n  size              integer; in v2–v8; REST sizeBytes, size. bytes (size in v2,\n")
    assert.equal((run "Channel"), (run "channels"))
    has(run "mailboxes", "  - Mailbox\n")
    text = run "documents"
    has(text, "  - OneDriveDocument\n")
    has(text, "  - SiteDocument\n")
    -- Its example, as it is.
    has(run "vetemailsettings", "settings = client[explorer .. \"_email_settings\"](client)\n")
  end)

  it("prints a method with its options, of one and of a selection", function()
    local text, status = run "onedrive.restore"
    assert.equal(0, status)
    has(text, "OneDrive:restore\nv2–v8 · changes · returns Statistics · raises usage")
    has(text, '\n  on_conflict       "overwrite" · "keep" · null; in v2–v8; REST documentAction.')
    has(text, "\n  wait              boolean; default true. ")
    has(text, "\nOneDriveCollection:restore\n")
    assert.equal(text, (run "OneDrive:restore"))
    assert.equal(text, (run("onedrives", "restore")))
    has(run "explore", "  - Organization.explore\n")
    has(run "client.organization", "Client:organization")
    has(run "vbo.time.iso", "vbo.time.iso(seconds) returns string")
  end)

  it("prints an option, a field and an error wherever they are", function()
    local text = run "on_conflict"
    has(text, "\"keep\" · null; in v2–v8; REST documentAction.\n")
    has(text, "OneDriveDocument:restore")
    has(run "partial", "exit status 10. ")
    has(run "version_number", "OneDriveDocument, Fields")
  end)

  it("prints an operation by its name and by the vendor's title", function()
    local text, status = run "job_startaction"
    assert.equal(0, status)
    has(text, "Job_StartAction\nPOST /v8/Jobs/{jobId}/start\n")
    has(text, "Start Backup Job (Backup Jobs)\n")
    assert.equal(text, (run("start", "backup", "job")))
    -- Only v1 has it.
    has(run "Job_GetSelectedMailboxes", "GET /v1/Jobs/{jobId}/SelectedMailboxes")
  end)

  it("prints a function of the C interface with its comment", function()
    local text = run "vbo_client_login"
    local header = rehearsal.content "csrc/vbo.h"
    local said = header:match "/%* ([%w ]+)[^/]*%*/\nVBO_API bool vbo_client_login"
    assert.is_true(#said > 10)
    has(text, said)
    has(text, "\n    VBO_API bool vbo_client_login(vbo_client *client, vbo_error *err);\n")
    assert.is_nil(text:find("vbo_login_start", 1, true))
  end)

  it("names the nearest word where there is none", function()
    for word, near in pairs { on_conflct = "on_conflict", ["onedrive.restor"] = "onedrive.restore",
      ["start bakup job"] = "Start Backup Job", job_startacton = "Job_StartAction", sym = "sim" } do
      local text, status = run(word)
      assert.equal(2, status)
      assert.equal(("vbolua: help has no page about '%s' [usage]; hint: did you mean '%s'?\n")
        :format(word, near), text)
    end
  end)

  it("still prints the usage of a command, and its own", function()
    has(run "help", "usage: vbolua help [WORD ...]")
    has(run "sim", "usage: vbolua sim")
    has(run(), "\n  help       explain a command, class, method, option, error or operation\n")
  end)

  it("has every page of the reference but those of operations", function()
    local count = 0
    for path in program.run "ls docs/reference/*.md docs/reference/objects/*.md":gmatch "[^\n]+" do
      local name = path:match "([^/]+)%.md$"
      if name ~= "README" then
        count = count + 1
        local title = rehearsal.content(path):match "\n# ([^\n]+)"
        assert.equal("# " .. title, find.blocks(name)[1][1], name)
      end
    end
    assert.is_true(count > 140)
  end)

  it("keeps to the width that it is given", function()
    for _, width in ipairs { 40, 64, 100 } do
      for _, word in ipairs { "where", "onedrive", "errors", "job" } do
        for line in render.text(find.blocks(word)[1], width):gmatch "[^\n]+" do
          -- A word may be longer than what a narrow line leaves it, and code stays as it is.
          local words = select(2, line:gsub("%S+", ""))
          assert.is_true(utf8.len(line) <= width or words <= 2 or line:find "^    " ~= nil, line)
        end
      end
    end
  end)
end)
