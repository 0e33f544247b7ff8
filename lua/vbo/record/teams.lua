--- Records teams: channels with their tabs, posts and files.

local fields = require "vbo.model.fields"
local files = require "vbo.record.files"

local M = {}

local function version_row(recorder, row, file)
  row.at, row.by = file.modified, recorder.mask:person(file.modified_by)
  row.number = file.ui_version
  local number = math.tointeger(file.version)
  -- SharePoint numbers versions with 512 a major version; Teams shows the major part.
  row.id = number and number * 512
  return row
end

local function file_row(recorder, row, file)
  local versions = recorder.file_versions and file:versions():all() or {}
  if #versions < 2 then
    return files.fill(recorder, version_row(recorder, row, file), file, file)
  end
  table.sort(versions, function(a, b) return (a.version or 0) < (b.version or 0) end)
  row.versions = {}
  for i, version in ipairs(versions) do
    -- The API shows older versions, but cannot save them.
    row.versions[i] = files.fill(recorder, version_row(recorder, {}, version), version,
      i == #versions and file)
    recorder:count "versions"
  end
  return row
end

local here = { recursive = false }

local function add_files(recorder, listing, owner, line)
  for folder in owner:folders(here):each() do
    if listing.left <= 0 then return end
    local folder_line = listing:add {
      ["in"] = line, folder = recorder.mask:name(folder.name), created = folder.modified,
      by = recorder.mask:person(folder.modified_by),
    }
    recorder:count "folders"
    add_files(recorder, listing, folder, folder_line)
  end
  for file in owner:files(here):each() do
    if not listing:take() then return end
    listing:add(file_row(recorder, { ["in"] = line, file = recorder.mask:file(file.name) }, file))
    recorder:count "documents"
  end
end

local function add_posts(recorder, listing, list, line, is_reply)
  local mask = recorder.mask
  for post in list:each() do
    if not listing:take() then return end
    local row = {
      ["in"] = line, post = mask:subject(post.subject) or "", author = mask:person(post.author),
      at = post.created, modified = post.modified, important = post.is_important,
    }
    for _, each in ipairs(post.attachments or {}) do
      row.attachments = row.attachments or {}
      local name = fields.read(each, "name") or fields.read(each, "long_file_name")
      table.insert(row.attachments, {
        name = mask:file(name) or "attachment", url = mask:url(fields.read(each, "url")),
      })
    end
    local post_line = listing:add(row)
    recorder:count "posts"
    -- Replies have no replies.
    if not is_reply then add_posts(recorder, listing, post:replies(), post_line, true) end
  end
end

--- Records a team.
---@return string path  of its listing
function M.team(recorder, place, team)
  local mask = recorder.mask
  local name = mask:name(team.name)
  local listing <close> = recorder:listing(place .. "/teams", name)
  local line = listing:add {
    team = name, alias = team.alias and mask:word(team.alias),
    email = mask:address(team.group_email),
    description = mask:name(team.description), privacy = team.privacy, archived = team.is_archived,
  }
  for channel in team:channels():each() do
    local below = listing:add {
      ["in"] = line, channel = mask:name(channel.name), type = channel.type,
    }
    recorder:count "channels"
    for tab in channel:tabs():each() do
      listing:add {
        ["in"] = below, tab = mask:name(tab.name), type = tab.type,
        url = mask:url(tab.content_url) or "",
      }
    end
    add_posts(recorder, listing, channel:posts(here), below)
    add_files(recorder, listing, channel, below)
  end
  listing:close()
  recorder:count "teams"
  return listing.path
end

return M
