--- Azure service accounts, and what of their subscriptions an archiver appliance can use.

local by_name = require "vbo.model.by_name"
local declare = require "vbo.model.declare"
local resource = require "vbo.model.resource"

---@class vbo.AzureServiceAccount
---@field id string
---@field display_name string
---@field description string?
---@field application_id string
---@field azure_tenant_id string
---@field azure_environment string  Global, Germany, China or Government
local ServiceAccount = resource.class {
  kind = "Azure service account", plural = "azure_service_accounts",
  parameter = "serviceAccountId", rooted = true, label = "displayName",
  get = "AzureServiceAccounts_GetById", list = "AzureServiceAccounts_Get",
  methods = {}, bulk = {}, names = declare.named("displayName", "description"),
}

--- `client:azure_service_accounts():create{ azure_tenant_id=, azure_environment=,
--- application_id=, application_secret=, subscription_ids=, … }`, or with the `user_code` of
--- `device_code` instead of an application.
declare.create(ServiceAccount, "AzureServiceAccounts_Add")

--- Changes what is given and keeps the rest.
declare.edit(ServiceAccount, "AzureServiceAccounts_Update")

--- Removes the account from the configuration.
declare.remove(ServiceAccount, "AzureServiceAccounts_Delete")

-- Its own path calls it `id`, those below `serviceAccountId`.
function ServiceAccount.methods:_path()
  local id = self:_id()
  return { id = id, serviceAccountId = id }
end

--- A device code to sign in with at Microsoft, for `create` and `edit`.
---
--- Options: `azure_environment`, `azure_tenant_id`.
---@param given table?
---@return table code  { userCode=, verificationUri=, message=, … }
function ServiceAccount.bulk:device_code(given)
  return declare.call(self._client, "device_code", "AzureServiceAccounts_GetDeviceCode", given)
    .data
end

---@class vbo.AzureSubscription
---@field id string
---@field subscription_id string
---@field display_name string
local Subscription = resource.class {
  kind = "Azure subscription", parameter = "subscriptionId", key = "subscriptionId",
  label = "displayName",
  get = "AzureServiceAccounts_GetSubscriptionById", list = "AzureServiceAccounts_GetSubscriptions",
  methods = {}, bulk = {}, names = declare.named "displayName",
}

--- `account:subscriptions()`, with the filter `subscription_name`;
--- `account:subscription(name)` by id or display name.
declare.children(ServiceAccount.methods, "subscriptions", "subscription", Subscription)

---@class vbo.AzureResourceGroup
---@field name string
---@field location string
local ResourceGroup = resource.class {
  kind = "resource group", parameter = "resourceGroupName",
  get = "AzureServiceAccounts_GetResourceGroupByName",
  list = "AzureServiceAccounts_GetResourceGroups",
  methods = {}, bulk = {},
}
by_name.address(ResourceGroup)

--- `subscription:resource_groups()`, with the filter `location_name`;
--- `subscription:resource_group(name)`.
declare.children(Subscription.methods, "resource_groups", "resource_group", ResourceGroup)

---@class vbo.AzureLocation
---@field name string
---@field display_name string
local Location = resource.class {
  kind = "location", parameter = "locationName",
  get = "AzureServiceAccounts_GetLocationByName", list = "AzureServiceAccounts_GetLocations",
  methods = {}, bulk = {},
}
by_name.address(Location)

--- `subscription:locations()`; `subscription:location(name)`.
declare.children(Subscription.methods, "locations", "location", Location)

---@class vbo.AzureVirtualMachineSize
---@field name string
---@field cores_count string
---@field memory_mb integer
local VirtualMachineSize = resource.class {
  kind = "virtual machine size", parameter = "vmSizeName",
  get = "AzureServiceAccounts_GetVirtualMachineSizeByName",
  list = "AzureServiceAccounts_GetVirtualMachineSizes",
  methods = {}, bulk = {},
}
by_name.address(VirtualMachineSize)

--- `location:virtual_machine_sizes()`; `location:virtual_machine_size(name)`.
declare.children(Location.methods, "virtual_machine_sizes", "virtual_machine_size",
  VirtualMachineSize)

---@class vbo.AzureVirtualNetwork
---@field id string
---@field name string
---@field location string
---@field address_spaces string[]
local VirtualNetwork = resource.class {
  kind = "virtual network", parameter = "virtualNetworkName",
  get = "AzureServiceAccounts_GetVirtualNetworkByName",
  list = "AzureServiceAccounts_GetVirtualNetworks",
  methods = {}, bulk = {},
}
by_name.address(VirtualNetwork, { ids = "^/subscriptions/" })

--- `group:virtual_networks()`, with the filter `location_name`;
--- `group:virtual_network(name)`.
declare.children(ResourceGroup.methods, "virtual_networks", "virtual_network", VirtualNetwork)

---@class vbo.AzureSubnet
---@field name string
---@field address_prefix string
local Subnet = resource.class {
  kind = "Azure subnet", parameter = "subnetName",
  get = "AzureServiceAccounts_GetSubnetByName", list = "AzureServiceAccounts_GetSubnets",
  methods = {}, bulk = {},
}
by_name.address(Subnet)

--- `network:subnets()`; `network:subnet(name)`.
declare.children(VirtualNetwork.methods, "subnets", "subnet", Subnet)

return {
  ServiceAccount = ServiceAccount, Subscription = Subscription, ResourceGroup = ResourceGroup,
  Location = Location, VirtualMachineSize = VirtualMachineSize, VirtualNetwork = VirtualNetwork,
  AzureSubnet = Subnet,
}
