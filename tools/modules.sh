#!/bin/sh
# Writes a C header with the name of each Lua module and the folder of each room.
#
#   tools/modules.sh lua/vbo/cli/program/show.lua … >modules.h
#
# C says VBO_MODULE_cli_show for "vbo.cli.program.show" and VBO_ROOM_cli for "cli/"; a name without a file
# does not compile.  Two modules that would share a name have none.
printf '%s\n' "$@" | awk '
  BEGIN {
    print "/* Made by tools/modules.sh from the names of the Lua files: do not edit. */"
    print "#ifndef VBO_MODULES_H\n#define VBO_MODULES_H\n"
  }
  { sub("^lua/", ""); sub("[.]lua$", ""); sub("/init$", "") }
  $0 == "vbo" { next }
  {
    module = $0
    gsub("/", ".", module)
    sub("^vbo/", "")
    if (split($0, part, "/") > 1) rooms[part[1]] = 1
    gsub("/", "_")
    if ($0 in modules) shared[$0] = 1
    modules[$0] = module
  }
  END {
    for (name in modules)
      if (!(name in shared)) print "#define VBO_MODULE_" name " \"" modules[name] "\"" | "LC_ALL=C sort"
    for (room in rooms) print "#define VBO_ROOM_" room " \"" room "/\"" | "LC_ALL=C sort"
    close("LC_ALL=C sort")
    print "\n#endif"
  }'
