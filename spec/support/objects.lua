-- Loads every module of vbo.objects, for specs that walk all classes.

for _, name in ipairs(require "tools.model.modules"("lua", "vbo/objects")) do require(name) end
require "vbo.client.below"
return require "vbo.model.resource"
