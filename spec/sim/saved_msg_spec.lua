-- Mail and posts that the rehearsal server saves as MSG, as independent readers see them.

local json = require "vbo.base.json"
local message = require "vbo.sim.world.folder.message"
local program = require "spec.support.program"
local sim = require "spec.support.sim_app"

local quoted = program.quoted

describe("what is saved as MSG", function()
  local folder, remove, client

  setup(function() folder, remove = program.folder() end)
  teardown(function() remove() end)
  before_each(function() client = sim.new "v8" end)

  local function written(name, bytes)
    local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
    file:write(bytes)
  end

  local function content(name)
    local file <close> = assert(io.open(folder .. "/" .. name, "rb"))
    return file:read "a"
  end

  --- Every mail of a mailbox: what the API says of it, whether it is a draft, and N.msg.
  local function saved(owner)
    local box = client:owned(client:explore("Vex", sim.before) .. "/Mailboxes", owner)
    local drafts, list = {}, client:all(box .. "/Items")
    for _, row in ipairs(client:all(box .. "/Folders")) do
      if row.category == "Drafts" then
        for _, item in ipairs(client:all(box .. "/Items?parentId=" .. row.id)) do
          drafts[item.id] = true
        end
      end
    end
    for i, item in ipairs(list) do
      item.draft = drafts[item.id] or false
      written(i .. ".msg", sim.bytes(client:act(box .. "/Items/" .. item.id, "save_msg", {})))
    end
    assert.is_true(#list > 0)
    return list
  end

  local function source(item)
    for _, organization in ipairs(client.app.store.world:organizations()) do
      for _, box in ipairs(organization.mailboxes) do
        local found = box.by_id[item.id]
        if found then return found end
      end
    end
  end

  local function plain(text) return (text:gsub("\r\n", "\n"):gsub("%s+$", "")) end

  it("is read by msgconvert, whatever its language", function()
    if select(2, program.run "command -v msgconvert") ~= 0 then
      pending "msgconvert is missing: apt-get install libemail-outlook-message-perl"
      return
    end
    local exotic = 0
    for _, owner in ipairs { "Alice Example", "Jürgen Müller" } do
      local list, names = saved(owner), {}
      for i in ipairs(list) do names[i] = i .. ".msg" end
      local output, status = program.run(("cd %s && msgconvert %s"):format(quoted(folder),
        table.concat(names, " ")))
      assert.equal(0, status, output)
      for i, item in ipairs(list) do
        local mail, original = message.parse(content(i .. ".eml"), 0), source(item)
        -- A draft has not travelled: there are no header fields to take the encoding from.
        if not item.draft then
          assert.equal(original.subject, mail.subject)
          assert.equal(plain(original.body), plain(mail.body or ""))
          if (original.subject .. original.body):find "[\xC4-\xFF]" then exotic = exotic + 1 end
        end
      end
    end
    assert.is_true(exotic > 1, "no text beyond Latin-1")
  end)

  it("is read by npm's @kenjiuno/msgreader", function()
    local found, status = program.run
      "node -e 'process.stdout.write(require.resolve(\"@kenjiuno/msgreader\"))'"
    if status ~= 0 then
      pending "@kenjiuno/msgreader is missing: npm install it, and name its folder in NODE_PATH"
      return
    end
    local list = saved "Alice Example"
    written("read.js", ([[
      const Reader = require(%s).default, fs = require("fs"), out = [];
      for (let i = 1; i <= %d; i++) {
        const data = new Reader(fs.readFileSync(i + ".msg")).getFileData();
        out.push({ subject: data.subject, body: data.body, headers: data.headers || "",
          names: data.attachments.map(a => a.fileName),
          to: data.recipients.map(r => r.recipType + " " + r.smtpAddress) });
      }
      process.stdout.write(JSON.stringify(out));]]):format(json.encode(found), #list))
    local output, code = program.run(("cd %s && node read.js"):format(quoted(folder)))
    assert.equal(0, code, output)
    local read = assert(json.decode(output))
    assert.equal(#list, #read)
    for i, item in ipairs(list) do
      local data, original = read[i], source(item)
      assert.equal(original.subject, data.subject)
      assert.equal(plain(original.body), plain(data.body))
      assert.equal(item.draft, data.headers == "")
      local to, names = {}, {}
      for _, kind in ipairs { "to", "cc", "bcc" } do
        for _, each in ipairs(original[kind]) do to[#to + 1] = kind .. " " .. each.email end
      end
      assert.same(to, data.to)
      for n, each in ipairs(original.attachments) do names[n] = each.name end
      assert.same(names, data.names)
    end
  end)
end)
