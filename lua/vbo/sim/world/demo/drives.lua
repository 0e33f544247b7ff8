--- Describes OneDrives of the demo world.

local function plan(stage, risk)
  return {
    "Project Aurora: plan, " .. stage,
    "Goal: every office restores its own files within one hour.",
    "Owner: Alice Example. Reviewer: Jürgen Müller. Translation: 王小明.",
    "Largest risk: " .. risk,
  }
end

local function budget(factor)
  local rows = { { "Item", "Planned (EUR)", "Spent (EUR)" } }
  for i, item in ipairs { "Servers", "Licences", "Training", "Travel", "Audit" } do
    rows[i + 1] = { item, 12000 * i, 900 * i * factor }
  end
  return rows
end

local function sales(quarter)
  local rows = { { "Week", "Region", "Orders", "Note" } }
  for week = 1, 13 do
    for _, region in ipairs { "North", "Süd", "华东" } do
      rows[#rows + 1] = { week, region, (week * 37 + #region * quarter) % 90 + 10,
        week % 5 == 0 and 'campaign "Q' .. quarter .. '", repeated' or "" }
    end
  end
  return rows
end

local minutes = [[
# Meeting minutes

- The restore drill is on 27 November.
- Nobody opens attachments called *invoice* any more.
- Jürgen checks the backup repository: **12 %% free**.

Present: %s
]]

-- 200 characters with the extension: more than most dialogs show, less than 255 bytes.
local long_name = ("A very long name that somebody thought was helpful "):rep(4):sub(1, 196)
  .. ".txt"

