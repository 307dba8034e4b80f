"""What the docs promise is there: commands, settings, columns, files they link to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.exports.columns import COLUMNS
from core.settings import load_settings

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
DICTIONARY = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
README = DOCS[0].read_text(encoding="utf-8")
SETTINGS = sorted(set(re.findall(r'"(BLOOM_[A-Z_0-9]+)"', (ROOT / "core" / "settings.py").read_text(encoding="utf-8"))))


def test_readme_opens_with_what_it_does_a_picture_and_two_commands():
    head = README.split("```sh")[0]
    assert "![" in head
    assert re.findall(r"^(make \w+)", README.split("```sh")[1], re.MULTILINE)[:2] == ["make run", "make test"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z]+)", README))))
def test_every_make_command_in_the_readme_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_in_the_readme(setting):
    assert f"`{setting}`" in README


def test_the_readme_names_no_setting_that_is_not_there():
    assert set(re.findall(r"`(BLOOM_[A-Z_0-9]+)`", README)) == set(SETTINGS)


def test_the_defaults_in_the_readme_are_those_of_the_settings():
    settings = load_settings({})
    table = dict(re.findall(r"^\| `(BLOOM_\w+)` \|[^|]*\| `?([^|`]+?)`? \|$", README, re.MULTILINE))
    assert table["BLOOM_STORE"] == settings.store
    assert float(table["BLOOM_MAX_MEGAPIXELS"]) == settings.max_megapixels
    assert float(table["BLOOM_LEASE_S"]) == settings.lease_s
    assert settings.model_dir == ROOT / table["BLOOM_MODEL"]


def test_the_data_dictionary_says_of_every_column_what_the_excel_file_says():
    table = DICTIONARY.split("## ")[1]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == COLUMNS


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_dependency_has_its_reason():
    reasons = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z0-9-]+)[=>]", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in names if name not in reasons] == []
