"""Files dropped while the page runs are sent: each drop hears where to, whatever else the server is doing."""

from __future__ import annotations

from tests.app_server import running_app
from tests.server.tab import open_tab

DROPS = 40


def test_every_drop_is_told_where_to_send_its_files_while_the_page_runs(tmp_path):
    with running_app(str(tmp_path / "store"), tmp_path / "home") as app:
        app.wait_until_ready()
        with open_tab(app.url) as tab:
            tab.run()
            assert tab.ask_for_upload_addresses(DROPS) == {str(number) for number in range(DROPS)}
