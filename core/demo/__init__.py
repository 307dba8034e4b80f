"""Made-up photos and counts that look like a survey of three years, to show and to measure what pages do with them.

Everything made up is marked so that nobody takes it for an observation, and so that one command removes exactly that:
photo_ids that start as no SHA-256 does, drops, people, sites and a model that are called demo.
"""

MODEL, MODEL_VERSION, OLDER_VERSION = "demo (made up)", "1.1", "1.0"
"""No package can be called so: names have no spaces."""

DROP = "demo-"
