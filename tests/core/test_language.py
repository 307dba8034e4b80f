"""People who chose Dutch read Dutch, with the same facts in it."""

from __future__ import annotations

import ast
import string
import threading
from functools import cache
from pathlib import Path

import pytest

from core.exports.formats import FORMATS
from core.language import DUTCH, current_language, dutch_sentences, language_of, tr, use_language
from core.people.person import ROLES
from core.store.trail import ACTIONS
from pages.navigation import PAGES

ROOT = Path(__file__).parent.parent.parent


@cache
def _said() -> set[str]:
    """All sentences that code translates by tr(), and those of the tables of pages, roles, formats and the trail."""
    found = {*(word for page in PAGES for word in (page.title, page.section) if word), *ROLES, *ACTIONS}
    found |= {export.purpose for export in FORMATS.values()}
    found |= {export.title for export in FORMATS.values()} & set(dutch_sentences())  # CSV is CSV in every language
    for path in [*ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py"), *ROOT.glob("web/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "tr":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno} gives tr() no plain sentence"
                found.add(str(node.args[0].value))
    return found


def _places(sentence: str) -> set[str]:
    return {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_has_its_dutch():
    assert _said() - set(dutch_sentences()) == set()


def test_no_dutch_is_left_over():
    assert set(dutch_sentences()) - _said() == set()


def test_the_dutch_names_the_same_facts():
    assert {english for english, dutch in dutch_sentences().items() if _places(english) != _places(dutch)} == set()


def test_the_dutch_names_pages_as_the_navigation_does():
    titles = {f"*{page.title}*": f"*{dutch_sentences()[page.title]}*" for page in PAGES}
    wrong = {
        dutch
        for english, dutch in dutch_sentences().items()
        for title, called in titles.items()
        if title in english.replace("**", "") and called not in dutch
    }
    assert wrong == set()


def test_dutch_is_given_once():
    lines = [line for file in DUTCH.glob("*.toml") for line in file.read_text(encoding="utf-8").splitlines()]
    keys = [line.split(" = ")[0] for line in lines if line.startswith('"')]
    assert sorted(keys) == sorted(set(keys))


def test_a_language_is_that_of_one_thread():
    heard = []
    thread = threading.Thread(target=lambda: (use_language("nl"), heard.append(current_language())))
    thread.start()
    thread.join()
    assert (heard, current_language()) == (["nl"], "en")


def test_an_unknown_language_is_english():
    use_language("tlh")
    assert current_language() == "en"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("nl", "nl"), ("nl-BE", "nl"), ("NL_nl", "nl"), ("en-GB", "en"), ("de-DE", "en"), ("", "en"), (None, "en")],
)
def test_what_a_browser_says_of_itself_chooses_a_language(locale, language):
    assert language_of(locale) == language


def test_a_sentence_without_dutch_is_said_in_english():
    use_language("nl")
    try:
        assert tr("{n} zebras in a {thing}", n=3, thing="meadow") == "3 zebras in a meadow"
    finally:
        use_language("en")
