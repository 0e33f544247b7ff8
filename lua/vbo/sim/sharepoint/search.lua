--- Handles searching of sites, libraries, lists and folders in a restore session (v5 and later).

local core = require "vbo.core"
local choice = require "vbo.sim.sessions.choice"
local explore = require "vbo.sim.sessions.explore"
local render = require "vbo.sim.sharepoint.render"
local scope = require "vbo.sim.sharepoint.scope"
local search = require "vbo.sim.sessions.search"

local H = {}

-- Answers the documents and folders of some containers that match; `itemType` is Items, Folders or
-- both.
local function answer(context, session, containers, top)
  local terms, wanted = search.terms_of(context), core.fold(context.query.itemType or "")
  local rows = {}
  for _, container in ipairs(containers) do
    local documents, folders = choice.below(session, container, top and { top } or nil)
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
    if not row[2] then return render.folder(context, row[1], session) end
    return render.document(context, row[1], session, row[2])
  end)
end

function H.SharePointSite_SearchSitesByOptions(context)
  local session, containers = explore.session(context, "Vesp"), {}
  for _, site in ipairs(session.view:sites()) do
    local inside = session.view:containers(site)
    table.move(inside, 1, #inside, #containers + 1, containers)
  end
  return answer(context, session, containers)
end

function H.SharePointSite_SearchSiteByOptions(context)
  local session, site = scope.site(context)
  return answer(context, session, session.view:containers(site))
end

local function search_container(kind)
  return function(context)
    local session, _, container = scope.container(context, kind)
    return answer(context, session, { container })
  end
end

H.SharePointLibrary_SearchLibraryByOptions = search_container "library"
H.SharePointList_SearchListByOptions = search_container "list"

function H.SharePointFolder_SearchFolderByOptions(context)
  local session, _, folder = scope.folder(context)
  return answer(context, session, { folder.drive }, folder)
end

return H
