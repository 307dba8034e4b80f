"""Accuracy: a sample is drawn, people recount it blind, and the page says how the machine agrees with them."""

from __future__ import annotations

from core.review.agreement import ENOUGH
from core.review.samples import recounts, samples
from tests.core.review.test_proposal import recounted
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


def test_a_lead_takes_over_the_numbers_that_blind_recounts_propose_and_goes_back(browser):
    recounted(bloomcount(), ENOUGH)
    before = bloomcount().models.package()
    tab = browser.open_as("anna", ACCURACY)
    assert f"{ENOUGH} photos recounted blind propose threshold" in words(tab)
    assert [button for button in tab.button if button.key == "take_over"] == []
    tab = browser.open_as("lea", ACCURACY).button(key="take_over").click().run()
    used = bloomcount().models.package()
    assert used.default_threshold > before.default_threshold
    assert f"In force: threshold {used.default_threshold:.2f}" in words(tab)
    assert "Stored photos are being counted again." in " ".join(text.value for text in tab.success)
    tab = tab.button(key="go_back").click().run()
    assert bloomcount().models.package().version == before.version
    assert f"In force: threshold {before.default_threshold:.2f}" in words(tab)
