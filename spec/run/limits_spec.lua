local limits = require "vbo.run.limits"
local policies = require "vbo.run.policy"

-- Returns the limits of a policy after each of several sources has tightened it.
local function after(...)
  local policy = policies.new()
  for i, given in ipairs { ... } do policy:tighten(given, "source " .. i) end
  return policy:shown()
end

describe("a limit of several sources", function()
  it("is the smallest number", function()
    assert.same({ max_changes = 3 }, after({ max_changes = 5 }, { max_changes = 3 },
      { max_changes = "8" }))
    assert.same({ max_items = 0 }, after({ max_items = 0 }, { max_items = 7 }))
    assert.same({ canary = 2 }, after({ canary = 2 }, { canary = 3 }))
  end)

  it("is both a number and a percentage of failures", function()
    assert.same({ stop_after_failures = { "3", "10%" } },
      after({ stop_after_failures = 5 }, { stop_after_failures = "10%" },
        { stop_after_failures = { "3", "20%" } }))
  end)

  it("is what all lists of words hold", function()
    assert.same({ workloads = { "onedrive" } },
      after({ workloads = { "onedrive", "exchange" } }, { workloads = { "teams", "onedrive" } }))
    assert.same({ effects = {} }, after({ effects = "adds" }, { effects = "converges" }))
  end)

  it("is each list of patterns, once", function()
    assert.same({ only = { { "mailbox:*@contoso.com", "team:Sales" }, { "mailbox:a*" } } },
      after({ only = { "mailbox:*@contoso.com", "team:Sales" } }, { only = "mailbox:a*" },
        { only = "mailbox:a*" }))
  end)

  it("stays in force when a later source says false", function()
    assert.same({ reason_required = true },
      after({ reason_required = true }, { reason_required = false }))
  end)
end)

describe("the table of limits", function()
  it("describes each rule in one line", function()
    for _, rule in ipairs(limits.rules) do
      assert.matches("^%l[^\n]+$", rule.text)
      assert.equal(rule, limits.rule(rule.name))
    end
  end)
end)
