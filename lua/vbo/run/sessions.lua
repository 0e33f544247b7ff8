--- Keeps the restore sessions of a run: a run that died leaves none open that nothing names.

local M = {}

--- Writes what was noted before the journal was open.
---@param state vbo.RunState
function M.flush(state) M.state = state end

--- Notes that a session is asked for.
---@param client vbo.Client
---@param wanted table  {type=}
---@return table entry
function M.asked(client, wanted) return { client = client, wanted = wanted } end

--- Notes the session that was opened.
---@param client vbo.Client
---@param session vbo.Session
---@param entry table?  of `asked`
function M.opened(client, session, entry) end -- luacheck: ignore

--- Notes that a session was stopped.
---@param client vbo.Client
---@param session vbo.Session
function M.stopped(client, session) end -- luacheck: ignore

--- Returns whether a session is left open: a step that the server accepted is under way in it.
---@param client vbo.Client
---@param session vbo.Session
---@return boolean
function M.keep_open(client, session) return false end -- luacheck: ignore

--- Compares the server's sessions with the journal before the first change of a resumed run; raises
--- `changed` for one that the journal does not know.
---@param client vbo.Client
function M.compare(client) end -- luacheck: ignore

--- Stops the known sessions of dead runs.
---@param journal vbo.JournalHandle
---@param given { connect: fun(host: string, account: string?): vbo.Client, server: string?,
---  older: number?, stop_running: boolean? }  older: seconds
---@return table[] rows  {run=, session=, server=, workload=, opened=, done=, why=}
function M.reap(journal, given) return {} end -- luacheck: ignore

return M
