-- EC2Resources, EC2InstanceType, VirtualPrivateCloud, EC2Subnet, SecurityGroup
local vbo = require "vbo"
local client <close> = vbo.connect()
local ec2 = client:ec2_resources { account = client:accounts():first(), region_id = "eu-west-1" }
for kind in ec2:instance_types():each() do print(kind.name) end
for cloud in ec2:virtual_private_clouds():each() do
  for subnet in cloud:subnets():each() do print(cloud.name, subnet.name) end
  for group in cloud:security_groups():each() do print(cloud.name, group.name) end
end
