"""The filter above a survey page, in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

_UNFOLDED = """() => {
    const filter = document.querySelector("[data-testid=stExpander] details[open]");
    return filter && !filter.style.height && !filter.getAnimations().length;
}"""


def ask_for_site(page: Page, site: str) -> None:
    """Unfold the filter and choose a site by keyboard.

    Fields slide while the filter unfolds, and Streamlit closes a list whose field slides: so wait until it is open.
    """
    page.get_by_text("Filter", exact=True).click()
    page.wait_for_function(_UNFOLDED)
    sites = page.get_by_test_id("stMultiSelect").filter(has_text="Sites").get_by_role("combobox")
    sites.fill(site)
    expect(page.get_by_role("option", name=site)).to_be_visible()
    sites.press("Enter")
