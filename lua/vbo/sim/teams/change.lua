--- Handles save, export, send and restore of posts, files, tabs, channels and whole scope.

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local outcome = require "vbo.sim.sessions.outcome"
local posts = require "vbo.sim.formats.posts"
local refusal = require "vbo.sim.base.refusal"
local restore = require "vbo.sim.sessions.restore"
local scope = require "vbo.sim.teams.scope"
local steps_of = require "vbo.sim.teams.restore"
local streams = require "vbo.sim.formats.streams"
local time = require "vbo.base.time"

local H = {}

local function append(list, more) table.move(more, 1, #more, #list + 1, list) end

local function add_event(session, kind, title, count)
  session:event {
    type = kind, status = "Success", done = true, title = title,
    message = ("%s: %d item(s)"):format(title, count),
  }
end

-- ---------------------------------------------------------------------- posts

local function listed_posts(context, session, team)
  return scope.listed(context.body.posts, "Posts", function(id)
    return scope.find_post(session, team, id, context.body.channelId)
  end)
end

-- Finds the posts between two dates of a body.
local function dated_posts(context, session, team)
  local body, found = context.body, {}
  local from, to = body.from and time.parse(body.from), body.to and time.parse(body.to)
  for _, channel in ipairs(scope.channels(session, team, body.channelId)) do
    for _, post in ipairs(session.view:posts(channel)) do
      if not (from and post.at < from) and not (to and post.at > to) then
        found[#found + 1] = post
      end
    end
  end
  return found
end

-- Adds the replies to posts, each once.
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
  local session, _, post = scope.post(context)
  add_event(session, "Save", "Saving post " .. post.id, 1)
  return context:stream(streams.message(posts.message(post)))
end

function H.TeamsPost_Save(context)
  local session, team = scope.team(context)
  local list = listed_posts(context, session, team)
  local messages = {}
  for i, post in ipairs(list) do messages[i] = posts.message(post) end
  add_event(session, "Save", ("Saving %d posts"):format(#list), #list)
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
  local session, team, post = scope.post(context)
  local list = with_replies(session, { post })
  add_event(session, "Export", "Exporting post " .. post.id, #list)
  return context:stream(page(team, list))
end

function H.TeamsPost_Export(context)
  local session, team = scope.team(context)
  local list = context.body.posts and with_replies(session, listed_posts(context, session, team))
    or dated_posts(context, session, team)
  add_event(session, "Export", ("Exporting %d posts"):format(#list), #list)
  return context:stream(page(team, list))
end

local function send_posts(context, session, team, list)
  local letter, rows = restore.letter(context), {}
  for i, post in ipairs(list) do
    local title = post.subject ~= "" and post.subject or "post " .. post.id
    rows[i] = { name = title .. ".msg", path = post.channel.name .. "/Posts/" .. title,
      size = post.size, user = team.name }
  end
  restore.send(context, session, rows, letter, "teams")
  return context:empty()
end

function H.TeamsPost_SendById(context)
  local session, team, post = scope.post(context)
  return send_posts(context, session, team, { post })
end

function H.TeamsPost_Send(context)
  local session, team = scope.team(context)
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
  local session, team, file = scope.file(context)
  return { session = session, team = team, files = { file }, single = true,
    what = "file " .. file.name }
end

-- Lists the files and folders at the top of a channel, or of all channels.  In v5 a body without a
-- list of files means them.
local function top_files(session, team, channel_id)
  local list = {}
  for _, channel in ipairs(scope.channels(session, team, channel_id)) do
    for _, it in ipairs(session.view:folders(channel.files, false)) do list[#list + 1] = it end
    for _, it in ipairs(session.view:documents(channel.files, false)) do list[#list + 1] = it end
  end
  return list
end

local function listed_files(context)
  local session, team = scope.team(context)
  if context.number == 5 and not context.body.files then
    local list = top_files(session, team, context.body.channelId)
    return { session = session, team = team, files = list, what = "all files" }
  end
  local list = scope.listed(context.body.files, "Files", function(id)
    return scope.find_file(session, team, id, context.body.channelId)
  end)
  return { session = session, team = team, files = list, what = ("%d files"):format(#list) }
end

-- Expands a selection into its documents, those in chosen folders included, and its folders; in all
-- and by channel.
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
      documents, folders = choice.below(session, file.drive, { file })
      all.tops[file] = true
    end
    append(part.documents, documents)
    append(part.folders, folders)
    append(all.documents, documents)
    append(all.folders, folders)
  end
  return all
end

-- Lists the folders of a document or folder from the chosen one on; none for chosen documents.
local function folders_of(all, it)
  local names, reached = choice.folders_of(all.tops, it)
  return reached and names or {}
end

local function save_files(context, chosen)
  local all = expanded(chosen)
  add_event(chosen.session, "Save", "Saving " .. chosen.what, #all.documents)
  if chosen.single and chosen.files[1].versions and not context.body.asZip then
    return context:stream(all.documents[1].version.stream)
  end
  return context:stream(streams.documents(all.documents, function(it)
    return folders_of(all, it)
  end, all.folders))
end

local function send_files(context, chosen)
  local letter, rows = restore.letter(context), {}
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

-- Each plan returns the session and what `session:begin` takes.
local plan = {}

local function planned(session, what, target, steps)
  return session, { title = "Restoring " .. what, target = target, steps = steps }
end

local function plan_files(context, chosen)
  local steps = {}
  for _, part in ipairs(expanded(chosen).channels) do
    append(steps, steps_of.files(context, chosen.session, part.channel, part.documents,
      part.folders))
  end
  return planned(chosen.session, chosen.what, chosen.team.name, steps)
end

function plan.file(context) return plan_files(context, one_file(context)) end
function plan.files(context) return plan_files(context, listed_files(context)) end

function plan.posts(context)
  local session, team = scope.team(context)
  if not context.body.channelId then refusal.missing { "ChannelId" } end
  -- Only the operations for restore operators list posts.
  local list = context.body.posts and listed_posts(context, session, team)
    or dated_posts(context, session, team)
  return planned(session, ("%d posts"):format(#list), team.name,
    steps_of.posts(context, session, list))
end

local function plan_tabs(context, session, team, tabs)
  return planned(session, ("%d tabs"):format(#tabs), team.name,
    steps_of.tabs(context, session, tabs))
end

function plan.tab(context)
  local session, team, channel = scope.channel(context)
  return plan_tabs(context, session, team,
    { scope.find_tab(session, { channel }, context.params.tabId) })
end

local function listed_tabs(context, session, channels)
  return scope.listed(context.body.tabs, "Tabs", function(id)
    return scope.find_tab(session, channels, id)
  end)
end

function plan.tabs(context)
  local session, team, channel = scope.channel(context)
  return plan_tabs(context, session, team, listed_tabs(context, session, { channel }))
end

function plan.tabs_of_channels(context)
  local session, team = scope.team(context)
  return plan_tabs(context, session, team,
    listed_tabs(context, session, session.view:channels(team)))
end

function plan.channel(context)
  local session, team, channel = scope.channel(context)
  return planned(session, "channel " .. channel.name, team.name,
    steps_of.channel(context, session, channel))
end

function plan.team(context)
  local session, team = scope.team(context)
  return planned(session, "team " .. team.name, team.name, steps_of.team(context, session, team))
end

function plan.teams(context)
  local session, steps = explore.session(context, "Vet"), {}
  local list = scope.listed(context.body.teams, "Teams", function(id)
    return session.view:team(id) or refusal.not_found("TeamsTeam", id)
  end)
  for _, team in ipairs(list) do append(steps, steps_of.team(context, session, team)) end
  return planned(session, ("%d teams"):format(#list), "Microsoft Teams", steps)
end

local function restored(make)
  return function(context)
    local session, options = make(context)
    return outcome.teams(context, session, options)
  end
end

H.TeamsFile_RestoreById = restored(plan.file)
H.TeamsFile_Restore = restored(plan.files)
H.TeamsPost_Restore = restored(plan.posts)
H.TeamsTab_RestoreById = restored(plan.tab)
H.TeamsTab_Restore = restored(plan.tabs)
H.TeamsTab_RestoreByMultipleChannels = restored(plan.tabs_of_channels)
H.TeamsChannel_Restore = restored(plan.channel)
H.TeamsTeam_RestoreById = restored(plan.team)
H.TeamsTeam_Restore = restored(plan.teams)

-- The operations for restore operators (v7 and later) restore in the background.
local function operator_restored(make)
  return function(context)
    local session, options = make(context)
    options.title = options.title .. " as a restore operator"
    return explore.begin(context, session, options)
  end
end

H.TeamsFile_OperatorRestore = operator_restored(plan.files)
H.TeamsPost_OperatorRestore = operator_restored(plan.posts)
H.TeamsTab_OperatorRestore = operator_restored(plan.tabs)
H.TeamsTab_OperatorRestoreByMultipleChannels = operator_restored(plan.tabs_of_channels)
H.TeamsChannel_OperatorRestore = operator_restored(plan.channel)
H.TeamsTeam_OperatorRestore = operator_restored(plan.teams)

-- -------------------------------------------------- exports in two steps (v7)

local function start_export(context, session, team, list)
  local id = context.app.uuid()
  session.exports = session.exports or {}
  session.exports[id] = page(team, list)
  add_event(session, "Export", ("Exporting %d posts"):format(#list), #list)
  return context:json { exportTaskId = id }
end

function H.TeamsPost_OperatorStartExportTask(context)
  local session, team = scope.team(context)
  return start_export(context, session, team,
    with_replies(session, listed_posts(context, session, team)))
end

function H.TeamsChannel_OperatorStartExportTask(context)
  local session, team, channel = scope.channel(context)
  return start_export(context, session, team, session.view:posts(channel))
end

local function download(context)
  local session, id = scope.team(context), context.params.requestExportId
  local made = session.exports and session.exports[core.fold(id)]
  return context:stream(made or refusal.not_found("ExportTask", id))
end

H.TeamsPost_DownloadExportedPosts = download
H.TeamsChannel_DownloadExportedPosts = download

return H
