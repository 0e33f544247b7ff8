-- vbo.base.ascii: the case of words of protocols.

local ascii = require "vbo.base.ascii"

describe("ASCII case", function()
  it("lowers and raises A to Z and leaves all other bytes", function()
    assert.equal("content-type \xC3\x84 @[`{ 09", ascii.lower "Content-TYPE \xC3\x84 @[`{ 09")
    assert.equal("CONTENT-TYPE \xC3\xA4 @[`{ 09", ascii.upper "Content-type \xC3\xA4 @[`{ 09")
    assert.equal("", ascii.lower "")
    assert.equal("a\0b", ascii.lower "A\0B")
  end)

  it("stays the same in a locale with other letters", function()
    local before = os.setlocale(nil, "ctype")
    finally(function() os.setlocale(before, "ctype") end)
    for _, name in ipairs { "tr_TR.ISO-8859-9", "tr_TR.UTF-8", "de_DE.ISO-8859-1", "C.UTF-8" } do
      os.setlocale(name, "ctype")
      assert.equal("title \xD6\xDD", ascii.lower "TITLE \xD6\xDD")
    end
  end)
end)
