"""Where photos and results live: a folder or an S3 bucket."""
