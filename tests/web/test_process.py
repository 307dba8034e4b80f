"""Objects that all sessions of a process share are made once, by one kind of function, and again when asked for."""

from __future__ import annotations

import ast

import pytest
import streamlit as st

from tests.test_imports import PAGES, ROOT, WEB
from web import process

TREE = ast.parse((ROOT / "web" / "process.py").read_text(encoding="utf-8"))
SHARED = [
    node.name
    for node in TREE.body
    if isinstance(node, ast.FunctionDef)
    and any(ast.unparse(by).startswith("st.cache_resource") for by in node.decorator_list)
]


@pytest.fixture(autouse=True)
def _own_store(own_store):
    yield
    process.stop_worker()


def test_there_are_shared_objects():
    assert [
        *("bloomcount", "worker", "sign_ins", "connections", "made_files", "open_drops", "prepared_files"),
        "served_figures",
    ] == SHARED


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_object_is_made_once_until_the_caches_are_cleared(name):
    shared = getattr(process, name)
    first = shared()
    assert shared() is first
    process.stop_worker()
    st.cache_resource.clear()
    assert shared() is not first


@pytest.mark.parametrize("path", WEB, ids=str)
def test_no_module_of_the_web_holds_a_shared_object_beyond_a_call(path):
    """One that did would go on with the old one after the caches are cleared. Pages run anew with each click."""
    called = [
        f"{path}:{node.lineno}"
        for statement in ast.parse((ROOT / path).read_text(encoding="utf-8")).body
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in SHARED
    ]
    assert called == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_no_page_keeps_anything_for_all_sessions(path):
    """Pages and their widgets draw; what is made once for everybody is made in web/."""
    assert "st.cache_" not in (ROOT / path).read_text(encoding="utf-8")
