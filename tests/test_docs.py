"""Commands, settings, columns and links that the docs promise exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from core.__main__ import parse
from core.bloomcount import assemble
from core.exports.columns import COLUMNS
from core.exports.publication import Publication, keep_publication
from core.intake.pipeline import accept
from core.recognition.model_toml import sha256_of
from core.settings import Settings, load_settings
from core.store import cache
from core.store.records import Drop, Site
from tests.conftest import SLOW
from tests.people import ADMIN
from tests.survey import UPLOADED, count, photo
from tests.test_imports import row

ROOT = Path(__file__).parent.parent
DOCS = [
    ROOT / "README.md",
    *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
DICTIONARY = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
README = DOCS[0].read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SETTINGS = sorted(set(re.findall(r'"(BLOOM_[A-Z_0-9]+)"', (ROOT / "core" / "settings.py").read_text(encoding="utf-8"))))


def test_readme_opens_with_what_it_does_a_picture_and_two_commands():
    head = README.split("```sh")[0]
    assert "![" in head
    assert re.findall(r"^(make \w+)", README.split("```sh")[1], re.MULTILINE)[:2] == ["make run", "make test"]


def make_targets(document: str) -> set[str]:
    """The make targets that a page names, at the beginning of a line or in code."""
    return set(re.findall(r"(?:^|`)make ([a-z-]+)", document, re.MULTILINE))


@pytest.mark.parametrize("target", sorted(make_targets(README) | make_targets(CONTRIBUTING)))
def test_every_make_command_for_users_and_contributors_exists(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_contributing_has_the_commands_of_a_days_work():
    assert {"setup", "run", "demo", "test-fast", "check", "test", "format", "lock"} <= make_targets(CONTRIBUTING)


def test_make_help_names_every_command():
    told = subprocess.run(["make", "-s", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"^  make (\S+)", told, re.MULTILINE) == targets


def test_what_the_fast_tests_leave_out_is_there():
    assert [place for place in sorted(SLOW) if not (ROOT / "tests" / place).exists()] == []


TESTED_ALONE = re.findall(r"-m pytest (\S+\.py)(?: -k (\w+))?", CONTRIBUTING)


@pytest.mark.parametrize(("file", "name"), TESTED_ALONE)
def test_tests_that_contributing_runs_alone_are_there(file, name):
    assert re.search(rf"def test_\w*{name}", (ROOT / file).read_text(encoding="utf-8"))


NAMED_IN = re.findall(r"`(\w+)` in `([\w/]+\.py)`", CONTRIBUTING)


@pytest.mark.parametrize(("name", "file"), NAMED_IN)
def test_names_that_contributing_leads_to_are_in_their_files(name, file):
    assert re.search(rf"\b{name}\b", (ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_in_the_readme(setting):
    assert f"`{setting}`" in README


def test_what_the_servers_on_amazon_are_told_is_in_the_readme_for_who_runs_it_elsewhere():
    template = (ROOT / "deploy" / "template.yaml").read_text(encoding="utf-8")
    told = re.findall(r'application:environment", OptionName: (\w+)', template)
    assert [name for name in told if not name.startswith("AWS_") and f"`{name}`" not in README] == []


def test_the_readme_names_no_setting_that_is_not_there():
    assert set(re.findall(r"`(BLOOM_[A-Z_0-9]+)`", README)) == set(SETTINGS)


def test_the_defaults_in_the_readme_are_those_of_the_settings():
    settings = load_settings({})
    table = dict(re.findall(r"^\| `(BLOOM_\w+)` \|[^|]*\| `?([^|`]+?)`? \|$", README, re.MULTILINE))
    assert table["BLOOM_STORE"] == settings.store
    assert float(table["BLOOM_MAX_MEGAPIXELS"]) == settings.photo_limits.megapixels
    assert float(table["BLOOM_PHOTO_MEMORY_MB"]) == settings.photo_limits.memory_mb
    assert float(table["BLOOM_LEASE_S"]) == settings.lease_s
    assert settings.model_dir == ROOT / table["BLOOM_MODEL"]


@pytest.mark.parametrize("command", re.findall(r"python -m core ([^`#>|\n]+)", README))
def test_every_command_of_the_readme_is_one_that_ours_takes(command):
    assert parse(shlex.split(command))


def test_the_data_dictionary_says_where_everything_in_the_store_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "KEPT_AFTER_COMMITS", 1)
    bloom = assemble(Settings(store=str(tmp_path / "store")))
    bloom.accounts.first_start()
    drop = Drop("d", "", "", "anna")
    photo_id = accept(bloom.library, bloom.inbox, b"\xff\xd8", file="a.jpg", drop=drop).photo_id
    bloom.blobs.put("inbox/damaged.json", b"?")
    bloom.inbox.claim(2)
    bloom.library.pictures.put_thumb(photo_id, b"RIFF")
    count(bloom.library, photo("b"), {"rose": 3})
    bloom.library.describe_sites([Site("dunes", None, None, "", None, "lea", UPLOADED)], by=ADMIN)
    bloom.library.tidy()
    keep_publication(bloom.blobs, Publication(title="Dunes"), by=ADMIN)

    table = DICTIONARY.split("## The store")[1]
    places = re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| (.+?) \|", table, re.MULTILINE)))
    known = [re.escape(place).replace("ab/ab12…", "[0-9a-f]{2}/[0-9a-f]{64}") for place in places]
    keys = [blob.key for blob in bloom.blobs.list()]
    assert {key.split("/")[0] for key in keys} > {
        "photos",
        "thumbs",
        "inbox",
        "tables",
        "now",
        "unreadable-tickets",
    }
    assert [key for key in keys if not any(re.fullmatch(f"{place}(/.*|(?<=/).*)?", key) for place in known)] == []


def test_the_sum_of_a_saved_model_is_what_the_command_in_the_docs_says(tmp_path):
    (command,) = re.findall(r"`(\(cd .*sha256sum\) \| sha256sum)`", (ROOT / "docs" / "models.md").read_text("utf-8"))
    network = tmp_path / "my-flora" / "saved-model"
    (network / "variables").mkdir(parents=True)
    (network / "saved_model.pb").write_bytes(b"graph")
    (network / "variables" / "variables.index").write_bytes(b"index")
    (tmp_path / "my-flora" / "model.toml").write_text("format = 1")
    said = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.split()[0] == sha256_of(network)


def test_the_data_dictionary_says_of_every_column_what_the_excel_file_says():
    table = DICTIONARY.split("## ")[1]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == COLUMNS


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_page_of_the_docs_that_the_code_names_is_there():
    files = [path for folder in ("core", "pages", "training", "web") for path in (ROOT / folder).rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in [*files, *(ROOT / "models").rglob("*.md")]]
    named = {page for text in texts for page in re.findall(r"\bdocs/[\w./-]+\.md\b", text)}
    assert {"docs/recognition.md", "docs/experiments/counting.md"} <= named
    assert [page for page in sorted(named) if not (ROOT / page).exists()] == []


def test_every_decision_is_in_the_index_by_subject_once():
    index, decisions = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").split("\n## Newest first\n")
    headings = re.findall(r"^##+ (.+)$", decisions, re.MULTILINE)
    links = re.findall(r"^- \[(.+)\]\(#(.+)\)$", index, re.MULTILINE)
    assert sorted(anchor for _, anchor in links) == sorted(anchor_of(heading) for heading in headings)
    assert [(text, anchor) for text, anchor in links if not anchor.startswith(anchor_of(text))] == []
    assert re.findall(r"^\*\*.+$", decisions, re.MULTILINE) == []  # a decision begins with a heading


def anchor_of(heading: str) -> str:
    """The address that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_drawing_of_who_may_call_whom_has_the_order_that_imports_are_held_to():
    drawn = ARCHITECTURE.split('subgraph CALLS["Who may call whom"]')[1].split("  end\n")[0]
    rooms = [re.findall(r"\w[\w.]+", label) for label in re.findall(r'\["(.+?)"\]', drawn)]
    assert {"pages", "web", "core.store", "core.errors"} <= {name for names in rooms for name in names}
    lowest = [min(row(name) for name in names) for names in rooms]
    assert all(max(map(row, below)) < above for above, below in zip(lowest, rooms[1:], strict=False))


def test_architecture_says_where_to_change_twelve_things():
    table = ARCHITECTURE.split("## I want to change")[1]
    assert len(re.findall(r"^\| (?!I want to change \|).+ \| `.+ \| .+ \|$", table, re.MULTILINE)) == 12


@pytest.mark.parametrize("document", [ARCHITECTURE, CONTRIBUTING], ids=["architecture", "contributing"])
def test_every_path_that_leads_into_the_code_is_there(document):
    folders = r"core|docs|models|pages|tests|training|web|\.platform|\.streamlit"
    paths = set(re.findall(rf"(?<![\w/.])((?:{folders})/[\w./-]*)", document))
    assert "core/recognition/package.py" in paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_dependency_has_its_reason():
    reasons = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    names = re.findall(r"^([a-z0-9-]+)[=>]", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in names if name not in reasons] == []
