"""Words of people are shown as they are: on no page does a name become a link, an emoji, a heading or a colour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from core.store.records import Site
from core.store.trail import Named
from pages.navigation import PAGES
from tests.survey import UPLOADED, count, photo
from web.markdown import plain
from web.process import bloomcount, package

NASTY = "https://evil.nl <a href='//evil.nl'>x</a> :smile: :red[y] **b** # c"
MARKS = ("https://evil", ":smile", ":red[", "**b**")
SHOWN_AS_THEY_ARE = {
    *("selectbox", "multiselect", "text_input", "text_area", "number_input", "arrow_data_frame", "code", "text"),
    *("json", "component_instance", "bidi_component", "date_input", "file_uploader"),
}
"""Elements whose content is no Markdown, but for their label and help."""
OF_NO_READER = {"id", "url", "query_string", "page", "page_script_hash", "form_id", "element_id", "spec", "config"}
"""Fields that are no text."""


def texts(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a message, with the names of its fields."""
    for field, value in message.ListFields():
        inside = f"{path}.{field.name}"
        values = value if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in values:
                yield from texts(one, inside)
        elif field.type == FieldDescriptor.TYPE_STRING:
            yield from ((inside, one) for one in values)


def read_as_markdown(element: Any) -> list[str]:
    """The texts of an element that Streamlit reads as Markdown."""
    kind = getattr(element, "type", "")
    found = []
    for path, text in texts(element.proto):
        name = path.split(".")[-1]
        of_text = kind in SHOWN_AS_THEY_ARE or kind in ("html", "plotly_chart", "iframe")
        if name not in OF_NO_READER and not (of_text and name not in ("label", "help")):
            found.append(text)
    return found


def elements(block: Any) -> Iterator[Any]:
    """A block and all that is in it."""
    for child in getattr(block, "children", {}).values():
        yield child
        yield from elements(child)


@pytest.fixture
def nasty_store(browser):
    """A store in which people used such words wherever they could."""
    bloom = bloomcount()
    names = [label.taxon for label in package().labels[:3]]
    for number, taxon in enumerate(names):
        record = photo(f"{number} {NASTY}", site=NASTY, note=NASTY, taken_at=f"2026-06-1{number}T12:00:00")
        count(bloom.library, record, {taxon: 3})
        count(bloom.library, photo(f"{number} other", site=f"dunes {NASTY}"), {taxon: 5, names[0]: 1})
    broken = photo(f"broken {NASTY}", site=NASTY, problem=f"{NASTY} is cut off.")
    bloom.library.record([broken], [], [])
    bloom.library.describe_sites([Site(NASTY, 52.4, 4.6, NASTY, 4.0, "lea", UPLOADED)], by=Named("lea", NASTY))
    bloom.accounts.add("mallory", NASTY[:70], "researcher", by=Named("admin", NASTY))
    return photo(f"0 {NASTY}", site=NASTY).photo_id


def test_plain_leaves_nothing_that_is_read_as_markup():
    assert not [mark for mark in MARKS if mark in plain(NASTY)]
    assert plain(NASTY).replace("\N{WORD JOINER}", "").replace("\\", "") == NASTY


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.url_path)
def test_no_page_reads_words_of_people_as_markup(browser, nasty_store, page):
    tab = browser.open_as("admin", f"pages/{page.file}", query={"id": nasty_store} if page.title == "Photo" else None)
    assert not tab.exception
    shown = [element for root in (tab.main, tab.sidebar) for element in elements(root)]
    read = [text for element in shown if hasattr(element, "proto") for text in read_as_markdown(element)]
    assert read
    assert [text for text in read for mark in MARKS if mark in text] == []


def drawn(spec: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a figure that Plotly may draw, with its key.

    Names of groups are never drawn, and MapLibre reads no markup in the letters of a map's own layers ("properties").
    """
    if isinstance(spec, dict):
        unseen = () if "customdata" in str(spec.get("hovertemplate")) else ("customdata",)
        for name, value in spec.items():
            if name not in ("legendgroup", "offsetgroup", "ids", "properties", *unseen):
                yield from drawn(value, name)
    elif isinstance(spec, list):
        for value in spec:
            yield from drawn(value, key)
    elif isinstance(spec, str):
        yield key, spec


@pytest.mark.parametrize("page", [page for page in PAGES if page.section == "Insight"], ids=lambda page: page.url_path)
def test_no_chart_reads_words_of_people_as_markup(browser, nasty_store, page):
    tab = browser.open_as("admin", f"pages/{page.file}")
    charts = [element for element in elements(tab.main) if getattr(element, "type", "") == "plotly_chart"]
    texts_drawn = [text for chart in charts for text in drawn(json.loads(chart.proto.spec))]
    assert [(key, text) for key, text in texts_drawn if "<a href" in text] == []
