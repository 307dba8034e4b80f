"""A problem that a person can solve is said in its own sentence, whichever page meets it."""

from __future__ import annotations

from core.bloomcount import assemble
from core.exports.publication import PUBLICATION
from core.settings import Settings
from tests.app_server import running_app
from tests.people import ADMIN
from tests.survey import count, photo
from tests.web.tab import labels, open_tab
from tests.web.test_closed_to_strangers import PASSWORD, admins_cookie


def test_a_problem_that_no_page_expects_is_said_with_the_way_out(tmp_path):
    store = str(tmp_path / "store")
    bloom = assemble(Settings(store=store))
    bloom.accounts.first_start()
    bloom.accounts.set_password("admin", PASSWORD, address=ADMIN.address)
    count(bloom.library, photo("a"), {"corn-poppy": 3})
    bloom.blobs.put(PUBLICATION, b"*half* a document")
    with running_app(store, tmp_path / "home") as app:
        app.wait_until_ready()
        with open_tab(app.url, admins_cookie(store)) as tab:
            said = labels(tab.run(page_name="export"))[-1]
            assert said.startswith("alert: publication\\.json in the store is damaged")
            assert said.endswith("Put back an older copy of it\\.")
        app.waited_for("(core.errors.Damaged)")
        assert "core.errors.Damaged" in app.events[-1]["exception"]
