--- Words that the project's prose avoids, and what to write instead.

local M = {}

--- Lua patterns over words in lower case, between spaces; the first column is what is printed.
M.words = {
  { "told", "told", "notify, report, print, pass" },
  { "nobody", "nobody", "no caller, no reader, no one" },
  { "somebody", "somebody", "name the person or program" },
  { "unless given/told", "unless given", "default X" },
  { "is none", "is none", "SUBJECT must be …, got VALUE", but = { "there is none" } },
  { "are none", "are none", "SUBJECT must be …, got VALUE", but = { "there are none" } },
  { "was none", "was none", "SUBJECT must be …, got VALUE", but = { "there was none" } },
  { "is no X", "is no %a+", "is not a X; SUBJECT must be …, got VALUE",
    but = { "there is no", "is no longer", "is no more", "is no less", "is no other" } },
  { "are no X", "are no %a+", "are not X; SUBJECT must be …, got VALUE",
    but = { "there are no", "are no longer", "are no more" } },
  { "looked at", "looked at", "read, checked, compared" },
  { "is given up", "is given up", "is abandoned, cancelled, stopped" },
  { "in vain", "in vain", "failed, without result" },
  { "midst", "midst", "inside, during" },
  { "one's own", "one's own", "your own; the caller's" },
}

--- The first words of a comment that make no sentence of a verb and an object.
M.openings = { "What", "Who", "Whose", "Which", "One that", "Whoever", "Whatever" }

--- Folders that are not checked: data, generated pages, and what others wrote.
M.skipped = { "lua/vbo/catalogue/facts", "docs/reference", "spec/fixtures", "spec/fuzz/corpus",
  "spec/support/node",
  -- The words themselves.
  "tools/lint/vocabulary.lua", "spec/contract/words_spec.lua" }

--- Lines that may use such a word: file and line, without the blanks around it → why.
M.exceptions = {}

-- Documents of the demo world, whose sizes and digests pages quote.
for _, line in ipairs {
  '- Nobody opens attachments called *invoice* any more.',
  'local long_name = ("A very long name that somebody thought was helpful "):rep(4):sub(1, 196)',
  '{ at = "2026-10-14T09:15:00Z", docx = plan("first draft", "nobody has time.") },',
  'text = "# 19 November\\n\\n03:12 first file renamed. 06:50 noticed. Nobody paid.\\n" },',
} do
  M.exceptions["lua/vbo/sim/world/demo/drives.lua: " .. line] = "content"
end

