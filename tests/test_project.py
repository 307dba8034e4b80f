"""Packaging, citation, licence and changelog agree about Bloomcount."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from setuptools.config.pyprojecttoml import apply_configuration
from setuptools.dist import Distribution

from core import VERSION

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
RELEASES = re.findall(r"^## \[(.+?)\](?: - (\S+))?$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
CFF_KEYS = {
    *("abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers", "keywords"),
    *("license", "license-url", "message", "preferred-citation", "references", "repository", "repository-artifact"),
    *("repository-code", "title", "type", "url", "version"),
}
"""The keys that the format has at its top, version 1.2.0."""
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The sha256 of https://www.apache.org/licenses/LICENSE-2.0.txt."""


@pytest.fixture
def packaged(monkeypatch) -> Distribution:
    """The metadata that setuptools makes of pyproject.toml."""
    monkeypatch.chdir(ROOT)
    return apply_configuration(Distribution(), "pyproject.toml")


def test_the_changelog_begins_with_what_is_not_released_and_then_this_version():
    assert RELEASES[1][0] == VERSION
    assert RELEASES[0] == ("Unreleased", "")
    assert all(date.fromisoformat(released) for _, released in RELEASES[1:])


def test_the_package_has_the_version_of_the_code(packaged):
    assert (packaged.get_name(), packaged.get_version()) == ("bloomcount", VERSION)


def test_the_citation_is_of_the_newest_release():
    assert (CITATION["version"], str(CITATION["date-released"])) == RELEASES[1]


def test_the_citation_is_in_the_citation_file_format():
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"
    assert {"authors", "message", "title"} <= set(CITATION) <= CFF_KEYS
    assert all(
        isinstance(value, str) and value for key, value in CITATION.items() if key not in ("authors", "keywords")
    )
    assert [set(author) for author in CITATION["authors"]] == [{"name"}]


def test_the_licence_is_apache_2_word_for_word():
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2
    assert CITATION["license"] == PYPROJECT["project"]["license"] == "Apache-2.0"


def test_the_package_needs_what_the_app_is_served_with():
    serving = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n# packages that people bring")[0]
    assert set(PYPROJECT["project"]["dependencies"]) == set(re.findall(r"^([\w.-]+)==", serving, re.MULTILINE))


def test_the_package_holds_core_and_every_file_of_it(packaged):
    files = [path.relative_to(ROOT) for path in (ROOT / "core").rglob("*") if path.is_file()]
    files = [file for file in files if "__pycache__" not in file.parts]
    assert {name.split(".")[0] for name in packaged.packages} == {"core"}
    assert {".".join(file.parts[:-1]) for file in files} - set(packaged.packages) == set()
    kinds = ["*.py", *packaged.package_data[""]]
    assert [str(file) for file in files if not any(fnmatch(file.name, kind) for kind in kinds)] == []
