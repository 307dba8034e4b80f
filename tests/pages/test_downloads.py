"""Files that buttons make: none for who is not signed in any more, on whatever page."""

from __future__ import annotations

import ast

import pytest

from tests.app_server import ROOT

CALLS = [
    pytest.param(call, id=f"{path.relative_to(ROOT).as_posix()}:{call.lineno}")
    for path in sorted((ROOT / "pages").rglob("*.py"))
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "download_button"
]


@pytest.mark.parametrize("button", CALLS)
def test_every_download_ends_with_the_sign_in(button):
    assert len(CALLS) >= 4
    assert ast.unparse(button.args[1]).startswith("while_signed_in(")
