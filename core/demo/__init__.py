"""Made-up photos and counts that look like a survey of three years, to show and to measure what pages do with them.

Everything made up is marked so that nobody takes it for an observation, and so that one command removes exactly that:
photo_ids that start as no SHA-256 does, drops, people, sites and a model that are called demo.
"""

MARK = "d0" * 8
"""How every demo photo_id starts. One real photo in 2^64 would have such a SHA-256."""

MODEL, MODEL_VERSION, OLDER_VERSION = "demo (made up)", "1.1", "1.0"
"""No package can be called so: names have no spaces."""

DROP = "demo-"
PEOPLE = ("demo anna", "demo bram", "demo chloé", "demo daan", "demo eva")
"""Nobody's: a username has no space."""
