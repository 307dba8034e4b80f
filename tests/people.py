"""The person who acts where it does not matter who."""

from __future__ import annotations

from core.store.trail import Named

ADMIN = Named("admin", "192.0.2.1")
