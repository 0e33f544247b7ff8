--- Declares what a cloud account holds: buckets and containers, Amazon's machines and networks, and
--- (see `vbo.azure`) Azure's.

local by_name = require "vbo.model.by_name"
local declare = require "vbo.model.declare"
local objects = require "vbo.model.objects"
local options = require "vbo.base.options"
local resource = require "vbo.model.resource"

local M = {}

-- A context's own words: what the caller said, with the account's id.
local function words_of(client, given)
  local words = {}
  for word, value in pairs(options.given(given, "resources")) do words[word] = value end
  if words.account ~= nil then
    words.account = resource.reference(objects.named "infrastructure.Account", client,
      words.account).id
  end
  return words
end

---@class vbo.S3Resources
local S3Resources = resource.class { kind = "S3 resources", rooted = true, methods = {} }
by_name.context(S3Resources)

local s3_options = { account = "string|table", region_type = "string", region_id = "string" }
--- Carries out `client:s3_resources`.
---@param client vbo.Client
---@param given table
---@return vbo.S3Resources
function M.s3_resources(client, given)
  options.check(given, s3_options, "s3_resources")
  return resource.from_record(S3Resources, client, words_of(client, given))
end

---@class vbo.S3Bucket
---@field name string
---@field region_id string?
---@field region_name string?
---@field region_type string?  Global, USGovernment or China
local S3Bucket = resource.class {
  kind = "S3 bucket", parameter = "bucketName",
  get = "AmazonS3ObjectStorage_GetBucket", list = "AmazonS3ObjectStorage_GetBuckets",
  methods = {}, bulk = {},
}
by_name.address(S3Bucket, { own = "Name" })

--- `resources:buckets()`; `resources:bucket(name)`.
declare.children(S3Resources.methods, "buckets", "bucket", S3Bucket,
  { query = by_name.query(S3Bucket) })

---@class vbo.S3Folder
---@field name string
---@field path string
local S3Folder = resource.class {
  kind = "S3 folder", parameter = "Name",
  get = "AmazonS3ObjectStorage_GetFolder", list = "AmazonS3ObjectStorage_GetFolders",
  methods = {}, bulk = {},
}
by_name.address(S3Folder)

--- `bucket:folders()`; `bucket:folder(name)`.
declare.children(S3Bucket.methods, "folders", "folder", S3Folder,
  { query = by_name.query(S3Folder) })

--- `bucket:folders():create{ name= }` (v6 and later).
declare.create(S3Folder, "AmazonS3ObjectStorage_AddFolder")

---@class vbo.S3CompatibleResources
local S3CompatibleResources = resource.class {
  kind = "S3-compatible resources", rooted = true, methods = {},
}
by_name.context(S3CompatibleResources)

local s3_compatible_options = {
  account = "string|table", service_point = "string", custom_region_id = "string",
  trust_server_certificate = "boolean", trusted_server_certificate_thumbprint = "string",
}
--- Carries out `client:s3_compatible_resources`.
---@param client vbo.Client
---@param given table
---@return vbo.S3CompatibleResources
function M.s3_compatible_resources(client, given)
  options.check(given, s3_compatible_options, "s3_compatible_resources")
  return resource.from_record(S3CompatibleResources, client, words_of(client, given))
end

---@class vbo.S3CompatibleBucket
---@field name string
---@field service_point string?
---@field custom_region_id string?
local S3CompatibleBucket = resource.class {
  kind = "S3-compatible bucket", parameter = "bucketName",
  get = "AmazonS3CompatibleObjectStorage_GetBucket",
  list = "AmazonS3CompatibleObjectStorage_GetBuckets", methods = {}, bulk = {},
}
by_name.address(S3CompatibleBucket, { own = "Name" })

--- `resources:buckets()`; `resources:bucket(name)`.
declare.children(S3CompatibleResources.methods, "buckets", "bucket", S3CompatibleBucket,
  { query = by_name.query(S3CompatibleBucket) })

---@class vbo.S3CompatibleFolder
---@field name string
---@field path string
local S3CompatibleFolder = resource.class {
  kind = "S3-compatible folder", parameter = "Name",
  get = "AmazonS3CompatibleObjectStorage_GetFolder",
  list = "AmazonS3CompatibleObjectStorage_GetFolders", methods = {}, bulk = {},
}
by_name.address(S3CompatibleFolder)

--- `bucket:folders()`; `bucket:folder(name)`.
declare.children(S3CompatibleBucket.methods, "folders", "folder", S3CompatibleFolder,
  { query = by_name.query(S3CompatibleFolder) })

--- `bucket:folders():create{ name= }` (v6 and later).
declare.create(S3CompatibleFolder, "AmazonS3CompatibleObjectStorage_AddFolder")

---@class vbo.AzureResources
local AzureResources = resource.class { kind = "Azure resources", rooted = true, methods = {} }
by_name.context(AzureResources)

