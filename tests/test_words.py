"""First lines of docstrings are plain sentences or names, not questions that never become a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("core", "web", "pages", "training", "bench", "deploy", "tests")
RIDDLE = re.compile(r"(What|Which|Whether|Those|Of|Where|How|Whose|Who|Whom)\b")
CASES = [
    pytest.param('"""What is on the map."""', [1], id="a module"),
    pytest.param('class A:\n    """Those of a store."""', [2], id="a class"),
    pytest.param('def f():\n    """Whether it is open."""', [2], id="a function"),
    pytest.param(
        'class A:\n    def f(self):\n        """\n        How many there are.\n        """', [3], id="a method"
    ),
    pytest.param('A = 1\n"""Of a tile."""', [2], id="an attribute"),
    pytest.param('A: int = 1\n"""Of a tile."""', [2], id="an attribute with its type"),
    pytest.param('"""Offers of a shop."""', [], id="a word that only begins so"),
    pytest.param('"""True if it is open.\n\nWhat else there is."""', [], id="a later line"),
]


def riddles(source: str) -> list[tuple[int, str]]:
    """Line and first line of each docstring, of attributes too, that begins with one of the words."""
    return [
        (line, first)
        for line, text in _docstrings(ast.parse(source))
        if RIDDLE.match(first := text.strip().partition("\n")[0])
    ]


def _docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for before, statement in zip([None, *node.body], node.body, strict=False):
            if (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Constant)
                and isinstance(statement.value.value, str)
                and isinstance(before, ast.Assign | ast.AnnAssign | None)
            ):
                yield statement.lineno, statement.value.value


@pytest.mark.parametrize(("source", "lines"), CASES)
def test_a_riddle_is_found_in_the_docstring_of(source, lines):
    assert [line for line, _ in riddles(source)] == lines


def test_no_docstring_begins_with_a_riddle():
    files = {file.relative_to(ROOT).as_posix(): file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")}
    assert {path.partition("/")[0] for path in files} == set(FOLDERS)
    found = [
        f"{path}:{line}: {first}"
        for path, file in sorted(files.items())
        for line, first in riddles(file.read_text(encoding="utf-8"))
    ]
    assert found == []
