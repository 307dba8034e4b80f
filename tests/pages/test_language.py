"""English and Dutch: a person who chose one reads it on every page, and keeps it."""

from __future__ import annotations

import ast
import re

import pytest
from streamlit.runtime.context import ContextProxy

from core.language import LANGUAGES
from pages.navigation import PAGES
from tests.app_server import ROOT
from tests.pages.conftest import PASSWORD
from web.markdown import plain

ACCOUNT = "pages/people/account.py"
PAGE_FILES = sorted(ROOT.glob("pages/**/*.py"))
SAYS = {
    *("title", "header", "subheader", "markdown", "caption", "text", "error", "warning", "info", "success", "toast"),
    *("button", "download_button", "form_submit_button", "link_button", "page_link", "expander", "popover", "tabs"),
    *("toggle", "checkbox", "radio", "selectbox", "multiselect", "segmented_control", "pills", "slider", "metric"),
    *("text_input", "text_area", "number_input", "date_input", "file_uploader", "progress", "spinner", "empty_page"),
}
"""Streamlit's names of the widgets and texts that people read."""
READ = {"label", "body", "help", "placeholder", "text", "alt", "caption"}


def choose(tab, language):
    """Click a language where the tab offers them."""
    (choice,) = [group for group in tab.get("button_group") if list(group.options) == list(LANGUAGES.values())]
    return choice.set_value(language).run()


def sign_in(tab, username="anna"):
    tab.text_input(key="sign_in_name").set_value(username)
    tab.text_input(key="sign_in_password").set_value(PASSWORD)
    return next(button for button in tab.button if button.label in ("Sign in", "Aanmelden")).click().run()


def in_browser_of(monkeypatch, locale):
    monkeypatch.setattr(ContextProxy, "locale", property(lambda _: locale))


def titles(tab):
    assert not tab.exception
    return [title.value for title in tab.title]


def test_english_and_dutch_are_chosen_on_your_account_and_hold_everywhere(browser):
    here, elsewhere = browser.open_as("anna", ACCOUNT), browser.open_as("anna", "pages/field/count.py")
    assert titles(choose(here, "nl")) == ["Jouw account"]
    assert browser.accounts.find("anna").language == "nl"
    assert titles(elsewhere.run()) == ["Bloemen tellen"]
    assert titles(browser.open_as("lea", ACCOUNT)) == ["Your account"]
    assert titles(choose(here, "en")) == ["Your account"]
    assert titles(elsewhere.run()) == ["Count flowers"]


def test_a_tab_that_is_behind_changes_nothing(browser):
    here, elsewhere = browser.open_as("anna", ACCOUNT), browser.open_as("anna", ACCOUNT)
    choose(here, "nl")
    assert titles(elsewhere.run()) == ["Jouw account"]
    assert browser.accounts.find("anna").language == "nl"


@pytest.mark.parametrize(
    ("locale", "title"), [("nl-NL", "Bloemen tellen"), ("de-DE", "Count flowers"), (None, "Count flowers")]
)
def test_who_chose_none_reads_the_browsers(browser, monkeypatch, locale, title):
    in_browser_of(monkeypatch, locale)
    assert titles(browser.open_as("anna", "pages/field/count.py")) == [title]
    assert browser.accounts.find("anna").language == ""


def test_a_choice_is_stronger_than_the_browser(browser, monkeypatch):
    in_browser_of(monkeypatch, "nl-NL")
    browser.accounts.set_language("anna", "en")
    assert titles(browser.open_as("anna", "pages/field/count.py")) == ["Count flowers"]


def test_the_language_of_the_sign_in_form_is_kept_with_the_account(browser):
    tab = choose(browser.open(), "nl")
    assert "Benoemt en telt" in tab.markdown[0].value
    assert plain("Naam of wachtwoord klopt niet.") in sign_in(tab, "nobody").error[0].value
    assert titles(sign_in(tab)) == ["Bloemen tellen"]
    assert browser.accounts.find("anna").language == "nl"


def test_a_sign_in_form_left_alone_changes_no_choice(browser, monkeypatch):
    in_browser_of(monkeypatch, "en-GB")
    browser.accounts.set_language("anna", "nl")
    assert titles(sign_in(browser.open())) == ["Bloemen tellen"]
    assert browser.accounts.find("anna").language == "nl"


def test_addresses_of_pages_are_the_same_in_every_language(browser):
    browser.accounts.set_language("anna", "nl")
    tab = browser.open_as("anna")
    assert titles(tab) == ["Bloemen tellen"]
    assert {page.url_path for page in PAGES} >= {"count-flowers", "photos", "your-account"}


def _past_tr(tree: ast.AST):
    """Line and words of texts for people that are not given to tr() first."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        said = [*call.args[:2], *(word.value for word in call.keywords if word.arg in READ)] if name in SAYS else []
        for part in said:
            yield from ((call.lineno, words) for words in _words(part))


def _words(node: ast.AST):
    if isinstance(node, ast.Call):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        said = re.sub(r":material/\w+:", "", node.value)
        if re.search(r"[A-Za-z]{2}", said) and not said.startswith("/"):
            yield said
    if isinstance(node, ast.FormattedValue | ast.Subscript | ast.Compare | ast.Dict | ast.comprehension | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _words(child)


@pytest.mark.parametrize("path", PAGE_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_says_anything_past_the_language(path):
    names = {"Bloomcount", "NL"}  # the code of the Netherlands is the same in each language
    said = [
        (line, words) for line, words in _past_tr(ast.parse(path.read_text(encoding="utf-8"))) if words not in names
    ]
    assert said == []
