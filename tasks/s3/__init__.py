"""S3: who may use a bucket."""
