"""Accuracy: a sample is drawn, people recount it blind, and the page says how the machine agrees with them."""

from __future__ import annotations

from core.review.reviews import Said, save_review
from core.review.samples import samples
from tests.survey import count, photo
from web.process import bloomcount, package

ACCURACY = "pages/insight/accuracy.py"


def words(tab) -> str:
    assert not tab.exception
    return " ".join(text.value for kind in ("markdown", "caption", "info", "subheader") for text in getattr(tab, kind))


def test_a_sample_is_drawn_recounted_and_the_figures_follow(browser):
    library = bloomcount().library
    for number in range(4):
        count(library, photo(f"{number}.jpg"), {"rose": number + 1})
    tab = browser.open_as("anna", ACCURACY)
    assert "Nobody has counted a photo of this selection yet" in " ".join(text.value for text in tab.markdown)
    tab.number_input[-1].set_value(3)
    (draw,) = (button for button in tab.button if button.label == "Draw a sample")
    tab = draw.click().run()
    (sample,) = samples(library)
    assert (len(sample.photo_ids), sample.by) == (3, "anna")
    assert [link.proto.label for link in tab.get("page_link") if "blind" in link.proto.label] == [
        "Recount 3 photos blind"
    ]
    person = next(one for one in browser.accounts.people() if one.username == "anna")
    for photo_id in sample.photo_ids:
        said = Said(more={"rose": 2}, sample_id=sample.sample_id)
        save_review(library, photo_id, said, package=package(), by=person)
    tab = browser.open_as("anna", ACCURACY)
    assert "You have recounted all of them." in words(tab)
    assert "up to 27 photos more" in words(tab)
    (row,) = tab.dataframe[0].value.to_dict("records")
    assert (row["Part"], row["Photos"]) == ("all photos", "3")
