--- Lists the options of every call that saves.
---
--- The check of options, `client:call`, what the core gets of a file, the editor's types and
--- the reference read this list; nothing else names them all.

---@class vbo.SaveOption
---@field name string
---@field type string      as `vbo.base.options` checks it
---@field default string   in the words of the reference
---@field versions string?  nil: every API version
---@field property string?  the REST property that it becomes; nil: the server does not see it
---@field reader "save"|"core"|"check"|"client"|"run"  the reader: `vbo.model.save` (where the file
---  goes, and what is noted of it), the core's sink, its check of the content, the client (the
---  transfer), or the run (its journal)
---@field call boolean     `client:call` takes it, for an operation that answers a stream
---@field doc string

---@type vbo.SaveOption[]
return {
  { name = "to", type = "string", default = "required", reader = "save", call = true,
    doc = "The file, or a folder where it ends in `/` or a set is saved; missing folders are "
      .. "made." },
  { name = "overwrite", type = "boolean", default = "false", reader = "core", call = true,
    doc = "Replaces a file that exists." },
  { name = "fsync", type = "boolean", default = "true", reader = "core", call = true,
    doc = "Waits until the disk has the file." },
  { name = "sha256", type = "boolean", default = "true", reader = "core", call = true,
    doc = "Hashes what is saved: `saved.sha256`." },
  { name = "check", type = "string|boolean", default = "by what the call saves", reader = "check",
    call = true,
    doc = "Checks that the file is whole: `\"zip\"`, `\"pst\"`, `\"msg\"`, `\"eml\"`, "
      .. "`\"html\"`, `\"pdf\"`, `\"csv\"`, several joined by `|`, or `\"document\"`; "
      .. "`false` takes what comes." },
  { name = "manifest", type = "boolean|table", default = "false", reader = "save", call = true,
    doc = "Notes the file in `SHA256SUMS` and `manifest.json` beside it, or in a "
      .. "`vbo.manifest`." },
  { name = "progress", type = "function|boolean", default = "the client's", reader = "client",
    call = true,
    doc = "Calls a function with each event; `true` shows the transfer on the terminal." },
  { name = "deadline", type = "number", default = "none", reader = "client", call = true,
    doc = "Seconds that the whole call may take." },
  { name = "key", type = "string", default = "none", reader = "run", call = true,
    doc = "Names the step in the journal: tells steps apart that look alike." },
  { name = "at_once", type = "integer", default = "16", reader = "save", call = false,
    doc = "Saves this many of several plain files at a time; the server may take fewer." },
  { name = "preserve_time", type = "boolean", default = "true", reader = "save", call = false,
    doc = "Gives a plain file the modification time of its document." },
  { name = "zip", type = "boolean", default = "by what the call saves", property = "asZip",
    reader = "client", call = false,
    doc = "`true` saves one archive, `false` plain files." },
}
