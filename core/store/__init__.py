"""The store of photos and results: a folder or an S3 bucket."""
