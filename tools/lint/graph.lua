--- The graph of `require` and `#include`, and the rules that hold it to the order of the layers.
---
--- A file of Lua knows each module that it requires, anywhere in it, and each module whose name
--- stands in a string of it.  A file of C knows what it includes, and the modules of Lua that it
--- names with VBO_MODULE_…

local output = require "tools.output"
local source = require "tools.lint.source"

local M = {}

---@class lint.Arrow
---@field from string  a module of Lua, or a file of csrc/ without its extension
---@field to string
---@field file string  path below the root
---@field line integer

---@class lint.Graph
---@field root string
---@field lua table<string, string>  module → path below the root
---@field c table<string, string[]>  file of csrc/ without its extension → paths below the root
---@field arrows lint.Arrow[]  sorted; one for each pair
---@field headers table<string, {name: string?, ours: string?}[]>  what a file of csrc/ includes
---@field wrong {key: string, text: string}[]  rules that a file breaks by itself

---@alias lint.Layers table  see tools/lint/layers.lua

-- "vbo.base.error" of "vbo/base/error.lua".
local function module_of(path)
  return (path:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

-- "http/http" of "http/http.c"; "vbo.h" stands above its folder and keeps its name.
local function unit_of(path) return path:find "/" and path:gsub("%.[ch]$", "") or path end

-- Something that breaks a rule; `known` may list its key.
local function complain(graph, key, text, ...)
  table.insert(graph.wrong, { key = key, text = text:format(...) })
end

local function add(graph, from, to, file, line)
  local key = from .. " -> " .. to
  if from == to or graph.arrows[key] then return end
  local arrow = { from = from, to = to, file = file, line = line }
  graph.arrows[key] = arrow
  table.insert(graph.arrows, arrow)
end

-- The string that is the whole argument of the `require` at `at`; nil when there is more to it.
local function plain_require(tokens, at)
  local next_at, open = at + 1, 0
  while tokens[next_at] and tokens[next_at].text:match "^[(,]$" do
    open = open + (tokens[next_at].text == "(" and 1 or 0)
    next_at = next_at + 1
  end
  local name = tokens[next_at]
  if not name or name.kind ~= "string" then return nil end
  repeat
    next_at = next_at + 1
    local behind = tokens[next_at]
    if open > 0 and behind and behind.text ~= ")" then return nil end
    open = open - 1
  until open < 1
  return name
end

-- Whether the name at `at` is the function `require`, not a field of that name.
local function is_require(tokens, at)
  local token, before, behind = tokens[at], tokens[at - 1], tokens[at + 1]
  return token.kind == "name" and token.text == "require"
    and not (before and before.text:match "^[.:]$") and not (behind and behind.text == "=")
end

local function read_require(graph, layers, from, file, tokens, at)
  local name = plain_require(tokens, at)
  if not name then
    if not layers.by_name[from] then
      complain(graph, from .. " -> by name", "%s:%d: %s must not require a name that it makes; "
        .. "only the modules of `by_name` may", file, tokens[at].line, from)
    end
  elseif graph.lua[name.text] then
    add(graph, from, name.text, file, name.line)
  elseif layers.generated[name.text] then
    add(graph, from, name.text, file, name.line)
  elseif layers.libraries[name.text] ~= from then
    complain(graph, from .. " -> " .. name.text, "%s:%d: %s must not require %q: lua/ has "
      .. "no such module", file, name.line, from, name.text)
  end
end

-- A string that is the name of a module, or code that requires one.  "vbo" is a plain word, too.
local function read_string(graph, from, file, token)
  if graph.lua[token.text] and token.text ~= "vbo" then
    add(graph, from, token.text, file, token.line)
  end
  for name in token.text:gmatch "require%s*%(?%s*[\"']([%w_.]+)" do
    if graph.lua[name] then add(graph, from, name, file, token.line) end
  end
end

local function read_lua(graph, layers, from, file, text)
  local tokens = {}
  for _, token in ipairs(source.tokens(text, "lua")) do
    if token.kind ~= "comment" then tokens[#tokens + 1] = token end
  end
  local seam = layers.by_name[from]
  for at, token in ipairs(tokens) do
    if is_require(tokens, at) then
      read_require(graph, layers, from, file, tokens, at)
    elseif token.kind == "string" and not seam then
      read_string(graph, from, file, token)
    end
  end
  for _, pattern in ipairs(seam and seam.reaches or {}) do
    local below = pattern:match "^(.*%.)%*$"
    for module in pairs(graph.lua) do
      if module == pattern or below and module:sub(1, #below) == below then
        add(graph, from, module, file, 1)
      end
    end
  end
end

-- The headers that C code includes: name, line, whether it is a library's.
local function includes(text)
  local found, line = {}, 0
  for code in (text .. "\n"):gmatch "([^\n]*)\n" do
    line = line + 1
    local mark, name = code:match "^%s*#%s*include%s*([<\"])([^>\"]+)"
    if mark then found[#found + 1] = { name = name, line = line, library = mark == "<" } end
  end
  return found
end

local generated = { ["modules.h"] = true, ["build.h"] = true }

local function read_c(graph, path, file, text)
  local from, list = unit_of(path), {}
  graph.headers[path] = list
  for _, header in ipairs(includes(text)) do
    local to = unit_of(header.name)
    if header.library then
      list[#list + 1] = { name = header.name }
    elseif graph.c[to] then
      add(graph, from, to, file, header.line)
      list[#list + 1] = { ours = header.name }
    elseif not generated[header.name] then
      complain(graph, from .. " -> " .. header.name, "%s:%d: %s must not include %q: csrc/ "
        .. "has no such header", file, header.line, from, header.name)
    end
  end
end

--- Reads the graph of a tree.
---@param root string  the folder that holds `lua/` and `csrc/`; either may be missing
---@param layers lint.Layers
---@return lint.Graph
function M.read(root, layers)
  local graph = { root = root, lua = {}, c = {}, arrows = {}, headers = {}, wrong = {} }
  for _, path in ipairs(output.list(root .. "/lua")) do
    if path:match "%.lua$" then graph.lua[module_of(path)] = "lua/" .. path end
  end
  local sources = {}
  for _, path in ipairs(output.list(root .. "/csrc")) do
    if path:match "%.[ch]$" then
      local unit = unit_of(path)
      graph.c[unit] = graph.c[unit] or {}
      table.insert(graph.c[unit], "csrc/" .. path)
      sources[#sources + 1] = path
    end
  end
  for module, file in pairs(graph.lua) do
    read_lua(graph, layers, module, file, output.read(root .. "/" .. file))
  end
  for _, path in ipairs(sources) do
    read_c(graph, path, "csrc/" .. path, output.read(root .. "/csrc/" .. path))
  end
  table.sort(graph.arrows, function(one, other)
    return one.from .. " " .. one.to < other.from .. " " .. other.to
  end)
  return graph
end

-- Whether a room holds a name: the name itself, or what is below it.
local function holds(room, name)
  if room:sub(1, 1) == "=" then return name == room:sub(2) end
  return name == room or name:sub(1, #room) == room and name:sub(#room + 1, #room + 1):match "[./]"
end

-- The longest room of an order that holds a name: room, row, whether the row's rooms know each
-- other.
local function room_of(order, name)
  local found, level, together
  for at, row in ipairs(order) do
    for _, room in ipairs(row) do
      if holds(room, name) and (not found or #room > #found) then
        found, level, together = room:gsub("^=", ""), at, row.together
      end
    end
  end
  return found, level, together
end

--- Names the room of a module or file in an order.
---@param order table
---@param name string
---@return string?
function M.room(order, name) return (room_of(order, name)) end

local function check_order(order, graph)
  for _, arrow in ipairs(graph.arrows) do
    local from, from_level, together = room_of(order, arrow.from)
    local to, to_level = room_of(order, arrow.to)
    if from and to and from ~= to
      and (to_level > from_level or to_level == from_level and not together) then
      arrow.wrong = true
      complain(graph, arrow.from .. " -> " .. arrow.to, "%s:%d: %s must not know %s: %s is %s %s",
        arrow.file, arrow.line, arrow.from, arrow.to, from,
        to_level > from_level and "below" or "beside", to)
    end
  end
end

local function check_rooms(order, graph, names, kind)
  for name, path in pairs(names) do
    if not room_of(order, name) then
      complain(graph, name, "%s: tools/lint/layers.lua must name a room for this %s",
        type(path) == "table" and path[1] or path, kind)
    end
  end
end

-- The shortest way along `next_of` from a name to another; nil when there is none.
local function way_between(next_of, start, goal)
  local queue, before = { start }, {}
  for _, name in ipairs(queue) do
    for _, to in ipairs(next_of[name] or {}) do
      if to == goal then
        local way = { goal }
        while name do
          table.insert(way, 1, name)
          name = before[name]
        end
        return way
      elseif to ~= start and not before[to] then
        before[to] = name
        queue[#queue + 1] = to
      end
    end
  end
  return nil
end

-- Complains of circles, of each module once.  An arrow that goes up is an error by itself; a known
-- one is there while it closes a circle.
local function check_circles(graph, known)
  local all, unknown, seen = {}, {}, {}
  for _, arrow in ipairs(graph.arrows) do
    for _, next_of in ipairs { all, known[arrow.from .. " -> " .. arrow.to] and {} or unknown } do
      next_of[arrow.from] = next_of[arrow.from] or {}
      if not arrow.wrong then table.insert(next_of[arrow.from], arrow.to) end
    end
  end
  for _, arrow in ipairs(graph.arrows) do
    local key, start = arrow.from .. " -> " .. arrow.to, arrow.from
    if known[key] and not arrow.wrong and way_between(all, arrow.to, start) then
      known[key] = "there"
    end
    local way = not seen[start] and way_between(unknown, start, start)
    for _, name in ipairs(way or {}) do seen[name] = true end
    if way then complain(graph, "circle", "circle: %s", table.concat(way, " -> ")) end
    seen[start] = true
  end
end

-- The headers of libraries that a file of csrc/ reaches: name → the includes that lead there.
local function reached(graph, path, into, seen, chain)
  if seen[path] then return into end
  seen[path] = true
  for _, header in ipairs(graph.headers[path] or {}) do
    if header.ours then
      reached(graph, header.ours, into, seen, chain .. " -> " .. header.ours)
    else
      into[header.name] = into[header.name] or chain .. " -> <" .. header.name .. ">"
    end
  end
  return into
end

local function may_reach(rule, unit)
  for at = 2, #rule do
    if holds(rule[at], unit) then return true end
  end
  return false
end

local function check_headers(graph, rules)
  for path in pairs(graph.headers) do
    for name, chain in pairs(reached(graph, path, {}, {}, path)) do
      for _, rule in ipairs(rules) do
        if name:match(rule[1]) and not may_reach(rule, unit_of(path)) then
          complain(graph, ("%s -> <%s>"):format(path, name),
            "csrc/%s: must not reach <%s> (%s); only %s may", path, name, chain,
            table.concat(rule, ", ", 2))
        end
      end
    end
  end
end

local function check_all(graph, layers, known)
  check_rooms(layers.lua, graph, graph.lua, "module")
  check_rooms(layers.c, graph, graph.c, "file")
  local simulator = {}
  for module, path in pairs(graph.lua) do
    if holds("vbo.sim", module) then simulator[module] = path end
  end
  check_rooms(layers.sim, graph, simulator, "module")
  for _, order in ipairs { layers.lua, layers.sim, layers.c } do check_order(order, graph) end
  check_circles(graph, known)
  check_headers(graph, layers.headers)
end

--- Holds a graph to the layers.
---@param graph lint.Graph
---@param layers lint.Layers
---@return string[]  one line for each rule that is broken, sorted
function M.check(graph, layers)
  local known, found = {}, {}
  for key in pairs(layers.known) do known[key] = "gone" end
  check_all(graph, layers, known)
  for _, wrong in ipairs(graph.wrong) do
    if known[wrong.key] then
      known[wrong.key] = "there"
    else
      found[#found + 1] = wrong.text
    end
  end
  for key, state in pairs(known) do
    if state == "gone" then
      found[#found + 1] = ("tools/lint/layers.lua: `known` must not list %q: it is gone")
        :format(key)
    end
  end
  table.sort(found)
  return found
end

--- Counts the files of each folder.
---@param folders string[]
---@return string[]  "12  lua/vbo/model", sorted by folder
function M.figures(folders)
  local count, lines = {}, {}
  for _, folder in ipairs(folders) do
    for _, path in ipairs(output.list(folder)) do
      local room = (folder .. "/" .. path):match "^(.*)/"
      count[room] = (count[room] or 0) + 1
    end
  end
  for room, files in pairs(count) do lines[#lines + 1] = ("%4d  %s"):format(files, room) end
  table.sort(lines, function(one, other) return one:sub(7) < other:sub(7) end)
  return lines
end

--- Draws the rooms and their arrows in Graphviz's language.
---@param graph lint.Graph
---@param layers lint.Layers
---@return string
function M.dot(graph, layers)
  local lines, seen = {}, {}
  for _, order in ipairs { layers.lua, layers.c } do
    for _, arrow in ipairs(graph.arrows) do
      local from, to = room_of(order, arrow.from), room_of(order, arrow.to)
      local line = order == layers.c and '  "csrc/%s" -> "csrc/%s";' or '  "%s" -> "%s";'
      line = line:format(from, to)
      if from and to and from ~= to and not seen[line] then
        seen[line] = true
        lines[#lines + 1] = line
      end
    end
  end
  table.sort(lines)
  return "digraph vbolua {\n  rankdir = BT;\n  node [shape = box];\n"
    .. table.concat(lines, "\n") .. "\n}\n"
end

return M
