--- Writes posts of channels: exported as one HTML page, or as messages that are saved as MSG files.

local time = require "vbo.base.time"

local M = {}

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

-- Escapes text for HTML.
---@param text string
---@return string
function M.escape(text) return (text:gsub('[&<>"]', entities)) end

local escape = M.escape

-- The body of a post is HTML already.
local function article(out, post, replies, depth)
  local pad = ("  "):rep(depth)
  local function line(text, ...) out[#out + 1] = pad .. text:format(...) end
  line('<article id="post-%d"%s>', post.id, post.important and ' class="important"' or "")
  if post.subject ~= "" then line("  <h2>%s</h2>", escape(post.subject)) end
  line('  <p class="by">%s, <time>%s</time></p>', escape(post.author), time.iso(post.at))
  out[#out + 1] = pad .. "  <div>" .. post.html .. "</div>"
  if post.attachments[1] then
    line("  <ul>")
    for _, each in ipairs(post.attachments) do
      line('    <li><a href="%s">%s</a></li>', escape(each.url), escape(each.name))
    end
    line("  </ul>")
  end
  for _, reply in ipairs(replies[post] or {}) do article(out, reply, replies, depth + 1) end
  line("</article>")
end

--- Writes an HTML page of posts, replies below their posts; a reply without its post stands alone.
---@param title string
---@param posts table[]
---@return string
function M.page(title, posts)
  local among, replies, tops = {}, {}, {}
  for _, post in ipairs(posts) do among[post] = true end
  for _, post in ipairs(posts) do
    local above = post.parent
    if above and among[above] then
      replies[above] = replies[above] or {}
      table.insert(replies[above], post)
    else
      tops[#tops + 1] = post
    end
  end
  local out = {
    "<!DOCTYPE html>", "<html>", '<head><meta charset="utf-8"><title>' .. escape(title)
      .. "</title></head>", "<body>", "<h1>" .. escape(title) .. "</h1>",
  }
  for _, post in ipairs(tops) do article(out, post, replies, 0) end
  out[#out + 1] = "</body>"
  out[#out + 1] = "</html>"
  return table.concat(out, "\n") .. "\n"
end

--- Converts a post to a message of `formats/msg.lua`, from its author to its team.
---@param post table
---@return table
function M.message(post)
  local team = post.channel.team
  local address = team.email
  for _, user in ipairs(team.organization.users) do
    if user.display == post.author then address = user.name end
  end
  return {
    subject = post.subject, from = { name = post.author, email = address },
    to = { { name = ("%s - %s"):format(team.name, post.channel.name), email = team.email } },
    cc = {}, sent = post.at, html = post.html, attachments = post.attachments,
    message_id = ("<%d.%s@%s>"):format(post.id, team.alias, team.email:match "@(.*)"),
  }
end

return M
