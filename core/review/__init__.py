"""A person's review of a photo."""
