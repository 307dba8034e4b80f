"""Text from outside in Streamlit's Markdown, so that it is shown as it is."""

from __future__ import annotations


def plain(text: str) -> str:
    """Text from outside, so that Markdown does not read it as markup."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]()<>#+-.!|~:$" else char for char in text)


def unmarked(sentence: str) -> str:
    """A sentence of ours that names what comes from outside, so that Markdown reads nothing inside it as markup."""
    return "".join(f"\\{char}" if char in r"\`*_[]<~$" else char for char in sentence)
