"""Seconds and memory of the pages on stores of ten thousand to a million photos, each in its own process.

Seconds are those of the server, from a click to the last word of the page, as Streamlit's own AppTest runs it; a
browser draws meanwhile.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bench.memory import peak_mb
from bench.stored import record_photos

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 5
MORE = 200
PAGES = {
    "Overview": "pages/insight/overview.py",
    "Species": "pages/insight/species.py",
    "Diversity": "pages/insight/diversity.py",
    "Map": "pages/insight/map.py",
    "Photos": "pages/field/photos.py",
}


def pages_of_many() -> str:
    """Lines with seconds for each page and size: first in a process, opened again, filtered; and what growth costs."""
    found: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for photos in SIZES:
            store = Path(folder) / str(photos)
            _in_own_process("fill", store, photos)
            measured = [json.loads(_in_own_process(what, store, photos)) for what in ("measure", "start_anew")]
            found[photos] = measured[0] | measured[1]
    lines = [
        f"scale: {what}: " + " / ".join(f"{found[photos][what]:.2f}" for photos in SIZES) + _growth(found, what)
        for what in found[SIZES[0]]
    ]
    return "\n".join([f"scale: {' / '.join(f'{photos:,}' for photos in SIZES)} photos", *lines])


def _growth(found: dict[int, dict[str, float]], what: str) -> str:
    few, many = found[SIZES[-2]][what], found[SIZES[-1]][what]
    return " MB at most" if what == "memory" else f" s; ten times the photos take {many / few:.1f} times as long"


def _in_own_process(what: str, store: Path, photos: int) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.scale", what, str(photos)],
        env={**os.environ, "BLOOM_STORE": str(store)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip().rpartition("\n")[2]


def _fill(photos: int) -> None:
    from core.bloomcount import assemble
    from core.demo.store import fill
    from core.settings import load_settings

    bloom = assemble(load_settings())
    fill(bloom.library, bloom.models.package(), photos)
    bloom.library.tidy()


def _measure(_: int) -> None:
    import pytest
    from streamlit.testing.v1 import AppTest

    from tests.tabs import ROOT, Browser
    from web.process import bloomcount
    from web.sign_in_forms import SIGN_IN
    from web.tables import edition, open_ahead

    accounts = bloomcount().accounts
    accounts.first_start()
    browser = Browser(accounts)
    browser.person("anna")
    seconds: dict[str, float] = {}
    with pytest.MonkeyPatch.context() as patch:
        browser.stand_in(patch)
        sign_in = browser.open_as("anna", "pages/people/account.py").session_state[SIGN_IN]

        def opened(page: str) -> AppTest:
            tab = AppTest.from_file(str(ROOT / "tests/pages/alone.py"), default_timeout=60)
            tab.session_state[SIGN_IN] = sign_in
            tab.session_state["page_alone"] = page
            return tab.run()

        seconds["a server's start, beside loading the recogniser"] = _seconds(open_ahead, rounds=1)
        for title, page in PAGES.items():
            seconds[f"{title} opened first"] = _seconds(lambda page=page: opened(page), rounds=1)
            seconds[f"{title} again"] = _seconds(lambda page=page: opened(page))
            tab = opened(page)
            days = iter(date(2026, 5, 1 + n) for n in range(ROUNDS))
            seconds[f"{title} from another day"] = _seconds(
                lambda tab=tab, days=days: tab.date_input(key="filter_from").set_value(next(days)).run()
            )
    memory = peak_mb()
    record_photos(bloomcount(), range(MORE))
    edition.clear()
    seconds[f"{MORE} photos more into the charts"] = _seconds(open_ahead, rounds=1)
    print(json.dumps(seconds | {"memory": memory}))


def _start_anew(_: int) -> None:
    from core.store.cache import SNAPSHOT
    from web.process import bloomcount
    from web.tables import open_ahead

    bloomcount().models.package()
    bloomcount().blobs.delete(SNAPSHOT)
    print(json.dumps({"a server's start without a snapshot": _seconds(open_ahead, rounds=1)}))


def _seconds(act: Callable[[], AppTest | None], *, rounds: int = ROUNDS) -> float:
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        tab = act()
        took.append(time.perf_counter() - start)
        if tab and tab.exception:
            raise RuntimeError(tab.exception[0].message)
    return statistics.median(took)


if __name__ == "__main__":
    {"fill": _fill, "measure": _measure, "start_anew": _start_anew}[sys.argv[1]](int(sys.argv[2]))
