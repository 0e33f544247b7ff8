--- Describes the demo world: three organizations with forty users, sites, teams and groups, and six
--- weeks of backups.
---
---   Contoso        in the cloud, all workloads; ransomware struck it in the night of 19 November
---                  2026, and the good versions are those of the 18th; one user has left, and one
---                  mailbox is on litigation hold
---   Fabrikam       hybrid: Exchange and SharePoint on premises too; no OneDrive is backed up
---   Tailspin Toys  a small tenant that the same service provider looks after: mail and OneDrive
---
--- `world/build.lua` and `world/mail.lua` expand the descriptions.  What users own is described by
--- functions, which run on first use.

local people = require "vbo.sim.world.demo.people"
local sites = require "vbo.sim.world.demo.sites"
local teams = require "vbo.sim.world.demo.teams"

-- Defers reading the descriptions of a module until one of them is used.
local function deferred(load)
  return setmetatable({}, { __index = function(_, name)
    return function() return load()[name] end
  end })
end

local drives = deferred(function() return require "vbo.sim.world.demo.drives" end)
local mailboxes = deferred(function() return require "vbo.sim.world.demo.mail" end)

local function with(list, more) return table.move(more, 1, #more, #list + 1, list) end

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
      accounts = {
        { name = "admin@contoso.onmicrosoft.com" },
        { name = "helpdesk@contoso.onmicrosoft.com", rights = { "exchange" } },
        -- Signs in only with a second factor.
        { name = "security@contoso.onmicrosoft.com", mfa = true },
      },
      description = "Contoso, all of it in the cloud",
      created = "2026-10-12T09:00:00Z",
      hit = "2026-11-19T03:12:00Z",
      note = {
        name = "HOW_TO_GET_YOUR_FILES_BACK.txt",
        text = "All your files are locked.  Pay 3 BTC within 72 hours, or they are gone.\r\n"
          .. "Do not rename them.  Do not ask anybody for help.\r\n",
      },
      workloads = { "Vex", "Veod", "Vesp", "Vet" },
      sites = sites.contoso,
      teams = teams.contoso,
      points = {
        "2026-10-16T22:00:00Z", "2026-10-23T22:00:00Z", "2026-10-30T22:00:00Z",
        "2026-11-06T22:00:00Z", "2026-11-13T22:00:00Z", "2026-11-16T22:00:00Z",
        "2026-11-17T22:00:00Z", "2026-11-18T22:00:00Z", "2026-11-19T22:00:00Z",
        "2026-11-20T22:00:00Z",
      },
      users = with({
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
      }, people.contoso),
    },
    {
      -- No OneDrive is backed up: exploring them fails, and says so.
      name = "fabrikam.onmicrosoft.com",
      type = "Hybrid",
      account = "backup@fabrikam.onmicrosoft.com",
      accounts = { { name = "admin@fabrikam.onmicrosoft.com" } },
      description = "Fabrikam, half of it on premises",
      created = "2026-10-12T09:00:00Z",
      workloads = { "Vex", "Vesp" },
      exchange_server = "exch01.fabrikam.local",
      sharepoint_server = "sharepoint.fabrikam.local",
      sites = people.fabrikam_sites, groups = people.fabrikam_groups,
      points = { "2026-11-06T22:00:00Z", "2026-11-13T22:00:00Z", "2026-11-20T22:00:00Z" },
      users = with({
        {
          name = "carol@fabrikam.com", display = "Carol O'Neil", directory = true,
          mailbox = mailboxes.carol,
        },
      }, people.fabrikam),
    },
    {
      name = "tailspintoys.onmicrosoft.com",
      type = "Office365",
      account = "backup@tailspintoys.onmicrosoft.com",
      accounts = { { name = "admin@tailspintoys.onmicrosoft.com" } },
      description = "Tailspin Toys, a customer since November",
      created = "2026-10-12T09:00:00Z",
      workloads = { "Vex", "Veod" },
      points = {
        "2026-11-06T21:00:00Z", "2026-11-13T21:00:00Z", "2026-11-16T21:00:00Z",
        "2026-11-17T21:00:00Z", "2026-11-18T21:00:00Z", "2026-11-19T21:00:00Z",
        "2026-11-20T21:00:00Z",
      },
      users = people.tailspin,
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
      name = "Fabrikam weekly", description = "Mail and sites of Fabrikam", enabled = false,
      organization = "fabrikam.onmicrosoft.com",
      schedule = { type = "Daily", dailyType = "Friday", dailyTime = "22:00:00",
        scheduleEnabled = true },
      last_run = "2026-11-20T22:00:00Z",
    },
    {
      name = "Tailspin daily", description = "Mail and OneDrives of a customer",
      organization = "tailspintoys.onmicrosoft.com",
      schedule = {
        type = "Daily", scheduleEnabled = true, dailyType = "Everyday", dailyTime = "21:00:00",
        retryEnabled = true, retryNumber = 3, retryWaitInterval = 10,
      },
      -- An operator started it this morning, and it failed.
      last_run = "2026-11-21T05:00:00Z", last_status = "Failed",
    },
  },
}
