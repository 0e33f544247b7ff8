--- Merges what clients changed into a row that a handler rendered.

local ascii = require "vbo.base.ascii"
local values = require "vbo.sim.typed.values"

local M = {}

--- Merges what clients sent for an organization into its row, in the shape of this version.
---@param context vbo.sim.Context
---@param row table      rendered
---@param it table       the organization
---@return table
function M.organization(context, row, it)
  local changes = context.store.organizations.changes[it.id]
  local answer = context.op.answer
  local schema = answer.item or answer.schema
  if not changes or not (schema and schema.properties) then return row end
  local env = { sparse = true, base = 0, name = it.name, word = "organization", number = 1,
    mail = it.account or "", references = {} }
  for name, inner in pairs(schema.properties) do
    local value = changes[ascii.lower(name)]
    if value ~= nil and name ~= "id" and not values.is_secret(name, inner) then
      row[name] = values.fill(inner, value, it.id .. "/" .. ascii.lower(name), env)
    end
  end
  if row.isBackedup ~= nil then row.isBackedup = #it.points > 0 end
  return row
end

return M
