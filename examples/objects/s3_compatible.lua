-- S3CompatibleResources, S3CompatibleBucket, S3CompatibleFolder
local vbo = require "vbo"
local client <close> = vbo.connect()
local s3 = client:s3_compatible_resources {
  account = client:accounts():first(), service_point = "https://s3.example.com",
  custom_region_id = "eu-1",
}
for bucket in s3:buckets():each() do
  print(bucket.name)
  for folder in bucket:folders():each() do print("  ", folder.name) end
end
