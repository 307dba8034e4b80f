"""A file's bytes to upright pixels, and what the camera wrote."""
