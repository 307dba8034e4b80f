"""Imports point one way, in the order that ORDER states; imports inside functions count too."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted(path.relative_to(ROOT) for path in (ROOT / "core").rglob("*.py"))
WEB = sorted(path.relative_to(ROOT) for path in (ROOT / "web").rglob("*.py"))
PAGES = sorted(path.relative_to(ROOT) for path in (ROOT / "pages").rglob("*.py"))
SERVING = [*CORE, *WEB, *PAGES, *(path.relative_to(ROOT) for path in ROOT.glob("*.py"))]
KERAS_NETWORKS = Path("core/recognition/brought/keras_networks.py")
"""Runs networks that people bring: the one that may import TensorFlow, when it loads one."""
TRAINING = sorted(path.relative_to(ROOT) for path in (ROOT / "training").rglob("*.py"))

ORDER = (
    ("core", "core.errors", "core.csv_files", "core.templates"),
    ("core.settings",),
    ("core.language", "core.watching", "core.watching.logs", "core.watching.metrics"),
    ("core.photo", "core.flora"),
    ("core.recognition",),
    ("core.store",),
    ("core.people", "core.models", "core.demo", "core.formatting"),
    ("core.intake",),
    ("core.survey", "core.bloomcount"),
    ("core.charts", "core.review"),
    ("core.exports",),
    ("core.cluster", "core.watching.system", "core.watching.prometheus"),
    ("core.commands",),
    ("core.__main__", "web"),
    ("pages",),
    ("streamlit_app",),
)
"""Each row may import the rows above it; the names of one row do not know each other.

A package stands for its modules that have no name of their own here.
"""


ROWS = {entry: number for number, entries in enumerate(ORDER) for entry in entries}


def module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """Every module that the file imports anywhere; `from a import b` gives a.b where that is a module."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in inner if (ROOT / (name.replace(".", "/") + ".py")).exists()}
            found |= modules or {str(node.module)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "import_module"):
            found.add(ast.literal_eval(node.args[0]))
    return found


def room(name: str) -> str:
    """The name in ORDER that a module belongs to: the longest that it starts with."""
    parts = name.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next(entry for entry in names if entry in ROWS and (entry != "core" or name == "core"))


def row(name: str) -> int:
    """The row of ORDER that a module belongs to."""
    return ROWS[room(name)]


def top_level(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def test_the_globs_find_the_code():
    assert len(CORE) > 15
    assert len(WEB) > 5
    assert len(PAGES) > 5
    assert len(TRAINING) > 5
    assert Path("core/photo/reading.py") in CORE


@pytest.mark.parametrize("path", SERVING, ids=str)
def test_imports_point_one_way(path):
    ours = {name for name in imports(path) if name.split(".")[0] in ("core", "web", "pages", "streamlit_app")}
    own = room(module(path))
    assert {name for name in ours if room(name) != own and row(name) >= row(own)} == set()


def test_every_row_of_the_order_is_there():
    names = {module(path) for path in SERVING}
    assert [entry for entries in ORDER for entry in entries if entry not in {*names, "pages"}] == []


@pytest.mark.parametrize("path", [path for path in SERVING if "core/demo" not in str(path)], ids=str)
def test_production_does_not_import_the_demo(path):
    command = Path("core/commands/demo.py")
    assert path == command or not [name for name in imports(path) if name.startswith("core.demo")]


@pytest.mark.parametrize("path", CORE, ids=str)
def test_core_knows_no_streamlit_and_no_page(path):
    assert top_level(path).isdisjoint({"streamlit", "streamlit_authenticator", "pages", "streamlit_app", "web"})


@pytest.mark.parametrize("path", SERVING, ids=str)
def test_what_serves_never_imports_training_or_its_libraries(path):
    allowed = {"tensorflow", "keras"} if path == KERAS_NETWORKS else set()
    assert top_level(path).isdisjoint({"training", "tensorflow", "keras", "torch", "tests"} - allowed)


def test_networks_that_people_bring_import_tensorflow_inside_two_functions_and_nowhere_else():
    tree = ast.parse((ROOT / KERAS_NETWORKS).read_text(encoding="utf-8"))
    lazy = {node for top in tree.body if isinstance(top, ast.FunctionDef) for node in ast.walk(top)}
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    heavy = [node for node in imported if ast.unparse(node).split()[1].split(".")[0] in ("tensorflow", "keras")]
    assert [ast.unparse(node) for node in heavy] == ["import tensorflow", "import keras"]
    assert lazy.issuperset(heavy)


@pytest.mark.parametrize("path", SERVING, ids=str)
def test_only_two_commands_know_the_cluster_and_only_the_cluster_knows_ray(path):
    ours, names = path.is_relative_to("core/cluster"), imports(path)
    commands = {Path("core/commands/count.py"), Path("core/commands/ingest.py")}
    assert ours or path in commands or not {name for name in names if name.startswith("core.cluster")}
    assert ours or "ray" not in top_level(path)


@pytest.mark.parametrize("path", TRAINING, ids=str)
def test_training_knows_no_page_and_no_store(path):
    assert "pages" not in top_level(path)
    assert not [name for name in imports(path) if name.startswith(("core.store", "core.intake", "core.people", "web"))]


def test_the_command_line_loads_neither_streamlit_nor_tensorflow():
    code = (
        "import sys, core.__main__\n"
        "from core.recognition.loading import load_model\n"
        "from core.settings import SHIPPED_MODEL\n"
        "load_model(SHIPPED_MODEL)\n"
        "sys.exit(sorted({'streamlit', 'tensorflow', 'keras', 'ray'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[-200:] if done.returncode else "") == (0, "")
