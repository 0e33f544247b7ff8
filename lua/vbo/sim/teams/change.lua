--- Teams in a restore session: save, export, send and restore, of posts, files, tabs, channels
--- and teams.

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local outcome = require "vbo.sim.sessions.outcome"
local posts = require "vbo.sim.formats.posts"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.state.scope"
local steps_of = require "vbo.sim.teams.restore"
local streams = require "vbo.sim.formats.streams"
local teams = require "vbo.sim.teams.scope"
local time = require "vbo.base.time"

local H = {}

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

local function told(session, kind, title, count)
  session:event {
    type = kind, status = "Success", done = true, title = title,
    message = ("%s: %d item(s)"):format(title, count),
  }
end

local function letter_of(context)
  if not context.body.to then refusal.missing { "To" } end
  return context.body
end

-- ---------------------------------------------------------------------- posts

local function listed_posts(context, session, team)
  return teams.listed(context.body.posts, "Posts", function(id)
    return teams.find_post(session, team, id, context.body.channelId)
  end)
end

--- The posts between two dates of a body.
local function dated_posts(context, session, team)
  local body, found = context.body, {}
  local from, to = body.from and time.parse(body.from), body.to and time.parse(body.to)
  for _, channel in ipairs(teams.channels(session, team, body.channelId)) do
    for _, post in ipairs(session.view:posts(channel)) do
      if not (from and post.at < from) and not (to and post.at > to) then
        found[#found + 1] = post
      end
    end
  end
  return found
end

--- Posts with the replies to them, each once.
local function with_replies(session, list)
  local found, seen = {}, {}
  local function add(post)
    if seen[post] then return end
    seen[post] = true
    found[#found + 1] = post
    for _, reply in ipairs(session.view:posts(post.channel, post)) do add(reply) end
  end
  for _, post in ipairs(list) do add(post) end
  return found
end

function H.TeamsPost_SaveById(context)
  local session, _, post = teams.post(context)
  told(session, "Save", "Saving post " .. post.id, 1)
  return context:stream(streams.message(posts.message(post)))
end

function H.TeamsPost_Save(context)
  local session, team = teams.team(context)
  local list = listed_posts(context, session, team)
  local messages = {}
  for i, post in ipairs(list) do messages[i] = posts.message(post) end
  told(session, "Save", ("Saving %d posts"):format(#list), #list)
  return context:stream(streams.messages(messages))
end

local function page(team, list)
  local channel = list[1] and list[1].channel
  for _, post in ipairs(list) do
    if post.channel ~= channel then channel = nil end
  end
  return streams.bytes(posts.page(team.name .. (channel and " - " .. channel.name or ""), list))
end

function H.TeamsPost_ExportById(context)
  local session, team, post = teams.post(context)
  local list = with_replies(session, { post })
  told(session, "Export", "Exporting post " .. post.id, #list)
  return context:stream(page(team, list))
end

function H.TeamsPost_Export(context)
  local session, team = teams.team(context)
  local list = context.body.posts and with_replies(session, listed_posts(context, session, team))
    or dated_posts(context, session, team)
  told(session, "Export", ("Exporting %d posts"):format(#list), #list)
  return context:stream(page(team, list))
end

local function send_posts(context, session, team, list)
  local letter, rows = letter_of(context), {}
  for i, post in ipairs(list) do
    local title = post.subject ~= "" and post.subject or "post " .. post.id
    rows[i] = { name = title .. ".msg", path = post.channel.name .. "/Posts/" .. title,
      size = post.size, user = team.name }
  end
  restore.send(context, session, rows, letter, "teams")
  return context:empty()
end

function H.TeamsPost_SendById(context)
  local session, team, post = teams.post(context)
  return send_posts(context, session, team, { post })
end

function H.TeamsPost_Send(context)
  local session, team = teams.team(context)
  return send_posts(context, session, team, listed_posts(context, session, team))
end

-- ---------------------------------------------------------------------- files

---@class vbo.sim.FileSelection
---@field session table
---@field team table
---@field files table[]   documents and folders
---@field single boolean?
---@field what string

local function one_file(context)
  local session, team, file = teams.file(context)
  return { session = session, team = team, files = { file }, single = true,
    what = "file " .. file.name }
end

-- All that is at the top of a channel's files, or of all channels': what v5 means by a channel
-- without a list of files.
local function top_files(session, team, channel_id)
  local list = {}
  for _, channel in ipairs(teams.channels(session, team, channel_id)) do
    for _, it in ipairs(session.view:folders(channel.files, false)) do list[#list + 1] = it end
    for _, it in ipairs(session.view:documents(channel.files, false)) do list[#list + 1] = it end
  end
  return list
end

local function listed_files(context)
  local session, team = teams.team(context)
  if context.number == 5 and not context.body.files then
    local list = top_files(session, team, context.body.channelId)
    return { session = session, team = team, files = list, what = "all files" }
  end
  local list = teams.listed(context.body.files, "Files", function(id)
    return teams.find_file(session, team, id, context.body.channelId)
  end)
  return { session = session, team = team, files = list, what = ("%d files"):format(#list) }
end

--- The documents of a selection, all of a chosen folder's, and the folders; by channel too.
local function expanded(chosen)
  local session, all = chosen.session, { documents = {}, folders = {}, tops = {}, channels = {} }
  local by_channel = {}
  for _, file in ipairs(chosen.files) do
    local channel = file.drive.channel
    local part = by_channel[channel]
    if not part then
      part = { channel = channel, documents = {}, folders = {} }
      by_channel[channel] = part
      table.insert(all.channels, part)
    end
    local documents, folders = { { document = file } }, {}
    if file.versions then
      documents[1].version = session.view:current(file)
    else
      documents, folders = scope.below(session, file.drive, { file })
      all.tops[file] = true
    end
    append(part.documents, documents)
    append(part.folders, folders)
    append(all.documents, documents)
    append(all.folders, folders)
  end
  return all
end

--- The folders of a document or folder from the chosen one on; none of chosen documents.
local function folders_of(all, it)
  local names = {}
  if all.tops[it] then return names end
  local folder = it.folder or it.parent
  while folder do
    table.insert(names, 1, folder.name)
    if all.tops[folder] then return names end
    folder = folder.parent
  end
  return {}
end

local function save_files(context, chosen)
  local all = expanded(chosen)
  told(chosen.session, "Save", "Saving " .. chosen.what, #all.documents)
  if chosen.single and chosen.files[1].versions and not context.body.asZip then
    return context:stream(all.documents[1].version.stream)
  end
  return context:stream(streams.documents(all.documents, function(it)
    return folders_of(all, it)
  end, all.folders))
end

local function send_files(context, chosen)
  local letter, rows = letter_of(context), {}
  for i, each in ipairs(expanded(chosen).documents) do
    local document = each.document
    rows[i] = {
      name = document.name, size = each.version.size, version = each.version.number,
      path = document.drive.channel.name .. "/Files/" .. document.path, user = chosen.team.name,
    }
  end
  restore.send(context, chosen.session, rows, letter, "teams")
  return context:empty()
end

function H.TeamsFile_SaveById(context) return save_files(context, one_file(context)) end
function H.TeamsFile_Save(context) return save_files(context, listed_files(context)) end
function H.TeamsFile_SendById(context) return send_files(context, one_file(context)) end
function H.TeamsFile_Send(context) return send_files(context, listed_files(context)) end

-- ------------------------------------------------------------------- restores

--- What each restore takes: a session, and what `session:begin` wants.
local plans = {}

local function plan(session, what, target, steps)
  return session, { title = "Restoring " .. what, target = target, steps = steps }
end

local function of_files(context, chosen)
  local steps = {}
  for _, part in ipairs(expanded(chosen).channels) do
    append(steps, steps_of.files(context, chosen.session, part.channel, part.documents,
      part.folders))
  end
  return plan(chosen.session, chosen.what, chosen.team.name, steps)
end

function plans.TeamsFile_RestoreById(context) return of_files(context, one_file(context)) end
function plans.TeamsFile_Restore(context) return of_files(context, listed_files(context)) end

function plans.TeamsPost_Restore(context)
  local session, team = teams.team(context)
  if not context.body.channelId then refusal.missing { "ChannelId" } end
  -- Only operators name posts.
  local list = context.body.posts and listed_posts(context, session, team)
    or dated_posts(context, session, team)
  return plan(session, ("%d posts"):format(#list), team.name,
    steps_of.posts(context, session, list))
end

local function of_tabs(context, session, team, tabs)
  return plan(session, ("%d tabs"):format(#tabs), team.name, steps_of.tabs(context, session, tabs))
end

function plans.TeamsTab_RestoreById(context)
  local session, team, channel = teams.channel(context)
  return of_tabs(context, session, team,
    { teams.find_tab(session, { channel }, context.params.tabId) })
end

local function listed_tabs(context, session, channels)
  return teams.listed(context.body.tabs, "Tabs", function(id)
    return teams.find_tab(session, channels, id)
  end)
end

function plans.TeamsTab_Restore(context)
  local session, team, channel = teams.channel(context)
  return of_tabs(context, session, team, listed_tabs(context, session, { channel }))
end

function plans.TeamsTab_RestoreByMultipleChannels(context)
  local session, team = teams.team(context)
  return of_tabs(context, session, team,
    listed_tabs(context, session, session.view:channels(team)))
end

function plans.TeamsChannel_Restore(context)
  local session, team, channel = teams.channel(context)
  return plan(session, "channel " .. channel.name, team.name,
    steps_of.channel(context, session, channel))
end

function plans.TeamsTeam_RestoreById(context)
  local session, team = teams.team(context)
  return plan(session, "team " .. team.name, team.name, steps_of.team(context, session, team))
end

function plans.TeamsTeam_Restore(context)
  local session, steps = explore.session(context, "Vet"), {}
  local list = teams.listed(context.body.teams, "Teams", function(id)
    return session.view:team(id) or refusal.not_found("TeamsTeam", id)
  end)
  for _, team in ipairs(list) do append(steps, steps_of.team(context, session, team)) end
  return plan(session, ("%d teams"):format(#list), "Microsoft Teams", steps)
end

-- Restores by operators (v7 and later) answer at once.
local operators = {
  TeamsTeam_OperatorRestore = "TeamsTeam_Restore", TeamsChannel_OperatorRestore =
    "TeamsChannel_Restore", TeamsFile_OperatorRestore = "TeamsFile_Restore",
  TeamsPost_OperatorRestore = "TeamsPost_Restore", TeamsTab_OperatorRestore = "TeamsTab_Restore",
  TeamsTab_OperatorRestoreByMultipleChannels = "TeamsTab_RestoreByMultipleChannels",
}

for name, make in pairs(plans) do
  H[name] = function(context)
    local session, options = make(context)
    return outcome.teams(context, session, options)
  end
end

for name, of in pairs(operators) do
  H[name] = function(context)
    local session, options = plans[of](context)
    options.title = options.title .. " as a restore operator"
    return explore.begin(context, session, options)
  end
end

-- -------------------------------------------------- exports in two steps (v7)

local function start_export(context, session, team, list)
  local id = context.app.uuid()
  session.exports = session.exports or {}
  session.exports[id] = page(team, list)
  told(session, "Export", ("Exporting %d posts"):format(#list), #list)
  return context:json { exportTaskId = id }
end

function H.TeamsPost_OperatorStartExportTask(context)
  local session, team = teams.team(context)
  return start_export(context, session, team,
    with_replies(session, listed_posts(context, session, team)))
end

function H.TeamsChannel_OperatorStartExportTask(context)
  local session, team, channel = teams.channel(context)
  return start_export(context, session, team, session.view:posts(channel))
end

local function download(context)
  local session, id = teams.team(context), context.params.requestExportId
  local made = session.exports and session.exports[core.fold(id)]
  return context:stream(made or refusal.not_found("ExportTask", id))
end

H.TeamsPost_DownloadExportedPosts = download
H.TeamsChannel_DownloadExportedPosts = download

return H
