-- PST files in specs: read by programs that are not ours, and their structure checked.

local core = require "vbo.core"
local lfs = require "lfs"
local program = require "spec.support.program"

local M = {}

local quoted = program.quoted

-- The tests depend on these programs: what is missing fails, with the package that brings it.
local function needed(name, package)
  local _, status = program.run("command -v " .. name)
  assert(status == 0, ("%s is missing: install Debian's package %s"):format(name, package))
end

--- The content of a file; nil where there is none.
function M.content(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

--- Writes pieces to a file.
function M.save(path, pieces)
  local file <close> = assert(io.open(path, "wb"))
  for _, piece in ipairs(pieces) do file:write(piece) end
  return path
end

local function names_in(path)
  local names = {}
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function is_folder(path) return lfs.attributes(path, "mode") == "directory" end

-- A message as pffexport lays it out.
local function exported(path)
  local mail = {
    text = (M.content(path .. "/Message.txt") or ""):gsub("\r\n", "\n"),
    html = M.content(path .. "/Message.html"), attachments = {}, messages = {},
    recipients = {}, headers = M.content(path .. "/OutlookHeaders.txt"),
    internet = M.content(path .. "/InternetHeaders.txt"),
  }
  mail.subject = mail.headers:match "\nSubject:%s([^\n]*)"
  mail.subject = mail.subject and mail.subject:gsub("^\t+", "") or ""
  local recipients = M.content(path .. "/Recipients.txt") or ""
  for name, email, kind in recipients:gmatch("Display name:%s*([^\n]*)\n"
    .. "Email address:%s*([^\n]*)\nAddress type:%s*SMTP\nRecipient type:%s*([^\n]*)") do
    mail.recipients[#mail.recipients + 1] = ("%s %s <%s>"):format(kind, name, email)
  end
  if is_folder(path .. "/Attachments") then
    for _, name in ipairs(names_in(path .. "/Attachments")) do
      local inner = path .. "/Attachments/" .. name
      if is_folder(inner) then
        for _, each in ipairs(names_in(inner)) do
          mail.messages[#mail.messages + 1] = exported(inner .. "/" .. each)
        end
      else
        mail.attachments[(name:gsub("^%d+_", ""))] = M.content(inner)
      end
    end
  end
  return mail
end

--- Returns what libpff finds: a list of folders by their path below the top, each a list of mail.
function M.pffexport(path)
  needed("pffexport", "pff-tools")
  local target = path .. ".items"
  local output, status = program.run(("pffexport -q -m all -f all -t %s %s"):format(
    quoted(target), quoted(path)))
  assert(status == 0, output)
  -- Anything but its few words on the way is a complaint.
  for line in output:gmatch "[^\n]+" do
    assert(line:find "^pffexport " or line == "Opening file." or line == "Recovering items."
      or line == "Exporting items." or line == "Export completed.", output)
  end
  for _, kind in ipairs { "recovered", "orphan" } do
    local extra = target .. "." .. kind
    assert(not is_folder(extra) or #names_in(extra) == 0, "items that no folder holds")
  end
  local folders = {}
  local function walk(at, name)
    local list = {}
    folders[name] = list
    for _, each in ipairs(names_in(at)) do
      local inner = at .. "/" .. each
      if each:find "^Message%d+$" then
        list[#list + 1] = exported(inner)
      elseif is_folder(inner) then
        walk(inner, name == "" and each or name .. "/" .. each)
      end
    end
  end
  walk(target .. ".export/Top of Outlook data file", "")
  return folders
end

-- "=?utf-8?B?…?=", the only encoded words that readpst passes on here.
local function decoded(text)
  text = text:gsub("%?=%s+=%?", "?==?")
  return (text:gsub("=%?utf%-8%?[bB]%?([^?]*)%?=", core.unbase64))
end

--- Returns what readpst finds: folders by path, each a list of { subject=, text=, attachments= }.
---@param name string  of the file inside
function M.readpst(path, name)
  needed("readpst", "pst-utils")
  local target = path .. ".readpst"
  assert(lfs.mkdir(target))
  -- Each mail and each attachment a file of its own; deleted mail too; UTF-8; one process, for
  -- several of them write over each other's files.
  local output, status = program.run(("readpst -q -S -D -8 -j 0 -o %s %s"):format(
    quoted(target), quoted(path)))
  assert(status == 0 and output == "", output)
  local folders = {}
  local function walk(at, folder)
    local list, names = {}, names_in(at)
    for _, each in ipairs(names) do
      local inner = at .. "/" .. each
      if is_folder(inner) then
        walk(inner, folder == "" and each or folder .. "/" .. each)
      elseif each:find "^%d+$" then
        local text = M.content(inner)
        local mail = { number = tonumber(each), source = text, attachments = {} }
        -- A long one goes on in lines that begin with a blank.
        local unfolded = text:gsub("\n\n.*", "\n"):gsub("\n[ \t]+", " ")
        mail.subject = decoded(unfolded:match "\nSubject: ([^\n]*)" or "")
        for _, other in ipairs(names) do
          local attachment = other:match("^" .. each .. "%-(.*)$")
          if attachment then mail.attachments[attachment] = M.content(at .. "/" .. other) end
        end
        list[#list + 1] = mail
      end
    end
    table.sort(list, function(a, b) return a.number < b.number end)
    if #list > 0 then folders[folder] = list end
  end
  walk(target .. "/" .. name, "")
  return folders
end

--- The unallocated ranges that pffinfo reads from the allocation maps: { { from, to }, … }.
function M.unallocated(path)
  needed("pffinfo", "pff-tools")
  local output, status = program.run("pffinfo -a " .. quoted(path))
  assert(status == 0, output)
  local ranges = {}
  for from, to in output:match "Unallocated data blocks:(.*)$":gmatch "(%d+) %(0x%x+%) %- (%d+)" do
    ranges[#ranges + 1] = { tonumber(from), tonumber(to) }
  end
  return ranges, output
end

-- Bit by bit: not the way of the writer.
local function crc(data)
  local c = 0
  for i = 1, #data do
    c = c ~ data:byte(i)
    for _ = 1, 8 do c = c >> 1 ~ (0xEDB88320 & -(c & 1)) end
  end
  return c
end

local function signature(at, id)
  local x = (at ~ id) & 0xFFFFFFFF
  return (x >> 16) ~ (x & 0xFFFF)
end

--- Checks all that a file says of itself ([MS-PST] sections 2.2 and 5): check sums, signatures, the
--- B-trees, references, and that exactly what is used is allocated.
---@param data string
---@return table  nodes and blocks by id; levels of the trees; places of what is used
function M.check(data)
  local function at(format, place) return (format:unpack(data, place + 1)) end
  assert(data:sub(1, 4) == "!BDN" and data:sub(9, 10) == "SM", "no PST")
  assert(at("<I2", 10) == 23, "not Unicode")
  assert(at("<I4", 4) == crc(data:sub(9, 8 + 471)), "the partial sum of the header")
  assert(at("<I4", 524) == crc(data:sub(9, 8 + 516)), "the sum of the header")
  assert(at("<I8", 184) == #data, "the size")
  local used, found = {}, { nodes = {}, blocks = {}, levels = {}, maps = 0 }
  local function use(place, size)
    assert(place % 64 == 0 and size % 64 == 0)
    for slot = place // 64, (place + size) // 64 - 1 do
      assert(not used[slot], "two things at one place")
      used[slot] = true
    end
  end
  local function page(kind, place, id)
    local content = data:sub(place + 1, place + 496)
    local a, b, mark, sum, own = ("<BB I2 I4 I8"):unpack(data, place + 497)
    assert(a == kind and b == kind, "another kind of page")
    assert(sum == crc(content), "the sum of a page")
    assert(own == (id or place), "another page")
    assert(mark == (id and signature(place, id) or 0), "the signature of a page")
    return content
  end
  -- A B-tree, with what its leaves hold in order.
  local function tree(kind, size, root, each)
    local last
    local function walk(place, id, level)
      local content = page(kind, place, id)
      use(place, 512)
      local count, most, entry, own = ("<BBBB"):unpack(content, 489)
      assert(level == nil or level == own, "levels")
      assert(entry == (own == 0 and size or 24) and most == 488 // entry and count <= most)
      for i = 0, count - 1 do
        local key = ("<I8"):unpack(content, i * entry + 1)
        if own == 0 then
          assert(not last or key > last, "keys out of order")
          last = key
          each(content:sub(i * entry + 1, (i + 1) * entry))
        else
          local _, below, where = ("<I8 I8 I8"):unpack(content, i * entry + 1)
          assert(not last or key > last, "keys out of order")
          walk(where, below, own - 1)
        end
      end
      return own
    end
    return walk(at("<I8", root + 8), at("<I8", root), nil)
  end
  found.levels.nodes = tree(0x81, 32, 216, function(entry)
    local nid, block, sub, parent = ("<I8 I8 I8 I4"):unpack(entry)
    found.nodes[nid] = { data = block, sub = sub, parent = parent }
  end)
  found.levels.blocks = tree(0x80, 24, 232, function(entry)
    local id, place, size, references = ("<I8 I8 I2 I2"):unpack(entry)
    assert(references == 2)
    local whole = (size + 16 + 63) // 64 * 64
    use(place, whole)
    local content = data:sub(place + 1, place + size)
    local own, mark, sum, again = ("<I2 I2 I4 I8"):unpack(data, place + whole - 15)
    assert(own == size and again == id, "another block")
    assert(mark == signature(place, id) and sum == crc(content), "the sum of a block")
    found.blocks[id] = content
  end)
  assert(at("<I8", 32) > 0 and at("<I8", 516) % 4 == 0)
  -- Every block is reached from a node, once.
  local reached = {}
  local function reach(id)
    if id == 0 then return 0 end
    assert(found.blocks[id] and not reached[id], "a block that is not there, or used twice")
    reached[id] = true
    local content = found.blocks[id]
    if id & 2 == 0 then return #content end
    local kind, level, count, total = ("<BB I2 I4"):unpack(content)
    local sum = 0
    for i = 0, count - 1 do
      if kind == 1 then
        sum = sum + reach((("<I8"):unpack(content, 9 + 8 * i)))
      elseif level == 0 then
        local _, block, sub = ("<I8 I8 I8"):unpack(content, 9 + 24 * i)
        reach(block)
        reach(sub)
      else
        reach((select(2, ("<I8 I8"):unpack(content, 9 + 16 * i))))
      end
    end
    assert(kind == 2 or sum == total, "the size of a list of blocks")
    found.deepest = math.max(found.deepest or 0, kind == 1 and level or 0)
    return sum
  end
  for _, node in pairs(found.nodes) do
    reach(node.data)
    reach(node.sub)
    assert(node.parent == 0 or found.nodes[node.parent], "a folder that is not there")
  end
  for id in pairs(found.blocks) do assert(reached[id], "a block of nobody") end
  -- The maps.
  local free, densities = 0, {}
  for place = 0x4400, #data - 1, 0x3E000 do
    local number = (place - 0x4400) // 0x3E000
    use(place, 512)
    local next_map = place + 512
    if number % 8 == 0 then
      page(0x83, next_map)
      use(next_map, 512)
      next_map = next_map + 512
    end
    if number >= 128 and (number - 128) % 496 == 0 then
      page(0x82, next_map)
      use(next_map, 512)
    end
    local bits, here = page(0x84, place), 0
    for slot = 0, 496 * 8 - 1 do
      local set = bits:byte(slot // 8 + 1) >> (7 - slot % 8) & 1 == 1
      assert(set == (used[place // 64 + slot] or false), "the allocation map")
      if not set then here = here + 1 end
    end
    free = free + here * 64
    if here > 0 then densities[#densities + 1] = { number, here } end
    found.maps = found.maps + 1
    assert(at("<I8", 192) == place or place + 0x3E000 < #data, "the last map")
  end
  assert(at("<I8", 200) == free, "the free space")
  local list = page(0x86, 0x4200, at("<I8", 0x4200 + 504))
  table.sort(densities, function(a, b)
    if a[2] ~= b[2] then return a[2] > b[2] end
    return a[1] < b[1]
  end)
  assert(list:byte(2) == math.min(#densities, 119), "the density list")
  for i = 1, list:byte(2) do
    assert(("<I4"):unpack(list, 5 + 4 * i) == densities[i][1] | densities[i][2] << 20)
  end
  found.used = used
  return found
end

return M