local alice = {
  {
    folder = "Documents",
    { folder = "Projects",
      { folder = "Aurora",
        { file = "Plan.docx", hit = "encrypted",
          { at = "2026-10-14T09:15:00Z", docx = plan("first draft", "nobody has time.") },
          { at = "2026-11-03T13:40:00Z", by = "Jürgen Müller",
            docx = plan("reviewed", "the network in Leeds.") },
          { at = "2026-11-17T16:05:00Z", docx = plan("approved", "ransomware.") } },
        { file = "Budget.xlsx", hit = "renamed",
          { at = "2026-10-15T08:00:00Z", xlsx = budget(1) },
          { at = "2026-11-12T10:30:00Z", xlsx = budget(2) } },
        { file = "Minutes.md", hit = "renamed", at = "2026-11-10T15:00:00Z",
          text = minutes:format "Alice, Bob, Jürgen" },
        { file = "Translation – 翻译.md", hit = "renamed", at = "2026-11-11T07:20:00Z",
          text = "# 项目极光\n\n每个办公室应在一小时内恢复自己的文件。\n" },
        { folder = "Drawings",
          { file = "Overview.svg", hit = "renamed", at = "2026-11-05T11:00:00Z",
            text = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60">'
              .. '<circle cx="45" cy="30" r="25" fill="#2a7"/></svg>\n' },
          { folder = "Old", created = "2026-10-13T09:00:00Z",
            { file = "Sketch.svg", hit = "encrypted", at = "2026-10-13T10:00:00Z",
              text = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9"/></svg>\n' } } },
      },
      { folder = "Borealis",
        { file = "Idea.md", at = "2026-11-02T18:00:00Z", text = "# Borealis\n\nLater.\n" },
        { file = "Idea (1).md", at = "2026-11-02T18:05:00Z", text = "# Borealis\n\nMuch later.\n" },
      },
    },
    { folder = "Reports",
      { file = "Sales Q1.csv", hit = "renamed", at = "2026-10-13T06:00:00Z", csv = sales(1) },
      { file = "Sales Q2.csv", hit = "renamed", at = "2026-10-13T06:01:00Z", csv = sales(2) },
      { file = "Sales Q3.csv", hit = "renamed",
        { at = "2026-10-13T06:02:00Z", csv = sales(3) },
        { at = "2026-11-16T06:02:00Z", csv = sales(4) } },
      { file = "Annual report.docx", hit = "renamed", at = "2026-11-09T09:00:00Z",
        docx = { "Annual report 2026", "It was a good year until November." } },
    },
    { folder = "Odd names",
      { file = "Übersicht Größe.txt", at = "2026-10-20T09:00:00Z", text = "Größe: 1,80 m\n" },
      { file = "会议纪要.txt", at = "2026-10-20T09:01:00Z", text = "会议纪要：没有问题。\n" },
      { file = 'He said "yes".txt', at = "2026-10-20T09:02:00Z", text = "yes\n" },
      { file = "O'Brien & sons; 100% #1.txt", at = "2026-10-20T09:03:00Z", text = "plain\n" },
      { file = "..", at = "2026-10-20T09:04:00Z", text = "a document called dot dot\n" },
      { file = "../../../tmp/escaped.txt", at = "2026-10-20T09:05:00Z",
        text = "must stay inside\n" },
      { file = "/etc/absolute.txt", at = "2026-10-20T09:06:00Z", text = "must stay inside too\n" },
      { file = "C:\\Windows\\win.ini", at = "2026-10-20T09:07:00Z", text = "[fonts]\r\n" },
      { file = "line\nbreak.txt", at = "2026-10-20T09:08:00Z", text = "two lines in a name\n" },
      { file = "CON.txt", at = "2026-10-20T09:09:00Z", text = "a device on some systems\n" },
      { file = "READ ME.txt", at = "2026-10-20T09:10:00Z", text = "upper\n" },
      { file = "read me.txt", at = "2026-10-20T09:11:00Z", text = "lower\n" },
      { file = "no extension", at = "2026-10-20T09:12:00Z", text = "none\n" },
      { file = long_name, at = "2026-10-20T09:13:00Z", text = "a long name\n" },
      { file = "empty.log", at = "2026-10-20T09:14:00Z" },
      { file = "🌈 cafe\u{301}.txt", at = "2026-10-20T09:15:00Z", text = "decomposed\n" },
    },
    { folder = "Empty folder" },
    -- Its owner deleted it before the attack: shown only with showDeleted.
    { file = "Draft, thrown away.docx", at = "2026-10-19T09:00:00Z",
      deleted = "2026-11-08T12:00:00Z", docx = { "Not this one." } },
    { file = "Handbook.docx", hit = "encrypted",
      { at = "2026-10-12T10:00:00Z", docx = { "Handbook", "First edition" } },
      { at = "2026-10-26T10:00:00Z", docx = { "Handbook", "Second edition" } },
      { at = "2026-11-04T10:00:00Z", docx = { "Handbook", "Third edition" } },
      { at = "2026-11-15T10:00:00Z", docx = { "Handbook", "Fourth edition, for printing" } } },
    -- Made after the attack: a roll-back of the whole drive must keep it.
    { file = "Incident diary.md", at = "2026-11-20T07:30:00Z",
      text = "# 19 November\n\n03:12 first file renamed. 06:50 noticed. Nobody paid.\n" },
  },
  {
    folder = "Pictures",
    -- More than one page of the default thirty.
    { files = 47, name = "IMG_%04d.jpg", first = "2026-10-15T12:00:00Z", step = 1800,
      sizes = { 18211, 40960, 7, 65536, 31999 } },
  },
  {
    folder = "Videos",
    { file = "Drohnenflug über der Elbe.mp4", at = "2026-11-01T14:00:00Z", generated = 1 << 30 },
  },
  { file = "Passwords (do not share).txt", hit = "renamed", at = "2026-10-12T09:30:00Z",
    text = "There are none in here. Use the password manager.\n" },
  { file = "Todo.md", at = "2026-11-18T08:00:00Z",
    text = "- [x] back up\n- [ ] try a restore\n" },
}

return {
  alice = alice,
  bob = {
    { folder = "Documents",
      { file = "Site survey Leeds.docx", at = "2026-11-02T09:00:00Z",
        docx = { "Site survey", "Two racks, one of them warm." } },
      { file = "Inventory.csv",
        csv = { { "Part", "Count" }, { "Cable, 2 m", 40 }, { "Switch", 3 } },
        at = "2026-10-28T09:00:00Z", deleted = "2026-11-20T23:30:00Z" } },
    { folder = "pictures",
      { file = "rack.jpg", at = "2026-11-02T09:05:00Z", generated = 20480 } },
  },
  juergen = {
    { folder = "Dokumente",
      { folder = "Verträge",
        { file = "Vertrag Müller & Söhne.docx", hit = "encrypted",
          { at = "2026-10-13T08:00:00Z", docx = { "Vertrag", "Entwurf" } },
          { at = "2026-11-13T08:00:00Z", docx = { "Vertrag", "Unterschrieben am 13. November" } } },
        { file = "Kündigung.docx", hit = "renamed", at = "2026-10-14T08:00:00Z",
          docx = { "Kündigung", "Zum Monatsende." } } },
      { file = "Straßenkarte.txt", at = "2026-10-18T08:00:00Z", text = "Nach Süden.\n" } },
  },
  wang = {
    { folder = "文档",
      { folder = "报告",
        { file = "季度报告.docx", hit = "renamed", at = "2026-11-10T01:00:00Z",
          docx = { "季度报告", "一切正常。" } },
        { file = "预算.xlsx", at = "2026-11-10T01:10:00Z",
          xlsx = { { "项目", "金额" }, { "服务器", 12000 } } } } },
  },
  erika = {
    { folder = "Handover",
      { file = "Read me first.docx", at = "2026-11-12T16:00:00Z",
        docx = { "Handover", "The keys are with reception." } },
      { file = "Customers.csv", at = "2026-11-12T16:05:00Z",
        csv = { { "Customer", "Contact" }, { "Müller & Söhne", "Jürgen" } } } },
  },
}
