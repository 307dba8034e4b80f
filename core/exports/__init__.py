"""Stored results as files that others read."""
