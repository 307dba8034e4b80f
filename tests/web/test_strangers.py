"""Strangers do not fill the server, and pages of others come; `python -m bench` has more of them, and the times."""

from __future__ import annotations

from bench.strangers import measured


def test_strangers_neither_fill_the_server_nor_stop_the_pages_of_others():
    growth_mb, _, page_s = measured(strangers=50, seconds=15)
    assert growth_mb < 100
    assert page_s
