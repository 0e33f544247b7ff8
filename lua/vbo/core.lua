-- The C core (csrc/lua); see vbo.native.
return require "vbo.native" "vbo.core"
