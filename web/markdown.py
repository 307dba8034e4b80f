"""Words of people in Streamlit's Markdown, so that they are shown as they are: the one helper for them."""

from __future__ import annotations

import re

MARKUP = r"\`*_{}[]()<>#+-.!|~:$"
JOINER = "\N{WORD JOINER}"
"""It has no width. Streamlit makes links, emoji, icons and arrows of text whose characters were escaped, too."""
JOINED = re.compile(r"(?<=:)(?=\S)|(?=@)|(?<=www)(?=\.)|(?<=[-<>=~])(?=[-<>=~])", re.IGNORECASE)


def plain(text: str) -> str:
    """Text from outside, or a sentence with it, so that nothing in it is read as markup, link or emoji."""
    return "".join(f"\\{char}" if char in MARKUP else char for char in JOINED.sub(JOINER, text))
