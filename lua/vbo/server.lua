-- The sockets of the rehearsal server (csrc); see vbo.native.
return require "vbo.native" "vbo.server"
