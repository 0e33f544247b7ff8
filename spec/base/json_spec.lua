local cjson = require "cjson"
local core = require "vbo.core"
local json = require "vbo.base.json"

--- The value, when decoding works; a failed assertion otherwise.
local function decode(text, options)
  local value, err = json.decode(text, options)
  assert.is_nil(err and err.message)
  return value
end

--- The error of a text that must not decode.
local function refused(text, options)
  local value, err = json.decode(text, options)
  assert.is_nil(value)
  assert.is_table(err)
  return err
end

local function usage_of(value)
  local ok, err = pcall(json.encode, value)
  assert.is_false(ok)
  assert.equal("usage", type(err) == "table" and err.kind or err)
  return err.message
end

describe("json.decode", function()
  it("keeps integers exact in 64 bits", function()
    for _, text in ipairs { "0", "1", "-1", "9007199254740991", "9007199254740992",
      "9007199254740993", "-9007199254740993", "999999999999999999", "9223372036854775807",
      "-9223372036854775808" } do
      local value = decode(text)
      assert.equal("integer", math.type(value))
      assert.equal(text, ("%d"):format(value))
      assert.equal(text, ("%d"):format(decode("[" .. text .. "]")[1]))
      assert.equal(text, ("%d"):format(decode('{"a":' .. text .. "}").a))
    end
  end)

  it("makes floats of integers beyond 64 bits", function()
    assert.equal(9223372036854775808.0, decode "9223372036854775808")
    assert.equal(18446744073709551615.0, decode "18446744073709551615")
    assert.equal("float", math.type(decode "9223372036854775808"))
  end)

  it("keeps 17 digits of a float", function()
    for _, text in ipairs { "0.1", "3.141592653589793", "2.2250738585072014e-308",
      "1.7976931348623157e+308", "0.30000000000000004", "-1.5" } do
      assert.equal(tonumber(text), decode(text))
    end
  end)

  it("keeps the sign of a negative zero", function()
    assert.equal("-inf", tostring(1 / decode "-0.0"))
  end)

  it("tells an empty array from an empty object", function()
    local value = decode '{"list":[],"map":{},"deep":[[],{}]}'
    assert.is_true(json.is_array(value.list))
    assert.is_false(json.is_array(value.map))
    assert.is_nil(next(value.list))
    assert.is_true(json.is_array(value.deep[1]))
    assert.is_false(json.is_array(value.deep[2]))
    assert.is_true(json.is_array(decode " [ ] "))
  end)

  it("marks every array, so that one that is emptied stays one", function()
    local list = decode "[1]"
    assert.is_true(json.is_array(list))
    list[1] = nil
    assert.equal("[]", json.encode(list))
  end)

  it("gives null its own value", function()
    local value = decode '{"a":null,"b":[null]}'
    assert.equal(json.null, value.a)
    assert.equal(json.null, value.b[1])
    assert.equal(json.null, decode "null")
    assert.equal(cjson.null, json.null)
  end)

  it("decodes strings, with a lone surrogate as U+FFFD", function()
    assert.equal("ä中\u{1F600}", decode [["\u00e4\u4e2d\ud83d\ude00"]])
    assert.equal("a\u{FFFD}b", decode [["a\ud800b"]])
    assert.equal("\0", decode [["\u0000"]])
  end)

  it("passes over a byte order mark, as .NET writes one", function()
    assert.equal(1, decode "\u{FEFF}[1]"[1])
  end)

  it("is not fooled by a document that has its own marks in it", function()
    local marks = "@" .. core.json.nonce .. "@"
    for _, text in ipairs { marks .. "a", marks .. "i7", marks .. "s", marks, marks .. marks } do
      assert.equal(text, decode('"' .. text .. '"'))
      local list = decode('["' .. text .. '"]')
      assert.equal(text, list[1])
      assert.equal(text, decode('{"' .. text .. '":"' .. text .. '"}')[text])
    end
  end)

  it("keeps the order of an object's keys where asked", function()
    local text = [[{ "b": 1, "a": { "z": {}, "y": [ { "2": 0, "1": 0 }, [], { "x": null } ] },
      "\u00e9\ud83d\ude00": true, "long]] .. ("k"):rep(5000) .. [[": [] }]]
    local value = assert(json.decode(text, { ordered = true }))
    assert.same({ "b", "a", "é😀", "long" .. ("k"):rep(5000) }, json.keys(value))
    assert.same({ "z", "y" }, json.keys(value.a))
    assert.same({}, json.keys(value.a.z))
    assert.same({ "2", "1" }, json.keys(value.a.y[1]))
    assert.same({ "x" }, json.keys(value.a.y[3]))
    for _, other in ipairs { value.a.y, value.a.y[2], 1, "b", json.null, json.decode(text) } do
      assert.is_nil(json.keys(other))
    end
    assert.is_nil(json.keys(nil))
    local pairs_of = {}
    for key, member in json.each(value.a.y[1]) do pairs_of[#pairs_of + 1] = key .. member end
    assert.same({ "20", "10" }, pairs_of)
    assert.is_nil(json.each(value.a.y)())
    assert.is_nil(json.each(nil)())
  end)

  it("knows the order of the member that counts, of several with one name", function()
    local text = '{"a":{"x":1,"y":2},"b":0,"a":{"y":3,"x":4,"y":5},"c":{"d":0},"c":[{"e":0}],'
      .. '"f":{"g":{}},"f":7,"h":7,"h":{"j":0,"i":0}}'
    local value = assert(json.decode(text, { ordered = true }))
    assert.same({ "a", "b", "c", "f", "h" }, json.keys(value))
    assert.same({ "y", "x" }, json.keys(value.a))
    assert.equal(5, value.a.y)
    assert.is_nil(json.keys(value.c))
    assert.same({ "e" }, json.keys(value.c[1]))
    assert.same({ "j", "i" }, json.keys(value.h))
  end)

  it("keeps the order of a document as deep as it takes", function()
    local text = ('{"b":0,"a":'):rep(1000) .. "1" .. ("}"):rep(1000)
    local value = assert(json.decode(text, { ordered = true, max_depth = 1000 }))
    for _ = 1, 999 do value = value.a end
    assert.same({ "b", "a" }, json.keys(value))
  end)

  it("says where a text is not JSON", function()
    for _, text in ipairs { "", "{", "[1,]", "{'a':1}", "<html>", "nul", "[1] 2", "01", "+1",
      "0x10", "NaN", "Infinity", '"\1"', '"abc', '{"a" 1}', "[1 2]", "\xff\xfe" } do
      local err = refused(text)
      assert.equal("protocol", err.kind)
      assert.matches("not JSON", err.message)
    end
    assert.matches("byte 3", refused("[1,]").message)
  end)

  it("refuses a number that no double holds", function()
    assert.equal("protocol", refused("1e999").kind)
    assert.equal("protocol", refused("[{\"a\":-1e999}]").kind)
  end)

  it("refuses what is nested too deeply, without using the stack", function()
    assert.equal("limit", refused(("["):rep(129) .. ("]"):rep(129)).kind)
    assert.is_table(decode(("["):rep(128) .. ("]"):rep(128)))
    assert.equal("limit", refused(("["):rep(1000000)).kind)
    assert.equal("limit", refused(('{"a":'):rep(1000000)).kind)
    assert.is_table(decode(("["):rep(1000) .. ("]"):rep(1000), { max_depth = 1000 }))
    assert.equal("limit", refused("[[1]]", { max_depth = 1 }).kind)
  end)

  it("refuses what is too large", function()
    local err = refused("[1,2,3]", { max_size = 6 })
    assert.equal("limit", err.kind)
    assert.equal(3, #decode("[1,2,3]", { max_size = 7 }))
  end)

  it("raises for a wrong argument, at the caller", function()
    -- Not error_matches: it takes the place off the message before it compares.
    local function message(...) return select(2, pcall(function(...) json.decode(...) end, ...)) end
    assert.matches("json_spec.lua:%d+: .*string expected", message(12))
    assert.matches("json_spec.lua:%d+: .*'maxdepth'", message("1", { maxdepth = 3 }))
    assert.matches("max_depth.*1 to 1000", message("1", { max_depth = 5000 }))
  end)
end)

describe("json.encode", function()
  it("writes integers with all their digits", function()
    for _, value in ipairs { 0, -1, 9007199254740993, math.maxinteger, math.mininteger } do
      assert.equal(("%d"):format(value), json.encode(value))
    end
  end)

  it("writes the fewest digits that read back as the same float", function()
    assert.equal("0.1", json.encode(0.1))
    assert.equal("0.30000000000000004", json.encode(0.1 + 0.2))
    assert.equal("5", json.encode(10 / 2))
    assert.equal("1e+300", json.encode(1e300))
  end)

  it("sorts the members of objects, so that equal values give equal texts", function()
    assert.equal('{"a":1,"aa":2,"b":{"x":1,"y":2}}',
      json.encode { b = { y = 2, x = 1 }, aa = 2, a = 1 })
  end)

  it("tells lists from objects", function()
    assert.equal("{}", json.encode {})
    assert.equal("[]", json.encode(json.array()))
    assert.equal("[1,[2]]", json.encode { 1, { 2 } })
    assert.equal('{"a":[]}', json.encode { a = json.array {} })
    assert.equal("[null,true,false]", json.encode { json.null, true, false })
  end)

  it("escapes what JSON wants escaped", function()
    assert.equal([["\"\\\u000a\u0001"]], json.encode('"\\\n\1'))
    assert.equal('"ä中"', json.encode "ä中")
    assert.equal("a/b\127\0c", decode(json.encode "a/b\127\0c"))
  end)

  it("raises a usage error that says where the value is wrong", function()
    local cycle = {}
    cycle.inner = { cycle }
    assert.matches("inner%[1%] holds itself", usage_of(cycle))
    assert.matches("a%.b%[2%] is a function", usage_of { a = { b = { 1, print } } })
    assert.matches("the value is a nil", usage_of(nil))
    assert.matches("finite", usage_of(0 / 0))
    assert.matches("finite", usage_of { math.huge })
    assert.matches("holes", usage_of { [1] = 1, [3] = 3 })
    assert.matches("names in it", usage_of { 1, x = 2 })
    assert.matches("names in it", usage_of(json.array { x = 2 }))
    assert.matches("neither a name nor", usage_of { [0] = 1 })
    assert.matches("neither a name nor", usage_of { [1.5] = 1 })
    assert.matches("neither a name nor", usage_of { [true] = 1 })
    assert.matches("UTF%-8", usage_of { a = "\xff" })
    assert.matches("UTF%-8", usage_of { ["\xc3"] = 1 })
    local deep = {}
    for _ = 1, 200 do deep = { deep } end
    assert.matches("too deeply", usage_of(deep))
  end)

  it("encodes a value that appears twice twice", function()
    local shared = { 1 }
    assert.equal('{"a":[1],"b":[1]}', json.encode { a = shared, b = shared })
  end)

  it("leaves a placeholder for a secret", function()
    local secret <close> = assert(core.secret.new "hunter2")
    local other <close> = assert(core.secret.new "swordfish")
    local text, secrets = json.encode { a = secret, b = { secret, other }, c = "x" }
    assert.not_matches("hunter2", text, 1, true)
    assert.not_matches("swordfish", text, 1, true)
    local count = 0
    for placeholder, held in pairs(secrets) do
      count = count + 1
      assert.equal('"', placeholder:sub(1, 1))
      local _, times = text:gsub(placeholder:gsub("%p", "%%%0"), "")
      assert.equal(rawequal(held, secret) and 2 or 1, times)
      assert.matches(core.json.nonce, placeholder, 1, true)
    end
    assert.equal(2, count)
    assert.equal(1, select("#", json.encode { 1 }))
  end)

  it("refuses a secret that is closed", function()
    local secret = assert(core.secret.new "x")
    secret:close()
    assert.matches("closed", usage_of { password = secret })
  end)
end)

describe("json, both ways", function()
  -- A generator of its own: the same values on every machine.
  local function generator(seed)
    local state = seed
    return function(n)
      state = (state * 6364136223846793005 + 1442695040888963407)
      return (state >> 33) % n
    end
  end

  local function make(random, depth)
    local kind = random(depth > 0 and 9 or 6)
    if kind == 0 then return json.null end
    if kind == 1 then return random(2) == 0 end
    if kind == 2 then
      return (random(1 << 31) << 33) ~ (random(1 << 31) << 2) ~ random(4) ~ -random(2)
    end
    if kind == 3 then return random(1000) - 500 end
    if kind == 4 then
      local value = string.unpack("<d", string.pack("<I4I4", random(1 << 31), random(1 << 31)))
      return value == value and math.abs(value) < math.huge and value or 0.5
    end
    if kind == 5 then
      local points = {}
      for i = 1, random(12) do
        local point = random(5) == 0 and random(0x10FFFF) or random(0x250)
        points[i] = (point >= 0xD800 and point <= 0xDFFF) and 65 or point
      end
      return utf8.char(table.unpack(points))
    end
    if kind == 6 then
      local list = json.array {}
      for i = 1, random(5) do list[i] = make(random, depth - 1) end
      return list
    end
    local map = {}
    for i = 1, random(5) do map["k" .. i .. "-" .. random(100)] = make(random, depth - 1) end
    return map
  end

  local function same(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then return a == b end
    if json.is_array(a) ~= json.is_array(b) then return false end
    for key, value in pairs(a) do
      if not same(value, b[key]) then return false end
    end
    for key in pairs(b) do
      if a[key] == nil then return false end
    end
    return true
  end

  it("gives back what went in", function()
    local random = generator(20261120)
    for _ = 1, 2000 do
      local value = make(random, 5)
      local text = json.encode(value)
      local back = decode(text, { max_depth = 200 })
      assert.is_true(same(value, back), text)
      assert.equal(text, json.encode(back))
    end
  end)

  it("survives every text cut off or with a byte changed", function()
    local text = json.encode { a = { 1, 2.5, "x\u{1F600}", json.null }, b = json.array {},
      c = math.mininteger, d = { { {} } } }
    local bytes = { "\0", '"', "\\", "{", "]", ",", "9", "\xff", "e", "u" }
    local good = 0
    for at = 1, #text do
      if json.decode(text:sub(1, at - 1)) ~= nil then good = good + 1 end
      for _, byte in ipairs(bytes) do
        local value, err = json.decode(text:sub(1, at - 1) .. byte .. text:sub(at + 1))
        assert.is_true(value ~= nil or err.kind == "protocol" or err.kind == "limit")
      end
    end
    assert.equal(0, good)
  end)
end)
