--- Browses and searches teams in a restore session (v5 and later): teams, channels, posts, files
--- and tabs.  `classes` declares them, `actions` says what can be done with them.

local M = require "vbo.objects.teams.classes"

local body = require "vbo.request.body"
local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local fields = require "vbo.model.fields"
local options_of = require "vbo.base.options"
local resource = require "vbo.model.resource"
local tree = require "vbo.model.tree"
require "vbo.objects.teams.actions"

local Team, Channel, Child, Post = M.Team, M.Channel, M.Child, M.Post
local File, FileVersion, Tab = M.File, M.FileVersion, M.Tab

-- The methods that every resource has.
local Resource = getmetatable(Post.methods).__index

-- Posts and files are asked for by their channel as well: in the query, or in the path.
for _, class in ipairs { Post, File } do
  function class.methods:refresh(given)
    local operation = self._client._catalogue:operation(class.get)
    local channel = M.channel_of(self)
    if operation and channel and body.takes_query(operation, "channel") then
      local query = { channel = channel }
      for name, value in pairs(options_of.given(given, "refresh")) do query[name] = value end
      given = query
    end
    return Resource.refresh(self, given)
  end

  function class.methods:_path()
    local path = Resource._path(self)
    path.channelId = path.channelId or M.channel_of(self)
    return path
  end
end

-- ---------------------------------------------------------------- browsing

declare.children(Team.methods, "channels", "channel", Channel)
declare.children(Channel.methods, "children", "child", Child, {
  doc = "What the channel has: tabs, files, posts (v7 and later).",
})
declare.children(Channel.methods, "tabs", "tab", Tab)
declare.children(File.methods, "versions", nil, FileVersion, {
  doc = "Versions of the file (v7 and later).",
})

-- Gives owners their posts; `query_of(self, given)` says where they are listed.
local function list_posts(methods, plural, singular, query_of)
  declare.note(methods, { name = plural, kind = "plural", operation = Post.list, class = Post,
    accepts = tree.options })
  declare.note(methods, { name = singular, kind = "singular", operation = Post.get, class = Post })
  methods[plural] = function(self, given)
    return collection.of(Post, self, given, {
      accepts = tree.options, query = query_of(self, given),
    })
  end
  methods[singular] = function(self, name)
    if name == nil then return self[plural](self):one() end
    return resource.reference(Post, self, name, query_of(self))
  end
end

-- Returns the parent that the API gives posts that are not replies: -1.
local function top_posts(given) return tree.recursive(given) == false and "-1" or nil end

local function posts_of_team(_, given) return { parent = top_posts(given) } end

local function posts_of_channel(self, given)
  return { channel = self.id, parent = top_posts(given) }
end

local function inside(self)
  local channel = M.channel_of(self)
  return { channel = channel, parent = tostring(self.id) }
end

-- Posts of a team are those of all its channels, or of `channel`; `recursive = false`: without the
-- replies to them.
list_posts(Team.methods, "posts", "post", posts_of_team)
list_posts(Channel.methods, "posts", "post", posts_of_channel)
-- Replies have none of their own.
list_posts(Post.methods, "replies", "reply", inside)

local function is_folder(record) return fields.read(record, "file_type") == "Folder" end
local function is_file(record) return not is_folder(record) end
local function of_channel(self) return { channel = M.channel_of(self) } end

-- Files, or folders, of a team, a channel, or of a file that is a folder.  The API has one list
-- for both: with the files of a selection, a folder among them would come once more.
local function browse_files(class, plural, singular, keep, doc)
  local methods, top = class.methods, class ~= File
  declare.note(methods, { name = plural, kind = "plural", operation = File.list, class = File,
    accepts = tree.options,
    doc = doc })
  declare.note(methods, { name = singular, kind = "singular", operation = File.get, class = File })
  local function among(self)
    return { channel = M.channel_of(self), parent = not top and tostring(self.id) or nil }
  end
  methods[plural] = function(self, given)
    local recursive = tree.recursive(given)
    local how = { accepts = tree.options, word = plural, keep = keep, query = {} }
    how.one = function(value) return self[singular](self, value) end
    local down = {
      class = File, query = "parent", leaf = "parent", is_place = is_folder, more = of_channel,
      at = top and self._client._dialect:root() or nil,
    }
    if recursive == false then
      how.query = { channel = M.channel_of(self), parent = down.at or tostring(self.id) }
    else
      how.below, how.tree = {}, keep == is_folder and down or nil
      for name, value in pairs(down) do how.below[name] = value end
      -- Of a channel some servers list all of it, some the top.
      if top then how.below.at, how.below.twice = false, true end
      how.below.said = top or recursive ~= nil
    end
    return collection.of(File, self, given, how)
  end
  methods[singular] = function(self, name)
    if name == nil then return self[plural](self):one() end
    if not tree.is_path(name) then return resource.reference(File, self, name, among(self)) end
    local found = self
    for part in name:gmatch "[^/]+" do found = found:file(part) end
    return found
  end
end

for _, class in ipairs { Team, Channel, File } do
  browse_files(class, "files", "file", is_file,
    "Files anywhere below; `recursive = false`: directly in it.")
  browse_files(class, "folders", "folder", is_folder,
    "Folders of files, anywhere below; `recursive = false`: directly in it.")
end

--- Tabs of several channels, to restore them in one call: `team:tabs { tab, tab }`; without
--- a list only for `search`.
---@param given table?
function Team.methods:tabs(given) return collection.of(Tab, self, given) end

-- --------------------------------------------------------------- searching

-- Below a team posts and files have a search of their own, tabs have one below a channel;
-- the other search takes a type.
local function search_of(word, operations)
  local own = tree.searched(operations)
  local typed = tree.searched(
    { team = "TeamsTeam_Search", channel = "TeamsChannel_Search" }, { options = { type = word } })
  return function(query, within)
    if within._owner._class == Channel then query.channel = nil end
    return own(query, within) or typed(query, within)
  end
end

Post.search = search_of("Posts", { team = "TeamsPost_Search" })
File.search = search_of("Files", { team = "TeamsFile_Search" })
Tab.search = search_of("Tabs", { channel = "TeamsTab_Search" })

return M
