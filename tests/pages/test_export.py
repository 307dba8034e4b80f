"""Export: what the page says is what the file holds, and only who had it made may fetch it."""

from __future__ import annotations

from contextlib import nullcontext
from zipfile import ZipFile, is_zipfile

import pytest

from core.exports.columns import PER_PHOTO
from core.exports.formats import FORMATS, Format
from core.exports.publication import Publication, keep_publication, read_publication
from tests.core.exports.reading import READ_BACK
from tests.core.exports.test_report import Read
from tests.people import ADMIN
from tests.survey import count, photo
from web.process import bloomcount, prepared_files

EXPORT, OVERVIEW = "pages/publish/export.py", "pages/insight/overview.py"


@pytest.fixture
def photos(browser) -> None:
    library = bloomcount().library
    count(library, photo("a"), {"corn-poppy": 3, "daffodil": 1})
    count(library, photo("b", site="wood"), {"daffodil": 2}, reviewed=True)
    count(library, photo("c", site="", taken_at=None, latitude=None, longitude=None), {})


def said(tab) -> str:
    assert not tab.exception
    kinds = (tab.markdown, tab.caption, tab.info, tab.warning, tab.error)
    return " ".join(text.value for kind in kinds for text in kind)


def link(tab) -> str | None:
    """Address of the file that the tab offers."""
    return next((element.proto.url for element in tab.get("link_button")), None)


def prepared(tab, username: str = "anna"):
    _, _, token, name = link(tab).split("/")
    file = prepared_files().find(token, username)
    assert file is None or file.name == name
    return file


def prepare(tab):
    return tab.button(key="prepare").click().run()


def test_an_empty_store_says_what_would_be_here(browser):
    tab = browser.open_as("anna", EXPORT)
    assert "No counted photos yet." in said(tab)
    assert [button.key for button in tab.button] == []


def test_a_filter_that_leaves_nothing_is_not_a_store_without_counts(browser, photos):
    text = said(browser.open_as("anna", EXPORT, {"taken-from": "2030-01-01"}))
    assert "No counted photos match these filters. Widen or clear them." in text
    assert "No counted photos yet" not in text


def test_the_page_says_what_the_file_will_hold(browser, photos):
    tab = browser.open_as("anna", EXPORT)
    assert "Flowers: **6** · Taxa: **2** · Photos: **3** · Without flowers: **1**" in said(tab)
    assert "Counts are per photo." in said(tab)
    assert link(tab) is None


def test_photos_without_any_of_the_filter_are_not_said_to_be_without_flowers(browser, photos):
    tab = browser.open_as("anna", EXPORT, {"taxon": "corn-poppy"})
    assert "Photos: **3** · Without such flowers: **2**" in said(tab)


def test_the_page_counts_taxa_as_the_overview_and_the_report_do(browser):
    found = {"siam-tulip": 1, "dahlia": 4, "bishop-of-llandaff": 2, "unknown": 3}
    count(bloomcount().library, photo("a"), found)
    assert "Flowers: **10** · Taxa: **2** ·" in said(browser.open_as("anna", EXPORT))
    tiles = [element.proto.body for element in browser.open_as("anna", OVERVIEW).get("html")]
    [taxa] = [html for html in tiles if '<div class="label">Taxa' in html]
    assert '<div class="value">2</div>' in taxa


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "report"])
def test_the_page_says_in_which_files_it_says_what_may_not_be_added_up(browser, photos, name):
    tab = browser.open_as("anna", EXPORT)
    assert "Every file except the CSV says so; the report uses such a rule." in said(tab)
    tab.radio(key="format").set_value(name).run()
    path = prepared(prepare(tab)).path
    with ZipFile(path) if is_zipfile(path) else nullcontext() as parts:
        data = b"".join(map(parts.read, parts.namelist())) if parts else path.read_bytes()
    assert (PER_PHOTO.encode() in data) is (name != "csv")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_prepared_and_fetched(browser, photos, name):
    tab = browser.open_as("anna", EXPORT)
    tab.radio(key="format").set_value(name).run()
    file = prepared(prepare(tab))
    assert file.name.endswith(FORMATS[name].suffix)
    if name == "report":
        assert Read(file.path.read_text()).table("Taxon")[0][:3:2] == [
            "Narcissus pseudonarcissus · daffodil",
            "3 (3-5)",
        ]
    else:
        assert sum(READ_BACK[name](file.path.read_bytes()).flowers.values()) == 6


def test_the_file_is_that_of_the_filter(browser, photos):
    tab = browser.open_as("anna", EXPORT)
    tab.multiselect(key="filter_sites").select("wood").run()
    assert "Flowers: **2** · Taxa: **1** · Photos: **1**" in said(tab)
    assert sum(READ_BACK["csv"](prepared(prepare(tab)).path.read_bytes()).flowers.values()) == 2


