"""Cards, count lines, totals and facts of photos as HTML: every name is text, whatever somebody typed."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from core.charts.colours import taxon_colours
from core.recognition.flowers import Flowers, TaxonScore
from core.store.records import Analysis, PhotoResult, Review
from core.survey.counted_photos import count_photos
from pages.parts.photo import card_picture, count_lines, facts_table, totals_table
from tests.core.counting_squares import LABELS, PACKAGE
from tests.survey import UPLOADED, photo

NASTY = "\"><script>alert('1')</script> & <b onclick=\"x\">'"


class Read(HTMLParser):
    """Its tags with the names of their attributes; its texts, those of attributes too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.text += " ".join(value for _, value in attrs)

    def handle_data(self, data):
        self.text += data


def html_of(name: str) -> dict[str, str]:
    """The HTML of every template, where files, taxa, people, problems and facts are called so."""
    package = replace(PACKAGE, labels=(replace(LABELS[0], english=name, scientific_name=name), LABELS[1]))
    taxon = package.labels[0].taxon
    flowers = Flowers(np.array([[1, 1, 9, 9]], np.float32), np.array([0.9], np.float32), ((TaxonScore(taxon, 0.97),),))
    record = replace(photo("a"), file=name)
    analysis = Analysis(record.photo_id, package.name, package.version, UPLOADED, 0.1, name, flowers)
    reviewed, flagged, broken = (
        PhotoResult(record, analysis, Review(name, UPLOADED, {taxon: 1})),
        PhotoResult(record, analysis),
        PhotoResult(replace(record, problem=name), None),
    )
    counted = count_photos([reviewed, flagged, broken], package_of=lambda *_: package, threshold=0.5)
    colours = taxon_colours([taxon])
    by_person, by_model, unread = counted.photos
    return {
        "a card": card_picture(by_model, colours),
        "a card of a photo that could not be read": card_picture(unread, colours),
        "lines of a person": count_lines(by_person, colours),
        "lines of a model, with a flag": count_lines(by_model, colours),
        "totals": totals_table(counted.totals, colours),
        "facts": facts_table({name: name}),
    }


@pytest.mark.parametrize("what", html_of("x"))
def test_a_name_is_never_markup(what):
    plain, nasty = Read(html_of("Plain")[what]), Read(html_of(NASTY)[what])
    assert nasty.tags == plain.tags
    assert "Plain" in plain.text
    assert nasty.text == plain.text.replace("Plain", NASTY)
    assert "script" not in dict(nasty.tags)


def test_a_genus_is_named_once_with_its_rank_beside_it():
    label = replace(LABELS[0], english="Rosa (genus)", scientific_name="Rosa")
    flowers = Flowers(
        np.array([[1, 1, 9, 9]], np.float32), np.array([0.9], np.float32), ((TaxonScore(label.taxon, 1),),)
    )
    package = replace(PACKAGE, labels=(label, LABELS[1]))
    analysis = Analysis(photo("a").photo_id, package.name, package.version, UPLOADED, 0.1, "", flowers)
    counted = count_photos([PhotoResult(photo("a"), analysis)], package_of=lambda *_: package, threshold=0.5)
    assert "<i>Rosa</i> (genus)<" in count_lines(counted.photos[0], taxon_colours([label.taxon]))


def test_what_waits_says_so_and_a_fact_that_nobody_knows_is_left_out():
    counted = count_photos([PhotoResult(photo("a"), None)], package_of=lambda *_: PACKAGE, threshold=0.5)
    assert count_lines(counted.photos[0], {}) == '<div class="bloom quiet">waits to be counted</div>'
    assert "<dt>Site</dt><dd>dunes</dd>" in facts_table({"Site": "dunes", "Note": ""})
    assert "Note" not in facts_table({"Site": "dunes", "Note": ""})
