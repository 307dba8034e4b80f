"""What a person says of a photo."""
