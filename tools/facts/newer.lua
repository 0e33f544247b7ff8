--- Completes a version by what the vendor's current pages have beyond its fact file.
---
--- Each row was seen on the page of backup jobs of v8: counts of a job's objects, and what a
--- session is measured by.

local M = {}

local integer = { type = "integer" }

-- Version → schema → properties to add, in their order.
local properties = {
  [8] = {
    RESTJob = { { "totalObjects", integer }, { "processedObjects", integer } },
    RESTJobSession = { { "total", integer } },
  },
}

--- Adds what the fact file of a version lacks.
---@param model table  of `openapi.read`
---@param number integer
function M.complete(model, number)
  for name, rows in pairs(properties[number] or {}) do
    local schema = model.schemas[name] or error("no schema " .. name, 0)
    for _, row in ipairs(rows) do
      if not schema.properties[row[1]] then
        schema.order[#schema.order + 1] = row[1]
        schema.properties[row[1]] = row[2]
      end
    end
  end
end

return M
