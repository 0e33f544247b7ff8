--- Searching sites and teams in a restore session (v5 and later).

local core = require "vbo.core"
local explore = require "vbo.sim.sessions.explore"
local of_sites = require "vbo.sim.sharepoint.render"
local of_teams = require "vbo.sim.teams.render"
local refusal = require "vbo.sim.base.refusal"
local scope = require "vbo.sim.state.scope"
local search = require "vbo.sim.state.search"
local sites = require "vbo.sim.sharepoint.scope"
local teams = require "vbo.sim.teams.scope"

local H = {}

local function terms_of(context)
  local query = context.body.query
  if query == nil then refusal.missing { "Query" } end
  return search.terms(query)
end

-- ----------------------------------------------------------------- SharePoint

--- Answers what of libraries, lists or a folder matches: `itemType` Items, Folders or both.
local function answer_sites(context, session, containers, top)
  local terms, wanted = terms_of(context), core.fold(context.query.itemType or "")
  local rows = {}
  for _, container in ipairs(containers) do
    local documents, folders = scope.below(session, container, top and { top } or nil)
    for _, folder in ipairs(wanted ~= "items" and folders or {}) do
      if folder ~= top and search.matches(terms, { name = folder.name, author = folder.by }) then
        rows[#rows + 1] = { folder }
      end
    end
    for _, each in ipairs(wanted ~= "folders" and documents or {}) do
      local document = each.document
      if search.matches(terms, { name = document.name, title = document.name,
        author = document.versions[1].by, modifiedby = each.version.by }) then
        rows[#rows + 1] = { document, each.version }
      end
    end
  end
  return context:list(rows, function(_, row)
    if not row[2] then return of_sites.folder(context, row[1], session) end
    return of_sites.document(context, row[1], session, row[2])
  end)
end

function H.SharePointSite_SearchSitesByOptions(context)
  local session, containers = explore.session(context, "Vesp"), {}
  for _, site in ipairs(session.view:sites()) do
    local inside = session.view:containers(site)
    table.move(inside, 1, #inside, #containers + 1, containers)
  end
  return answer_sites(context, session, containers)
end

function H.SharePointSite_SearchSiteByOptions(context)
  local session, site = sites.site(context)
  return answer_sites(context, session, session.view:containers(site))
end

for kind, name in pairs {
  library = "SharePointLibrary_SearchLibraryByOptions", list = "SharePointList_SearchListByOptions",
} do
  H[name] = function(context)
    local session, _, container = sites.container(context, kind)
    return answer_sites(context, session, { container })
  end
end

function H.SharePointFolder_SearchFolderByOptions(context)
  local session, _, folder = sites.folder(context)
  return answer_sites(context, session, { folder.drive }, folder)
end

-- ---------------------------------------------------------------------- Teams

local function text_of(html) return (html:gsub("<[^>]*>", " ")) end

local collect = {}

function collect.posts(session, channel, terms, rows)
  for _, post in ipairs(session.view:posts(channel)) do
    if search.matches(terms, { subject = post.subject, author = post.author,
      body = text_of(post.html) }) then
      rows[#rows + 1] = { of_teams.post, post }
    end
  end
end

function collect.files(session, channel, terms, rows)
  local documents, folders = scope.below(session, channel.files, nil)
  for _, folder in ipairs(folders) do
    if search.matches(terms, { name = folder.name }) then
      rows[#rows + 1] = { of_teams.file, folder }
    end
  end
  for _, each in ipairs(documents) do
    if search.matches(terms, { name = each.document.name, modifiedby = each.version.by }) then
      rows[#rows + 1] = { of_teams.file, each.document }
    end
  end
end

function collect.tabs(session, channel, terms, rows)
  for _, tab in ipairs(session.view:tabs(channel)) do
    if search.matches(terms, { name = tab.name, url = tab.url }) then
      rows[#rows + 1] = { of_teams.tab, tab }
    end
  end
end

--- Answers what of some channels matches: one kind, or all.
local function answer_teams(context, session, channels, kind)
  local terms, rows = terms_of(context), {}
  for _, channel in ipairs(channels) do
    for _, each in ipairs { "posts", "files", "tabs" } do
      if not kind or kind == each then collect[each](session, channel, terms, rows) end
    end
  end
  return context:list(rows, function(_, row) return row[1](context, row[2], session) end)
end

local function kind_of(context) return context.body.type and core.fold(context.body.type) end

function H.TeamsTeam_Search(context)
  local session, team = teams.team(context)
  return answer_teams(context, session, session.view:channels(team), kind_of(context))
end

function H.TeamsChannel_Search(context)
  local session, _, channel = teams.channel(context)
  return answer_teams(context, session, { channel }, kind_of(context))
end

function H.TeamsTab_Search(context)
  local session, _, channel = teams.channel(context)
  return answer_teams(context, session, { channel }, "tabs")
end

for kind, name in pairs { posts = "TeamsPost_Search", files = "TeamsFile_Search" } do
  H[name] = function(context)
    local session, team = teams.team(context)
    return answer_teams(context, session,
      teams.channels(session, team, context.query.channelId), kind)
  end
end

function H.BackupOrganization_RestoreSessionsSearchTeams(context)
  local session, channels = explore.session(context, "Vet"), {}
  for _, team in ipairs(session.view:teams()) do
    local inside = session.view:channels(team)
    table.move(inside, 1, #inside, #channels + 1, channels)
  end
  return answer_teams(context, session, channels, kind_of(context))
end

return H