-- Strings of specs other than titles: what an assertion prints, and a name that matches no user.
for file, line in pairs {
  ["model/objects_spec.lua"] =
    [[("%s of %s, which %s answers, is no field of %s"):format(property, version,]],
  ["objects/restore_coverage_spec.lua"] =
    [[assert.is_nil(names[name], name .. " is no exception any more")]],
  ["request/items_spec.lua"] =
    [[job:edit { items = organization:users():where { name = "nobody at all" } }]],
  ["runtime/task_spec.lua"] =
    [[assert(others > 0, "nobody ran meanwhile")]],
} do
  M.exceptions["spec/" .. file .. ": " .. line] = "content of a spec"
end

-- Names of users, organizations and files that no server has, and texts of mails: test data.
for path, lines in pairs {
  ["spec/sim/folder_spec.lua"] = {
    [[The end of it is no part.]],
    [["From: nobody", "From here to there\nSubject: no", "From" } do]],
  },
  ["spec/sim/job_spec.lua"] = {
    [[post({ { id = "nobody" } }, 404)]],
  },
  ["spec/sim/role_spec.lua"] = {
    [[assert.equal(0, #client:rows(place .. "?displayName=nobody"))]],
    [[client:get("/ProtectedUsers/nobody", 404)]],
  },
  ["spec/sim/sharepoint_spec.lua"] = {
    [[{ siteURL = intranet, organizationName = "nobody" }, 404)]],
  },
  ["spec/record/record_spec.lua"] = {
    [[local _, output, status = record("nobody", "v8", "--only nobody@contoso.com")]],
    [[assert.is_nil(names_in(folder):find "nobody")]],
  },
} do
  for _, line in ipairs(lines) do M.exceptions[path .. ": " .. line] = "test data" end
end

-- Messages that specs compare: of the soak's ledger, and of validators.
for path, lines in pairs {
  ["bench/soak/ledger.lua"] = {
    [[fault("session %s: %d restored as it was told, %d in production", session, restored, there)]],
    [[fault("session %s: %d changes that nobody was told of", session, there)]],
    [[fault("in production, and restored by nobody: %s", row.path)]],
  },
  ["spec/sim/openapi_spec.lua"] = {
    [[["a file without a byte"] = { "is no stream of bytes",]],
    [[["a refused login without its word"] = { "is no OAuth error",]],
  },
  ["spec/sim/schema_spec.lua"] = {
    [[["it.id is no uuid: 7"] = { id = "7" }, ["it.id is null"] = { id = json.null },]],
    [[["it.count is no integer but 1.5"] = { id = id, count = 1.5 },]],
    [[["it.at is no date-time: 2026-11-20"] = { id = id, at = "2026-11-20" },]],
    [[["it.rows[1] is no boolean but 1"] = { id = id, rows = json.array { 1 } },]],
  },
} do
  for _, line in ipairs(lines) do M.exceptions[path .. ": " .. line] = "compared" end
end

-- Messages of a failing check, which its log shows.
for path, lines in pairs {
  ["spec/sim/answer_spec.lua"] = {
    [[complain "is no UUID"]],
    [[if schema.format == "date-time" and not time.parse(value) then complain "is no time" end]],
  },
  ["spec/sim/handlers_spec.lua"] = {
    [[assert(known(name), name .. " is no operation")]],
  },
  ["spec/sim/openapi_spec.lua"] = {
    [[assert(told[what]:find(case[1], 1, true), "told: " .. told[what])]],
  },
  ["spec/sim/schema_spec.lua"] = {
    [[if not answer.stream then complain "is no stream" end]],
  },
} do
  for _, line in ipairs(lines) do M.exceptions[path .. ": " .. line] = "failure's message" end
end

-- Strings of the specs and their helpers, and None of Python.
for path, entry in pairs {
  ["spec/core/test_buffer.c"] = { "message of a test",
    'vbo_error_set(NULL, VBO_ERROR_USAGE, "nobody listens");',
  },
  ["spec/core/test_congestion.c"] = { "message of a test",
    'fail_msg("nobody is running");',
  },
  ["spec/contract/bad_input_spec.lua"] = { "unknown name",
    [[fails(sim(), connect .. 'client:organization "nobody.com":explore {}', "not_found",]],
    [['no organization is called "nobody.com"')]],
  },
  ["spec/contract/broken_bodies_spec.lua"] = { "name of a breakage, which specs compare",
    '["array marked on an object"] = 100, ["given twice"] = 50, ["name that is no string"] = 50,',
  },
  ["spec/contract/soak_spec.lua"] = { "message of bench/soak/ledger.lua",
    'assert.match("a: 2 restored as it was told, 1 in production", faults(1, { two[1] }, both), 1,',
    'assert.match("b: 1 changes that nobody was told of",',
    'assert.match("restored by nobody: z", '
      .. 'faults(1, two, { both[1], both[2], gained "z" }), 1, true)',
  },
  ["spec/support/breakages.lua"] = { "name of a breakage, which specs compare",
    'set("name that is no string", 1, "x",',
    'set("name that is no string", true, "x", { property = where .. "[true]", plain = false })',
  },
  ["spec/support/facts.lua"] = { "reason that specs print",
    'if letter == "i" and not math.tointeger(tonumber(text)) then return "is no integer" end',
    'if letter == "n" and not tonumber(text) then return "is no number" end',
    'if letter == "b" and text ~= "true" and text ~= "false" then return "is no boolean" end',
  },
  ["spec/support/facts_openapi.lua"] = { "reason that specs print",
    'if type(value) ~= "string" then return "is no string" end',
    'if type(value) ~= "boolean" then return "is no boolean" end',
    'if math.type(value) ~= "integer" then return "is no integer" end',
    'if type(value) ~= "number" then return "is no number" end',
    'if type(value) ~= "table" or self.is_array(value) then return where, "is no object" end',
    'if type(value) ~= "table" or not self.is_array(value) then return where, "is no array" end',
  },
  ["spec/support/facts_words.lua"] = { "reason that specs print",
    'if type(value) ~= "table" or self.is_array(value) then return where, "is no object" end',
    'if type(value) ~= "table" or not self.is_array(value) then return where, "is no array" end',
    'return (type(value) ~= "table" or self.is_array(value)) and "body" or nil, "is no object"',
    'if source == "integer" and not math.tointeger(tonumber(text)) then return "is no integer" end',
    'if source == "UTC" and not is_date(text) then return "is no date" end',
  },
  ["spec/support/portal.py"] = { "None of Python",
    'body = None if properties is None else "{ %s, }" % properties',
    'inner = "null" if properties is None else "{ %s, }" % properties',
  },
  ["spec/support/pst.lua"] = { "message of a test",
    'for id in pairs(found.blocks) do assert(reached[id], "a block of nobody") end',
  },
  ["spec/support/sim_app.lua"] = { "message of a test",
    'error("nobody called " .. owner)',
  },
} do
  for i = 2, #entry do M.exceptions[path .. ": " .. entry[i]] = entry[1] end
end

--- Rooms that still have some.  The list only becomes shorter: a room that is clean fails, too.
M.rooms = {}

return M
