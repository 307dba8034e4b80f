"""The marks by which made-up photos are told from observations, and found again to be removed."""

DEMO_MARK = "d0" * 8
"""The start of every demo photo_id. One real photo in 2^64 would have such a SHA-256."""

DEMO_PEOPLE = ("demo anna", "demo bram", "demo chloé", "demo daan", "demo eva")
"""Names of no account: a username has no space."""
