-- Proxy, ProxyPool
local vbo = require "vbo"
local client <close> = vbo.connect()
for proxy in client:proxies():each() do print(proxy.host_name, proxy.status) end
for pool in client:proxy_pools():each() do
  print(pool.name)
  for proxy in pool:proxies():each() do print("  ", proxy.host_name) end
end
