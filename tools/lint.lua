--- Holds the sources to the project's own rules.
---
---     lua5.4 tools/lint.lua [graph|words|figures|dot|FOLDER|FILE]…
---
--- Without arguments it checks `graph` and `words`, and fails when it prints something.  `graph`
--- prints each arrow of `require` and `#include` that breaks the order of the layers
--- (tools/lint/layers.lua); `words` prints the words that the project's prose avoids
--- (tools/lint/vocabulary.lua), a folder or file also where they are not forbidden yet.  `figures`
--- counts the files of each folder, and lists the modules without a spec; `dot` draws the rooms for
--- Graphviz.  Nothing has to be built.

local is_program = arg and arg[0] and arg[0]:match "tools/lint%.lua$" ~= nil
local root = is_program and arg[0]:gsub("/?tools/lint%.lua$", "") or ""
root = root == "" and "." or root
if is_program then
  package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(root, root, package.path)
end

local covered = require "tools.lint.covered"
local graphs = require "tools.lint.graph"
local layers = require "tools.lint.layers"
local vocabulary = require "tools.lint.vocabulary"
local words = require "tools.lint.words"

local M = {}

local function lines(list) return list[1] and table.concat(list, "\n") .. "\n" or "" end

function M.graph()
  local wrong = graphs.check(graphs.read(root, layers), layers)
  return lines(wrong), #wrong == 0
end

function M.words()
  local wrong = words.check(root, vocabulary)
  return lines(wrong), #wrong == 0
end

function M.figures()
  local missing = covered.missing(root)
  return lines(graphs.figures { root .. "/csrc", root .. "/lua", root .. "/spec" })
    .. ("%d modules without a spec\n"):format(#missing) .. lines(missing), true
end

function M.dot() return graphs.dot(graphs.read(root, layers), layers), true end

if is_program then
  local good = true
  for _, name in ipairs(arg[1] and arg or { "graph", "words" }) do
    if M[name] then
      local text, passed = M[name]()
      io.stdout:write(text)
      good = good and passed
    else
      io.stdout:write(lines(words.list(root, vocabulary, (name:gsub("/+$", "")))))
    end
  end
  os.exit(good)
end

return M
