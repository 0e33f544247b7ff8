--- Describes the sites of the demo world.  The attack encrypted or renamed documents, and deleted
--- the list "Campaigns", the library of the subsite "Events", and the whole site "Archive".

local function brief(stage)
  return {
    "Campaign brief, " .. stage,
    "We restore what others lose.",
    "Audience: administrators who have been up all night.",
  }
end

local function task(title, status, who, more)
  local item = { file = title, fields = { { "Title", title }, { "Status", status },
    { "AssignedTo", who } } }
  for key, value in pairs(more or {}) do item[key] = value end
  return item
end

local marketing = {
  site = "Marketing", path = "/sites/marketing", author = "Alice Example",
  libraries = {
    {
      name = "Documents", description = "What the team shares",
      { folder = "Campaigns",
        { folder = "2026",
          { file = "Brief.docx", hit = "encrypted",
            { at = "2026-10-14T09:15:00Z", docx = brief "first draft" },
            { at = "2026-11-03T13:40:00Z", by = "Bob Builder", docx = brief "reviewed" },
            { at = "2026-11-17T16:05:00Z", docx = brief "approved" } },
          { file = "Budget.xlsx", hit = "renamed",
            { at = "2026-10-15T08:00:00Z", xlsx = { { "Item", "EUR" }, { "Posters", 1200 } } },
            { at = "2026-11-12T10:30:00Z", xlsx = { { "Item", "EUR" }, { "Posters", 1450 } } } },
          { folder = "Artwork",
            { file = "Logo.svg", hit = "renamed", at = "2026-11-05T11:00:00Z",
              text = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
                .. '<rect width="40" height="40" fill="#27a"/></svg>\n' } } },
        { folder = "2025",
          { file = "Rückblick & Ausblick.md", at = "2026-10-13T10:00:00Z",
            text = "# Rückblick\n\nEs war ein gutes Jahr.\n" } } },
      { folder = "Drafts", created = "2026-10-20T09:00:00Z" },
      { file = "Read me first.txt", at = "2026-10-13T09:30:00Z",
        text = "Final versions only; drafts go to Drafts.\n" },
      { file = "Old price list.csv", at = "2026-10-13T09:31:00Z", deleted = "2026-11-10T12:00:00Z",
        csv = { { "Product", "Price" }, { "Licence", 10 } } },
    },
    {
      name = "Site Assets", description = "Pictures of pages",
      { files = 35, name = "Banner %02d.png", first = "2026-10-20T08:00:00Z", step = 600,
        sizes = { 4096, 20480, 12000 } },
    },
  },
  lists = {
    {
      name = "Tasks", description = "Who does what",
      task("Order posters", "Done", "Alice Example", {
        at = "2026-10-21T08:00:00Z",
        attachments = {
          { name = "offer.txt", text = "500 posters, 1450 EUR.\n" },
          { name = "proof.png", generated = 2048 } } }),
      { file = "Book the hall", hit = "encrypted",
        { at = "2026-10-22T08:00:00Z",
          fields = { { "Title", "Book the hall" }, { "Status", "Open" } } },
        { at = "2026-11-11T14:00:00Z", by = "Bob Builder",
          fields = { { "Title", "Book the hall" }, { "Status", "Reserved" } },
        },
        attachments = { { name = "contract.txt", text = "Hall 3, 27 November.\n" } } },
      { folder = "2026 Q4", created = "2026-10-22T09:00:00Z",
        task("Invite speakers", "Open", "王小明", { at = "2026-11-09T07:00:00Z" }) },
      task("Cancelled idea", "Dropped", "Bob Builder",
        { at = "2026-10-21T09:00:00Z", deleted = "2026-11-12T09:00:00Z" }),
    },
    {
      name = "Campaigns", description = "All campaigns", hit = true,
      task("Autumn", "Running", "Alice Example", { at = "2026-10-21T10:00:00Z" }),
      task("Winter", "Planned", "Alice Example", { at = "2026-11-02T10:00:00Z" }),
    },
  },
  subsites = {
    {
      site = "Events", path = "/sites/marketing/events", author = "Bob Builder",
      libraries = {
        {
          name = "Documents", hit = true,
          { folder = "Restore day",
            { file = "Agenda.md", at = "2026-11-01T09:00:00Z", text = "# Agenda\n\n1. Restore.\n" },
            { file = "Guests.csv", at = "2026-11-16T09:00:00Z",
              csv = { { "Name", "Seat" }, { "Jürgen Müller", 1 }, { "王小明", 2 } } } },
        },
      },
      lists = {
        { name = "Calendar",
          task("Restore day", "Fixed", "Bob Builder", { at = "2026-11-01T09:30:00Z" }) },
      },
    },
  },
}

local intranet = {
  site = "Contoso Intranet", path = "/sites/intranet", author = "Jürgen Müller",
  libraries = {
    {
      name = "Documents",
      { folder = "Policies",
        { file = "Backup policy.docx", at = "2026-10-30T09:00:00Z",
          docx = { "Backup policy", "Every night. Restores are rehearsed every quarter." } } },
      { file = "Tour.mp4", at = "2026-11-06T09:00:00Z", generated = 64 << 20 },
    },
  },
  lists = { { name = "Announcements",
    task("Welcome", "Published", "Jürgen Müller", { at = "2026-10-14T09:00:00Z" }) } },
}

local archive = {
  site = "Archive", path = "/sites/archive", author = "Jürgen Müller", hit = true,
  libraries = {
    {
      name = "Documents",
      { file = "1999.txt", at = "2026-10-13T09:00:00Z", text = "Nothing happened.\n" },
      { file = "2000.txt", at = "2026-10-13T09:05:00Z", text = "Nothing happened, again.\n" },
    },
  },
}

return { contoso = { marketing, intranet, archive } }
