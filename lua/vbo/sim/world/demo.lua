--- The demo world: two organizations, five people, their sites and teams, six weeks of backups,
--- and ransomware that struck in the night of 19 November 2026.  The good versions are those of
--- the 18th.
---
--- Only descriptions here; `world/build.lua` and `world/mail.lua` say what they mean.

local drives = require "vbo.sim.world.demo_drives"
local mailboxes = require "vbo.sim.world.demo_mail"
local sites = require "vbo.sim.world.demo_sites"
local teams = require "vbo.sim.world.demo_teams"

local nightly = {
  type = "Daily", scheduleEnabled = true, dailyType = "Everyday", dailyTime = "22:00:00",
  retryEnabled = true, retryNumber = 3, retryWaitInterval = 10, backupWindowEnabled = false,
}

return {
  name = "demo",
  now = "2026-11-21T08:00:00Z",
  organizations = {
    {
      name = "contoso.onmicrosoft.com",
      type = "Office365",
      account = "backup@contoso.onmicrosoft.com",
      description = "Contoso, all of it in the cloud",
      created = "2026-10-12T09:00:00Z",
      hit = "2026-11-19T03:12:00Z",
      workloads = { "Vex", "Veod", "Vesp", "Vet" },
      sites = sites.contoso,
      teams = teams.contoso,
      points = {
        "2026-10-16T22:00:00Z", "2026-10-23T22:00:00Z", "2026-10-30T22:00:00Z",
        "2026-11-06T22:00:00Z", "2026-11-13T22:00:00Z", "2026-11-16T22:00:00Z",
        "2026-11-17T22:00:00Z", "2026-11-18T22:00:00Z", "2026-11-19T22:00:00Z",
        "2026-11-20T22:00:00Z",
      },
      users = {
        {
          name = "alice@contoso.com", display = "Alice Example", office = "Hamburg",
          drive = drives.alice, mailbox = mailboxes.alice,
        },
        {
          name = "bob@contoso.com", display = "Bob Builder", office = "Leeds",
          drive = drives.bob, mailbox = mailboxes.bob,
        },
        {
          name = "juergen.mueller@contoso.com", display = "Jürgen Müller", office = "München",
          directory = true, drive = drives.juergen, mailbox = mailboxes.juergen,
        },
        {
          name = "wang.xiaoming@contoso.com", display = "王小明", office = "上海",
          drive = drives.wang, mailbox = mailboxes.wang,
        },
        {
          -- Left on 14 November: in the backup, no longer in production.
          name = "erika.former@contoso.com", display = "Erika Former",
          left = "2026-11-14T00:00:00Z", drive = drives.erika, mailbox = mailboxes.erika,
        },
      },
    },
    {
      -- Exchange only: exploring its OneDrives fails, and says so.
      name = "fabrikam.onmicrosoft.com",
      type = "Hybrid",
      account = "backup@fabrikam.onmicrosoft.com",
      description = "Fabrikam, mail only",
      created = "2026-10-12T09:00:00Z",
      workloads = { "Vex" },
      points = { "2026-11-06T22:00:00Z", "2026-11-13T22:00:00Z", "2026-11-20T22:00:00Z" },
      users = {
        {
          name = "carol@fabrikam.com", display = "Carol O'Neil", directory = true,
          mailbox = mailboxes.carol,
        },
      },
    },
  },
  proxies = { { name = "proxy.rehearsal.local" } },
  repositories = { { name = "Default Backup Repository", path = "D:\\Backups" } },
  jobs = {
    {
      name = "Contoso nightly", description = "Everything, every night",
      organization = "contoso.onmicrosoft.com", schedule = nightly,
      last_run = "2026-11-20T22:00:00Z",
      excluded = { { user = "wang.xiaoming@contoso.com", archiveMailbox = true } },
    },
    {
      name = "Contoso management", description = "Alice and Jürgen, every four hours",
      organization = "contoso.onmicrosoft.com",
      schedule = {
        type = "Periodically", scheduleEnabled = true, periodicallyEvery = "Hours4",
        retryEnabled = true, retryNumber = 2, retryWaitInterval = 5,
      },
      last_run = "2026-11-21T06:00:00Z", last_status = "Warning",
      selected = {
        { user = "alice@contoso.com", mailbox = true, oneDrive = true },
        { user = "juergen.mueller@contoso.com", mailbox = true, oneDrive = true },
        { user = "bob@contoso.com", mailbox = true },
      },
      excluded = { { user = "bob@contoso.com", mailbox = true } },
    },
    {
      name = "Fabrikam weekly", description = "Mail of Fabrikam", enabled = false,
      organization = "fabrikam.onmicrosoft.com",
      schedule = { type = "Daily", dailyType = "Friday", dailyTime = "22:00:00",
        scheduleEnabled = true },
      last_run = "2026-11-20T22:00:00Z",
      selected = { { user = "carol@fabrikam.com", mailbox = true } },
    },
  },
}
