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

-- Messages of the library that specs compare.
for file, line in pairs {
  ["client/arguments_spec.lua"] =
    [[["'name_after' compares dates, and 'name' is none"] = { name_after = "2026-11-01" },]],
  ["model/save_safety_spec.lua"] =
    [[assert.matches("it is no manifest", output)]],
} do
  M.exceptions["spec/" .. file .. ": " .. line] = "message"
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

--- Rooms that still have some.  The list only becomes shorter: a room that is clean fails, too.
M.rooms = {
  ["bench"] = true,
  ["lua"] = true,
  ["spec/cli"] = true,
  ["spec/contract"] = true,
  ["spec/core"] = true,
  ["spec/record"] = true,
  ["spec/sim"] = true,
  ["spec/support"] = true,
}

return M
