-- The effect of each change.

local catalogue = require "vbo.catalogue"
local effects = require "vbo.catalogue.effects"

local kinds = { converges = true, adds = true, sends = true, starts = true, destroys = true }

describe("the effect of a change", function()
  it("is known of every change of every version", function()
    local missing, wrong, seen = {}, {}, 0
    for _, version in ipairs(catalogue.versions) do
      local known = catalogue.load(version)
      for _, name in ipairs(known:names()) do
        local operation = known:operation(name)
        if operation.change then
          seen = seen + 1
          if not effects.knows(name) then missing[#missing + 1] = version .. " " .. name end
          if not kinds[effects.of(operation).effect] then wrong[#wrong + 1] = name end
        elseif effects.knows(name) and operation.class == "read" then
          wrong[#wrong + 1] = name .. " reads"
        end
      end
    end
    assert.same({}, missing)
    assert.same({}, wrong)
    assert.is_true(seen > 900)
  end)

  local function of(version, name, body)
    local found = effects.of(catalogue.load(version):operation(name), body)
    return found.verb .. " " .. found.effect
  end

  it("depends on what becomes of a document that is there", function()
    local name = "OneDriveDocument_RestoreDocumentAction"
    for _, version in ipairs { "v2", "v5", "v8" } do
      assert.equal("restore converges", of(version, name))
      assert.equal("restore converges", of(version, name, { documentAction = "Overwrite" }))
      assert.equal("restore adds", of(version, name, { documentAction = "Keep" }))
      assert.equal("restore adds", of(version, name, { documentAction = "keep" }))
    end
    assert.equal("restore converges", of("v8", "ExchangeItem_RestoreItemAction",
      { markRestoredAsUnread = true }))
  end)

  it("depends on whether mail goes to another mailbox or folder", function()
    local several = "ExchangeMailbox_RestoreMailboxesAction"
    assert.equal("restore converges", of("v5", several, { casServer = "" }))
    assert.equal("restore_to adds", of("v2", several, { mailbox = "bob@contoso.com" }))
    assert.equal("restore converges", of("v8", "ExchangeItem_OperatorRestore", { reason = "x" }))
    assert.equal("restore_to adds", of("v8", "ExchangeItem_OperatorRestore", { folder = "Old" }))
  end)

  it("is one verb for all operations that do the same", function()
    assert.equal("restore adds", of("v5", "TeamsPost_Restore"))
    assert.equal("restore adds", of("v8", "TeamsPost_OperatorRestore"))
    assert.equal("copy adds", of("v2", "OneDrive_CopyToOneDriveAction"))
    assert.equal("send sends", of("v8", "TeamsFile_Send"))
    assert.equal("start starts", of("v1", "Job_StartAction"))
    assert.equal("start starts", of("v6", "CopyJob_Start"))
    assert.equal("remove destroys", of("v4", "Proxy_RemoveAction"))
    assert.equal("edit converges", of("v8", "Job_Update"))
  end)

  it("is judged with care where a catalogue of the user's own has a new operation", function()
    local function guess(method, path)
      return effects.of({ name = "New_One", method = method, path = path }).effect
    end
    assert.equal("destroys", guess("DELETE", "/v9/News/{id}"))
    assert.equal("converges", guess("PUT", "/v9/News/{id}"))
    assert.equal("sends", guess("POST", "/v9/News/{id}/send"))
    assert.equal("starts", guess("POST", "/v9/News/{id}/start"))
    assert.equal("adds", guess("POST", "/v9/News/{id}/restoreElsewhere"))
  end)

  it("is described in one line", function()
    local operation = catalogue.load("v8"):operation "OneDriveDocument_RestoreDocumentAction"
    assert.equal("converges; adds where documentAction is keep", effects.described(operation))
    assert.equal("sends", effects.described(catalogue.load("v8"):operation "TeamsFile_Send"))
  end)

  it("has a verb for what is saved", function()
    local known = catalogue.load "v8"
    local function verb(name) return effects.of_stream(known:operation(name)) end
    assert.equal("save", verb "OneDriveDocument_SaveDocumentAction")
    assert.equal("export", verb "ExchangeMailbox_ExportMailboxToPstAction")
    assert.equal("export", verb "TeamsPost_Export")
  end)
end)
