-- AzureServiceAccount, AzureSubscription, AzureResourceGroup, AzureVirtualNetwork, AzureSubnet,
-- AzureLocation, AzureVirtualMachineSize
local vbo = require "vbo"
local client <close> = vbo.connect()
for account in client:azure_service_accounts():each() do
  for subscription in account:subscriptions():each() do
    for group in subscription:resource_groups():each() do
      for network in group:virtual_networks():each() do
        for subnet in network:subnets():each() do print(group.name, network.name, subnet.name) end
      end
    end
    for location in subscription:locations():each() do
      print(location.name, location:virtual_machine_sizes():first())
    end
  end
end
