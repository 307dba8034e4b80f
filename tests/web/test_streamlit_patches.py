"""Each change of Streamlit's internals is known, was looked at in the release in use, and has a test that holds it."""

from __future__ import annotations

import ast
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.test_imports import PAGES, ROOT, WEB
from web.streamlit_patches import PATCHES

(PINNED,) = re.findall(r"^streamlit==(\S+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.M)
OF_A_SCRIPT = ("st.session_state.", "st.query_params.")
TESTS = ROOT / "tests" / "web"


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.apply.__name__.strip("_"))
def test_a_patch_was_looked_at_in_the_release_in_use_and_its_test_is_there(patch):
    file, _, name = patch.test.partition("::")
    functions = [node for node in ast.parse((TESTS / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    assert patch.seen_in == PINNED == version("streamlit")
    assert name in [function.name for function in functions]
    assert patch.reason.endswith(".")


def changes_of_streamlit(source: str) -> list[str]:
    """The names in Streamlit that a file replaces."""
    tree = ast.parse(source)
    names = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (node.module if isinstance(node, ast.ImportFrom) else alias.name or "").split(".")[0] == "streamlit"
    }
    targets = [
        target
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
    ]
    called = [
        node.args[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr" and isinstance(node.args[0], ast.Name)
    ]
    said = [ast.unparse(target) for target in [*targets, *called]]
    return [word for word in said if word.split(".")[0] in names and not word.startswith(OF_A_SCRIPT)]


def test_changes_are_found_however_streamlit_is_imported():
    source = (
        "import streamlit as st\nfrom streamlit.runtime import app_session\nfrom streamlit import logger as log\n"
        "st.write = print\napp_session.AppSession.run = None\nlog.name: str = ''\nsetattr(app_session, 'a', 1)\n"
        "st.session_state.drop = 1\nother.thing = 2\n"
    )
    assert changes_of_streamlit(source) == ["st.write", "app_session.AppSession.run", "log.name", "app_session"]


@pytest.mark.parametrize("path", [*WEB, *PAGES, Path("streamlit_app.py")], ids=str)
def test_streamlit_is_changed_in_one_file(path):
    changes = changes_of_streamlit((ROOT / path).read_text(encoding="utf-8"))
    assert bool(changes) is (path == Path("web/streamlit_patches.py")), changes
