--- Declares what can be done with the things in a backup, class by class: restore, copy, send,
--- save, export.
---
--- A class says which operation does it to one resource and which to several at once; a verb
--- that the API has only for one is done to each of a selection, one after the other.

local collection = require "vbo.model.collection"
local declare = require "vbo.model.declare"
local errors = require "vbo.base.error"
local filename = require "vbo.base.filename"
local options_of = require "vbo.base.options"
local parallel = require "vbo.runtime.parallel"
local pipeline = require "vbo.request.pipeline"
local restore = require "vbo.model.restore"
local save = require "vbo.model.save"
local selection = require "vbo.model.selection"
local subjects = require "vbo.model.subject"

local M = {}

---@class vbo.VerbOperations
---@field one string?       for one resource
---@field many string|string[]|nil  for a selection, in one call; of a list the first that the
---  version has
---@field each boolean?     a selection is done one by one: the API has no call for several

local function copied(given)
  local options = {}
  for name, value in pairs(given) do options[name] = value end
  return options
end

-- One by one, with what each of them answers.
local function to_each(name)
  return function(self, given)
    selection.check_depth(self, name)
    local results, list = {}, selection.items(self, name)
    options_of.one_key(given, name, #list)
    for i, item in ipairs(list) do results[i] = item[name](item, given) end
    return results
  end
end

-- Declares a method of a class's resources and selections.  `how`: doc=, returns=; `make` gives
-- the function for one or several.
local function define(class, name, operations, how, make)
  local function note(methods, operation, returns)
    declare.note(methods, {
      name = name, kind = "action", operation = operation, returns = returns, doc = how.doc,
    })
  end
  if operations.one then
    note(class.methods, operations.one, how.returns)
    class.methods[name] = make(operations.one, false)
  end
  if operations.many then
    note(class.bulk, operations.many, how.returns)
    class.bulk[name] = make(operations.many, true)
  elseif operations.each then
    note(class.bulk, operations.one, how.returns and how.returns .. "[]")
    class.bulk[name] = to_each(name)
  end
end

-- ---------------------------------------------------------------- operators

-- The account of a restore operator restores through operations of its own, which take no
-- account to write with and say why; a session that was opened as an operator knows it.
local function by_operator(self, options)
  local wanted = options.operator
  options.operator = nil
  if wanted ~= nil and type(wanted) ~= "boolean" then
    errors.usage(("option 'operator' takes a boolean, not a %s"):format(type(wanted)))
  end
  if wanted ~= nil then return wanted end
  local target = selection.target(self)
  local session = target._session and target:_session()
  return session ~= nil and rawget(session, "_operator") == true
end

-- Sends a restore of a resource or a selection.
local function run_restore(self, intent, options, word)
  intent.operation = pipeline.operation(self._client, intent.operation, intent.call)
  intent.selection = selection.body(self, intent.operation, intent.call, word)
  intent.subject = subjects.of(self)
  return restore.run(selection.target(self), intent, options)
end

local function as_operator(self, name, how, options)
  local class, operator = self._class, how.operator
  if not operator then
    errors.raise {
      kind = "unsupported",
      message = ("%s: restore operators do not restore a %s"):format(name, class.kind),
      hint = how.instead or "they restore what is in it",
    }
  end
  local intent = { call = name, operation = operator.operation, defaults = operator.defaults }
  if operator.alone then return run_restore(self, intent, options) end
  -- There is only a call for several: one is a selection of one.
  local several = collection.is(self) and self
    or collection.new(class, self._owner, { fixed = { self } })
  if operator.prepare then options = operator.prepare(options, several, name) end
  return run_restore(several, intent, options, operator.selection)
end

--- Makes what operators restore of selected things that have versions: a configuration for each.
---@param word string  of the thing in it
---@return fun(options: table, self: table, call: string): table
local function configs(word)
  return function(options, self, call)
    local list = {}
    for i, item in ipairs(selection.items(self, call)) do
      list[i] = { [word] = item, document_version = options.version }
    end
    options[self._class.selection .. "_restore_configs"] = list
    options.version = nil
    return options
  end
end

M.document_configs, M.item_configs = configs "document", configs "item"

--- Declares a change of production that counts what it did.
---
--- The methods take the options of `restore.own` (`wait`, `allow_partial`, `deadline`),
--- `operator` and the operation's own, and return `vbo.Statistics`; done to each, a list.
---@param class table
---@param name string
---@param operations vbo.VerbOperations
---@param how table?  doc=; defaults= (sent by default), prepare= (function(options,
---  self, name) giving the options to send), operator= {operation=, defaults=, prepare=,
---  selection=, alone=} (the same by a restore operator), instead= (a hint where those cannot)
function M.restore(class, name, operations, how)
  how = how or {}
  how.returns = "vbo.Statistics"
  define(class, name, operations, how, function(operation)
    return function(self, given)
      options_of.table(given, name)
      selection.check_depth(self, name)
      local options = copied(given or {})
      if by_operator(self, options) then return as_operator(self, name, how, options) end
      if how.prepare then options = how.prepare(options, self, name) end
      local intent = { call = name, operation = operation, defaults = how.defaults }
      return run_restore(self, intent, options, how.selection)
    end
  end)
end

-- One address of "a@contoso.com; Bob <b@contoso.com>".
local function is_address(part)
  local bare = part:match "^.*<([^<>]*)>%s*$" or part
  return bare:match "^%s*[^%s@,;<>]+@[^%s@,;<>]+%s*$" ~= nil
end

-- Raises for text that is not an e-mail address: a server would report it much later, or never.
local function check_addresses(options, call)
  for _, name in ipairs { "from", "to" } do
    local value = options[name]
    if value ~= nil then
      local good = type(value) == "string" and value:find "%S" ~= nil
      for part in (good and value or ""):gmatch "[^;,]+" do
        good = good and (is_address(part) or not part:find "%S")
      end
      if not good then
        errors.usage(("%s: '%s' takes an e-mail address, got %s"):format(call, name,
          type(value) == "string" and ("%q"):format(value) or "a " .. type(value)),
          "write alice@contoso.com; several are separated by semicolons")
      end
    end
  end
end

-- Sends a change that answers nothing.
local function run_send(self, name, operation, given)
  local own, options = options_of.split(given, { deadline = "number", key = "string" }, name)
  local found = pipeline.operation(self._client, operation, name)
  for property, value in pairs(selection.body(self, found, name) or {}) do
    options[property] = value
  end
  local target = selection.target(self)
  pipeline.call(target._client, {
    call = name, operation = found, path = target:_path(), options = options,
    deadline = own.deadline, key = own.key, subject = subjects.of(self),
  })
end

--- Declares a change that answers nothing: sending by mail.
---@param class table
---@param name string
---@param operations vbo.VerbOperations
---@param how table?  doc=, elsewhere= (`vbo.VerbOperations` instead where `to` is given),
---  prepare= (as for `restore`)
function M.send(class, name, operations, how)
  how = how or {}
  local elsewhere = how.elsewhere or {}
  define(class, name, operations, how, function(operation, several)
    local other = elsewhere[several and "many" or "one"]
    return function(self, given)
      if type(given) == "table" then check_addresses(given, name) end
      selection.check_depth(self, name)
      local options = given
      if type(given) == "table" and how.prepare then
        options = how.prepare(copied(given), self, name)
      end
      local addressed = type(given) == "table" and given.to ~= nil
      return run_send(self, name, addressed and other or operation, options)
    end
  end)
end

-- ------------------------------------------------------------------- files

--- Returns the name of a file where `to` does not say it all: asking for a record costs a request.
---@param own table         options of saving
---@param name fun(): any   the server's name of it
---@param extension string?
---@param fallback string?
---@return string
local function suggested(own, name, extension, fallback)
  local unnamed = "\0"
  if own.to and filename.target(own.to, unnamed) == own.to then return "unnamed" end
  return filename.safe(filename.safe(name(), fallback) .. (extension or ""))
end

-- A file for each of a selection, in the folder `to`.
local function save_each(name, how)
  return function(self, given)
    local own = save.split(given, name)
    local folder = save.folder({ to = own.to or "." })
    local written <close> = save.manifest(own, folder)
    local unique = save.names()
    local list = selection.items(self, name)
    options_of.one_key(given, name, #list)
    local saved = parallel.run(list, { limit = own.at_once }, function(item)
      local options = copied(given or {})
      local original, extension = how.named(item), how.extension(item, options)
      local file = unique(suggested({}, function() return original end, extension, how.fallback))
      options.to = folder .. "/" .. file
      options.manifest = nil
      local result = item[name](item, options)
      -- With `zip = false` it is a set of its own.
      if result.path and original ~= nil and file ~= original .. extension then
        result.original_name = original
      end
      if written or own.manifest then (written or own.manifest):add(result) end
      return result
    end)
    saved.n = nil
    return saved
  end
end

local function no_extension() return "" end

-- Returns what a stream should be, by the extension of a file of several, or of one resource's;
-- messages that are packed together come as the server likes.
local function check_for(self, how, options, file)
  if not file then return save.check_of(how.extension(self, options)) end
  local extension = file:match "%.%a+$"
  return extension == ".zip" and how.loose and "zip|msg" or save.check_of(extension)
end

-- Returns what is known of one thing that is saved; reads a document's record for it.
local function about_one(self, how, own, options)
  local content = how.content
  if type(content) == "function" then content = content(self) end
  local about = content and not options.zip and save.about(self, own) or {}
  about.content = content and not options.zip
  about.extension = how.extension(self, options)
  return about
end

-- Returns what is known of a save before it is sent: the `vbo.SaveTask`.
local function task_of(self, how, own, options, several)
  local task = { own = own }
  if several then
    task.name = type(how.files) == "function" and how.files(options) or how.files
  else
    local about = about_one(self, how, own, options)
    task.about = about
    task.name = suggested(own, function()
      about.name = how.named(self)
      return about.name
    end, about.extension, how.fallback)
  end
  task.check = task.about and task.about.content and "document"
    or check_for(self, how, options, several and task.name)
  return task
end

--- Declares a read that streams into a file: `vbo.Saved`.
---
--- The methods take the options of every save (`vbo.model.save_options`) and the operation's own.
---@param class table
---@param name string
---@param operations vbo.VerbOperations
---@param how table  doc=; named= (function(resource) giving its name), extension=
---  (function(resource, options) giving what follows), fallback= (where nothing is left of a
---  name), files= (name of the file of a selection; a function takes the options), plain=
---  (function(self, own, name): saves as plain files where `zip = false`), single= (one is a
---  file by itself), prepare= (function(options, self, name) giving what is sent), whole= (a
---  collection that is not a selection is named by nothing but its owner), loose= (a selection may
---  come as one message), content= (one is a document, of which the server lists name, size and
---  time; a function of the resource says whether it is)
function M.save(class, name, operations, how)
  how.named = how.named or function(self) return self.name end
  how.extension = how.extension or no_extension
  how.returns = "vbo.Saved"
  define(class, name, operations, how, function(operation, several)
    return function(self, given)
      local own, options = save.split(given, name)
      selection.forget(self)
      local task = task_of(self, how, own, options, several)
      if options.zip == false and how.plain and (several or not how.single) then
        if own.key ~= nil then
          errors.usage(name .. ": option 'key' must name one step; zip = false saves each file in "
            .. "one of its own", "leave out 'key', or save an archive")
        end
        return how.plain(self, own, (task.name:gsub("%.zip$", "")))
      end
      if how.prepare then options = how.prepare(options, self, name) end
      local found = pipeline.operation(self._client, operation, name)
      local word
      if how.whole and selection.is_whole(self) then word = false end
      for property, value in pairs(selection.body(self, found, name, word) or {}) do
        options[property] = value
      end
      local target = selection.target(self)
      return save.stream(target, {
        call = name, operation = found, options = options,
        implied = target._client._dialect.implied, subject = subjects.of(self),
      }, task)
    end
  end)
  if operations.each then class.bulk[name] = save_each(name, how) end
end

--- Returns the extension of a single document: its own name, or an archive's.
function M.zipped_if_asked(_, options) return options.zip and ".zip" or "" end

--- Returns the extension of what is always an archive.
function M.zipped() return ".zip" end

--- Returns the extension of what is an archive unless plain files are asked for.
function M.zipped_unless_plain(_, options) return options.zip == false and "" or ".zip" end

return M
