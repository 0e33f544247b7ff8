local statistics = require "vbo.model.statistics"

local function read(record)
  local result = statistics.read(record)
  return { result.total, result.restored, result.failed, result.skipped }, result
end

describe("statistics", function()
  it("count mail (v1–v7)", function()
    local numbers, result = read {
      createdItemsCount = 2, mergedItemsCount = 1, failedItemsCount = 1, skippedItemsCount = 4,
      failedFoldersCount = 1, exceptions = { "quota" }, warnings = { "slow" },
    }
    assert.same({ 9, 3, 2, 4 }, numbers)
    assert.same({ 2, 1 }, { result.created, result.merged })
    assert.same({ "quota" }, result.errors)
    assert.same({ "slow" }, result.warnings)
  end)

  it("count documents, and what was left out by an error as failed (v2–v7)", function()
    local numbers, result = read {
      totalItemsCount = 10, restoredItemsCount = 5, failedItemsCount = 1,
      failedRestrictionsCount = 1, skippedItemsByErrorCount = 1, skippedItemsByNoChangesCount = 2,
      restoreIssues = { { title = "Plan.docx", error = "locked" } },
    }
    assert.same({ 10, 5, 3, 2 }, numbers)
    assert.same({ "Plan.docx: locked" }, result.errors)
  end)

  it("add up bulk restores, drive by drive (v6, v7)", function()
    local numbers, result = read {
      status = "Warning",
      details = {
        { status = "Success", details = { restoredItemsCount = 3 } },
        { status = "Failed", error = "the user is gone" },
      },
    }
    assert.same({ 4, 3, 1, 0 }, numbers)
    assert.same({ "the user is gone" }, result.errors)
    -- where the server does not count items, a drive counts as one
    assert.same({ 2, 1, 1, 0 }, (read { status = "Failed", details = {
      { status = "Success", details = { failedRestrictionsCount = 0 } },
      { status = "Failed", error = "gone", details = { failedRestrictionsCount = 0 } },
    } }))
    assert.same({ 0, 0, 0, 0 }, (read { status = "Success", details = {
      { status = "Success", details = { createdItemsCount = 0 } },
    } }))
  end)

  it("believe a restore that says it failed", function()
    local numbers, result = read { cannotContinueError = "mailbox is locked" }
    assert.same({ 1, 0, 1, 0 }, numbers)
    assert.same({ "mailbox is locked" }, result.errors)
    assert.same({ 0, 0, 0, 0 }, (read(nil)))
  end)

  it("are the difference of two states, or the new state of a fresh count", function()
    local before = statistics.read { totalItemsCount = 3, restoredItemsCount = 2,
      failedItemsCount = 1, errors = { "old" } }
    local now = statistics.read { totalItemsCount = 5, restoredItemsCount = 3,
      failedItemsCount = 2, errors = { "old", "new" } }
    local result = statistics.since(before, now)
    assert.same({ 2, 1, 1, 0 }, { result.total, result.restored, result.failed, result.skipped })
    assert.same({ "new" }, result.errors)
    local anew = statistics.read { totalItemsCount = 1, restoredItemsCount = 1 }
    assert.equal(1, statistics.since(before, anew).total)
  end)

  it("are counted from events where a session has none", function()
    local counted = statistics.events {
      { status = "Success" }, { status = "Warning", message = "permissions" },
      { status = "Failed", message = "gone" }, { status = "Skipped" }, { status = "Cancelled" },
      { status = "Running" },
    }
    assert.equal(5, counted.total)
    assert.equal(2, counted.restored)
    assert.equal(1, counted.failed)
    assert.equal(2, counted.skipped)
    assert.same({ "gone" }, counted.errors)
    assert.same({ "permissions" }, counted.warnings)
    assert.equal(0, statistics.events({}).total)
  end)
end)
