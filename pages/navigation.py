"""The table of pages: navigation, guards and the test that no page is open to strangers are all made from it."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """One page: its file below pages/, its title and address, its icon, and the least role that may see it.

    hidden: it is reached from another page or by a link, not from the navigation.
    """

    file: str
    title: str
    icon: str
    role: str
    section: str = ""
    hidden: bool = False

    @property
    def url_path(self) -> str:
        """The page's address below the app's."""
        return self.title.lower().replace(" ", "-")


REVIEW = "field/review.py"
"""The page whose place in the navigation says how many photos wait."""

PAGES = (
    Page("people/home.py", "Home", ":material/home:", "researcher", hidden=True),
    Page("field/count.py", "Count flowers", ":material/local_florist:", "researcher"),
    Page(REVIEW, "Review", ":material/rate_review:", "researcher"),
    Page("field/crops.py", "Crops", ":material/grid_view:", "researcher"),
    Page("field/photos.py", "Photos", ":material/photo_library:", "researcher"),
    Page("field/drops.py", "Your drops", ":material/inbox:", "researcher"),
    Page("field/photo.py", "Photo", ":material/image:", "researcher", hidden=True),
    Page("field/recount.py", "Blind recount", ":material/visibility_off:", "researcher", hidden=True),
    Page("people/account.py", "Your account", ":material/person:", "researcher"),
    Page("insight/overview.py", "Overview", ":material/monitoring:", "researcher", "Insight"),
    Page("insight/species.py", "Species", ":material/yard:", "researcher", "Insight"),
    Page("insight/taxon.py", "Taxon", ":material/yard:", "researcher", "Insight", hidden=True),
    Page("insight/diversity.py", "Diversity", ":material/scatter_plot:", "researcher", "Insight"),
    Page("insight/map.py", "Map", ":material/map:", "researcher", "Insight"),
    Page("insight/accuracy.py", "Accuracy", ":material/fact_check:", "researcher", "Insight"),
    Page("insight/sites.py", "Sites", ":material/location_on:", "researcher", "Insight"),
    Page("publish/export.py", "Export", ":material/ios_share:", "researcher", "Publish"),
    Page("admin/people.py", "People", ":material/group:", "admin", "Administration"),
    Page("admin/models.py", "Models", ":material/neurology:", "admin", "Administration"),
    Page("admin/trail.py", "Trail", ":material/footprint:", "admin", "Administration"),
    Page("admin/system.py", "System", ":material/monitor_heart:", "admin", "Administration"),
)
