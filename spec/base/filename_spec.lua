local filename = require "vbo.base.filename"

describe("a file name given by a server", function()
  local cases = {
    { "report.docx", "report.docx" },
    { "..", "unnamed" },
    { ".", "unnamed" },
    { "", "unnamed" },
    { "...", "unnamed" },
    { " .. ", "unnamed" },
    { "../../etc/passwd", ".._.._etc_passwd" },
    { "/etc/passwd", "_etc_passwd" },
    { "C:\\boot.ini", "C__boot.ini" },
    { ".profile", ".profile" },
    { " .gitignore", ".gitignore" },
    { "..gitignore", "..gitignore" },
    { ".vscode.", ".vscode" },
    { ".con", ".con" },
    { "a\nb\0c.txt", "abc.txt" },
    { 'say "hi"?.txt', "say _hi__.txt" },
    { "trailing. ", "trailing" },
    { "CON.txt", "_CON.txt" },
    { "lpt1", "_lpt1" },
    { "Grüße.txt", "Grüße.txt" },
    { "预算.xlsx", "预算.xlsx" },
    { "\xFF\xFEbroken.txt", "__broken.txt" },
    { "fdp.exe\u{202E}txt.pdf", "fdp.exetxt.pdf" },
    { "a\u{200B}b\u{2060}c\u{FEFF}.txt", "abc.txt" },
    { "a\u{2028}b\u{2029}c\u{85}d.txt", "abcd.txt" },
    { "\u{200E}x\u{200F}\u{061C}\u{2066}y\u{2069}", "xy" },
    { "a\u{200C}b\u{200D}c", "abc" },
    { "\u{200B}", "unnamed" },
    { "\u{200B}..\u{202E}/\u{FEFF}..", ".._" },
  }
  for _, case in ipairs(cases) do
    it(("%q is %q"):format(case[1], case[2]), function()
      assert.equal(case[2], filename.safe(case[1]))
    end)
  end

  it("never is a path, whatever it was", function()
    for byte = 0, 255 do
      local name = filename.safe("x" .. string.char(byte) .. "y")
      assert.is_nil(name:find "[/\\%c]")
    end
  end)

  it("is cut between characters and keeps its extension", function()
    local name = filename.safe(("界"):rep(200) .. ".docx")
    assert.is_true(#name <= 240)
    assert.equal(".docx", name:sub(-5))
    assert.is_truthy(utf8.len(name))
  end)

  it("is used once", function()
    local unique = filename.unique()
    assert.equal("a.txt", unique "a.txt")
    assert.equal("A (2).txt", unique "A.txt")
    assert.equal("a (3).txt", unique "a.txt")
    assert.equal("b", unique "b")
    assert.equal("b (2)", unique "b")
    assert.equal(".gitignore", unique ".gitignore")
    assert.equal(".gitignore (2)", unique ".gitignore")
  end)
end)

describe("a target", function()
  it("is the name inside a folder, and the path itself otherwise", function()
    assert.equal("x.zip", filename.target(nil, "x.zip"))
    assert.equal("new/x.zip", filename.target("new/", "x.zip"))
    assert.equal("spec/x.zip", filename.target("spec", "x.zip"))
    assert.equal("other.zip", filename.target("other.zip", "x.zip"))
  end)
end)
