--- Describes the teams of the demo world.  The attack encrypted files, and deleted the channel
--- "Launch", some posts, a tab, and the whole team "Board".

local function chatter(count)
  local posts = {}
  for i = 1, count do
    posts[i] = {
      subject = "", author = i % 2 == 0 and "Bob Builder" or "Alice Example",
      at = ("2026-10-%02dT%02d:05:00Z"):format(13 + (i - 1) // 8, 8 + (i - 1) % 8),
      html = ("<p>Status %d: all backups are <b>green</b>.</p>"):format(i),
    }
  end
  return posts
end

local general = {
  channel = "General",
  files = {
    { folder = "Plans",
      { file = "Roadmap.docx", hit = "encrypted",
        { at = "2026-10-15T09:00:00Z", docx = { "Roadmap", "First the backup." } },
        { at = "2026-11-10T09:00:00Z", by = "Bob Builder",
          docx = { "Roadmap", "First the backup, then the restore." } } },
      { folder = "Empty", created = "2026-10-16T09:00:00Z" } },
    { file = "Contacts.csv", hit = "renamed", at = "2026-10-14T09:00:00Z",
      csv = { { "Name", "Phone" }, { "Jürgen Müller", "+49 89 1" } } },
    { file = "Logo.png", at = "2026-10-14T09:10:00Z", generated = 8192 },
  },
  tabs = {
    { tab = "Planner", type = "com.microsoft.teamspace.tab.planner",
      url = "https://tasks.office.com/contoso/plan", hit = true },
    { tab = "Handbook", type = "com.microsoft.teamspace.tab.web",
      url = "https://contoso.sharepoint.com/sites/intranet" },
  },
  posts = {
    {
      subject = "Kick-off", author = "Alice Example", at = "2026-10-14T09:30:00Z", hit = true,
      important = true,
      html = "<h1>Kick-off</h1><p>Welcome to <b>Aurora</b>, Jürgen &amp; 小明!</p>",
      attachments = { { name = "Goals.txt", type = "text/plain", text = "One goal: restore.\n" } },
      replies = {
        { author = "Jürgen Müller", at = "2026-10-14T09:45:00Z", hit = true,
          html = "<p>Grüße aus München!</p>" },
        { author = "王小明", at = "2026-10-14T10:00:00Z", hit = true, html = "<p>大家好！</p>" },
      },
    },
    {
      subject = "Coffee", author = "Bob Builder", at = "2026-11-02T14:00:00Z",
      html = "<p>The machine on the 2nd floor is broken &lt;again&gt;.</p>",
      replies = { { author = "Alice Example", at = "2026-11-02T14:20:00Z",
        html = "<p>Use the other one.</p>" } },
    },
    {
      subject = "Typo", author = "Bob Builder", at = "2026-11-03T08:00:00Z",
      deleted = "2026-11-08T08:00:00Z", html = "<p>Please ignroe.</p>",
    },
    {
      subject = "We were hit", author = "Alice Example", at = "2026-11-19T06:40:00Z",
      important = true, html = "<p>Do not open anything called <i>.locked</i>.</p>",
    },
  },
}

local aurora = {
  team = "Aurora", alias = "aurora", author = "Alice Example", privacy = "Private",
  description = "Project Aurora", members = {
    "alice@contoso.com", "bob@contoso.com", "juergen.mueller@contoso.com",
    "wang.xiaoming@contoso.com" },
  channels = {
    general,
    {
      channel = "Launch", type = "Private", created = "2026-10-20T09:00:00Z", hit = true,
      files = {
        { file = "Checklist.md", at = "2026-11-04T09:00:00Z", text = "- [ ] restore drill\n" },
        { file = "Budget.xlsx", at = "2026-11-05T09:00:00Z",
          xlsx = { { "Item", "EUR" }, { "Cake", 120 } } },
      },
      tabs = { { tab = "Countdown", type = "com.microsoft.teamspace.tab.web",
        url = "https://countdown.example.com/aurora" } },
      posts = { { subject = "Date", author = "Alice Example", at = "2026-11-04T10:00:00Z",
        html = "<p>We launch on the 27th.</p>" } },
    },
    { channel = "Status", posts = chatter(40) },
  },
}

local board = {
  team = "Board", alias = "board", author = "Jürgen Müller", privacy = "Public", archived = true,
  hit = true,
  description = "Decisions", members = { "juergen.mueller@contoso.com" },
  channels = {
    { channel = "General",
      files = { { file = "Minutes.txt", at = "2026-10-15T17:00:00Z", text = "All agreed.\n" } },
      posts = { { subject = "Agenda", author = "Jürgen Müller", at = "2026-10-15T08:00:00Z",
        html = "<p>1. Money</p>" } } },
  },
}

return { contoso = { aurora, board } }
