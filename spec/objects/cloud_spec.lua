-- Cloud accounts and their contents: the request of each call, and its result.
-- Tests also vbo.objects.cloud.azure.

local json = require "vbo.base.json"
local recording = require "spec.support.recording"
local vbo = require "vbo"
local versions = require "spec.support.versions"

local id = recording.id
local account, service, subscription = id(1), id(2), id(3)
local base = "/AzureServiceAccounts/" .. service .. "/Subscriptions/" .. subscription

local vpc = { id = "vpc-0a1b", name = "main net", CIDR = "10.0.0.0/16" }

local answers = {
  { path = "/Accounts$", body = { { id = account, userName = "AKIA" } } },
  { path = "/buckets$", body = {
    { name = "first", regionId = "eu-west-1" }, { name = "second", regionId = "eu-west-2" } } },
  { path = "/buckets/first$", body = { name = "first", regionId = "eu-west-1" } },
  { path = "/containers$", body = { { name = "first", regionType = "Global" } } },
  { path = "/containers/first$", body = { name = "first", regionType = "Global" } },
  { path = "/folders$", body = { { name = "veeam", path = "Veeam/Backup365/veeam" } } },
  { path = "/folders$", method = "POST", body = { name = "new", path = "Veeam/Backup365/new" } },
  { path = "/folders/veeam$", body = { name = "veeam", path = "Veeam/Backup365/veeam" } },
  { path = "/InstanceType$", body = { { type = "t2.micro", cores = 1, memory = 1024 } } },
  { path = "/InstanceType/t2.micro$", body = { { type = "t2.micro", cores = 1, memory = 1024 } } },
  { path = "/VirtualPrivateCloud$", body = { vpc, { id = "vpc-ffff", CIDR = "10.1.0.0/16" } } },
  { path = "/VirtualPrivateCloud/main%%20net$", body = { vpc } },
  { path = "/VirtualPrivateCloud/[^/]*$", body = json.array {} },
  { path = "/AzureServiceAccounts$", body = { { id = service, displayName = "Archiver" } } },
  { path = "/AzureServiceAccounts$", method = "POST", body = { id = service } },
  { path = "/AzureServiceAccounts/[^/]*$",
    body = { id = service, displayName = "Archiver", description = "of ours" } },
  { path = "/DeviceCode$", method = "POST", body = { userCode = "ABC123" } },
  { path = "/Subscriptions$", body = { { subscriptionId = subscription, displayName = "Pay" } } },
  { path = "/Subscriptions/[^/]*$",
    body = { subscriptionId = subscription, displayName = "Pay" } },
  { path = "/ResourceGroups$", body = { { name = "group", location = "westeurope" } } },
  { path = "/ResourceGroups/group$", body = { name = "group", location = "westeurope" } },
  { path = "/Locations$", body = { { name = "westeurope", displayName = "West Europe" } } },
  { path = "/Locations/westeurope$", body = { name = "westeurope", displayName = "West Europe" } },
  { path = "/VirtualMachineSizes$", body = { { name = "Standard_B1", memoryMB = 512 } } },
  { path = "/VirtualMachineSizes/", body = { name = "Standard_B1", memoryMB = 512 } },
  { path = "/VirtualNetworks$", body = { { id = "/subscriptions/1/net", name = "net" } } },
  { path = "/VirtualNetworks/net$", body = { id = "/subscriptions/1/net", name = "net" } },
  { path = "/Subnets$", body = { { id = "subnet-1", name = "inner" } } },
  { path = "/Subnets/inner$", body = { id = "subnet-1", name = "inner" } },
  { path = "/SecurityGroup$", body = { { id = "sg-1", name = "closed" } } },
  { path = "/SecurityGroup/closed$", body = { id = "sg-1", name = "closed" } },
}
describe("cloud accounts", function()
  local recorder, sends, failure

  setup(function()
    recorder = recording.start(answers)
    sends, failure = recorder.sends, recorder.failure
  end)
  teardown(function() recorder.stop() end)

  it("of Amazon S3 hold buckets and folders", function()
    local context = "?accountId=" .. account .. "&RegionType=Global"
    sends("v8", function(client)
      local s3 = client:s3_resources { account = "AKIA", region_type = "Global",
        region_id = "eu-west-1" }
      assert.same({ { name = "first" }, { name = "second" } }, s3:buckets():select "name")
      assert.equal("eu-west-1", s3:bucket("first").region_id)
      assert.equal("second", s3:buckets({ name = "second" }):where { name = "second" }:one().name)
    end, "GET /v8/Accounts",
      "GET /v8/S3Resources/buckets" .. context .. "&RegionId=eu-west-1",
      "GET /v8/S3Resources/buckets/first" .. context,
      "GET /v8/S3Resources/buckets" .. context .. "&RegionId=eu-west-1&Name=second")
    local made = sends("v6", function(client)
      local s3 = client:s3_resources { account = account, region_type = "global" }
      local folders = s3:bucket("first"):folders()
      assert.equal("Veeam/Backup365/veeam", folders:one().path)
      assert.equal("veeam", s3:bucket("first"):folder("veeam"):record().name)
      return folders:create { name = "new" }
    end, "GET /v6/S3Resources/buckets/first/folders" .. context,
      "GET /v6/S3Resources/buckets/first/folders/veeam" .. context,
      "POST /v6/S3Resources/buckets/first/folders" .. context, { name = "new" })
    assert.equal("Veeam/Backup365/new", made.path)
  end)

  it("of Amazon S3 are found in lists where a version has nothing else", function()
    sends("v5", function(client)
      local s3 = client:s3_resources { account = account, region_type = "Global" }
      assert.equal("eu-west-2", s3:bucket("second").region_id)
      assert.equal("veeam", s3:bucket("second"):folder("veeam").name)
    end, "GET /v5/S3Resources/buckets?accountId=" .. account,
      "GET /v5/S3Resources/buckets/second/folders?accountId=" .. account)
    local missing = failure("v4", function(client)
      return client:s3_resources({ account = account }):bucket("third").name
    end)
    assert.equal("not_found", missing.kind)
    assert.matches("third", missing.message)
    assert.equal("unsupported", failure("v3", function(client)
      return client:s3_resources({ account = account }):buckets():all()
    end).kind)
  end)

  it("refuse what they do not know, and say what is missing", function()
    local err = failure("v8", function(client)
      client:s3_resources { account = account, region_tipe = "Global" }
    end)
    assert.equal("usage", err.kind)
    assert.matches("region_type", err.hint)
    assert.matches("RegionType", failure("v8", function(client)
      client:s3_resources({ account = account }):buckets():all()
    end).message)
  end)

  it("of S3-compatible storage hold buckets and folders", function()
    local context = "?accountId=" .. account .. "&ServicePoint=https%3A%2F%2Fs3.local"
      .. "&CustomRegionId=here"
    local function of(client)
      return client:s3_compatible_resources {
        account = account, service_point = "https://s3.local", custom_region_id = "here",
        trust_server_certificate = true,
      }
    end
    for version, more in pairs { v7 = "", v8 = "&trustServerCertificate=true" } do
      local root = ("/%s/S3CompatibleResources/buckets"):format(version)
      sends(version, function(client)
        local bucket = of(client):bucket "first"
        bucket:record()
        assert.equal(2, of(client):buckets():count())
        bucket:folder("veeam"):record()
        bucket:folders():create { name = "new" }
        bucket:folders():all()
      end, "GET " .. root .. "/first" .. context .. more, "GET " .. root .. context .. more,
        "GET " .. root .. "/first/folders/veeam" .. context .. more,
        "POST " .. root .. "/first/folders" .. context .. more, { name = "new" },
        "GET " .. root .. "/first/folders" .. context .. more)
    end
    sends("v4", function(client) of(client):buckets():all() end,
      "GET /v4/S3CompatibleResources/buckets?accountId=" .. account)
  end)

  it("of Azure hold containers and folders", function()
    local context = "?accountId=" .. account .. "&RegionType=Germany"
    sends("v8", function(client)
      local resources = client:azure_resources { account = account, region_type = "germany" }
      assert.equal("Global", resources:container("first").region_type)
      local container = resources:containers():first()
      container:folders():create { name = "new" }
      container:folder("veeam"):record()
      container:folders():all()
    end, "GET /v8/AzureResources/containers/first" .. context,
      "GET /v8/AzureResources/containers" .. context,
      "POST /v8/AzureResources/containers/first/folders" .. context, { name = "new" },
      "GET /v8/AzureResources/containers/first/folders/veeam" .. context,
      "GET /v8/AzureResources/containers/first/folders" .. context)
    sends("v4", function(client)
      client:azure_resources({ account = account }):container("first"):folders():all()
    end, "GET /v4/AzureResources/containers/first/folders?accountId=" .. account)
  end)

  it("of Amazon have machines and networks", function()
    local context = "?accountId=" .. account .. "&regionId=eu-west-1"
    for _, version in ipairs(versions.with_newest "v6") do
      local root = ("GET /%s/EC2Resources/"):format(version)
      sends(version, function(client)
        local ec2 = client:ec2_resources { account = account, region_id = "eu-west-1" }
        assert.equal(1024, ec2:instance_type("t2.micro").memory)
        assert.equal("t2.micro", ec2:instance_types():one().type)
        local cloud = ec2:virtual_private_cloud "main net"
        assert.equal("vpc-0a1b", cloud.id)
        assert.equal("inner", cloud:subnets():one().name)
        assert.equal("subnet-1", cloud:subnet("inner").id)
        assert.equal("sg-1", cloud:security_group("closed").id)
        assert.equal("closed", cloud:security_groups():one().name)
      end, root .. "InstanceType/t2.micro" .. context, root .. "InstanceType" .. context,
        root .. "VirtualPrivateCloud/main%20net" .. context,
        root .. "VirtualPrivateCloud/vpc-0a1b/Subnets" .. context,
        root .. "VirtualPrivateCloud/vpc-0a1b/Subnets/inner" .. context,
        root .. "VirtualPrivateCloud/vpc-0a1b/SecurityGroup/closed" .. context,
        root .. "VirtualPrivateCloud/vpc-0a1b/SecurityGroup" .. context)
    end
  end)

  it("of Amazon have networks that are known by their ids", function()
    local context = "?accountId=" .. account .. "&regionId=eu-west-1"
    sends("v8", function(client)
      local ec2 = client:ec2_resources { account = account, region_id = "eu-west-1" }
      local cloud = ec2:virtual_private_cloud "vpc-ffff"
      cloud:subnets():all()
      assert.equal("10.1.0.0/16", cloud.cidr)
    end, "GET /v8/EC2Resources/VirtualPrivateCloud/vpc-ffff/Subnets" .. context,
      "GET /v8/EC2Resources/VirtualPrivateCloud" .. context)
    assert.equal("not_found", failure("v8", function(client)
      return client:ec2_resources({ account = account, region_id = "eu-west-1" })
        :virtual_private_cloud("none").id
    end).kind)
  end)

  it("go into bodies as the version takes them", function()
    local query = "?accountId=" .. account .. "&regionId=eu-west-1"
    local function create(client)
      local ec2 = client:ec2_resources { account = account, region_id = "eu-west-1" }
      local owner = client.version == "v8" and client:backup_repositories()
        or client:object_storage_repositories()
      local cloud = ec2:virtual_private_cloud "main net"
      cloud:record()
      local storage = {
        type = "AmazonS3Glacier", amazon_archiver_appliance = {
          instance_type = ec2:instance_type "t2.micro", virtual_private_cloud = cloud,
        },
      }
      if client.version ~= "v8" then return owner:create(storage) end
      owner:create { name = "A", retention_type = "SnapshotBased", object_storage = storage }
    end
    sends("v6", create, "GET /v6/EC2Resources/VirtualPrivateCloud/main%20net" .. query,
      "GET /v6/EC2Resources/InstanceType/t2.micro" .. query,
      "POST /v6/objectstoragerepositories", {
        type = "AmazonS3Glacier", amazonArchiverAppliance = {
          instanceType = { type = "t2.micro", cores = 1, memory = 1024 },
          virtualPrivateCloud = vpc,
        },
      })
    sends("v8", create, "GET /v8/EC2Resources/VirtualPrivateCloud/main%20net" .. query,
      "POST /v8/BackupRepositories", {
        name = "A", retentionType = "SnapshotBased", objectStorage = {
          type = "AmazonS3Glacier", amazonArchiverAppliance = {
            instanceTypeName = "t2.micro", virtualPrivateCloud = vpc,
          },
        },
      })
  end)

  describe("for Azure services", function()
    it("are listed, made, changed and removed", function()
      for _, version in ipairs(versions.with_newest "v6") do
        local root = ("/%s/AzureServiceAccounts"):format(version)
        sends(version, function(client)
          assert.equal(service, client:azure_service_account("archiver").id)
          client:azure_service_accounts({ display_name = "Archiver" }):first()
          local code = client:azure_service_accounts():device_code { azure_environment = "global" }
          client:azure_service_accounts():create {
            azure_tenant_id = "contoso", user_code = code.userCode,
            subscription_ids = { subscription },
          }
          local edited = client:azure_service_account(service):edit {
            application_secret = vbo.secret.of "s",
          }
          assert.equal("of ours", edited.description)
          edited:remove()
        end, "GET " .. root, "GET " .. root .. "?displayName=Archiver",
          "POST " .. root .. "/DeviceCode", { azureEnvironment = "Global" },
          "POST " .. root, { azureTenantId = "contoso", userCode = "ABC123",
            subscriptionIds = { subscription } },
          "PUT " .. root .. "/" .. service, { applicationSecret = "s" },
          "GET " .. root .. "/" .. service, "DELETE " .. root .. "/" .. service)
      end
      assert.equal("unsupported", failure("v5", function(client)
        client:azure_service_accounts():all()
      end).kind)
    end)

    it("lead to subscriptions and what these have", function()
      local root = "GET /v8" .. base
      sends("v8", function(client)
        local found = client:azure_service_account(service):subscription "Pay"
        assert.equal(subscription, found.id)
        assert.equal("westeurope", found:resource_group("group").location)
        found:resource_groups({ location_name = "westeurope" }):all()
        assert.equal("West Europe", found:location("westeurope").display_name)
        assert.equal("westeurope", found:locations():one().name)
        local location = found:location "westeurope"
        assert.equal(512, location:virtual_machine_size("Standard_B1").memory_mb)
        assert.equal("Standard_B1", location:virtual_machine_sizes():one().name)
        local network = found:resource_group("group"):virtual_network "net"
        assert.equal("/subscriptions/1/net", network.id)
        assert.equal("inner", network:subnet("inner"):record().name)
        assert.equal("inner", network:subnets():one().name)
        found:resource_group("group"):virtual_networks({ location_name = "westeurope" }):one()
      end, ("GET /v8/AzureServiceAccounts/%s/Subscriptions"):format(service),
        root .. "/ResourceGroups/group",
        root .. "/ResourceGroups?locationName=westeurope",
        root .. "/Locations/westeurope", root .. "/Locations",
        root .. "/Locations/westeurope/VirtualMachineSizes/Standard_B1",
        root .. "/Locations/westeurope/VirtualMachineSizes",
        root .. "/ResourceGroups/group/VirtualNetworks/net",
        root .. "/ResourceGroups/group/VirtualNetworks/net/Subnets/inner",
        root .. "/ResourceGroups/group/VirtualNetworks/net/Subnets",
        root .. "/ResourceGroups/group/VirtualNetworks?locationName=westeurope")
      sends("v6", function(client)
        assert.equal("Pay", client:azure_service_account(service):subscription(subscription)
          .display_name)
      end, ("GET /v6/AzureServiceAccounts/%s/Subscriptions/%s"):format(service, subscription))
    end)
  end)
end)
