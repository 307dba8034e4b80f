"""A photo's pixels -> the flowers in it."""
