-- The sockets of the rehearsal server (csrc); see vbo.native.
return require "vbo.base.native" "vbo.server"
