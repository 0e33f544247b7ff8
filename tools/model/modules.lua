--- Lists the modules of a room.

--- Returns the names of the modules in a folder of sources, sorted.
---@param root string  the folder that holds `vbo/`
---@param room string  "vbo/objects"
---@return string[]  "vbo.objects.jobs.copy" …
return function(root, room)
  local pipe = assert(io.popen(("find '%s/%s' -name '*.lua' | LC_ALL=C sort"):format(root, room)))
  local names = {}
  for path in pipe:lines() do
    names[#names + 1] = path:sub(#root + 2):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  end
  assert(pipe:close() and names[1], "no modules in " .. room)
  return names
end
