--- Speaks the verb dialect (v6–v8): `POST …/restore` with the body itself.

local time = require "vbo.base.time"

local Verb = {}
Verb.__index = Verb

local codes = { exchange = "Vex", onedrive = "Veod", sharepoint = "Vesp", teams = "Vet" }

--- `parentId` of the root folder: v8 renamed it.
function Verb:root() return self.number >= 8 and "root" or "null" end

---@param intent table {workload, at, zoned, deleted, all_versions, repository}
---@return table options, table implied
function Verb.explore(_, intent)
  return {
    at = intent.at and time.iso(intent.at) or nil,
    workload = codes[intent.workload],
    deleted = intent.deleted,
    all_versions = intent.all_versions,
    repository = intent.repository,
  }, {}
end

function Verb.misread() return 0 end

--- The last version is what `restore` takes here (older ones have their own path), and
--- everything but a single document is saved as an archive.
Verb.implied = { version = "last", zip = true }

return Verb
