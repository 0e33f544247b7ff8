--- Generates the OneDrives and mailboxes of most users of the demo world: five weeks of office
--- work, always the same for a name.

local ids = require "vbo.sim.base.ids"
local time = require "vbo.base.time"
local words = require "vbo.sim.world.demo.words"

local M = {}

local first = assert(time.parse "2026-10-13T06:00:00Z")
local last = assert(time.parse "2026-11-18T17:00:00Z") -- the working day before the attack
local day <const> = 86400

-- Makes times in working hours, ascending.
local function moments(random, count)
  local list = {}
  for i = 1, count do
    local at = first + (random((last - first) // day) - 1) * day
    list[i] = at + random(10 * 60) * 60
  end
  table.sort(list)
  for i, at in ipairs(list) do list[i] = time.iso(at) end
  return list
end

local makers = {
  docx = function(name, language, random, n)
    local text = { name, ("%s (%d)"):format(language.lines[n % #language.lines + 1], n) }
    for _ = 1, 4 + random(12) do text[#text + 1] = language.lines[random(#language.lines)] end
    return text
  end,
  xlsx = function(name, language, random, n)
    local rows = { { name, "EUR", "n" } }
    for i = 1, 10 + random(50) do
      rows[i + 1] = { language.names[random(#language.names)], random(90000) / 10, i * n }
    end
    return rows
  end,
  text = function(name, language, random, n)
    local lines = { "# " .. name, "" }
    for _ = 1, 3 + random(20) do lines[#lines + 1] = "- " .. language.lines[random(3)] end
    return table.concat(lines, "\n") .. ("\n\n%d\n"):format(n)
  end,
}
makers.csv = makers.xlsx

local kinds = { { "docx", ".docx" }, { "xlsx", ".xlsx" }, { "csv", ".csv" }, { "text", ".md" } }

-- Describes a document with its versions; hit: what the attack makes of it.
local function document(name, kind, language, random, hit)
  local spec = { file = name .. kind[2], hit = hit }
  for n, at in ipairs(moments(random, random(4))) do
    spec[n] = { at = at, [kind[1]] = makers[kind[1]](name, language, random, n) }
  end
  return spec
end

--- Describes the OneDrive of a user, for `world/files.lua`.
---@param person { name: string, language: string, hit: boolean?, pictures: integer? }
---@return table
function M.drive(person)
  local language, random = words[person.language], ids.random("office/" .. person.name)
  local count = 0
  local function one(name)
    count = count + 1
    -- The attack renamed two of three and encrypted the third.
    local hit = person.hit and (count % 3 == 0 and "encrypted" or "renamed") or nil
    return document(name, kinds[random(#kinds)], language, random, hit)
  end
  local names, year = language.names, {}
  for quarter = 1, 4 do
    year[quarter] = { folder = "Q" .. quarter, one(("%s Q%d"):format(names[1], quarter)),
      one(("%s Q%d"):format(names[2], quarter)) }
  end
  year.folder = "2026"
  local thrown = document(names[8] .. " (2025)", kinds[1], language, random)
  thrown.deleted = time.iso(last - random(5) * day)
  local tree = {
    { folder = language.documents,
      { folder = language.work[1], year, one(names[3]), one(names[4]) },
      { folder = language.work[2], one(names[5]), one(names[6]), thrown },
      one(names[7]) },
    { folder = language.pictures,
      { files = person.pictures or random(12), name = "DSC%05d.jpg",
        first = "2026-10-14T10:00:00Z", step = 3 * 3600,
        sizes = { 248115, 314599, 189376, 401823 } } },
  }
  return table.move(person.more or {}, 1, #(person.more or {}), #tree + 1, tree)
end

local function mail(language, subject, from, to, at, more)
  local out = {
    subject = subject, from = from, to = { to }, sent = at,
    body = ("%s\r\n\r\n%s\r\n\r\n%s\r\n%s\r\n"):format(language.greeting,
      language.lines[#subject % 3 + 1], language.closing, from.name),
  }
  for key, value in pairs(more or {}) do out[key] = value end
  return out
end

--- Describes the mailbox of a user, for `world/mail.lua`.
---@param person { name: string, display: string, language: string, mails: integer? }
---@param others { name: string, email: string }[]  the senders
---@return table
function M.mailbox(person, others)
  local language, random = words[person.language], ids.random("mail/" .. person.name)
  local own = { name = person.display, email = person.name }
  local function other() return others[random(#others)] end
  local body = ("%s\r\n\r\n%s (%%d)\r\n\r\n%s\r\n"):format(language.greeting, language.lines[1],
    language.closing)
  local at, count = moments(random, 6), person.mails or 8 + random(24)
  local inbox = {
    folder = language.inbox, category = "Inbox",
    { mails = count, first = "2026-10-13T07:00:00Z", step = (last - first) // count,
      subjects = language.subjects, senders = others, to = { own }, body = body },
    mail(language, language.names[2], other(), own, at[1], {
      attachments = { { name = language.names[2] .. ".csv", type = "text/csv",
        csv = makers.csv(language.names[2], language, random, 1) } } }),
    mail(language, language.names[4], other(), own, at[2]),
    -- Deleted by its owner.
    mail(language, language.names[7], other(), own, at[3], { deleted = "2026-11-19T15:00:00Z" }),
    { folder = language.work[1], mail(language, language.names[3], other(), own, at[4], {
      importance = "High" }) },
  }
  return {
    inbox,
    { folder = language.sent, category = "Sent",
      mail(language, "Re: " .. language.names[4], own, other(), at[5]) },
    { folder = language.drafts, category = "Drafts",
      mail(language, language.names[6], own, other(), at[6]) },
    { folder = language.deleted, category = "Deleted" },
  }
end

--- Describes the archive of a user: mail of past years.
---@return table
function M.archive(person, others)
  local language = words[person.language]
  local own = { name = person.display, email = person.name }
  local list = {}
  for i, year in ipairs { 2023, 2024, 2025 } do
    list[i] = { folder = tostring(year),
      { mails = 12, first = ("%d-02-03T09:00:00Z"):format(year), step = 27 * day,
        subjects = language.subjects, senders = others, to = { own },
        body = language.greeting .. "\r\n\r\n%d\r\n" } }
  end
  return list
end

return M
