"""A photo's way from upload to stored result."""
