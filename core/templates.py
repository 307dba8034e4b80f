"""HTML from Jinja2 templates, each beside the module that fills it.

Every text is escaped; only Markup, which is HTML already, goes in as it is. A name that a template asks for and nobody
gives is an error.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates_beside(module_file: str) -> Environment:
    """The templates in the folder of a module, which gives its __file__."""
    return Environment(
        loader=FileSystemLoader(Path(module_file).parent),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
