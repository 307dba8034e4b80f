"""The filter above a survey page, in a browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def ask_for_site(page: Page, site: str) -> None:
    """Open the filter, choose a site by keyboard, and close it again."""
    page.get_by_role("button", name="Filter", exact=False).first.click()
    fields = page.get_by_test_id("stPopoverBody")
    sites = fields.get_by_test_id("stMultiSelect").filter(has_text="Sites").get_by_role("combobox")
    sites.fill(site)
    expect(page.get_by_role("option", name=site)).to_be_visible()
    sites.press("Enter")
    page.keyboard.press("Escape")
