--- Restores, saves, exports and sends teams, channels, posts, files and tabs.

local collection = require "vbo.model.collection"
local errors = require "vbo.base.error"
local options_of = require "vbo.base.options"
local pipeline = require "vbo.request.pipeline"
local save = require "vbo.model.save"
local selection = require "vbo.model.selection"
local subjects = require "vbo.model.subject"
local teams = require "vbo.objects.teams.classes"
local verbs = require "vbo.model.verbs"

-- The API requires what to restore; what the backup has is what "restore" means.
local of_team = { changed = true, deleted = true, members = true, settings = true }
local of_channel = { changed = true, deleted = true }
local of_file = { changed = true, deleted = true, version = "last" }
local of_tab = { changed = true, deleted = true }

local account = "the account that writes (`user`, `password`, or `user_code`, or "
  .. "`application_id` …); `wait`, `allow_partial`; `operator`, `reason` (v7 and later)."

local Team, Channel, Post, File, Tab =
  teams.Team, teams.Channel, teams.Post, teams.File, teams.Tab

-- The channel that several posts or files are in: the caller's word, that of what they were
-- listed in, or of the things themselves where they agree.
local function channel_for(options, self)
  if options.channel ~= nil or options.channel_id ~= nil then return options end
  local channel
  if collection.is(self) then
    channel = teams.channel_of(self._owner)
    if not channel and not selection.is_whole(self) then
      for i, item in ipairs(self:_all()) do
        local own = teams.channel_of(item)
        if i > 1 and own ~= channel then return options end
        channel = own
      end
    end
  end
  options.channel = channel
  return options
end

-- ------------------------------------------------------------- restoring

verbs.restore(Team, "restore", { one = "TeamsTeam_RestoreById", many = "TeamsTeam_Restore" }, {
  doc = "Restores the team or the selected teams.  Options: `changed`, `deleted`, `members`, "
    .. "`settings` (default true for all), " .. account,
  defaults = of_team,
  operator = { operation = "TeamsTeam_OperatorRestore", defaults = of_team },
})

verbs.restore(Channel, "restore", { one = "TeamsChannel_Restore", each = true }, {
  doc = "Restores the channel.  Options: `changed`, `deleted` (default true), `members` "
    .. "(v8), " .. account,
  defaults = of_channel,
  operator = { operation = "TeamsChannel_OperatorRestore", defaults = of_channel, alone = true },
})

verbs.restore(File, "restore", { one = "TeamsFile_RestoreById" }, {
  doc = "Restores the file or the selected files.  Options: `version` (default \"last\", "
    .. "or \"all\"), `changed`, `deleted` (default true), " .. account,
  defaults = of_file,
  operator = {
    operation = "TeamsFile_OperatorRestore", defaults = of_file, prepare = channel_for,
  },
})
verbs.restore(File, "restore", { many = "TeamsFile_Restore" }, {
  defaults = of_file, prepare = channel_for,
  operator = {
    operation = "TeamsFile_OperatorRestore", defaults = of_file, prepare = channel_for,
  },
})

-- Tabs of one channel, or of several channels of a team (v8; operators v7 and later).
local in_channel = {
  doc = "Restores the tab or the selected tabs.  Options: `changed`, `deleted` (default "
    .. "true), " .. account,
  defaults = of_tab, operator = { operation = "TeamsTab_OperatorRestore", defaults = of_tab },
}
verbs.restore(Tab, "restore", { one = "TeamsTab_RestoreById", many = "TeamsTab_Restore" },
  in_channel)
local restore_in_channel = Tab.bulk.restore
verbs.restore(Tab, "restore", { many = "TeamsTab_RestoreByMultipleChannels" }, {
  doc = in_channel.doc, defaults = of_tab,
  operator = { operation = "TeamsTab_OperatorRestoreByMultipleChannels", defaults = of_tab },
})
local restore_in_team = Tab.bulk.restore
function Tab.bulk:restore(given)
  local restore = self._owner._class == Team and restore_in_team or restore_in_channel
  return restore(self, given)
end

-- Posts come back as the posts of a channel between two dates; only operators select them.
verbs.restore(Post, "restore", { many = "TeamsPost_Restore" }, {
  doc = "Restores posts of a channel: `channel:posts():restore{…}`.  Options: "
    .. "`posted_after`, `posted_before`, " .. account,
  selection = false,
  prepare = function(options, self, call)
    if not selection.is_whole(self) then
      errors.usage(call .. ": the API restores posts of a channel by date, not one by one",
        "channel:posts():restore { posted_after = …, posted_before = … }")
    end
    return channel_for(options, self)
  end,
  operator = {
    operation = "TeamsPost_OperatorRestore", selection = false,
    prepare = function(options, self, call)
      if not selection.is_whole(self) then options.posts = selection.items(self, call) end
      return channel_for(options, self)
    end,
  },
})

