--- The titles that the vendor's reference gives to operations and groups of them.
---
--- `facts/titles.lua` holds a line for each: `# GROUP` followed by names and titles of its
--- operations, in the order of the reference.  They are v8's; an operation has the same name in
--- every version, so that its title finds it there, too.

local spelling = require "vbo.base.spelling"

local M = {}

local known

-- Squashed for comparison: neither case nor blanks count.
local function plain(text) return (spelling.squash(text):gsub("%s+", "")) end

local function load()
  if known then return known end
  known = { titles = {}, groups = {}, names = {}, list = {}, by_prefix = {} }
  local group
  for line in require("vbo.catalogue.facts.titles"):gmatch "[^\n]+" do
    local of, prefix = line:match "^# (.-)\t(%S+)$"
    if of then
      group = of
      known.by_prefix[prefix] = of
      known.list[#known.list + 1] = of
    else
      local name, title = line:match "^(%S+)\t(.+)$"
      known.titles[name], known.groups[name] = title, group
      known.list[#known.list + 1] = title
      local word = plain(title)
      known.names[word] = known.names[word] or {}
      table.insert(known.names[word], name)
    end
  end
  return known
end

--- The title of an operation, and that of its group.
---@param name string  canonical
---@return string? title
---@return string? group
function M.of(name)
  local all = load()
  return all.titles[name], all.groups[name] or all.by_prefix[name:match "^%w+"]
end

--- The operations of a title, in any case.
---@param title string
---@return string[] names  empty when there is none; groups of operations share few titles
function M.find(title) return load().names[plain(title)] or {} end

--- The title or group that was most likely meant.
---@param text string
---@return string?
function M.near(text) return require("vbo.base.nearest")(text, load().list) end

return M
