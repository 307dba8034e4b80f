"""The drops that this process's browser sessions have open: pages open them, the server asks for them."""

from __future__ import annotations

from web.uploads import OpenDrops

OPEN_DROPS = OpenDrops()