def test_a_file_of_another_filter_or_format_is_not_offered(browser, photos):
    tab = prepare(browser.open_as("anna", EXPORT))
    assert link(tab)
    tab.radio(key="format").set_value("coco").run()
    assert link(tab) is None
    tab.radio(key="format").set_value("csv").run()
    assert link(tab)
    tab.multiselect(key="filter_sites").select("wood").run()
    assert link(tab) is None


def test_a_format_that_is_added_to_the_table_is_offered_and_made(browser, photos, monkeypatch):
    lines = Format("Lines", "a line a photo, to read aloud", ".txt", "text/plain", lambda _, file: file.write(b"1\n"))
    monkeypatch.setitem(FORMATS, "lines", lines)
    tab = browser.open_as("anna", EXPORT)
    assert "**Lines** · a line a photo, to read aloud" in tab.radio(key="format").options
    tab.radio(key="format").set_value("lines").run()
    assert prepared(prepare(tab)).path.read_bytes() == b"1\n"
    assert prepared(tab).name.endswith(".txt")


def test_formats_are_said_in_dutch(browser, photos):
    browser.accounts.set_language("anna", "nl")
    options = browser.open_as("anna", EXPORT).radio(key="format").options
    assert [option.split(" · ")[0] for option in options] == [
        "**CSV**", "**Excel**", "**Darwin Core Archive**", "**COCO**", "**Rapport**", "**Datapakket**", "**GeoJSON**"
    ]  # fmt: skip
    assert "om te lezen en af te drukken" in options[4]


def test_the_report_adds_up_by_the_rule_that_is_chosen(browser, photos):
    count(bloomcount().library, photo("d"), {"corn-poppy": 4})
    tab = browser.open_as("anna", EXPORT)
    tab.radio(key="format").set_value("report").run()
    poppies = {}
    for rule in ("maximum", "sum"):
        tab.segmented_control(key="repeats_rule").set_value(rule).run()
        assert link(tab) is None
        rows = Read(prepared(prepare(tab)).path.read_text()).table("Taxon")
        poppies[rule] = next(row[2] for row in rows if row[0].startswith("Papaver"))
    assert poppies == {"maximum": "4 (4-5)", "sum": "7 (7-9)"}


def test_a_file_is_for_who_had_it_made(browser, photos):
    tab = prepare(browser.open_as("anna", EXPORT))
    assert prepared(tab, "lea") is None
    assert prepared(tab).username == "anna"


def field(tab, name):
    """A field of the form on who publishes the data."""
    return next(
        field for field in [*tab.text_input, *tab.selectbox] if (field.key or "").startswith(f"publication_{name}-")
    )


def test_a_darwin_core_archive_asks_once_who_publishes_it(browser, photos):
    tab = browser.open_as("anna", EXPORT)
    tab.radio(key="format").set_value("dwca").run()
    assert "Not ready for GBIF yet" in said(tab)
    assert "Photos without a date: 1, without a position: 1, not reviewed by a person: 2." in said(tab)
    assert "The archive includes and marks them. GBIF accepts records without a date, but asks for one." in said(tab)
    for name, text in (("title", "Dunes"), ("publisher", "Naturalis"), ("contact", "Lea"), ("email", "lea@x.org")):
        field(tab, name).set_value(text)
    field(tab, "licence").set_value("CC0 1.0")
    tab.button[[button.label for button in tab.button].index("Save")].click().run()
    assert "Not ready" not in said(tab)
    assert read_publication(bloomcount().blobs).missing == ()
    again = browser.open_as("lea", EXPORT)
    again.radio(key="format").set_value("dwca").run()
    assert field(again, "publisher").value == "Naturalis"


def test_a_tab_left_open_does_not_put_back_what_another_one_kept(browser, photos):
    tab = browser.open_as("anna", EXPORT)
    tab.radio(key="format").set_value("dwca").run()
    keep_publication(bloomcount().blobs, Publication(title="Dunes", licence="CC0 1.0"), by=ADMIN)
    field(tab.run(), "publisher").set_value("Naturalis")
    tab.button[[button.label for button in tab.button].index("Save")].click().run()
    assert read_publication(bloomcount().blobs) == Publication("Dunes", "Naturalis", licence="CC0 1.0")


def test_a_wrong_address_is_refused_in_words(browser, photos):
    tab = browser.open_as("anna", EXPORT)
    tab.radio(key="format").set_value("dwca").run()
    field(tab, "email").set_value("lea")
    tab.button[[button.label for button in tab.button].index("Save")].click().run()
    assert "is not an e\\-mail address" in said(tab)


def test_what_no_cell_holds_is_said_and_no_file_is_offered(browser):
    count(bloomcount().library, photo("a", site="x" * 40_000), {})
    tab = browser.open_as("anna", EXPORT)
    tab.radio(key="format").set_value("xlsx").run()
    prepare(tab)
    assert "an Excel cell holds 32,767" in said(tab)
    assert link(tab) is None
