--- What a cloud account holds: buckets and containers, Amazon's machines and networks, and
--- (see `vbo.azure`) Azure's.

local azure = require "vbo.azure"
local by_name = require "vbo.by_name"
local declare = require "vbo.declare"
local infrastructure = require "vbo.infrastructure"
local options = require "vbo.options"
local resource = require "vbo.resource"

local M = { client = {} }

for name, value in pairs(azure) do
  if name ~= "client" then M[name] = value end
end
for name, method in pairs(azure.client) do M.client[name] = method end

-- A context on an account: `client:NAME{ account=, … }`.
local function context(name, kind, spec)
  local class = by_name.context { kind = kind }
  spec.account = "string|table"
  declare.note(M.client, { name = name, kind = "singular", class = class })
  M.client[name] = function(self, given)
    options.check(given, spec, name)
    local words = {}
    for word, value in pairs(given or {}) do words[word] = value end
    if words.account ~= nil then
      words.account = resource.reference(infrastructure.Account, self, words.account).id
    end
    return resource.from_record(class, self, words)
  end
  return class
end

-- Folders at the root of a bucket or container.
local function folders_of(class, kind, operations)
  local folder = by_name.class {
    kind = kind, parameter = "Name",
    get = operations.GetFolder, list = operations.GetFolders,
  }
  by_name.children(class.methods, "folders", "folder", folder)
  declare.create(folder, operations.AddFolder)
  return folder
end

--- `client:s3_resources{ account=, region_type=, region_id= }`: what an Amazon S3 account
--- (of `client:accounts()`) holds; v4 and later.  v4 and v5 know the account only.
---
--- `:buckets()`, `:bucket(name)`; of a bucket `:folders()`, `:folder(name)` and
--- `:folders():create{ name= }` (v6 and later).
local S3Resources = context("s3_resources", "S3 resources",
  { region_type = "string", region_id = "string" })

---@class vbo.S3Bucket
---@field name string
---@field region_id string?
---@field region_name string?
---@field region_type string?  Global, USGovernment or China
local S3Bucket = by_name.class {
  kind = "S3 bucket", parameter = "bucketName", own = "Name",
  get = "AmazonS3ObjectStorage_GetBucket", list = "AmazonS3ObjectStorage_GetBuckets",
}
by_name.children(S3Resources.methods, "buckets", "bucket", S3Bucket)

M.S3Folder = folders_of(S3Bucket, "S3 folder", {
  GetFolder = "AmazonS3ObjectStorage_GetFolder", GetFolders = "AmazonS3ObjectStorage_GetFolders",
  AddFolder = "AmazonS3ObjectStorage_AddFolder",
})

--- `client:s3_compatible_resources{ account=, service_point=, custom_region_id=,
--- trust_server_certificate=, trusted_server_certificate_thumbprint= }`: what an account of
--- S3-compatible storage holds; v4 and later.  Buckets and folders as `s3_resources`.  What
--- a version does not ask for (certificates before v8, all but the account before v6) is left
--- out of its requests.
local S3CompatibleResources = context("s3_compatible_resources", "S3-compatible resources", {
  service_point = "string", custom_region_id = "string", trust_server_certificate = "boolean",
  trusted_server_certificate_thumbprint = "string",
})

---@class vbo.S3CompatibleBucket
---@field name string
---@field service_point string?
---@field custom_region_id string?
local S3CompatibleBucket = by_name.class {
  kind = "S3-compatible bucket", parameter = "bucketName", own = "Name",
  get = "AmazonS3CompatibleObjectStorage_GetBucket",
  list = "AmazonS3CompatibleObjectStorage_GetBuckets",
}
by_name.children(S3CompatibleResources.methods, "buckets", "bucket", S3CompatibleBucket)

M.S3CompatibleFolder = folders_of(S3CompatibleBucket, "S3-compatible folder", {
  GetFolder = "AmazonS3CompatibleObjectStorage_GetFolder",
  GetFolders = "AmazonS3CompatibleObjectStorage_GetFolders",
  AddFolder = "AmazonS3CompatibleObjectStorage_AddFolder",
})

--- `client:azure_resources{ account=, region_type= }`: what an Azure blob storage account
--- holds; v4 and later.  `:containers()`, `:container(name)`, and their folders.
local AzureResources = context("azure_resources", "Azure resources", { region_type = "string" })

---@class vbo.AzureContainer
---@field name string
---@field region_type string?  Global, Germany, China or Government
local AzureContainer = by_name.class {
  kind = "Azure container", parameter = "containerName", own = "Name",
  get = "AzureObjectStorage_GetContainer", list = "AzureObjectStorage_GetContainers",
}
by_name.children(AzureResources.methods, "containers", "container", AzureContainer)

M.AzureFolder = folders_of(AzureContainer, "Azure folder", {
  GetFolder = "AzureObjectStorage_GetFolder", GetFolders = "AzureObjectStorage_GetFolders",
  AddFolder = "AzureObjectStorage_AddFolder",
})

--- `client:ec2_resources{ account=, region_id= }`: what an Amazon account offers to an
--- archiver appliance; v6 and later.
---
--- `:instance_types()`, `:instance_type(name)`, `:virtual_private_clouds()`,
--- `:virtual_private_cloud(name)` by name or id; of one of these `:subnets()`,
--- `:subnet(name)`, `:security_groups()`, `:security_group(name)`.
local EC2Resources = context("ec2_resources", "EC2 resources", { region_id = "string" })

---@class vbo.EC2InstanceType
---@field type string
---@field cores integer
---@field memory integer
local InstanceType = by_name.class {
  kind = "instance type", parameter = "instanceTypeName", field = "type",
  get = "EC2Resources_GetInstanceTypeByName", list = "EC2Resources_GetInstanceTypes",
}
by_name.children(EC2Resources.methods, "instance_types", "instance_type", InstanceType)

---@class vbo.VirtualPrivateCloud
---@field id string
---@field name string?
---@field cidr string
local VirtualPrivateCloud = by_name.class {
  kind = "virtual private cloud", parameter = "id", own = "name", ids = "^vpc%-%x+$",
  below_id = true,
  get = "EC2Resources_GetVirtualPrivateCloudByName",
  list = "EC2Resources_GetVirtualPrivateClouds",
}
by_name.children(EC2Resources.methods, "virtual_private_clouds", "virtual_private_cloud",
  VirtualPrivateCloud)

---@class vbo.EC2Subnet
---@field id string
---@field name string?
---@field cidr string
local Subnet = by_name.class {
  kind = "subnet", parameter = "subnetName", ids = "^subnet%-%x+$",
  get = "EC2Resources_GetSubnetByName", list = "EC2Resources_GetSubnets",
}
by_name.children(VirtualPrivateCloud.methods, "subnets", "subnet", Subnet)

---@class vbo.SecurityGroup
---@field id string
---@field name string?
local SecurityGroup = by_name.class {
  kind = "security group", parameter = "securityGroupName", ids = "^sg%-%x+$",
  get = "EC2Resources_GetSecurityGroupByName", list = "EC2Resources_GetSecurityGroups",
}
by_name.children(VirtualPrivateCloud.methods, "security_groups", "security_group", SecurityGroup)

M.S3Bucket, M.S3CompatibleBucket, M.AzureContainer = S3Bucket, S3CompatibleBucket, AzureContainer
M.InstanceType, M.VirtualPrivateCloud = InstanceType, VirtualPrivateCloud
M.Subnet, M.SecurityGroup = Subnet, SecurityGroup

return M
