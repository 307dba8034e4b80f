"""The survey report: whole in one file, the same numbers as the pages, and nothing in it that a name could run."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from core.exports.publication import UNTOLD
from core.exports.stored import Stored
from core.language import use_language
from core.recognition.package import load_package
from core.review.reviews import Said, save_review
from core.settings import SHIPPED_MODEL, Settings
from core.store.blobs import open_blobs
from core.store.library import Library
from core.store.selection import Selection
from core.store.tables import Tables
from core.survey.repeats import Repeats
from tests.core.exports.reading import exported
from tests.core.exports.summer import PUBLICATION, summer
from tests.survey import count, person, photo

SHIPPED = load_package(SHIPPED_MODEL)


class Read(HTMLParser):
    """A report as a reader sees it: tables as rows of cells, all text outside scripts and styles, and loaded files."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.text, self.loaded, self._skip, self._cell = "", [], False, False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._skip = self._skip or tag in ("script", "style")
        self.loaded += [value for name, value in attrs if name in ("src", "href")]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        self._skip = self._skip and tag not in ("script", "style")
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self._skip:
            return
        self.text += data
        if self._cell:
            self.tables[-1][-1][-1] += data

    def table(self, first: str) -> list[list[str]]:
        """The rows of the table whose first column is called so."""
        return next(rows[1:] for rows in self.tables if rows[0][0] == first)


@pytest.fixture
def library(tmp_path) -> Library:
    settings = Settings(store=str(tmp_path / "store"))
    return Library(open_blobs(settings), Tables(settings))


def stored(library: Library, **other: object) -> Stored:
    return replace(Stored(library, SHIPPED.labels, lambda *_: SHIPPED, publication=PUBLICATION), **other)


def report(of: Stored) -> str:
    return exported(of, "report").decode()


def visit(library: Library) -> None:
    """Two photos of a site and day, and one of another site without flowers."""
    count(library, photo("a"), {"corn-poppy": 3, "daffodil": 1})
    count(library, photo("b"), {"corn-poppy": 5})
    count(library, photo("c", site="wood", taken_at="2026-06-20T12:00:00"), {})


def test_it_says_who_where_when_and_how_many(library):
    visit(library)
    read = Read(report(stored(library)))
    assert "Flowers of the dunes" in read.text
    assert "Naturalis Biodiversity Center · Lea Bos · lea@example.org · 2026-06-12 - 2026-06-20" in read.text
    assert read.table("Taxon") == [
        ["Papaver rhoeas · corn poppy", "Papaveraceae", "5 (5-6)", "1"],
        ["Narcissus pseudonarcissus · daffodil", "Amaryllidaceae", "1 (1-2)", "1"],
    ]
    assert read.table("Site") == [
        ["dunes", "1", "2", "6 (6-8)", "2", "2026-06-12"],
        ["wood", "1", "1", "0", "0", "2026-06-20"],
    ]


@pytest.mark.parametrize(
    ("repeats", "poppies", "sentence"),
    [
        (Repeats("maximum"), "5 (5-6)", "for each taxon the highest count is used."),
        (Repeats("median"), "4 (4-5)", "for each taxon the median count is used."),
        (Repeats("sum"), "8 (8-10)", "Counts of all photos are added up, repeats of the same flowers included."),
    ],
)
def test_repeats_count_by_the_rule_that_was_chosen_and_it_says_which(library, repeats, poppies, sentence):
    visit(library)
    read = Read(report(stored(library, repeats=repeats)))
    assert read.table("Taxon")[0][2] == poppies
    assert sentence in read.text


def test_a_flagged_count_is_at_least_so_many(library):
    count(library, photo("a"), {"corn-poppy": 3}, flag="crowded")
    read = Read(report(stored(library)))
    assert read.table("Taxon")[0][2] == "≥ 3"
    assert "Minimum: some photos are too crowded" in read.text


def test_nothing_is_fetched_from_anywhere(library):
    visit(library)
    html = report(stored(library))
    assert Read(html).loaded == []
    assert html.count("Plotly.newPlot(") == html.count("<figure>") >= 4
    assert html.index("plotly.js v") < html.index("Plotly.newPlot(")


def test_every_figure_has_a_sentence(library):
    visit(library)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", report(stored(library)))
    assert [caption.split(".")[0] for caption in captions] == [f"Figure {n}" for n in range(1, len(captions) + 1)]
    assert all(len(caption) > 40 for caption in captions)


NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def test_no_name_is_run(library):
    count(library, photo("a", site=NASTY, uploaded_by=NASTY), {"corn-poppy": 1, NASTY: 2})
    html = report(stored(library, publication=replace(PUBLICATION, title=NASTY, description=NASTY)))
    assert "<script>alert" not in html
    assert "<img" not in html
    assert unescape(Read(html).table("Site")[0][0]) == NASTY


