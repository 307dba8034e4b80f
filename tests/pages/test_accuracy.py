"""Accuracy: a sample is drawn, people recount it blind, and the page says how the machine agrees with them."""

from __future__ import annotations

from core.review.samples import recounts, samples
from tests.survey import count, photo
from web.process import bloomcount

ACCURACY, RECOUNT = "pages/insight/accuracy.py", "pages/field/recount.py"


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
    tab = browser.open_as("anna", RECOUNT, {"sample": [sample.sample_id]})
    for number in (1, 2):
        assert f"{number} of 3. Count every flower that you see" in words(tab)
        tab = tab.multiselect[0].set_value(["rose"]).run()
        tab.number_input[0].set_value(2)
        tab = next(button for button in tab.button if button.label == "Save and next").click().run()
    tab = next(button for button in tab.button if button.label == "No flowers, next").click().run()
    assert [text.value for text in tab.success] == ["You have recounted all of them."]
    said = [record.counts for by in recounts(library, sample).values() for record in by.values()]
    assert sorted(map(str, said)) == ["{'rose': 2}", "{'rose': 2}", "{}"]
    tab = browser.open_as("anna", ACCURACY)
    assert "You have recounted all of them." in words(tab)
    assert "up to 27 photos more" in words(tab)
    (row,) = tab.dataframe[0].value.to_dict("records")
    assert (row["Part"], row["Photos"]) == ("all photos", "3")