local azure_options = { account = "string|table", region_type = "string" }
--- Carries out `client:azure_resources`.
---@param client vbo.Client
---@param given table
---@return vbo.AzureResources
function M.azure_resources(client, given)
  options.check(given, azure_options, "azure_resources")
  return resource.from_record(AzureResources, client, words_of(client, given))
end

---@class vbo.AzureContainer
---@field name string
---@field region_type string?  Global, Germany, China or Government
local AzureContainer = resource.class {
  kind = "Azure container", parameter = "containerName",
  get = "AzureObjectStorage_GetContainer", list = "AzureObjectStorage_GetContainers",
  methods = {}, bulk = {},
}
by_name.address(AzureContainer, { own = "Name" })

--- `resources:containers()`; `resources:container(name)`.
declare.children(AzureResources.methods, "containers", "container", AzureContainer,
  { query = by_name.query(AzureContainer) })

---@class vbo.AzureFolder
---@field name string
---@field path string
local AzureFolder = resource.class {
  kind = "Azure folder", parameter = "Name",
  get = "AzureObjectStorage_GetFolder", list = "AzureObjectStorage_GetFolders",
  methods = {}, bulk = {},
}
by_name.address(AzureFolder)

--- `container:folders()`; `container:folder(name)`.
declare.children(AzureContainer.methods, "folders", "folder", AzureFolder,
  { query = by_name.query(AzureFolder) })

--- `container:folders():create{ name= }` (v6 and later).
declare.create(AzureFolder, "AzureObjectStorage_AddFolder")

---@class vbo.EC2Resources
local EC2Resources = resource.class { kind = "EC2 resources", rooted = true, methods = {} }
by_name.context(EC2Resources)

local ec2_options = { account = "string|table", region_id = "string" }
--- Carries out `client:ec2_resources`.
---@param client vbo.Client
---@param given table
---@return vbo.EC2Resources
function M.ec2_resources(client, given)
  options.check(given, ec2_options, "ec2_resources")
  return resource.from_record(EC2Resources, client, words_of(client, given))
end

---@class vbo.EC2InstanceType
---@field type string
---@field cores integer
---@field memory integer
local InstanceType = resource.class {
  kind = "instance type", parameter = "instanceTypeName",
  get = "EC2Resources_GetInstanceTypeByName", list = "EC2Resources_GetInstanceTypes",
  methods = {}, bulk = {},
}
by_name.address(InstanceType, { field = "type" })

--- `resources:instance_types()`; `resources:instance_type(name)`.
declare.children(EC2Resources.methods, "instance_types", "instance_type", InstanceType,
  { query = by_name.query(InstanceType) })

---@class vbo.VirtualPrivateCloud
---@field id string
---@field name string?
---@field cidr string
local VirtualPrivateCloud = resource.class {
  kind = "virtual private cloud", parameter = "id",
  get = "EC2Resources_GetVirtualPrivateCloudByName",
  list = "EC2Resources_GetVirtualPrivateClouds", methods = {}, bulk = {},
}
by_name.address(VirtualPrivateCloud, { own = "name", ids = "^vpc%-%x+$", below_id = true })

--- `resources:virtual_private_clouds()`; `resources:virtual_private_cloud(name)` by name or id.
declare.children(EC2Resources.methods, "virtual_private_clouds", "virtual_private_cloud",
  VirtualPrivateCloud, { query = by_name.query(VirtualPrivateCloud) })

---@class vbo.EC2Subnet
---@field id string
---@field name string?
---@field cidr string
local Subnet = resource.class {
  kind = "subnet", parameter = "subnetName",
  get = "EC2Resources_GetSubnetByName", list = "EC2Resources_GetSubnets",
  methods = {}, bulk = {},
}
by_name.address(Subnet, { ids = "^subnet%-%x+$" })

--- `cloud:subnets()`; `cloud:subnet(name)` by name or id.
declare.children(VirtualPrivateCloud.methods, "subnets", "subnet", Subnet,
  { query = by_name.query(Subnet) })

---@class vbo.SecurityGroup
---@field id string
---@field name string?
local SecurityGroup = resource.class {
  kind = "security group", parameter = "securityGroupName",
  get = "EC2Resources_GetSecurityGroupByName", list = "EC2Resources_GetSecurityGroups",
  methods = {}, bulk = {},
}
by_name.address(SecurityGroup, { ids = "^sg%-%x+$" })

--- `cloud:security_groups()`; `cloud:security_group(name)` by name or id.
declare.children(VirtualPrivateCloud.methods, "security_groups", "security_group",
  SecurityGroup, { query = by_name.query(SecurityGroup) })

M.S3Bucket, M.S3CompatibleBucket, M.AzureContainer = S3Bucket, S3CompatibleBucket, AzureContainer
M.S3Folder, M.S3CompatibleFolder, M.AzureFolder = S3Folder, S3CompatibleFolder, AzureFolder
M.InstanceType, M.VirtualPrivateCloud = InstanceType, VirtualPrivateCloud
M.Subnet, M.SecurityGroup = Subnet, SecurityGroup

return M