QUOTED = 'O\'Brien & <i>"Zonen"</i>'


def test_a_name_is_read_as_it_was_typed(library):
    count(library, photo("a", site=QUOTED), {"corn-poppy": 1})
    about = replace(PUBLICATION, title=QUOTED, description=f"By {QUOTED}", publisher=f"At {QUOTED}")
    read = Read(report(stored(library, publication=about, which=Selection(sites=(QUOTED,)))))
    assert read.table("Site")[0][0] == QUOTED
    assert dict(read.table("Setting"))["Selection"] == f"site: {QUOTED}"
    assert read.text.count(QUOTED) == 6  # title, heading, publisher, description, site and selection


def test_it_says_which_model_counted_how_good_that_is_and_which_settings_were_used(library):
    at = {"which": Selection(sites=("dunes",)), "repeats": Repeats("sum")}
    count(library, photo("a"), {"corn-poppy": 1})
    read = Read(report(stored(library, **at)))
    assert "bloom 1.0 counted 1 photos." in read.text
    assert "Its package is no longer here" in read.text
    settings = dict(read.table("Setting"))
    assert settings["Selection"] == "site: dunes"
    assert settings["Licence"] == "CC BY 4.0"


def test_the_accuracy_is_that_of_the_model_card(library, monkeypatch):
    count(library, photo("a"), {"corn-poppy": 1})
    same = replace(SHIPPED, name="bloom", version="1.0")
    read = Read(report(stored(library, package_of=lambda *_: same)))
    lines = read.table("Measured")
    assert [line[0] for line in lines][:2] == [
        "species, top-1 by the most counted taxon",
        "species, top-1 by summed scores",
    ]
    card = (SHIPPED_MODEL / "README.md").read_text(encoding="utf-8")
    assert all(f"| {what} | {value} | {photos} |" in card.replace("**", "") for what, value, photos in lines)
    surer_than = dict(read.table("Setting"))["Minimum confidence"]
    assert surer_than == f"bloom 1.0: {same.default_threshold:.2f}"


def test_it_says_how_blind_recounts_agree_and_how_many_are_missing(library):
    count(library, photo("a"), {"corn-poppy": 3})
    assert "People counted blind" not in Read(report(stored(library))).text
    said = Said(more={"corn-poppy": 2}, sample_id="s")
    save_review(library, photo("a").photo_id, said, package=SHIPPED, by=person("ben"))
    text = Read(report(stored(library))).text
    assert "the model counts +1.00 flowers a photo beside them, is 1.00 off on average" in text
    assert "Too few for firm figures: 29 photos more are needed." in text
    assert "Names: the taxon with most flowers is the same in 100% of 1 photo" in text
    assert "Two people" not in text
    save_review(library, photo("a").photo_id, said, package=SHIPPED, by=person("cleo"))
    between = Read(report(stored(library))).text
    assert "Two people who counted the same photos blind (1 photo) are 0.00 flowers apart on average" in between


def test_an_empty_selection_is_a_report_that_says_so(library):
    read = Read(report(stored(library, publication=UNTOLD)))
    assert "Flower survey" in read.text
    assert "There are no counted photos in this selection" in read.text


def test_photos_without_flowers_are_a_report_too(library):
    count(library, photo("a"), {})
    read = Read(report(stored(library)))
    assert read.table("Site") == [["dunes", "1", "1", "0", "0", "2026-06-12"]]
    assert "Without flowers, and counted as zeros: 1." in read.text


def test_photos_without_any_of_the_selection_are_not_said_to_be_without_flowers(library):
    visit(library)
    text = Read(report(stored(library, which=Selection(taxa=("daffodil",))))).text
    assert "Without such flowers, and counted as zeros: 2." in text
    assert "Without flowers" not in text


def test_photos_without_place_and_day_are_a_report_too(library):
    count(library, photo("a", site="", taken_at=None, latitude=None, longitude=None), {"corn-poppy": 1, "unknown": 2})
    read = Read(report(stored(library)))
    assert [row[0] for row in read.table("Taxon")] == ["Papaver rhoeas · corn poppy", "unknown flower"]
    assert "Without a date: 1. Without a position: 1." in read.text


def test_it_is_in_the_language_of_whoever_asks(library):
    visit(library)
    use_language("nl")
    try:
        html = report(stored(library))
    finally:
        use_language("en")
    assert '<html lang="nl">' in html
    assert Read(html).table("Taxon")[0][0] == "Papaver rhoeas · grote klaproos"
    assert "Werkwijze" in html


def test_one_of_everything_is_a_report(tmp_path):
    read = Read(report(summer(tmp_path)))
    assert {row[0] for row in read.table("Taxon")} == {
        "Leucanthemum vulgare · oxeye daisy",
        "Rosa rugosa · =HYPERLINK rose",
        "unknown flower",
    }
    assert "It has no model card with measurements" in read.text
