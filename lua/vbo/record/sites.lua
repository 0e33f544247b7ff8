--- Records SharePoint sites: subsites, libraries with their documents, lists with their items.

local files = require "vbo.record.files"

local M = {}

local function fill(recorder, listing, site, line)
  local mask = recorder.mask
  local function container(kind, it)
    local below = listing:add {
      ["in"] = line, [kind] = mask:name(it.name), url = mask:url(it.url), created = it.created,
      description = mask:name(it.description),
    }
    files.below(recorder, listing, it, below, { items = kind == "list" })
  end
  for library in site:libraries():each() do
    container("library", library)
    recorder:count "libraries"
  end
  for list in site:lists():each() do
    container("list", list)
    recorder:count "lists"
  end
  recorder:count "sites"
  for inner in site:sites({ recursive = false }):each() do
    fill(recorder, listing, inner, listing:add {
      ["in"] = line, site = mask:name(inner.name), url = mask:url(inner.url),
    })
  end
end

--- Records a site and its subsites.
---@return string path  of its listing
function M.site(recorder, place, site)
  local mask = recorder.mask
  local listing <close> = recorder:listing(place .. "/sites", mask:name(site.name))
  local row = { site = mask:name(site.name), url = mask:url(site.url) }
  fill(recorder, listing, site, listing:add(row))
  listing:close()
  return listing.path
end

return M
