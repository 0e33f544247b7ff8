--- Looks for words that the project's prose avoids: in comments, strings and pages.

local output = require "tools.output"
local source = require "tools.lint.source"

local M = {}

---@class lint.Piece
---@field text string
---@field line integer
---@field opening boolean?  it begins a comment

local languages = { lua = "lua", c = "c", h = "c" }

-- The comments and strings of a source.
local function of_source(text, language)
  local pieces, last = {}, -1
  for _, token in ipairs(source.tokens(text, language)) do
    if token.kind == "comment" or token.kind == "string" then
      local comment = token.kind == "comment"
      local opening = comment and token.line > last + 1
      if comment then last = token.line + select(2, token.text:gsub("\n", "")) end
      for line in (token.text .. "\n"):gmatch "([^\n]*)\n" do
        pieces[#pieces + 1] = { text = line, line = token.line, opening = opening }
        token.line, opening = token.line + 1, false
      end
    end
  end
  return pieces
end

local function of_lines(text)
  local pieces = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    pieces[#pieces + 1] = { text = line, line = #pieces + 1 }
  end
  return pieces
end

-- The words of a line in lower case, each between two spaces.
local function spaced(text)
  return " " .. text:lower():gsub("[^%a'_@]+", " ") .. " "
end

local function found_word(words, entry)
  local start, plain = 1, not entry[2]:find "%%"
  while true do
    local from, to = words:find(" " .. entry[2] .. " ", start, plain)
    if not from then return false end
    local passed = false
    for _, phrase in ipairs(entry.but or {}) do
      local at, behind = words:find(" " .. phrase .. " ", math.max(1, from - #phrase), true)
      passed = passed or at and at < to and behind > from + 1
    end
    if not passed then return true end
    start = to
  end
end

local function opening_of(text, openings)
  local first = text:match "^[%-*%s]*(.*)$"
  for _, opening in ipairs(openings) do
    if first:match("^" .. opening .. "%f[%A]") then return opening end
  end
  return nil
end

-- Adds what is wrong with one piece of a file.
local function check_piece(piece, path, vocabulary, found)
  local words = spaced(piece.text)
  for _, entry in ipairs(vocabulary.words) do
    if found_word(words, entry) then
      found[#found + 1] = { path = path, line = piece.line, word = entry[1], instead = entry[3] }
    end
  end
  local opening = piece.opening and opening_of(piece.text, vocabulary.openings)
  if opening then
    found[#found + 1] = { path = path, line = piece.line, word = opening .. " …",
      instead = "a verb and an object: Returns …" }
  end
end

local function skipped(path, vocabulary)
  for _, folder in ipairs(vocabulary.skipped) do
    if path == folder or path:sub(1, #folder + 1) == folder .. "/" then return true end
  end
  return not path:find "%.[%w%d]+$" and not path:find "Makefile$" and not path:find "^%.ci/"
    or path:find "%.json$" or path:find "%.txt$"
end

--- Names the room of a file: its folder, of two levels at most below `lua/vbo`, `spec` and `csrc`.
---@param path string
---@return string
function M.room(path)
  return path:match "^lua/vbo/[^/]+/" and path:match "^(lua/vbo/[^/]+)/"
    or path:match "^spec/[^/]+/" and path:match "^(spec/[^/]+)/"
    or path:match "^csrc/[^/]+/" and path:match "^(csrc/[^/]+)/"
    or path:match "^([^/]+)/" or path
end

--- Reads the files of a tree.
---@param root string
---@param vocabulary table  see tools/lint/vocabulary.lua
---@return {path: string, line: integer, word: string, instead: string}[]
---@return table<string, true> used  the exceptions that occur
function M.read(root, vocabulary)
  local found, used = {}, {}
  local function read(path)
    if skipped(path, vocabulary) then return end
    local text = output.read(root .. "/" .. path)
    if not text or text:find "\0" then return end
    local language = languages[path:match "%.(%w+)$"]
    local lines = of_lines(text)
    for _, piece in ipairs(language and of_source(text, language) or lines) do
      local line = lines[piece.line] and lines[piece.line].text:match "^%s*(.-)%s*$"
      local key = path .. ": " .. (line or "")
      if vocabulary.exceptions[key] then
        used[key] = true
      else
        check_piece(piece, path, vocabulary, found)
      end
    end
  end
  for _, folder in ipairs { "csrc", "lua", "spec", "tools", "bench", "examples", "docs", ".ci",
    "completions" } do
    for _, path in ipairs(output.list(root .. "/" .. folder)) do read(folder .. "/" .. path) end
  end
  for _, path in ipairs { "Makefile", "README.md", "CONTRIBUTING.md" } do read(path) end
  return found, used
end

local function line_of(hit)
  return ("%s:%d: %q; write: %s"):format(hit.path, hit.line, hit.word, hit.instead)
end

--- Lists what is found below a path, in rooms that may have it, too.
---@param root string
---@param vocabulary table
---@param path string?  a file or folder; default all
---@return string[]
function M.list(root, vocabulary, path)
  local lines = {}
  for _, hit in ipairs(M.read(root, vocabulary)) do
    if not path or hit.path == path or hit.path:sub(1, #path + 1) == path .. "/" then
      lines[#lines + 1] = line_of(hit)
    end
  end
  return lines
end

--- Holds a tree to the vocabulary.
---@param root string
---@param vocabulary table
---@return string[]  one line for each word in a room that has none left, and for each room and
---  exception that the vocabulary must not list any more
function M.check(root, vocabulary)
  local hits, used = M.read(root, vocabulary)
  local lines, dirty = {}, {}
  for _, hit in ipairs(hits) do
    local room = M.room(hit.path)
    if vocabulary.rooms[room] then
      dirty[room] = true
    else
      lines[#lines + 1] = line_of(hit)
    end
  end
  for room in pairs(vocabulary.rooms) do
    if not dirty[room] then
      lines[#lines + 1] = ("tools/lint/vocabulary.lua: `rooms` must not list %q: it is clean")
        :format(room)
    end
  end
  for key in pairs(vocabulary.exceptions) do
    if not used[key] then
      lines[#lines + 1] = ("tools/lint/vocabulary.lua: `exceptions` must not list %q: it is gone")
        :format(key)
    end
  end
  table.sort(lines)
  return lines
end

return M
