--- Backup jobs, and the items they back up or leave out.

local collection = require "vbo.collection"
local declare = require "vbo.declare"
local pipeline = require "vbo.pipeline"
local resource = require "vbo.resource"

local M = { client = {} }

---@class vbo.Job
---@field id string
---@field name string
---@field is_enabled boolean
---@field last_status string
local Job = resource.class {
  kind = "job", parameter = "jobId", rooted = true,
  get = "Job_GetById", list = "Job_Get", methods = {}, bulk = {},
  names = declare.named "name",
}

---@class vbo.JobItem
---@field id string
---@field type string
local SelectedItem = resource.class {
  kind = "selected item", parameter = "itemId", label = "type",
  get = "Job_GetSelectedItem", list = "Job_GetSelectedItems", methods = {}, bulk = {},
}

local ExcludedItem = resource.class {
  kind = "excluded item", parameter = "itemId", label = "type",
  get = "Job_GetExcludedItem", list = "Job_GetExcludedItems", methods = {}, bulk = {},
}

M.Job, M.SelectedItem, M.ExcludedItem = Job, SelectedItem, ExcludedItem

--- Creates a job in an organization.
---@param organization vbo.Organization
---@param given table
---@return vbo.Job
function M.create(organization, given)
  local client = organization._client
  local operation = pipeline.operation(client, "Job_Add")
  local options = {}
  for name, value in pairs(given or {}) do options[name] = value end
  local in_path = false
  for _, parameter in ipairs(operation.parameters) do
    if parameter.name == "organizationId" then in_path = true end
  end
  -- v8 takes the organization in the body, earlier versions in the path.
  if not in_path then options.organization = organization.id end
  local answer = pipeline.call(client, {
    call = "create_job", operation = "Job_Add", options = options,
    path = in_path and organization:_path() or {},
  })
  return resource.from_record(Job, client, answer.data)
end

local function act(self, call, operation, given)
  return self:_call { call = call, operation = operation, options = given or {} }
end

--- Changes what is given and keeps the rest.
---@param given table  properties of the job (`name`, `description`, `schedule`, …)
---@return vbo.Job self
function Job.methods:edit(given)
  act(self, "edit", "Job_Update", given)
  return self:refresh()
end

--- Removes the job; its backups stay.
function Job.methods:remove() act(self, "remove", "Job_Remove") end

function Job.methods:enable() act(self, "enable", "Job_EnableAction") end

function Job.methods:disable() act(self, "disable", "Job_DisableAction") end

--- Starts a run.  Options: `full` (v6 and later).
---@param given table?
function Job.methods:start(given) act(self, "start", "Job_StartAction", given) end

--- Stops the run under way.
function Job.methods:stop() act(self, "stop", "Job_StopAction") end

--- Opens a restore session on the job's backups (v3 and later); options as
--- `Organization:explore`.
---@param given table?
---@return vbo.Session
function Job.methods:explore(given)
  return require("vbo.session").explore(self, "Job_ExploreAction", given)
end

-- Adding takes a bare array in every version.
local function add(self, operation, items)
  if type(items) == "table" and #items == 0 and next(items) ~= nil then items = { items } end
  self._owner:_call { call = "add", operation = operation, body = items }
end

-- Older versions remove an item by its path, newer ones by a query that could name
-- several; how it separates them is not written down, so each goes by itself.
local function remove(owner, ids, many, one)
  local by_path = owner._client._catalogue:operation(one)
  for _, id in ipairs(ids) do
    local path = owner:_path()
    path.itemId = id
    owner:_call {
      call = "remove", operation = by_path and one or many, path = path,
      query = not by_path and { ids = id } or nil,
    }
  end
end

local function define(class, word, add_operation, many, one)
  local what = "The job's " .. word .. " items."
  class.what = what
  function class.bulk:add(items)
    add(self, add_operation, items)
    return self
  end
  function class.bulk:remove()
    local ids = {}
    for i, item in ipairs(self:_all()) do ids[i] = item.id end
    if #ids > 0 then remove(self._owner, ids, many, one) end
  end
  function class.methods:remove() remove(self._owner, { self.id }, many, one) end
end

define(SelectedItem, "selected", "Job_AddSelectedItems", "Job_RemoveSelectedItems",
  "Job_RemoveSelectedItem")
define(ExcludedItem, "excluded", "Job_AddExcludedItems", "Job_RemoveExcludedItems",
  "Job_RemoveExcludedItem")

--- What the job backs up: `:add{…}` (one item or a list), `:remove()`, or one's `remove`.
---@param given table?  a list: a selection of them
function Job.methods:selected_items(given) return collection.of(SelectedItem, self, given) end

--- What the job leaves out; as `selected_items`.
---@param given table?
function Job.methods:excluded_items(given) return collection.of(ExcludedItem, self, given) end

--- `client:jobs()`; `client:job(name)` by id or name.
declare.children(M.client, "jobs", "job", Job)

--- Enables each of the selected jobs.
function Job.bulk:enable() for _, job in ipairs(self:_all()) do job:enable() end end

--- Disables each of the selected jobs.
function Job.bulk:disable() for _, job in ipairs(self:_all()) do job:disable() end end

--- Starts each of the selected jobs.
---@param given table?
function Job.bulk:start(given) for _, job in ipairs(self:_all()) do job:start(given) end end

--- Stops each of the selected jobs.
function Job.bulk:stop() for _, job in ipairs(self:_all()) do job:stop() end end

return M
