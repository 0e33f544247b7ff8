-- Changes production in four steps and saves one file, in the workload that its argument names: the
-- first change and the last converge, the second adds.

local vbo = require "vbo"

local workload, folder = ...
local client <close> = vbo.connect()
local session <close> = client:organization "contoso.onmicrosoft.com":explore {
  workload = workload, at = "2026-11-18T22:00:00Z",
}

local steps = {}

function steps.onedrive()
  local drive = session:onedrive "alice@contoso.com"
  local aurora = drive:folder "Documents/Projects/Aurora"
  aurora:document("Plan.docx"):restore { on_conflict = "overwrite" }
  drive:folder("Documents"):document("Handbook.docx"):restore { on_conflict = "keep" }
  aurora:document("Plan.docx"):save { to = folder .. "/saved", zip = false }
  drive:folder("Documents/Reports"):document("Annual report.docx"):restore {
    on_conflict = "overwrite" }
end

function steps.exchange()
  local mailbox = session:mailbox "alice@contoso.com"
  local contract = mailbox:folder("Inbox"):items():where { subject = "Signed contract*" }:one()
  local plans = mailbox:folder("Inbox/Projects/Aurora"):items()
    :where { subject = "Aurora: Übergabe*" }:one()
  contract:restore()
  contract:restore_to { mailbox = "bob@contoso.com", folder = "Contracts" }
  contract:save { to = folder .. "/saved" }
  plans:restore()
end

function steps.sharepoint()
  local site = session:site "Marketing"
  local documents = site:library("Documents"):documents { recursive = true }
  local brief = documents:where { name = "Brief.docx" }:one()
  local budget = documents:where { name = "Budget.xlsx" }:one()
  budget:restore { on_conflict = "overwrite" }
  if client.version >= "v6" then
    brief:restore_to { to = site, list = "Documents" }
  else
    brief:restore { on_conflict = "overwrite" }
  end
  brief:save { to = folder .. "/saved", zip = false }
  site:list("Tasks"):items():where { title = "Book the hall" }:one():restore {
    on_conflict = "overwrite" }
end

function steps.teams()
  local channel = session:team("Aurora"):channel "General"
  local roadmap = channel:files():where { name = "Roadmap.docx" }:one()
  local contacts = channel:files():where { name = "Contacts.csv" }:one()
  roadmap:restore { changed = true, deleted = true }
  channel:posts():restore { posted_after = "2026-01-01T00:00:00Z" }
  roadmap:save { to = folder .. "/saved", zip = false }
  contacts:restore { changed = true, deleted = true }
end

steps[workload]()
print "done"
