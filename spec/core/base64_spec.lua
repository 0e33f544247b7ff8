-- Base64: the vectors of RFC 4648 section 10, and every byte.

local core = require "vbo.core"

describe("base64", function()
  it("encodes and decodes the RFC's test vectors", function()
    for text, encoded in pairs {
      [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=",
      foobar = "Zm9vYmFy",
    } do
      assert.equal(encoded, core.base64(text))
      assert.equal(text, core.unbase64(encoded))
    end
  end)

  it("encodes every byte at every position", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    local text = table.concat(all)
    for cut = 1, 4 do
      local data = text:sub(cut)
      assert.equal(data, core.unbase64(core.base64(data)))
    end
  end)

  it("refuses text that is not valid base64", function()
    for _, text in ipairs {
      "abc", "ab=c", "a===", "=", "Zg=", "Zh==", "Zm9v!", "Zm9v\n", "Zm\0v",
    } do
      assert.is_nil(core.unbase64(text), text)
    end
  end)
end)