--- Restores the post: for restore operators only (v7 and later); see the collection's.
---@param given table?
---@return vbo.Statistics
function Post.methods:restore(given)
  return collection.new(Post, self._owner, { fixed = { self } }):restore(given)
end

-- ------------------------------------------------------- saving, exporting

local function name_of_post(self) return self.subject or "post" end

verbs.save(Post, "save", { one = "TeamsPost_SaveById", many = "TeamsPost_Save" }, {
  doc = "Saves the post as an Outlook message; selected posts as one archive.",
  named = name_of_post, fallback = "post", extension = function() return ".msg" end,
  files = "posts.zip", loose = true, prepare = channel_for,
})

-- A collection of all posts is exported by its channel and dates, without naming them.
verbs.save(Post, "export", { one = "TeamsPost_ExportById", many = "TeamsPost_Export" }, {
  doc = "Exports the post, the selected posts, or all posts of a channel as HTML.  Options: "
    .. "`posted_after`, `posted_before` (v6 and later); `operator` (v7 and later).",
  named = name_of_post, fallback = "post", extension = function() return ".html" end,
  files = "posts.html", prepare = channel_for, whole = true,
})

verbs.save(File, "save", { one = "TeamsFile_SaveById", many = "TeamsFile_Save" }, {
  doc = "Saves the file as it is, with `zip` in an archive; selected files as one archive.",
  extension = verbs.zipped_if_asked, files = "files.zip",
  content = function(self) return self.file_type ~= "Folder" end,
  prepare = function(options, self)
    return collection.is(self) and channel_for(options, self) or options
  end,
})

-- Operators export in two steps: a task, and the download of what it made, which is
-- authorized by a code for one use.
local function export_as_operator(self, start, download, intent, given)
  local own = save.split(given, "export")
  local client, path = self._client, self:_path()
  intent.call, intent.operation, intent.path = "export", start, path
  intent.subject = subjects.of(self)
  local task = pipeline.call(client, intent).data
  local code = pipeline.call(client, { call = "export", operation = "authCode" }).data
  path.requestExportId = task.exportTaskId
  return save.stream(self, {
    call = "export", operation = download, path = path, query = { auth_code = code.authCode },
  }, { own = own, name = "posts.html", check = save.check_of ".html" })
end

local function is_operator(self, given)
  if type(given) == "table" and given.operator ~= nil then return given.operator end
  local target = collection.is(self) and self._owner or self
  return rawget(target:_session(), "_operator") == true
end

local function without_operator(given)
  local options = {}
  for name, value in pairs(options_of.given(given, "export")) do options[name] = value end
  options.operator = nil
  return options
end

--- Exports all posts of the channel as HTML; options as for posts.
---@param given table?
---@return vbo.Saved
function Channel.methods:export(given)
  if is_operator(self, given) then
    return export_as_operator(self, "TeamsChannel_OperatorStartExportTask",
      "TeamsChannel_DownloadExportedPosts", {}, without_operator(given))
  end
  return self:posts():export(without_operator(given))
end

local export_post, export_posts = Post.methods.export, Post.bulk.export
function Post.methods:export(given)
  if not is_operator(self, given) then return export_post(self, without_operator(given)) end
  return collection.new(Post, self._owner, { fixed = { self } }):export(given)
end

function Post.bulk:export(given)
  if not is_operator(self, given) then return export_posts(self, without_operator(given)) end
  return export_as_operator(self._owner, "TeamsPost_OperatorStartExportTask",
    "TeamsPost_DownloadExportedPosts",
    { options = { posts = selection.items(self, "export") } }, without_operator(given))
end

-- --------------------------------------------------------------- sending

local sending = "Sends by mail.  The server's e-mail settings for Teams must be configured. "
  .. "Options: `from`, `to`, `subject`, `text`."
local function of_several(options, self)
  return collection.is(self) and channel_for(options, self) or options
end
verbs.send(Post, "send", { one = "TeamsPost_SendById", many = "TeamsPost_Send" },
  { doc = sending, prepare = of_several })
verbs.send(File, "send", { one = "TeamsFile_SendById", many = "TeamsFile_Send" },
  { doc = sending, prepare = of_several })
