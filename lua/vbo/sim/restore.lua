--- Steps that write documents and mail into production; `work.lua` carries them out.

local production = require "vbo.sim.production"

local M = {}

--- How a step ended: the words of `work.lua`.
local function failed(message) return { how = "failed", error = message } end
local function skipped(message) return { how = "skipped", error = message } end

--- Records a change that a session made in production.
local function record(context, session, change, how, fields)
  fields.change, fields.how = change, how
  fields.organization, fields.session = session.organization.name, session.id
  context.store.production:record(fields)
end

M.record = record

--- Steps that write documents.
---@param context vbo.sim.Context
---@param session table
---@param list { document: table, version: vbo.sim.Version, all: boolean? }[]  all: of this one
---  every version or the last alone, whatever `how` says
---@param options { change: string, drive: table?, missing: string?, skip: boolean?,
---  how: table, place: (fun(document: table): string), workload: string?, type: string?,
---  prefix: string? }
---  drive: where to, nil where production has none, and then missing says why; skip: that is no
---  failure; place: the path of a document there; workload: "onedrive" unless told; type: of the
---  steps, "Document" unless told; prefix: of paths, where a site has several such drives
---@return vbo.sim.Step[]
function M.documents(context, session, list, options)
  local steps = {}
  for i, each in ipairs(list) do
    local document, version = each.document, each.version
    local how = options.how
    if each.all ~= nil then how = setmetatable({ all = each.all }, { __index = options.how }) end
    local path, prefix = options.place(document), options.prefix or ""
    steps[i] = {
      id = document.id, name = document.name, type = options.type or "Document",
      size = version.size, path = prefix .. path,
      run = function()
        if not options.drive then
          return (options.skip and skipped or failed)(options.missing)
        end
        local side = context.store.production
        local outcome, written = side:write(options.drive, path, version, how)
        if outcome ~= "unchanged" then
          record(context, session, options.change, outcome, {
            workload = options.workload or "onedrive", user = options.drive.user.name,
            path = prefix .. written,
            size = version.size, version = how.all and "all" or version.number,
            source = document.drive.owner ~= options.drive.user.name
              and document.drive.owner .. "/" .. document.path or nil,
          })
        end
        return { how = outcome }
      end,
    }
  end
  return steps
end

--- Sees to it that restored folders are there, even the empty ones.
function M.folders(drive, list, place)
  if not drive then return end
  for _, folder in ipairs(list) do production.add_folder(drive, place(folder)) end
end

local drafts_and_deleted = { Drafts = "excludeDrafts", Deleted = "excludeDeletedItems" }

--- Steps that write mail.
---@param context vbo.sim.Context
---@param session table
---@param items table[]
---@param options { find: (fun(item: table): table?, string?), skip: boolean?, body: table?,
---  place: (fun(item: table): string) }  find: the mailbox in production, or nil and why there is
---  none; skip: that is no failure; body: the flags of the request
---@return vbo.sim.Step[]
function M.items(context, session, items, options)
  local steps, body = {}, options.body or {}
  for _, item in ipairs(items) do
    local excluded = drafts_and_deleted[item.folder.category]
    if not (excluded and body[excluded]) then
      local folder = options.place(item)
      local path = folder .. "/" .. item.subject
      steps[#steps + 1] = {
        id = item.id, name = item.subject, type = "Item", size = item.size, path = path,
        run = function()
          local mailbox, missing = options.find(item)
          if not mailbox then return (options.skip and skipped or failed)(missing) end
          local how = production.deliver(mailbox, folder, item, {
            missing = body.deletedItems, unread = body.markRestoredAsUnread,
          })
          if how == "created" then
            local source = item.mailbox.email
            record(context, session, "restored", how, {
              workload = "exchange", user = mailbox.user.name, path = path, size = item.size,
              source = source ~= mailbox.user.name and source or nil,
            })
          end
          return { how = how }
        end,
      }
    end
  end
  return steps
end

--- Sends what was chosen as one message with attachments.
---@param context vbo.sim.Context
---@param session table
---@param list { name: string, path: string, size: integer, version: string?, user: string }[]
---@param letter { from: string, to: string, subject: string?, text: string? }
---@param workload string
function M.send(context, session, list, letter, workload)
  local attachments = {}
  for i, each in ipairs(list) do
    attachments[i] = { name = each.name, size = each.size }
    record(context, session, "sent", "sent", {
      workload = workload, user = each.user, path = each.path, size = each.size,
      version = each.version, to = letter.to,
    })
  end
  context.store.production:send {
    from = letter.from, to = letter.to, subject = letter.subject, text = letter.text,
    attachments = attachments, session = session.id,
  }
  session:event {
    type = "Send", status = "Success", done = true, target = letter.to,
    title = ("Sending %d item(s)"):format(#list),
    message = ("Sent %d item(s) to %s"):format(#list, letter.to),
  }
end

return M
