-- Base64: the vectors of RFC 4648 section 10, and every byte.

local base64 = require "vbo.base64"
local ids = require "vbo.sim.ids"

describe("base64", function()
  it("encodes the vectors of the RFC", function()
    for text, encoded in pairs {
      [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=",
      foobar = "Zm9vYmFy",
    } do
      assert.equal(encoded, base64.encode(text))
    end
  end)

  it("encodes every byte at every place", function()
    local all = {}
    for byte = 0, 255 do all[#all + 1] = string.char(byte) end
    local text = table.concat(all)
    for cut = 1, 4 do
      local data = text:sub(cut)
      assert.equal(data, ids.unbase64(base64.encode(data)))
    end
  end)
end)
