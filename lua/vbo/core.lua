-- The C core (csrc/lua); see vbo.native.
return require "vbo.base.native" "vbo.core"
