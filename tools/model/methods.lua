--- Every method of an object as its reader sees it: what it takes, what it gives, and which
--- operations it is made of.

local words = require "tools.model.words"

local M = {}

---@class vbo.document.Signature
---@field name string
---@field kind string?            of its declaration: "singular" …
---@field text string[]           what the comment says
---@field operations string[]     catalogue names
---@field parameters {name: string, type: string, optional: boolean}[]
---@field options {name: string, fields: table[]}?  a class that the last parameter has
---@field returns string?

local Methods = {}
Methods.__index = Methods

--- A describer of methods.
---@param collected vbo.document.Collected
---@param model {union: table, parts: table<string, table[]>, meanings: table, saves: table}
---  `parts`: operation → its parts by version; `saves`: the options of every save
function M.new(collected, model)
  return setmetatable({ collected = collected, model = model, pending = {} }, Methods)
end

function Methods:type_of(class)
  local object = self.collected.of[class]
  return object and object.type or "any"
end

function Methods:collection_of(class)
  local object = self.collected.of[class]
  return object and object.type .. "Collection" or "vbo.Collection"
end

-- Bodies of several operations together, as one class; nil when they have none.
local function body_class(self, operations)
  local parts = {}
  for _, name in ipairs(operations) do
    for _, part in ipairs(self.model.parts[name] or {}) do
      local body = part.operation.body
      if body and body.type == "object" then
        parts[#parts + 1] = { version = part.version, schema = body }
      end
    end
  end
  if #parts == 0 then return nil end
  table.sort(parts, function(a, b) return a.version < b.version end)
  local context = table.concat(operations, "__")
  local name = self.model.union:type("given", parts, context, true)
  return self.model.union.classes[name]
end

-- The query parameters of an operation; a collection's without those of paging.
local function query_fields(self, operation, paged)
  local fields, known = {}, {}
  for _, name in ipairs(paged and { "limit", "offset", "set_id", "page_size" } or {}) do
    known[name] = true
  end
  local union = self.model.union
  local list = self.model.parts[operation] or {}
  for at = #list, 1, -1 do
    for _, parameter in ipairs(list[at].operation.parameters) do
      local name = words.spelled(parameter.name)
      if parameter.place == "query" and not known[name] then
        known[name] = true
        local parts, versions = {}, {}
        for _, part in ipairs(list) do
          for _, other in ipairs(part.operation.parameters) do
            if words.spelled(other.name) == name then
              parts[#parts + 1] = { version = part.version, schema = other.schema }
              versions[part.version] = true
            end
          end
        end
        local text = words.any_case(union:type("given", parts, operation))
        if name:find "_ids?$" and text == "string" then text = "string|vbo.Resource" end
        fields[#fields + 1] = { name = name, type = text, optional = true, versions = versions,
          rest = { parameter.name }, schema = parameter.schema }
        for word, names in pairs(self.model.meanings) do
          for _, other in ipairs(names) do
            if other == parameter.name and not known[word] then
              known[word] = true
              fields[#fields + 1] = { name = word, type = text, optional = true,
                versions = versions, comment = ("`%s`"):format(parameter.name),
                rest = { parameter.name }, schema = parameter.schema }
            end
          end
        end
      end
    end
  end
  table.sort(fields, function(a, b) return a.name < b.name end)
  return fields
end

local listing = { { name = "page_size", type = "integer", optional = true } }

local function answer_type(self, operations)
  local union, parts = self.model.union, {}
  for _, name in ipairs(operations) do
    for _, part in ipairs(self.model.parts[name] or {}) do
      local answer = part.operation.answer
      if answer.kind == "json" and not answer.schema then return "any" end
      if answer.schema then
        parts[#parts + 1] = { version = part.version, schema = answer.schema }
      end
    end
  end
  return #parts > 0 and union:type("answer", parts, operations[1]) or nil
end

-- Kinds of errors, which comments name too.
local kinds = { usage = true, not_found = true, unsupported = true, conflict = true, disk = true,
  partial = true, exists = true, integrity = true, auth = true, unknown_outcome = true }

-- `word`s of a comment that may be options.
local function mentioned(object, text)
  local fields, methods = {}, object and object.names or {}
  for word, rest in table.concat(text, " "):gmatch "`([%l][%l%d_]*)( ?=?[^`]*)`" do
    if (rest == "" or rest:match "^ =") and not methods[word] and not kinds[word] then
      fields[#fields + 1] = { name = word, type = "any", optional = true, mentioned = true }
    end
  end
  return fields
end

-- The operations of a declaration, and those that its function knows beside them.
local function operations_of(declaration, facts)
  local list, known = {}, {}
  local function add(name)
    if name and not known[name] then
      known[name] = true
      list[#list + 1] = name
    end
  end
  add(declaration.operation)
  for _, name in ipairs(declaration.operations or {}) do add(name) end
  local structural = declaration.kind == "plural" or declaration.kind == "singular"
  for _, name in ipairs(not structural and facts and facts.operations or {}) do add(name) end
  return list
end

local function of_declaration(self, object, method)
  local declaration = method.declaration
  local facts = self.collected.reader:of(method.run)
  local operations = operations_of(declaration, facts)
  local site = self.collected.sites[declaration]
  local text = declaration.doc and { declaration.doc } or {}
  if #text == 0 and site then text = self.collected.reader:comment(site.chunk, site.line) end
  local kind, class = declaration.kind, declaration.class
  local signature = { name = method.name, text = text, operations = operations, parameters = {},
    kind = kind }
  if kind == "plural" then
    signature.fields = words.join(query_fields(self, operations[1], true), listing)
    for name, types in pairs(declaration.accepts or {}) do
      words.join(signature.fields, { { name = name, type = types, optional = true } })
    end
    signature.list = true
    signature.returns = self:collection_of(class)
  elseif kind == "singular" then
    signature.parameters[1] = { name = "name", type = "string|integer|table", optional = true }
    signature.returns = self:type_of(class)
  elseif kind == "single" then
    signature.returns = self:type_of(class)
  elseif kind == "listed" then
    signature.parameters = {
      { name = "items", type = "any", optional = false },
      { name = "given", type = "table", optional = true },
    }
    signature.returns = self:collection_of(class)
  else
    local checked = facts and facts.checked
    local body = not checked and body_class(self, operations) or nil
    signature.body, signature.lenient = body, kind == "edit" or #operations > 1
    signature.fields = words.spec(facts and facts.specs or {})
    signature.queries = not checked and operations or nil
    if kind == "stream" then words.join(signature.fields, words.spec(self.model.saves)) end
    signature.more = (body or checked or #signature.fields > 0)
      and mentioned(object, text) or nil
    local given = declaration.returns or class and self:type_of(class)
    if kind == "edit" then
      signature.returns = object and object.type
    elseif kind == "stream" then
      signature.returns = "vbo.Saved"
    else
      signature.returns = given or kind ~= "remove" and answer_type(self, operations) or nil
    end
    if method.each and signature.returns then
      signature.returns = "(" .. signature.returns .. ")[]"
    end
  end
  return signature
end

-- "As `Document:copy`, for …": the comment that is meant.
local function referred(self, object, method, text)
  local other, name = table.concat(text, " "):match "`(%a+):([%w_]+)`"
  if not other then return {} end
  for _, candidate in ipairs(self.collected.objects) do
    local near = not object or candidate.module == object.module
    if near and candidate.type:sub(-#other) == other then
      for _, list in ipairs { candidate.methods, candidate.bulk } do
        for _, found in ipairs(list) do
          if found.name == name and found ~= method then
            local facts = self.collected.reader:of(found.run)
            if facts then return mentioned(object, facts.text) end
          end
        end
      end
    end
  end
  return {}
end

-- Returns the type that a text begins with: it ends at a blank outside brackets that no `|`, `:` or
-- `,` joins to what follows.
local function type_prefix(text)
  local depth, at = 0, 1
  while at <= #text do
    local char = text:sub(at, at)
    if char:find "[%(%{<]" then
      depth = depth + 1
    elseif char:find "[%)%}>]" then
      depth = depth - 1
    elseif char == " " and depth == 0 then
      local before, after = text:sub(1, at - 1):match "(%S)$", text:match("^%s*(%S)", at)
      local joined = before == "|" or before == ":" or after == "|" or after == ":"
      if not joined then return text:sub(1, at - 1) end
    end
    at = at + 1
  end
  return text
end

local function written_types(annotations)
  local parameters, returns = {}, nil
  for _, annotation in ipairs(annotations) do
    local name, text = annotation:match "^param%s+(%S+)%s+(.*)$"
    if name then parameters[name] = type_prefix(text) end
    local given = annotation:match "^return%s+(.*)$"
    if given then
      given = type_prefix(given)
      returns = returns and returns .. ", " .. given or given
    end
  end
  return parameters, returns
end

local vague = { ["table"] = true, ["table?"] = true, ["any"] = true, ["table[]"] = true }

-- `return self._client:jobs()…`: what that method of the client gives.
local function through_client(self, facts)
  local name = facts.body:match "return%s+self%._client:([%w_]+)%("
    or facts.body:match "return%s+self:([%w_]+)%(%)%s*:where"
  for _, method in ipairs(name and self.collected.client or {}) do
    local declaration = method.declaration
    if method.name == name and declaration and declaration.class then
      return declaration.kind == "plural" and self:collection_of(declaration.class)
        or self:type_of(declaration.class)
    end
  end
end

local function of_function(self, object, method, single)
  local facts = self.collected.reader:of(method.run)
  if not facts then return nil end
  local signature = { name = method.name, text = facts.text, operations = facts.operations,
    parameters = {} }
  local written, returns = written_types(facts.annotations)
  local gives = facts.gives and (facts.gives.many and self:collection_of(facts.gives.class)
    or self:type_of(facts.gives.class)) or through_client(self, facts)
  if gives and (not returns or vague[returns]) then returns = gives end
  signature.returns = returns
  local last = facts.parameters[#facts.parameters]
  for i, name in ipairs(facts.parameters) do
    local text = written[name] or "any"
    signature.parameters[i] = { name = name, type = (text:gsub("%?$", "")),
      optional = text:find "%?$" ~= nil or text == "any" }
  end
  local takes = last == "given" or last == "options"
  if not takes then return signature end
  signature.parameters[#signature.parameters] = nil
  signature.list = facts.gives and facts.gives.many
  signature.fields = words.spec(facts.specs)
  if signature.list then
    local operation = facts.operations[1]
    words.join(signature.fields, operation and query_fields(self, operation, true) or {})
  else
    signature.body = not facts.checked and body_class(self, facts.operations) or nil
    signature.queries = not facts.checked and facts.operations or nil
    -- The method fills in the rest by itself.
    signature.lenient = true
  end
  signature.open = not signature.body and #signature.fields == 0 and #facts.operations == 0
  signature.more = words.join(mentioned(object, facts.text),
    referred(self, object, method, facts.text))
  signature.needed = written[last] and not written[last]:find "[?|]" or false
  if signature.open and single then return single, facts end
  return signature
end

-- Returns the options that a method fills in itself: the selected things.
local function hidden(object)
  local selection = object and object.class.selection
  if not selection then return nil end
  return { [selection] = true, [selection .. "_restore_configs"] = true }
end

local function signature_of(self, object, method, bulk)
  if method.declaration then return of_declaration(self, object, method) end
  local single
  if bulk then
    for _, other in ipairs(object.methods) do
      if other.name == method.name then single = of_function(self, object, other) end
    end
  end
  local signature, facts = of_function(self, object, method, single)
  if signature and signature == single then
    -- Each of a selection by itself: the options are the single one's.
    local copy = {}
    for key, value in pairs(single) do copy[key] = value end
    copy.text = facts.text
    local _, returns = written_types(facts.annotations)
    copy.returns = returns
    return copy
  end
  return signature
end

--- Describes one method.
---@param object vbo.document.Object?  nil: the client
---@param method vbo.document.Method
---@param bulk boolean?  of the object's collection
---@return vbo.document.Signature?  nil for what cannot be read
function Methods:of(object, method, bulk)
  local signature = signature_of(self, object, method, bulk)
  if signature then signature.hidden = hidden(object) end
  return signature
end

--- `refresh` of one class: its query parameters are those of the class's own operation.
---@param object vbo.document.Object
---@param common vbo.document.Signature
---@return vbo.document.Signature
function Methods:itself(object, common)
  local copy = {}
  for key, value in pairs(common) do copy[key] = value end
  copy.returns, copy.text, copy.parameters = object.type, { common.text[1] }, {}
  local get = object.class.get
  copy.fields, copy.queries, copy.more, copy.open = {}, get and { get } or {}, nil, false
  self:finish(copy, ("%s.%s"):format(object.type, copy.name))
  return copy
end

--- Gives a signature its class of options, when all classes have their fields.
---@param signature vbo.document.Signature
---@param name string  of the class
function Methods:finish(signature, name)
  if not (signature.fields or signature.body or signature.queries) then return end
  local fields = {}
  words.join(fields, signature.fields or {})
  if signature.body then
    words.join(fields, words.options(signature.body, self.model.meanings, signature.lenient))
  end
  for _, operation in ipairs(signature.queries or {}) do
    words.join(fields, query_fields(self, operation))
  end
  words.join(fields, signature.more or {})
  for at = #fields, 1, -1 do
    if signature.hidden and signature.hidden[fields[at].name] then table.remove(fields, at) end
  end
  if #fields == 0 then
    if signature.open then
      signature.parameters[#signature.parameters + 1] =
        { name = "given", type = "table", optional = true }
    end
    return
  end
  local needed = signature.needed
  for _, field in ipairs(fields) do needed = needed or not field.optional end
  signature.options = { name = name, fields = fields, closed = not signature.open }
  signature.parameters[#signature.parameters + 1] = {
    name = "given", optional = not needed,
    type = signature.list and name .. "|(string|integer|table)[]" or name,
  }
end

return M
