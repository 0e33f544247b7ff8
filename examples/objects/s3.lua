-- S3Resources, S3Bucket, S3Folder
local vbo = require "vbo"
local client <close> = vbo.connect()
local s3 = client:s3_resources { account = client:accounts():first(), region_type = "Global" }
for bucket in s3:buckets():each() do
  print(bucket.name)
  for folder in bucket:folders():each() do print("  ", folder.name) end
end
