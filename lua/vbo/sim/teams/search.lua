--- Handles searching of teams and channels in a restore session (v5 and later).

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local render = require "vbo.sim.teams.render"
local scope = require "vbo.sim.teams.scope"
local search = require "vbo.sim.sessions.search"

local H = {}

local function text_of(html) return (html:gsub("<[^>]*>", " ")) end

local collect = {}

function collect.posts(session, channel, terms, rows)
  for _, post in ipairs(session.view:posts(channel)) do
    if search.matches(terms, { subject = post.subject, author = post.author,
      body = text_of(post.html) }) then
      rows[#rows + 1] = { render.post, post }
    end
  end
end

function collect.files(session, channel, terms, rows)
  local documents, folders = choice.below(session, channel.files, nil)
  for _, folder in ipairs(folders) do
    if search.matches(terms, { name = folder.name }) then
      rows[#rows + 1] = { render.file, folder }
    end
  end
  for _, each in ipairs(documents) do
    if search.matches(terms, { name = each.document.name, modifiedby = each.version.by }) then
      rows[#rows + 1] = { render.file, each.document }
    end
  end
end

function collect.tabs(session, channel, terms, rows)
  for _, tab in ipairs(session.view:tabs(channel)) do
    if search.matches(terms, { name = tab.name, url = tab.url }) then
      rows[#rows + 1] = { render.tab, tab }
    end
  end
end

-- Answers the posts, files and tabs of some channels that match; kind: of one kind alone.
local function answer(context, session, channels, kind)
  local terms, rows = search.terms_of(context), {}
  for _, channel in ipairs(channels) do
    for _, each in ipairs { "posts", "files", "tabs" } do
      if not kind or kind == each then collect[each](session, channel, terms, rows) end
    end
  end
  return context:list(rows, function(_, row) return row[1](context, row[2], session) end)
end

local function kind_of(context) return context.body.type and core.fold(context.body.type) end

function H.TeamsTeam_Search(context)
  local session, team = scope.team(context)
  return answer(context, session, session.view:channels(team), kind_of(context))
end

function H.TeamsChannel_Search(context)
  local session, _, channel = scope.channel(context)
  return answer(context, session, { channel }, kind_of(context))
end

function H.TeamsTab_Search(context)
  local session, _, channel = scope.channel(context)
  return answer(context, session, { channel }, "tabs")
end

local function search_kind(kind)
  return function(context)
    local session, team = scope.team(context)
    return answer(context, session,
      scope.channels(session, team, context.query.channelId), kind)
  end
end

H.TeamsPost_Search = search_kind "posts"
H.TeamsFile_Search = search_kind "files"

function H.BackupOrganization_RestoreSessionsSearchTeams(context)
  local session, channels = explore.session(context, "Vet"), {}
  for _, team in ipairs(session.view:teams()) do
    local inside = session.view:channels(team)
    table.move(inside, 1, #inside, #channels + 1, channels)
  end
  return answer(context, session, channels, kind_of(context))
end

return H
