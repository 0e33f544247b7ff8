std = "lua54"
max_line_length = 100
exclude_files = { "build", "build-*" }
-- Type files only declare: what they name is there for the language server.
files["lua/vbo/types"] = { ignore = { "111", "113", "121", "131", "211", "212" } }
files["spec"] = { std = "lua54+busted" }
