--- Names the file that holds the journal of runs.

local errors = require "vbo.base.error"

local M = {}

--- Names the journal of a user in the folder that holds it.
M.name = "journal.db"
--- Names the journal of rehearsals, which stands beside it.
M.rehearsal = "rehearsal.db"

local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- The XDG specification has a relative folder ignored.
local function state_home()
  local given = variable "XDG_STATE_HOME"
  if given and given:sub(1, 1) == "/" then return given end
  local home = variable "HOME"
  return home and home .. "/.local/state"
end

local function folder()
  -- systemd lists several folders with colons between; the first is the unit's own.
  local given = (variable "STATE_DIRECTORY" or ""):match "^[^:]+"
  if given then return given end
  local home = state_home()
  if home then return home .. "/vbolua" end
  errors.raise {
    kind = "journal",
    message = "the journal has no place: STATE_DIRECTORY, XDG_STATE_HOME and HOME are not set",
    hint = "name a file with --journal=FILE or VBO_JOURNAL",
  }
end

--- Returns the path of the journal: `--journal`, VBO_JOURNAL, $STATE_DIRECTORY/journal.db,
--- $XDG_STATE_HOME/vbolua/journal.db, ~/.local/state/vbolua/journal.db.  A rehearsal's stands
--- beside it, unless the option names a file.
---@param options? { journal: string? }  those of the run
---@param rehearsal? boolean
---@return string path  raises `journal` where nothing names a place
function M.of(options, rehearsal)
  local named = options and options.journal
  if named then return named end
  local path = variable "VBO_JOURNAL" or folder() .. "/" .. M.name
  if not rehearsal then return path end
  return (path:match "^(.*/)[^/]*$" or "") .. M.rehearsal
end

return M
