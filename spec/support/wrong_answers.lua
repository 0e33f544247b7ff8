-- Answers that are not what an operation promises: what came of login pages, gateways, servers
-- that broke half-way and versions that differ.

local M = {}

local json <const> = "application/json"

-- name, status, type, body, the kinds of promises that it breaks ("all": every one).
local shapes = {
  { "nothing", 200, json, "", "list record any" },
  { "none", 204, json, "", "list record any" },
  { "null", 200, json, "null", "list record any" },
  { "object", 200, json, "{}", "list record any" },
  { "text", 200, json, '"done"', "list record any" },
  { "number", 200, json, "7", "list record any" },
  { "truth", 200, json, "true", "list record any" },
  { "half", 200, json, '{"id":"1","results":[{"id":', "all" },
  { "trailing", 200, json, '{"id":"1","results":[]} and more', "all" },
  { "deep", 200, json, ("["):rep(300) .. ("]"):rep(300), "all" },
  { "html", 200, "text/html", "<html><title>Log in</title><body>x</body></html>", "all" },
  { "plain", 200, "text/plain", "it works", "all" },
  { "array", 200, json, "[]", "record page" },
  { "arrays", 200, json, "[[]]", "list record any" },
  { "nulls", 200, json, "[null]", "list record any" },
  { "numbers", 200, json, "[1,2]", "list record any" },
  { "objects", 200, json, "[{}]", "list record" },
  { "results-null", 200, json, '{"offset":0,"results":null}', "list record" },
  { "results-object", 200, json, '{"offset":0,"results":{}}', "list record" },
  { "results-numbers", 200, json, '{"offset":0,"results":[1,null]}', "list record" },
  { "unknown", 200, json, '{"unheardOf":{"a":[1]}}', "list record" },
}

M.list, M.by_name = {}, {}
for i, row in ipairs(shapes) do
  local breaks = {}
  for word in row[5]:gmatch "%l+" do breaks[word] = true end
  local shape = { name = row[1], status = row[2], type = row[3], body = row[4], breaks = breaks }
  M.list[i], M.by_name[row[1]] = shape, shape
end

-- Whether a record has properties but those of HAL.
local function says_something(schema)
  for _, name in ipairs(schema.order or {}) do
    if name:sub(1, 1) ~= "_" then return true end
  end
  return false
end

local function is_list(answer) return answer.page or answer.array or answer.changes end

--- The shapes that break what an operation promises, as its facts say it.
---@param operation vbo.Operation
---@param number integer  the version's
---@return table[]
function M.of(operation, number)
  local answer, found = operation.answer, {}
  if answer.kind == "stream" then return found end
  local kind = "empty"
  if answer.kind == "json" then
    kind = is_list(answer) and "list" or answer.schema and answer.schema.properties and "record"
      or "any"
  end
  local paged = number >= 6 and (answer.page == true or answer.changes)
  for _, shape in ipairs(M.list) do
    local breaks = shape.breaks.all or shape.breaks[kind] or paged and shape.breaks.page
    if kind == "record" and not says_something(answer.schema) then
      breaks = shape.breaks.all or shape.breaks.any and shape.name ~= "object"
    end
    if breaks then found[#found + 1] = shape end
  end
  return found
end

return M
